"""Transitions: every move of a rollback, each one script that checks everything and then writes everything."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from bot.domain.events import Kind, NewEvent
from bot.domain.model import JsonObject
from bot.domain.rollback import IllegalMove, Request, Rollback
from bot.store import keys
from bot.store.errors import Busy, Conflict, QuorumMissing, StoreUnreadable
from bot.store.fold import Folded, fold
from bot.store.leases import Lease
from bot.store.lua import readable
from bot.store.records import Records, Snapshot

ANSWER_MS: Final = 24 * 3600 * 1000
"""How long a command id is remembered."""

DRIFT_MS: Final = 2_000
"""How far an event's time may be from Redis' own; beyond it the caller's clock is read anew."""

_TRIES: Final = 4


class Transitions(Records):
    """Asking for a rollback and moving it. Every method raises StoreUnreadable and StoreUnaccepted."""

    def new_id(self) -> str:
        """The next id: "rb-1001" is the first."""
        _, _, number = self._run("allot", [keys.EPOCH, keys.IDS], ["1"])
        return f"rb-{number}"

    def create(self, request: Request, *, command_id: str, rollback_id: str | None = None) -> tuple[Rollback, bool]:
        """Store a request: a rollback that is due at once. Returns it and whether it is new.

        The same command id gives the same rollback again, as it stands by now.

        Raises:
            Conflict: `rollback_id` is taken.
        """
        names = [keys.EPOCH, keys.IDS, keys.command(command_id)]
        match self._run("allot", names, ["0" if rollback_id else "1"]):
            case ["again", answer]:
                return self.load(json.loads(answer)["rollback"]).rollback, False
            case [_, now, number]:
                return self._create(request, command_id, rollback_id or f"rb-{number}", int(now))
            case reply:
                raise StoreUnreadable(f"a script answered {reply}")

    def _create(self, request: Request, command_id: str, rollback_id: str, now: int) -> tuple[Rollback, bool]:
        asked = NewEvent(kind=Kind.REQUESTED, by=request.by, data={"request": request.model_dump(mode="json")})
        due: dict[str, int | None] = {keys.advance(rollback_id): 0, keys.narrate(rollback_id): 0}
        names = [
            *(keys.EPOCH, keys.command(command_id), keys.record(rollback_id), keys.journal(rollback_id), keys.DUE),
            *(keys.JOBS, keys.OPEN, keys.of(request.service), keys.ALL),
        ]
        for _ in range(_TRIES):
            folded = fold(None, [asked], rollback_id=rollback_id, at=now)
            wish = {**_wish(folded, at=now, due=due), "event": folded.events[0][1]}
            match self._run("create", names, [json.dumps(wish)]):
                case ["ok"]:
                    self._woken(list(due))
                    return folded.rollback, True
                case ["again", answer]:
                    return self.load(json.loads(answer)["rollback"]).rollback, False
                case ["clock", moved]:
                    now = int(moved)
        raise StoreUnreadable(_NO_CLOCK)

    def transition(
        self,
        snapshot: Snapshot,
        events: Sequence[NewEvent],
        *,
        command_id: str,
        due: Mapping[str, int | None] | None = None,
        lease: Lease | None = None,
        not_after: int | None = None,
        approve: tuple[str, str] | None = None,
        quorum: tuple[str, int] | None = None,
        counting: Sequence[str] | None = None,
        reserve: Sequence[str] = (),
        release: bool = False,
    ) -> Rollback:
        """Move a rollback by these events, all or none, and return it as it then stands.

        `due`: member → Redis ms when somebody should look (0 now, None never); the narrator is always due now.
        `lease` must still be held; `not_after` (Redis ms) must not have passed. `approve` (person's key, digest) is
        written down. `quorum` (digest, need): so many approvals of that digest must stand, the one being written
        included, and only those of `counting` where given. `reserve`: targets, all or none. `release` gives all of
        them back; a terminal state does so anyway. A command id seen before changes nothing and returns the rollback
        as it stands by now.

        Raises:
            IllegalMove: an event cannot happen in this state; nothing was sent.
            Conflict: the rollback moved since the snapshot.
            LeaseLost, TooLate, QuorumMissing, Busy: as the arguments say.
        """
        guards = _guards(
            lease=lease, not_after=not_after, approve=approve, quorum=quorum, counting=counting, reserve=reserve
        )
        before, wanted = snapshot.rollback, {**(due or {}), keys.narrate(snapshot.rollback.id): 0}
        at = snapshot.clock()
        for _ in range(_TRIES):
            try:
                folded = fold(before, events, rollback_id=before.id, at=at)
            except IllegalMove:
                done = self.answered(command_id)
                if done is None:
                    raise
                _same(done, before.id)
                return self.load(before.id).rollback
            if quorum and quorum[0] != folded.rollback.digest:
                raise QuorumMissing(have=0, need=quorum[1])
            wish = {**_wish(folded, at=at, due=wanted), **guards, "head": before.head, "events": folded.events}
            wish["release"] = release or not folded.open
            match self._run("transition", _names(before.id, command_id), [json.dumps(wish)]):
                case ["ok"]:
                    self._woken([member for member, when in wanted.items() if when is not None and when <= at])
                    return folded.rollback
                case ["clock", now]:
                    at = int(now)
                case reply:
                    return self._settled(reply, before.id, need=quorum[1] if quorum else 0)
        raise StoreUnreadable(_NO_CLOCK)

    def _settled(self, reply: list[str], rollback_id: str, *, need: int) -> Rollback:
        match reply:
            case ["again", answer]:
                _same(str(json.loads(answer)["rollback"]), rollback_id)
                return self.load(rollback_id).rollback
            case ["quorum-missing", have]:
                raise QuorumMissing(have=int(have), need=need)
            case ["busy", target, holder]:
                raise Busy(target=target, holder=holder)
            case _:
                raise StoreUnreadable(f"a script answered {reply}")

    def answered(self, command_id: str) -> str | None:
        """The id of the rollback that this command made or moved; None when it was never carried out (or a day ago).

        Raises:
            StoreUnreadable: Redis does not answer.
        """
        with readable():
            answer = self._redis.get(keys.command(command_id))
        return None if answer is None else str(json.loads(answer)["rollback"])


_NO_CLOCK = "Redis' clock jumped again and again while this was written; nothing was. Look at that machine's clock."


def _names(rollback_id: str, command_id: str) -> list[str]:
    return [
        *(keys.EPOCH, keys.command(command_id), keys.record(rollback_id), keys.journal(rollback_id), keys.DUE),
        *(keys.JOBS, keys.OPEN, keys.approvals(rollback_id), keys.lease(rollback_id), keys.RESERVED),
    ]


def _wish(folded: Folded, *, at: int, due: Mapping[str, int | None]) -> dict[str, object]:
    return {
        "id": folded.rollback.id,
        "at": at,
        "drift_ms": DRIFT_MS,
        "next": folded.fields,
        "answer": folded.answer(),
        "answer_ms": ANSWER_MS,
        "due": [(member, -1 if when is None else max(0, when)) for member, when in due.items()],
    }


def _guards(
    *,
    lease: Lease | None,
    not_after: int | None,
    approve: tuple[str, str] | None,
    quorum: tuple[str, int] | None,
    counting: Sequence[str] | None,
    reserve: Sequence[str],
) -> JsonObject:
    guards: JsonObject = {"reserve": list(reserve)}
    if lease is not None:
        guards["lease"] = {"owner": lease.owner, "fence": str(lease.fence)}
    if not_after is not None:
        guards["not_after"] = not_after
    if approve is not None:
        guards["approve"] = list(approve)
    if quorum is not None:
        wanted: JsonObject = {"digest": quorum[0], "need": quorum[1]}
        guards["quorum"] = wanted if counting is None else {**wanted, "counting": list(counting)}
    return guards


def _same(stored: str, rollback_id: str) -> None:
    """A command id belongs to one rollback; the same one for another is the caller's mistake."""
    if stored != rollback_id:
        raise Conflict(f"this command id was used for {stored}; each command needs its own")
