"""What a rollout's step says beside how far it is: pods that are late or were deleted, and that it takes too long."""

from __future__ import annotations

from bot.domain.plan import Plan
from bot.views.figures import Figures
from bot.views.text import Safe, cut_end, cut_middle, join
from bot.views.words import Words

NAME_LIMIT, WHY_LIMIT = 40, 80


def delays(words: Words, plan: Plan, seen: Figures) -> tuple[Safe, ...]:
    """That it is over the plan's budget, and which pods are long not Ready; () where neither is so."""
    over = words("rollout.over_budget", budget=words.duration(plan.budget_s)) if seen.flag("over_budget") else Safe()
    return tuple(part for part in (over, late(words, seen)) if part)


def late(words: Words, seen: Figures) -> Safe:
    """How many pods are long not Ready, which ones, and why the first is not; empty where none is."""
    count = seen.number("late")
    if not count:
        return Safe()
    because = cut_end(seen.text("late_why") or "", limit=WHY_LIMIT)
    why = words("rollout.late.why", why=because) if because else Safe()
    return words.n("rollout.late", count, names=_names(seen, "late_names", count), why=why)


def deleted(words: Words, seen: Figures) -> Safe:
    """Which pods the bot deleted so that their controller makes them anew; empty where none was."""
    count = len(seen.texts("deleted_pods"))
    return words.n("rollout.deleted", count, names=_names(seen, "deleted_pods", count)) if count else Safe()


def _names(seen: Figures, name: str, count: float) -> Safe:
    told = [cut_middle(each, limit=NAME_LIMIT) for each in seen.texts(name)]
    return join(", ", (*told, *(["…"] if count > len(told) else [])))
