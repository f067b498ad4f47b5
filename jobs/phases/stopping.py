"""Halting, aborting, and waiting for a person: always with what production looks like now."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.events import Kind
from bot.domain.model import JsonObject
from bot.domain.rollback import Mark
from bot.domain.verdict import Check
from jobs.clients.errors import Forbidden, NotFound, Temporary
from jobs.steps import production
from jobs.turn import Again, Outcome, Sleep, Turn, event, objects

AGAIN_MS = 1_000
CLAIM_LIMIT_MS = 30_000


def halt(
    turn: Turn, code: str, *, figures: JsonObject | None = None, checks: Sequence[Check] = (), before: bool = False
) -> Again:
    """Stop at the current step and call people. `before`: nothing of the step was done."""
    return turn.write(
        event(
            Kind.HALTED,
            step=turn.rollback.step,
            code=code,
            figures=figures or {},
            checks=objects(checks),
            before=before,
            production=production(turn.house.clients, turn.service, turn.plan),
        )
    )


def wait_for_a_person(turn: Turn) -> Outcome:
    """A halted rollback: abort when asked, call again after a while, give up after a day."""
    rollback, limits = turn.rollback, turn.service.halt
    if rollback.abort_by is not None:
        return abort(turn)
    halted_at = rollback.halted_at or turn.now()
    remind_at = halted_at + int(limits.remind_s * 1000)
    give_up_at = halted_at + int(limits.give_up_s * 1000)
    if turn.now() >= give_up_at:
        state = production(turn.house.clients, turn.service, turn.plan)
        return turn.write(
            event(Kind.FAILED, code="nobody-answered", figures={"hours": limits.give_up_s / 3600}, production=state)
        )
    if rollback.reminded:
        return Sleep(give_up_at)
    if turn.now() >= remind_at:
        return turn.write(event(Kind.REMINDED, minutes=round((turn.now() - halted_at) / 60_000)))
    return Sleep(remind_at)


def abort(turn: Turn) -> Outcome:
    """End here because somebody asked, after claiming what the current step may write.

    The claim keeps a stopped runner's late write out, so that what is read afterwards is proof (principle 7).
    """
    rollback = turn.rollback
    if rollback.touched and rollback.step < len(turn.plan.steps):
        step = turn.plan.steps[rollback.step]
        try:
            turn.house.carriers[step.kind].claim(turn.context())
        except (Forbidden, NotFound):
            pass  # What may not be written, or is gone, cannot be written late either.
        except Temporary:
            if turn.now() - turn.snapshot.now < CLAIM_LIMIT_MS and not _overdue(turn):
                return Sleep(turn.now() + AGAIN_MS)
    state = production(turn.house.clients, turn.service, turn.plan)
    mark = rollback.record.mark
    return turn.write(
        event(
            Kind.ABORTED,
            by=rollback.abort_by,
            step=rollback.step,
            under_way=mark not in {Mark.TODO, Mark.FAILED},
            touched=rollback.touched,
            production=state,
        )
    )


def _overdue(turn: Turn) -> bool:
    """Whether the abort has waited long enough for a system that does not answer."""
    asked = turn.rollback.halted_at or turn.rollback.started_at or 0
    return turn.now() - asked > CLAIM_LIMIT_MS
