"""What to say to a click whose moment has passed. Pure."""

from __future__ import annotations

from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Rollback, State


def too_late(rollback: Rollback, *, expired: bool = False) -> Refused:
    """The rollback is past the state in which this could be done. `expired`: its time is up, unwritten as yet."""
    state = State.EXPIRED if expired else rollback.state
    lost = state is State.EXPIRED and rollback.records_lost
    at = rollback.expires_at if state is State.EXPIRED and not lost else rollback.ended_at or rollback.started_at
    return Refused(
        Code.TOO_LATE,
        id=rollback.id,
        state=state,
        at=at,
        strategy=rollback.request.strategy,
        service=rollback.request.service,
        need=rollback.policy.need if rollback.policy else None,
        lost=lost,
    )


def plan_changed(rollback: Rollback, *, digest: str) -> Refused:
    """The click was for another plan than the one that stands."""
    return Refused(
        Code.PLAN_CHANGED,
        id=rollback.id,
        state=rollback.state,
        digest=digest,
        now=rollback.digest,
        moved=rollback.last.get("moved"),
        successor=rollback.last.get("successor"),
    )


def stale(rollback: Rollback, *, what: str, why: str) -> Refused:
    """The click does not fit the state: `why`: moved-on, already-asked, not-skippable, approvals-lapsed, not-ended."""
    return Refused(Code.STALE_BUTTON, id=rollback.id, state=rollback.state, what=what, why=why)
