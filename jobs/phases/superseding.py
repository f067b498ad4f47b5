"""When production moved under a plan: end it, and ask again with a new one, as long as that leads anywhere."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Final

from bot.domain.events import Kind
from bot.domain.model import Json
from bot.store import Conflict, NoSuchRollback
from jobs.turn import Again, Outcome, Sleep, Turn, event

MOST: Final = 3
"""So many plans in a row take the place of the one before. What moves that often is stopped first, by a person."""


def supersede(turn: Turn, changed: Mapping[str, tuple[Json, Json]]) -> Again:
    """End this rollback because `changed` (name → as planned, now) no longer is as approved; nothing was touched.

    It is asked again, at most three times in a row: then `successor` is "" and `in_a_row` says how many there were.
    """
    before = _before(turn)
    return turn.write(
        event(
            Kind.SUPERSEDED,
            moved={name: list(pair) for name, pair in changed.items()},
            successor=turn.house.store.new_id() if before < MOST else "",
            in_a_row=before + 1,
            approvals=len(turn.rollback.approvals),
        )
    )


def hand_over(turn: Turn) -> Outcome:
    """Create the rollback that replaces a superseded one; the command id makes it one, however often this runs."""
    rollback = turn.rollback
    successor = str(rollback.last["successor"])
    if successor:
        # A conflict says that it was made longer ago than the command is remembered.
        with contextlib.suppress(Conflict):
            turn.house.store.create(
                rollback.request.model_copy(update={"replaces": rollback.id}),
                command_id=f"supersede:{rollback.id}",
                rollback_id=successor,
            )
    return Sleep(None)


def _before(turn: Turn) -> int:
    """How many plans in a row this one takes the place of, as far as it matters."""
    request = turn.rollback.request
    for count in range(MOST):
        if not request.replaces:
            return count
        try:
            request = turn.house.store.load(request.replaces).rollback.request
        except NoSuchRollback:
            return count + 1
    return MOST
