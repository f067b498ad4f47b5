"""What progress says in the thread: only that a rollout takes longer than was planned for, and that once."""

from __future__ import annotations

from bot.views import halts
from bot.views.card_slots import version
from bot.views.figures import Figures, of
from bot.views.rollout_asides import late
from bot.views.text import Safe
from bot.views.thread_scene import Told


def progressed(told: Told) -> Safe | None:
    """The step is over the plan's budget: the event that says so comes once."""
    words, rollback = told.words, told.rollback
    plan, step, seen = rollback.plan, halts.step_of(rollback), Figures(rollback.record.figures)
    if plan is None or step is None or not of(told.event.data.get("figures")).flag("over_budget"):
        return None
    slow = late(words, seen)
    return words(
        "line.over_budget",
        step=rollback.step + 1,
        of=len(rollback.steps),
        budget=words.duration(plan.budget_s),
        updated=words.count(seen.number("updated")),
        pods=words.count(seen.number("of")),
        version=version(words, plan.to_version),
        late=words("line.over_budget.late", late=slow) if slow else Safe(),
    )
