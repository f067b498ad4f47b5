"""Halting, aborting, and waiting for a person: always with what production looks like now."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import structlog

from bot.catalog.model import Halt
from bot.domain.events import Kind
from bot.domain.model import JsonObject
from bot.domain.refusal import Code
from bot.domain.rollback import Mark, State
from bot.domain.verdict import Check
from bot.store import Conflict, LeaseLost, StoreUnreadable
from bot.store.keys import narrate
from jobs.clients.errors import Forbidden, Moved, NotFound, Rejected
from jobs.steps import AlreadySo, Fenced
from jobs.turn import Again, Outcome, Sleep, Turn, event, objects

AGAIN_MS = 1_000
REFUSED = (Forbidden, NotFound, Rejected)
"""How a system says no for good."""
INTENT = "applying"
"""The figure that says, before an unrepeatable effect, that it is about to be made: from then on it is in doubt."""
CLAIM_LIMIT_MS = 30_000
STUMBLE_MS = 5_000
"""After an error nobody foresaw the rollback comes due again this much later."""
STUMBLES_MS = 60_000
"""So long the same may happen before a person is called."""

log = structlog.get_logger()


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
            production=turn.production(),
        )
    )


def wait_for_a_person(turn: Turn) -> Outcome:
    """A halted rollback: abort when asked, call again after a while, give up after a day."""
    rollback, limits = turn.rollback, _limits(turn)
    if rollback.abort_by is not None:
        return abort(turn)
    halted_at = rollback.halted_at or turn.now()
    remind_at = halted_at + int(limits.remind_s * 1000)
    give_up_at = halted_at + int(limits.give_up_s * 1000)
    if turn.now() >= give_up_at:
        figures: JsonObject = {"hours": limits.give_up_s / 3600}
        return turn.write(event(Kind.FAILED, code="nobody-answered", figures=figures, production=turn.production()))
    if not rollback.reminded and turn.now() >= remind_at:
        return turn.write(event(Kind.REMINDED, minutes=round((turn.now() - halted_at) / 60_000)))
    lapses_at = rollback.lapses_at or give_up_at
    if turn.now() >= lapses_at:
        turn.house.store.set_due(narrate(rollback.id), 0)  # The card loses the buttons that carry it on.
    times = (lapses_at, give_up_at if rollback.reminded else remind_at, give_up_at)
    return Sleep(min(at for at in times if at > turn.now()))


def abort(turn: Turn) -> Outcome:
    """End here because somebody asked, after claiming what the current step may write.

    Whatever stands in the way, an abort ends the rollback in the end: it is how people take production back.
    """
    rollback = turn.rollback
    # An intent without a record may have been carried out, whatever is there to be read now.
    touched = rollback.touched or bool(rollback.record.figures.get(INTENT))
    if rollback.record.attempt and rollback.step < len(turn.plan.steps):
        try:
            touched = _done(turn) or touched
        except (Conflict, LeaseLost, StoreUnreadable):
            raise
        except Exception as error:
            if isinstance(error, Fenced) and error.found.isdecimal():
                raise
            if not isinstance(error, (Moved, *REFUSED)) and not _overdue(turn):
                log.info("the abort waits", error=str(error))
                return Sleep(turn.now() + AGAIN_MS)
            touched = True  # Nobody knows; "nothing was changed" is said only where it is known.
    mark = rollback.record.mark
    return turn.write(
        event(
            Kind.ABORTED,
            by=rollback.abort_by,
            step=rollback.step,
            under_way=mark not in {Mark.TO_DO, Mark.FAILED},
            touched=touched,
            production=turn.production(),
        )
    )


def _done(turn: Turn) -> bool:
    """Whether the current step's effect is there now, and nothing of it can come late any more.

    The claim keeps a stopped runner's late write out, so that what is read afterwards is proof (principle 7).
    """
    carrier, ctx = turn.house.carriers[turn.plan.steps[turn.rollback.step].kind], turn.context()
    with contextlib.suppress(Moved, *REFUSED):
        # What may not be written, is gone or was made anew cannot be written late either.
        carrier.claim(ctx)
    return isinstance(carrier.look(ctx), AlreadySo)


def _limits(turn: Turn) -> Halt:
    """How long a halt lasts; the usual time where the service was taken out of the catalog meanwhile."""
    entry = turn.house.catalog.services.get(turn.rollback.request.service)
    return entry.halt if entry is not None else Halt()


def stumbled(turn: Turn, error: Exception) -> Outcome:
    """An error nobody foresaw: tried again for a while, then people are called. Nothing is assumed about production."""
    rollback, again = turn.rollback, Sleep(turn.now() + STUMBLE_MS)
    what = f"{type(error).__name__}: {error}"[:300]
    if rollback.state is State.REQUESTED and turn.now() - rollback.requested_at >= STUMBLES_MS:
        figures: JsonObject = {"system": "Planning", "detail": what}
        return turn.write(event(Kind.REFUSED, code=Code.UNREACHABLE, figures=figures))
    # A turn that stumbles writes nothing, so the last event says since when; but a hold is no stumbling.
    since = max(turn.last_at(), rollback.record.hold_until or 0)
    if rollback.state is State.RUNNING and turn.now() - since >= STUMBLES_MS:
        return halt(turn, "unforeseen", figures={"what": what})
    return again


def fenced_out(turn: Turn, fenced: Fenced) -> Outcome:
    """An object carries a higher fence than this lease's: somebody newer carries on, or the store is an old one.

    A fence that this store never gave shows that production has seen a later one (it was restored, or failed over):
    then nothing is started or carried on until an operator accepts it.

    Raises:
        LeaseLost: somebody newer carries it on, as it should be.
    """
    store = turn.house.store
    store.renew(turn.kept.lease)
    outcome: Outcome = Sleep(turn.now() + STUMBLE_MS)
    if turn.rollback.state is State.RUNNING:
        outcome = halt(turn, "fenced", figures={"what": str(fenced)})
    if fenced.found.isdecimal():
        why = f"{fenced.ref} carries fence {fenced.found}, and I have given no more than {store.fence()}"
        store.distrust(why, fence=int(fenced.found))
    return outcome


def _overdue(turn: Turn) -> bool:
    """Whether the abort has waited long enough for a system that does not answer."""
    journal = turn.house.store.journal(turn.rollback.id)
    asked = next((e.at for e in reversed(journal) if e.kind is Kind.ABORT_ASKED), 0)
    return turn.now() - asked > CLAIM_LIMIT_MS
