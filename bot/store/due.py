"""Due: when somebody should look at what. The one mechanism for everything that must happen later."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.store import keys
from bot.store.lua import Part, readable

MOVE_ON_MS: Final = 5_000
"""How far handing out moves a due time: a job that is lost is handed out again after this."""

FIRST: Final = "-first"
"""What goes before the rest of a queue waits in a list of its own, worked by the same workers: this ends its name."""

QUEUES: Final[Mapping[str, str]] = {
    "narrate": "slack",
    # A membership that was read too long ago counts nobody.
    "directory": "slack" + FIRST,
    "archive": "long",
    "keep": "long",
    "snapshot": "long",
}
"""The RQ queue of a kind of member ("narrate:ID", "directory:all"). That of "advance:ID" stands in the record."""


@dataclass(frozen=True)
class Handed:
    """One member that somebody has to look at: enqueue a job of this id on this queue."""

    member: str
    queue: str
    job_id: str


class Due(Part):
    """Setting due times and handing out what is due. Every method raises StoreUnreadable when Redis does not answer."""

    def hand_out(self, *, limit: int = 100, members: Sequence[str] | None = None) -> list[Handed]:
        """Hand out what is due, the longest due first, or those of `members` that are.

        Each one's due time moves 5 s on, so that whoever asks next does not get it, and a job that is lost is handed
        out again. One whose last job still waits in its queue is not returned; where the rollback belongs to another
        queue by now, that job is taken out and a new one handed out.
        """
        if members is not None and not members:
            return []
        names = [keys.DUE, keys.JOBS, keys.RECORD, keys.queue(""), keys.job("")]
        wish = {"move_on_ms": MOVE_ON_MS, "queues": QUEUES, "first": FIRST, "nonce": uuid.uuid4().hex, "limit": limit}
        _, *found = self._run("hand_out", names, [json.dumps(wish), *(members or ())])
        return [Handed(*found[at : at + 3]) for at in range(0, len(found), 3)]

    def next_due(self) -> int | None:
        """The earliest due time in Redis ms; None when nothing is."""
        with readable():
            found = self._redis.zrange(keys.DUE, 0, 0, withscores=True)
        return int(float(found[0][1])) if found else None

    def is_due(self, member: str) -> bool:
        """Whether somebody will look at `member`, now or later."""
        with readable():
            return self._redis.zscore(keys.DUE, member) is not None

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
