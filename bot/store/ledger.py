"""The ledger of a service: locks, deploy holds and versions marked bad, one append-only stream and its fold."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from bot.domain.events import GENESIS
from bot.domain.standing import Entry, NewEntry, Standing, after, entered
from bot.store import keys
from bot.store.errors import StoreUnreadable
from bot.store.lua import Part, readable
from bot.store.transition import ANSWER_MS, DRIFT_MS

_TRIES: Final = 4


@dataclass(frozen=True)
class Stood:
    """A service's standing as it was at `now` (Redis ms)."""

    standing: Standing
    now: int
    taken: float = field(default_factory=time.monotonic)

    def clock(self) -> int:
        """Redis time in ms at this moment, by the monotonic clock since the reading."""
        return self.now + int((time.monotonic() - self.taken) * 1000)


class Ledger(Part):
    """Reading and writing what stands about services. Every method raises StoreUnreadable and StoreUnaccepted."""

    def standing(self, service: str) -> Stood:
        """What stands about a service; for one nothing was ever decided about, an empty standing.

        Raises:
            StoreUnreadable: also when what Redis holds is no standing: nobody knows then whether it is locked.
        """
        _, now, *body = self._run("standing", [keys.EPOCH, keys.standing(service)])
        try:
            standing = Standing.model_validate_json(body[0]) if body else Standing(service=service)
        except ValidationError as error:
            raise StoreUnreadable(f"{keys.standing(service)} in Redis holds no standing: {error}") from error
        return Stood(standing=standing, now=int(now))

    def stand(
        self, stood: Stood, entries: Sequence[NewEntry], *, command_id: str, due: Sequence[str] = ()
    ) -> tuple[Standing, tuple[Entry, ...]]:
        """Write these entries, all or none; returns the standing then, and the entries in their place.

        `due`: members of the due times that should look at once. A command id seen before changes nothing: it returns
        the standing as it is by now and the entries that were written then.

        Raises:
            Conflict: somebody else decided something since the standing was read.
        """
        before, at = stood.standing, stood.clock()
        names = [
            *(keys.EPOCH, keys.command(command_id), keys.standing(before.service), keys.ledger(before.service)),
            *(keys.DUE, keys.JOBS),
        ]
        for _ in range(_TRIES):
            standing, placed = _folded(before, entries, at=at)
            match self._run("stand", names, [json.dumps(_wish(before, standing, placed, at=at, due=due))]):
                case ["ok"]:
                    self._woken(list(due))
                    return standing, placed
                case ["again", answer]:
                    return self._again(before.service, answer)
                case ["clock", now]:
                    at = int(now)
                case reply:
                    raise StoreUnreadable(f"a script answered {reply}")
        raise StoreUnreadable("Redis' clock jumped again and again while this was written; nothing was.")

    def stood_by(self, service: str, command_id: str) -> tuple[Standing, tuple[Entry, ...]] | None:
        """What `stand` answered to this command; None when it was never carried out (or a day ago)."""
        with readable():
            answer = self._redis.get(keys.command(command_id))
        return None if answer is None else self._again(service, str(answer))

    def ledger(self, service: str, *, after: int = 0) -> list[Entry]:
        """The entries whose number is above `after`, in order, unverified (bot.domain.audit judges a chain)."""
        _, *texts = self._run("ledger", [keys.EPOCH, keys.ledger(service)], [after])
        return [Entry.model_validate_json(text) for text in texts]

    def _again(self, service: str, answer: str) -> tuple[Standing, tuple[Entry, ...]]:
        said = json.loads(answer)
        if said.get("service") != service:
            raise StoreUnreadable("this command id was used for something else; each command needs its own")
        first, last = int(said["first"]), int(said["last"])
        entries = [entry for entry in self.ledger(service, after=first - 1) if entry.seq <= last]
        return self.standing(service).standing, tuple(entries)


def _folded(before: Standing, entries: Sequence[NewEntry], *, at: int) -> tuple[Standing, tuple[Entry, ...]]:
    if not entries:
        raise ValueError("nothing was decided")
    standing, placed = before, []
    for new in entries:
        entry = entered(new, seq=standing.seq + 1, at=at, prev=standing.head)
        standing = after(standing, entry)
        placed.append(entry)
    return standing, tuple(placed)


def _wish(
    before: Standing, standing: Standing, placed: Sequence[Entry], *, at: int, due: Sequence[str]
) -> dict[str, object]:
    return {
        "at": at,
        "drift_ms": DRIFT_MS,
        "genesis": GENESIS,
        "head": before.head,
        "next": {
            "head": standing.head,
            "seq": str(standing.seq),
            "body": standing.model_dump_json(),
            "locked_until": standing.locked_until,
        },
        "entries": [
            (entry.seq, json.dumps(entry.model_dump(mode="json"), separators=(",", ":"), allow_nan=False))
            for entry in placed
        ],
        "answer": json.dumps({"service": standing.service, "first": placed[0].seq, "last": standing.seq}),
        "answer_ms": ANSWER_MS,
        "due": [(member, 0) for member in due],
    }
