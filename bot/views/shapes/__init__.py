"""What moves while a rollback runs, in words: traffic between two sides, or the pods of one workload.

A strategy names its shape in bot/domain/strategy.py. Card, thread, calls and report ask the shape for their parts.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.plan import Plan
from bot.domain.rollback import Rollback
from bot.domain.strategy import BY_NAME, Moves
from bot.views.shapes.model import Shape
from bot.views.shapes.traffic import Traffic
from bot.views.shapes.workload import Workload

__all__ = ["Shape", "of", "of_rollback"]

_SHAPES: Mapping[Moves, Shape] = {Moves.TRAFFIC: Traffic(), Moves.WORKLOAD: Workload()}


def of(plan: Plan) -> Shape:
    """The shape of a plan; a strategy nobody knows any more is told as traffic, which says what it cannot know."""
    strategy = BY_NAME.get(plan.strategy)
    return _SHAPES[strategy.moves if strategy else Moves.TRAFFIC]


def of_rollback(rollback: Rollback) -> Shape | None:
    """The same for a rollback; None before there is a plan."""
    return of(rollback.plan) if rollback.plan is not None else None
