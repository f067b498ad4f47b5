"""After the end: the service is watched, and what was seen is said once."""

from __future__ import annotations

from bot.domain.events import Kind
from jobs.clients.errors import Temporary
from jobs.recovery import aftermath
from jobs.turn import Outcome, Sleep, Turn, event

AGAIN_MS = 5_000
PATIENCE_MS = 300_000
"""So long after the watch's end Prometheus may stay away before the answer is: not known."""


def watch_afterwards(turn: Turn) -> Outcome:
    """At the end of the watch say whether the service stayed normal all the while."""
    rollback = turn.rollback
    if rollback.watched or rollback.watch_until is None or rollback.ended_at is None:
        return Sleep(None)
    if turn.now() < rollback.watch_until:
        return Sleep(rollback.watch_until)
    try:
        seen = aftermath(turn.house.clients, turn.service, begin=rollback.ended_at, end=rollback.watch_until)
    except Temporary:
        if turn.now() < rollback.watch_until + PATIENCE_MS:
            return Sleep(turn.now() + AGAIN_MS)
        return turn.write(event(Kind.NOT_NORMALISED, figures={"why": "unknown"}))
    kind = Kind.NORMALISED if seen.normal else Kind.NOT_NORMALISED
    return turn.write(event(kind, figures=seen.figures))
