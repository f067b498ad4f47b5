"""Due: when somebody should look at what. The one mechanism for everything that must happen later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from bot.store import keys
from bot.store.lua import Part, readable

MOVE_ON_MS: Final = 5_000
"""How far handing out moves a due time: a job that is lost is handed out again after this."""

_QUEUES: Final = {"advance": "rollbacks", "narrate": "slack", "directory": "slack"}


def queue_of(member: str) -> str:
    """The RQ queue that the jobs of a member ("advance:ID", "narrate:ID", "directory:all") stand in."""
    return _QUEUES[member.partition(":")[0]]


class Due(Part):
    """Setting due times and handing out what is due. Every method raises StoreUnreadable when Redis does not answer."""

    def due_members(
        self, *, limit: int = 100, members: Sequence[str] | None = None, queue_of: Callable[[str], str] = queue_of
    ) -> list[str]:
        """Hand out what is due, the longest due first, or those of `members` that are.

        Each one's due time moves 5 s on; those whose last job still waits in its queue are not returned.
        """
        if members is None:
            _, *members = self._run("candidates", [keys.DUE], [limit])
        if not members:
            return []
        queues = [keys.queue(queue_of(member)) for member in members]
        _, *handed = self._run("hand_out", [keys.DUE, keys.JOBS, *queues], [MOVE_ON_MS, *members])
        return handed

    def handed(self, member: str, job_id: str) -> None:
        """Remember the job that a member was handed to. Said before the job is enqueued, so that none is doubled."""
        with readable():
            self._redis.hset(keys.JOBS, member, job_id)

    def next_due(self) -> int | None:
        """The earliest due time in Redis ms; None when nothing is."""
        with readable():
            found = self._redis.zrange(keys.DUE, 0, 0, withscores=True)
        return int(float(found[0][1])) if found else None

    def set_due(self, member: str, at: int, *, head: str | None = None) -> bool:
        """Somebody should look at `member` at `at` (Redis ms; 0 and the past: now).

        With `head`: only if the rollback that the member names still stands there, and at once if it has moved.
        Returns whether it is due as asked.
        """
        return self._put(member, at=max(0, at), head=head)

    def clear_due(self, member: str, *, head: str | None = None) -> bool:
        """Nobody need look at `member` any more; with `head`, as for `set_due`. Returns whether it was removed."""
        return self._put(member, at=-1, head=head)

    def _put(self, member: str, *, at: int, head: str | None) -> bool:
        kind, _, rollback_id = member.partition(":")
        names = [keys.DUE, keys.JOBS, keys.record(rollback_id)]
        if kind == "advance":
            names.append(keys.lease(rollback_id))
        _, as_asked, due_now = self._run("set_due", names, [member, at, head or ""])
        self._woken([member] if due_now == "1" else [])
        return as_asked == "1"
