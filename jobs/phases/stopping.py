"""Halting, aborting, and waiting for a person: always with what production looks like now."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.events import Kind
from bot.domain.model import JsonObject
from bot.domain.refusal import Code
from bot.domain.rollback import Mark, State
from bot.domain.verdict import Check
from jobs.clients.errors import Ambiguous, Forbidden, Moved, NotFound, Rejected, Temporary
from jobs.steps import AlreadySo, production
from jobs.turn import Again, Outcome, Sleep, Turn, event, objects

AGAIN_MS = 1_000
CLAIM_LIMIT_MS = 30_000
STUMBLE_MS = 5_000
"""After an error nobody foresaw the rollback comes due again this much later."""
STUMBLES_MS = 60_000
"""So long the same may happen before a person is called."""


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
    rollback, touched = turn.rollback, turn.rollback.touched
    if rollback.record.attempt and rollback.step < len(turn.plan.steps):
        carrier, ctx = turn.house.carriers[turn.plan.steps[rollback.step].kind], turn.context()
        try:
            carrier.claim(ctx)
            # After the claim nothing comes late any more: what is there now is what a lost answer did.
            touched = touched or isinstance(carrier.look(ctx), AlreadySo)
        except (Forbidden, NotFound, Moved, Rejected):
            pass  # What may not be written, is gone or was made anew cannot be written late either.
        except (Temporary, Ambiguous):
            if not _overdue(turn):
                return Sleep(turn.now() + AGAIN_MS)
            touched = True  # Nobody knows; "nothing was changed" is said only where it is known.
    state = production(turn.house.clients, turn.service, turn.plan)
    mark = rollback.record.mark
    return turn.write(
        event(
            Kind.ABORTED,
            by=rollback.abort_by,
            step=rollback.step,
            under_way=mark not in {Mark.TO_DO, Mark.FAILED},
            touched=touched,
            production=state,
        )
    )


def stumbled(turn: Turn, error: Exception) -> Outcome:
    """An error nobody foresaw: tried again for a while, then people are called. Nothing is assumed about production."""
    rollback, again = turn.rollback, Sleep(turn.now() + STUMBLE_MS)
    what = f"{type(error).__name__}: {error}"[:300]
    if rollback.state is State.REQUESTED and turn.now() - rollback.requested_at >= STUMBLES_MS:
        figures: JsonObject = {"system": "Planning", "detail": what}
        return turn.write(event(Kind.REFUSED, code=Code.UNREACHABLE, figures=figures))
    if rollback.state is State.RUNNING:
        record = rollback.record
        since = max(record.started_at or 0, record.applied_at or 0, record.hold_until or 0, rollback.started_at or 0)
        if turn.now() - since >= STUMBLES_MS:
            return halt(turn, "unforeseen", figures={"what": what})
    return again


def _overdue(turn: Turn) -> bool:
    """Whether the abort has waited long enough for a system that does not answer."""
    journal = turn.house.store.journal(turn.rollback.id)
    asked = next((e.at for e in reversed(journal) if e.kind is Kind.ABORT_ASKED), 0)
    return turn.now() - asked > CLAIM_LIMIT_MS
