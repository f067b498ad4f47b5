"""Why a rollback halted, and what a person may choose: the same words on the card, in its buttons and in the thread."""

from __future__ import annotations

from bot.domain.plan import Step
from bot.domain.rollback import Rollback
from bot.domain.verdict import Verdict, worst
from bot.views import checks, moves, shapes
from bot.views.checks import readable
from bot.views.figures import Figures, of
from bot.views.shapes.standing import of_rollback
from bot.views.sides import sides
from bot.views.text import Safe, cut_end, unmarked
from bot.views.words import Words

VALIDATE = "validate"


def code_of(rollback: Rollback) -> str:
    """The code with which it halted or failed; "" where there is none."""
    return of(rollback.last).text("code") or ""


def before(rollback: Rollback) -> bool:
    """Whether it halted before its step had begun."""
    return of(rollback.last).flag("before")


def step_of(rollback: Rollback) -> Step | None:
    """The step at which it stands."""
    if rollback.plan is None or rollback.step >= len(rollback.plan.steps):
        return None
    return rollback.plan.steps[rollback.step]


def skippable(rollback: Rollback) -> bool:
    """Whether a person may waive what halted it: a check that failed, on a step whose plan allows it."""
    step = step_of(rollback)
    return step is not None and step.skippable and code_of(rollback) == "check-failed"


def lapsed(rollback: Rollback, now: int) -> bool:
    """Whether at `now` (Redis ms) it is halted for so long that what was approved no longer carries it on."""
    return rollback.lapses_at is not None and now >= rollback.lapses_at


def validated(rollback: Rollback) -> bool:
    """Whether it ended after its last step: what is wrong then is not that something is half done."""
    return rollback.plan is not None and rollback.step >= len(rollback.plan.steps)


def goes_to(words: Words, rollback: Rollback) -> Safe:
    """To what it goes on when a check is waived; empty where no later step changes what moves."""
    shape = shapes.of_rollback(rollback)
    return shape.next_value(words, rollback) if shape else Safe()


def why(words: Words, rollback: Rollback) -> Safe:
    """Why it halted, as a sentence with the figures seen."""
    halted = of(rollback.last)
    dumps = rollback.record.checks
    if code_of(rollback) == "unproven" and (found := _last_unknown(words, rollback)):
        return words("halt.unproven.found", found=found)
    check = checks.leading(dumps)
    if code_of(rollback) == "check-failed" and check is not None:
        return checks.finding(words, check, _seen(rollback))
    figures = halted.inner("figures")
    made = {name: readable(words, name, figures) for name in figures.data}
    made["cause"] = words.first(f"cause.{figures.text('why')}", "cause.no-data")
    made["message"] = cut_end(figures.text("message", "reason", "what") or "", limit=160) or None
    made["what"] = cut_end(figures.text("what") or "", limit=160) or None
    name = figures.text("name")
    if name:
        pair = [figures.data.get("planned"), figures.data.get("now")]
        made["moved"] = moves.listed(words, {name: pair}, service=rollback.request.service)
    made |= {"code": code_of(rollback) or None, **sides(words, rollback.plan)}
    return words.first(f"halt.{code_of(rollback)}", "halt.other", **made)


def consequence(words: Words, rollback: Rollback) -> Safe:
    """What going on would mean; empty where there is nothing to say beyond why."""
    check = checks.leading(rollback.record.checks)
    if code_of(rollback) == "check-failed" and check is not None and check.verdict is Verdict.FAIL:
        key = f"halt.consequence.{check.code}"
        return words(key) if words.has(key) else Safe()
    return Safe()


def clause(words: Words, rollback: Rollback) -> Safe:
    """Why, short and in plain text, for a confirm dialog: "stable got worse"."""
    return Safe(unmarked(checks.short(words, rollback.record.checks)))


def unproven(rollback: Rollback) -> bool:
    """Whether it halted because a check could not be known."""
    found = checks.read(rollback.record.checks)
    return bool(found) and worst(found) is Verdict.UNKNOWN


def traffic(words: Words, rollback: Rollback) -> Safe:
    """Which version serves now: what share of traffic, or how many pods."""
    shape = shapes.of_rollback(rollback)
    return shape.standing(words, rollback) if shape else words("unknown")


def choices(words: Words, rollback: Rollback, now: int) -> Safe:
    """What the buttons are, as words."""
    if lapsed(rollback, now):
        return words("card.choices.lapsed")
    return words("card.choices.skip") if skippable(rollback) else words("card.choices")


def _last_unknown(words: Words, rollback: Rollback) -> Safe:
    """The newest finding that is unknown among the steps done; empty where none was kept."""
    for record in reversed(rollback.steps[: rollback.step]):
        told = checks.findings(words, record.checks, verdict=Verdict.UNKNOWN)
        if told:
            return told
    return Safe()


def _seen(rollback: Rollback) -> Figures:
    record = rollback.record
    stands = of_rollback(rollback)
    weights = (
        {} if stands is None or stands.weight is None else {"canary": stands.weight, "stable": 100 - stands.weight}
    )
    return Figures({**weights, **record.figures, **checks.figures_of(record.checks).data})
