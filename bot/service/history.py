"""What was rolled back: reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.domain.revisions import Revision, judged
from bot.domain.rollback import Rollback
from bot.service.desk import Desk, answered

ROWS: Final = 20
"""Rollbacks that one answer lists."""


@dataclass(frozen=True)
class Past:
    """The newest rollbacks of a service, or of all (""), the newest first; `more` are left out. `now`: Redis ms.

    `since`: from when on was asked for (Redis ms); None: ever.
    """

    service: str
    rollbacks: tuple[Rollback, ...]
    more: int
    since: int | None
    now: int
    revisions: tuple[Revision, ...] = ()
    """What the service's workload has run, newest first, as far as the ledger knows; () for all services."""


@answered
def history(desk: Desk, *, service: str = "", seconds: int | None = None, limit: int = ROWS) -> Past:
    """The rollbacks asked for in the last `seconds`, or ever, of one service or of all.

    Raises:
        Refused: unknown-service.
    """
    if service:
        desk.service(service)
    now = desk.store.now()
    since = None if seconds is None else now - seconds * 1000
    found, total = desk.store.past(service or None, since=since or 0, limit=limit)
    return Past(
        service=service,
        rollbacks=tuple(found),
        more=max(0, total - len(found)),
        since=since,
        now=now,
        revisions=_revisions(desk, service) if service else (),
    )


def _revisions(desk: Desk, service: str) -> tuple[Revision, ...]:
    return judged(desk.store.revisions(service).history.revisions, desk.store.standing(service).standing)
