"""Transitions: every move of a rollback, each one script that checks everything and then writes everything."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.events import Kind, NewEvent
from bot.domain.model import JsonObject
from bot.domain.rollback import IllegalMove, Request, Rollback
from bot.store import keys
from bot.store.errors import Busy, Conflict, QuorumMissing, StoreFull, StoreUnreadable
from bot.store.fold import Folded, fold
from bot.store.leases import Lease
from bot.store.lua import readable
from bot.store.records import Records, Snapshot
from bot.store.reserve import Reserves

ANSWER_MS: Final = 24 * 3600 * 1000
"""How long a command id is remembered."""

DRIFT_MS: Final = 2_000
"""How far an event's time may be from Redis' own; beyond it the caller's clock is read anew."""

_TRIES: Final = 4

_FIRST: Final = (keys.advance(""), keys.narrate(""))
"""The kinds of member that a new rollback makes due at once."""


@dataclass(frozen=True)
class Move:
    """One transition as it was asked for: `guards` is what the script checks beside the head."""

    before: Rollback
    events: Sequence[NewEvent]
    command_id: str
    guards: JsonObject
    due: dict[str, int | None]
    release: bool = False
    quorum: tuple[str, int] | None = None


class Transitions(Records, Reserves):
    """Asking for a rollback and moving it. Every method raises StoreUnreadable and StoreUnaccepted."""

    _seen: tuple[int, float] | None = None
    """Redis' time in ms as last heard, and the monotonic clock then: a request is stored without asking for it."""

    def new_id(self) -> str:
        """The next id, for a rollback that is named before it is stored: "rb-1001" is the first of all."""
        _, number = self._run("allot", [keys.EPOCH, keys.IDS])
        return f"rb-{number}"

    def create(self, request: Request, *, command_id: str, rollback_id: str | None = None) -> tuple[Rollback, bool]:
        """Store a request: a rollback that is due at once. Returns it and whether it is new.

        The same command id gives the same rollback again, as it stands by now.

        Raises:
            Conflict: `rollback_id` is taken.
            Locked: somebody locked the service, and this is no break glass.
            StoreFull: there is no room for a new rollback.
        """
        names = [
            *(keys.EPOCH, keys.command(command_id), keys.IDS, keys.RESERVE, keys.standing(request.service), keys.DUE),
            *(keys.JOBS, keys.OPEN, keys.of(request.service), keys.ALL, keys.record(""), keys.journal("")),
        ]
        for _ in range(_TRIES):
            folded, wish = _asked(request, rollback_id=rollback_id, at=self._clock())
            match self._create(names, wish):
                case ["ok", stored_as, now]:
                    self._heard(now)
                    self._woken([kind + stored_as for kind in _FIRST])
                    return folded.rollback.model_copy(update={"id": stored_as}), True
                case ["again", answer]:
                    return self.load(json.loads(answer)["rollback"]).rollback, False
                case ["clock", now]:
                    self._heard(now)
                case reply:
                    raise StoreUnreadable(f"a script answered {reply}")
        raise StoreUnreadable(_NO_CLOCK)

    def _create(self, names: Sequence[str], wish: JsonObject) -> list[str]:
        try:
            return self._run("create", names, [json.dumps(wish)])
        except StoreFull:
            self.give_reserve_back()  # What runs needs the room now.
            raise

    def _clock(self) -> int:
        """Redis time in ms, by the monotonic clock since it was last heard; the script says when that is off."""
        if self._seen is None:
            with readable():
                seconds, micros = self._redis.time()
            self._heard(seconds * 1000 + micros // 1000)
        now, heard = self._seen or (0, 0.0)
        return now + int((time.monotonic() - heard) * 1000)

    def _heard(self, now: str | int) -> None:
        self._seen = int(now), time.monotonic()

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
        move = Move(snapshot.rollback, events, command_id, guards, dict(due or {}), release=release, quorum=quorum)
        return self._moved(move, at=snapshot.clock())

    def _moved(self, move: Move, *, at: int) -> Rollback:
        before = move.before
        due = {**move.due, keys.narrate(before.id): 0}
        for _ in range(_TRIES):
            try:
                folded = fold(before, move.events, rollback_id=before.id, at=at)
            except IllegalMove:
                done = self.answered(move.command_id)
                if done is None:
                    raise
                _same(done, before.id)
                return self.load(before.id).rollback
            if move.quorum and move.quorum[0] != folded.rollback.digest:
                raise QuorumMissing(have=0, need=move.quorum[1])
            wish = {**_wish(folded, at=at, due=due), **move.guards, "head": before.head, "events": folded.events}
            wish["release"] = move.release or not folded.open
            match self._run("transition", _names(before.id, move.command_id), [json.dumps(wish)]):
                case ["ok"]:
                    self._woken([member for member, when in due.items() if when is not None and when <= at])
                    return folded.rollback
                case ["clock", now]:
                    at = int(now)
                case reply:
                    return self._settled(reply, before.id, need=move.quorum[1] if move.quorum else 0)
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


def _asked(request: Request, *, rollback_id: str | None, at: int) -> tuple[Folded, JsonObject]:
    """A new rollback without its id, and what the script is told. The id is in no hash: the script gives it."""
    event = NewEvent(kind=Kind.REQUESTED, by=request.by, data={"request": request.model_dump(mode="json")})
    folded = fold(None, [event], rollback_id="", at=at)
    fields = {**folded.fields}
    body = str(fields.pop("body"))
    return folded, {
        "id": rollback_id or "",
        "at": at,
        "drift_ms": DRIFT_MS,
        "next": fields,
        "body": body.removeprefix('{"id":""'),
        "event": folded.events[0][1],
        "head": folded.rollback.head,
        "answer_ms": ANSWER_MS,
        "due": list(_FIRST),
        # One that takes a superseded one's place was asked for before the lock, and is as little stopped by it.
        "break_glass": request.break_glass or rollback_id is not None,
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
