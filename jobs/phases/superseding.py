"""When production moved under a plan: end it, and ask again with a new one."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.events import Kind
from bot.domain.model import Json
from jobs.turn import Again, Outcome, Sleep, Turn, event


def supersede(turn: Turn, changed: Mapping[str, tuple[Json, Json]]) -> Again:
    """End this rollback because `changed` (name → as planned, now) no longer is as approved; nothing was touched."""
    return turn.write(
        event(
            Kind.SUPERSEDED,
            moved={name: list(pair) for name, pair in changed.items()},
            successor=turn.house.store.new_id(),
            approvals=len(turn.rollback.approvals),
        )
    )


def hand_over(turn: Turn) -> Outcome:
    """Create the rollback that replaces a superseded one; the command id makes it one, however often this runs."""
    rollback = turn.rollback
    turn.house.store.create(
        rollback.request.model_copy(update={"replaces": rollback.id}),
        command_id=f"supersede:{rollback.id}",
        rollback_id=str(rollback.last["successor"]),
    )
    return Sleep(None)
