"""What the two sides between which traffic moves are called: by their roles (canary, stable) or their own names."""

from __future__ import annotations

from bot.domain.plan import Plan
from bot.views.buttons import name
from bot.views.figures import Figures, shown
from bot.views.text import Safe
from bot.views.words import Words


def sides(words: Words, plan: Plan | None) -> dict[str, object]:
    """`bad` loses the traffic, `good` gets it; those with a capital begin a sentence."""
    given = shown(plan).inner("sides") if plan is not None else Figures()
    bad, good = _called(words, given, "canary"), _called(words, given, "stable")
    the_bad = bad if given.text("canary") else words("side.canary.the")
    return {
        "bad": bad,
        "good": good,
        "the_bad": the_bad,
        "Bad": _first(bad),
        "Good": _first(good),
        "The_bad": _first(the_bad),
    }


def _called(words: Words, given: Figures, role: str) -> Safe:
    own = given.text(role)
    return name(own) if own else words(f"side.{role}")


def _first(called: Safe) -> Safe:
    return Safe(called[:1].upper() + called[1:])
