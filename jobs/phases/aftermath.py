"""After the end: the service is watched, and what was seen is said once."""

from __future__ import annotations

import structlog

from bot.domain.events import Kind
from bot.domain.refusal import Refused
from bot.service.locking import after_rollback
from jobs.clients.errors import ClientError, Temporary
from jobs.recovery import aftermath
from jobs.turn import Outcome, Sleep, Turn, event

log = structlog.get_logger()

AGAIN_MS = 5_000
PATIENCE_MS = 300_000
"""So long after the watch's end Prometheus may stay away before the answer is: not known."""


def watch_afterwards(turn: Turn) -> Outcome:
    """Set the deploy hold; at the end of the watch say whether the service stayed normal all the while."""
    rollback = turn.rollback
    if rollback.watched or rollback.watch_until is None or rollback.ended_at is None:
        _archive(turn)
        return Sleep(None)
    try:
        after_rollback(turn.house.desk, rollback)
    except Refused as refused:
        log.warning("the deploy hold is not set yet", code=refused.refusal.code)
        return Sleep(turn.now() + AGAIN_MS)
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


def _archive(turn: Turn) -> None:
    """Keep the whole journal outside Redis; the archive's own round does it later where that fails."""
    try:
        turn.house.archive.keep(turn.rollback.id)
    except ClientError as error:
        log.warning("the journal is not archived yet", error=str(error))
