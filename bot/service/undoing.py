"""Taking a rollback back: asked for by name, planned and approved like any other, never by a second plain undo."""

from __future__ import annotations

from bot.domain.people import Person
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request, Rollback
from bot.service.asking import request
from bot.service.desk import Desk, answered, load


@answered
def undo(
    desk: Desk, rollback_id: str, *, person: Person, channel: str, reason: str, reason_code: str, command_id: str
) -> Rollback:
    """Ask for the way back from a rollback that has ended; it needs a plan and approvals of its own.

    Raises:
        Refused: unknown-rollback, cannot-undo (it has not ended, changed nothing, or left no way back); as `request`.
    """
    old = load(desk, rollback_id).rollback
    why = _why_not(old)
    if why or old.plan is None:
        raise Refused(Code.CANNOT_UNDO, why=why, id=old.id, service=old.request.service, strategy=old.request.strategy)
    wanted = Request(
        service=old.request.service,
        strategy=str(old.plan.undo["strategy"]),
        by=person,
        channel=channel,
        reason=reason,
        reason_code=reason_code,
        options={"undo": {**old.plan.undo, "id": old.id}},
    )
    return request(desk, wanted, command_id=command_id)


def _why_not(old: Rollback) -> str:
    """Why it cannot be taken back; "" when it can."""
    if old.ended_at is None:
        return "not-over"
    if not old.touched:
        return "untouched"
    return "" if old.plan is not None and old.plan.undo.get("strategy") else "no-way"
