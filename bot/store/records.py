"""Records: where each rollback stands, as the fold of its journal."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from bot.domain.rollback import Rollback
from bot.store import keys
from bot.store.lua import Part

_EVERYTHING = 1_000_000


@dataclass(frozen=True)
class Snapshot:
    """A rollback as it stood at `now` (Redis ms, never before its last event).

    `trimmed`: its journal up to this event number is kept in the archive only; 0: all of it is in the store.
    """

    rollback: Rollback
    now: int
    trimmed: int = 0
    taken: float = field(default_factory=time.monotonic)

    def clock(self) -> int:
        """Redis time in ms at this moment, by the monotonic clock since the load."""
        return self.now + int((time.monotonic() - self.taken) * 1000)

    def moved(self, rollback: Rollback) -> Snapshot:
        """The snapshot after a transition that returned `rollback`: the same clock, no second load."""
        return replace(self, rollback=rollback)


class Records(Part):
    """Reading where rollbacks stand. Every method raises StoreUnreadable, and StoreUnaccepted for another epoch's."""

    def load(self, rollback_id: str) -> Snapshot:
        """The rollback as it stands, with Redis' time.

        Raises:
            NoSuchRollback: there is none of this id.
        """
        _, now, body, trimmed = self._run("load", [keys.EPOCH, keys.record(rollback_id)])
        return Snapshot(rollback=Rollback.model_validate_json(body), now=int(now), trimmed=int(trimmed))

    def open_rollbacks(self, service: str | None = None) -> list[Rollback]:
        """The rollbacks that have not ended, of one service or of all, the oldest first."""
        found = self._open(strays=False)
        return [rollback for rollback in found if service in (None, rollback.request.service)]

    def strays(self) -> list[Rollback]:
        """The open rollbacks of an earlier epoch, the oldest first: nobody carries them on until they are adopted."""
        return self._open(strays=True)

    def _open(self, *, strays: bool) -> list[Rollback]:
        _, *bodies = self._run("list", [keys.EPOCH, keys.OPEN], [keys.RECORD, _EVERYTHING, int(strays)])
        found = [Rollback.model_validate_json(body) for body in bodies]
        return sorted(found, key=lambda rollback: (rollback.requested_at, rollback.id))

    def recent(self, service: str | None, limit: int) -> list[Rollback]:
        """The newest `limit` rollbacks, of one service or of all, the newest first."""
        index = keys.ALL if service is None else keys.of(service)
        _, *bodies = self._run("list", [keys.EPOCH, index], [keys.RECORD, limit, 0])
        return [Rollback.model_validate_json(body) for body in bodies]

    def past(self, service: str | None, *, since: int, limit: int) -> tuple[list[Rollback], int]:
        """The newest `limit` rollbacks asked for since then (Redis ms), the newest first, and how many there are."""
        index = keys.ALL if service is None else keys.of(service)
        _, total, *bodies = self._run("past", [keys.EPOCH, index], [keys.RECORD, limit, since])
        return [Rollback.model_validate_json(body) for body in bodies], int(total)
