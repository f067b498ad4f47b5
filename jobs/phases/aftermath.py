"""After the end: the journal is kept, the service is watched, and what was seen is said once."""

from __future__ import annotations

import structlog

from bot.domain.events import Kind
from bot.domain.refusal import Refused
from bot.service.locking import after_rollback
from bot.store.keys import keep
from jobs.clients.errors import ClientError
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
        return keep_journal(turn)
    try:
        after_rollback(turn.house.desk, rollback)
    except Refused as refused:
        log.warning("the deploy hold is not set yet", code=refused.refusal.code)
        return Sleep(turn.now() + AGAIN_MS)
    if turn.now() < rollback.watch_until:
        keep_journal(turn)
        return Sleep(rollback.watch_until)
    try:
        seen = aftermath(turn.house.clients, turn.service, begin=rollback.ended_at, end=rollback.watch_until)
    except (ClientError, Refused) as error:
        if turn.now() < rollback.watch_until + PATIENCE_MS:
            log.info("the end of the watch cannot be judged yet", error=str(error))
            return Sleep(turn.now() + AGAIN_MS)
        return turn.write(event(Kind.NOT_NORMALISED, figures={"why": "unknown"}))
    kind = Kind.NORMALISED if seen.normal else Kind.NOT_NORMALISED
    return turn.write(event(kind, figures=seen.figures))


def keep_journal(turn: Turn) -> Outcome:
    """Have the whole journal kept outside Redis, by a job of its own: nothing waits for the archive here."""
    turn.house.store.set_due(keep(turn.rollback.id), 0)
    return Sleep(None)
