"""The card: one message a rollback, edited in place. Each state fills its slots of UX.md and leaves out the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.domain.rollback import Rollback, State
from bot.domain.standing import Standing
from bot.views import blocks, break_glass, card_buttons, card_small, words
from bot.views.card_asking import approved, expired, planned, refused, rejected, requested, superseded
from bot.views.card_ending import aborted, failed, succeeded, unverified
from bot.views.card_slots import Moment, Slots
from bot.views.card_working import halted, running
from bot.views.message import Message
from bot.views.text import cut_end

TEXT_LIMIT = 200
BODY_LIMIT = 600
STEPS_LIMIT = 2_400

_STATES: Mapping[State, Callable[[Rollback, Moment], Slots]] = {
    State.REQUESTED: requested,
    State.PLANNED: planned,
    State.APPROVED: approved,
    State.RUNNING: running,
    State.HALTED: halted,
    State.SUCCEEDED: succeeded,
    State.UNVERIFIED: unverified,
    State.FAILED: failed,
    State.ABORTED: aborted,
    State.REFUSED: refused,
    State.REJECTED: rejected,
    State.EXPIRED: expired,
    State.SUPERSEDED: superseded,
}


def card(
    rollback: Rollback,
    *,
    now: int,
    catalog_revision: str,
    language: str = words.FALLBACK,
    ahead: int = 0,
    successor_link: str = "",
    standing: Standing | None = None,
) -> Message:
    """The card of a rollback as it stands at `now` (Redis ms).

    `ahead`: rollbacks that wait for a worker before this one. `successor_link`: the card of the
    plan that replaced this one. `standing`: what stands about its service. Metadata is the narrator's.
    """
    moment = Moment(words.get(language), now=now, ahead=ahead, successor_link=successor_link, standing=standing)
    slots = _STATES[rollback.state](rollback, moment)
    steps = blocks.section(slots.steps, limit=STEPS_LIMIT) if slots.steps else None
    notes = blocks.section(slots.notes, limit=BODY_LIMIT) if slots.notes else None
    middle = (notes, steps) if slots.notes_first else (steps, notes)
    people = card_small.people(rollback, moment)
    made = blocks.present(
        (
            blocks.header(break_glass.headline(rollback, moment, slots.headline)),
            blocks.section(slots.body, limit=BODY_LIMIT) if slots.body else None,
            *middle,
            blocks.context(*people) if people else None,
            card_buttons.row(rollback, moment),
            blocks.context(*card_small.names(rollback, moment, catalog_revision=catalog_revision)),
        )
    )
    text = break_glass.headline(rollback, moment, slots.text)
    return Message(cut_end(text, limit=TEXT_LIMIT), made)
