"""The card while production is being changed: running, and halted where a person must choose."""

from __future__ import annotations

from bot.domain.plan import Plan
from bot.domain.rollback import Mark, Rollback
from bot.views import card_steps, halts, production, shapes
from bot.views.card_slots import DOT, Moment, Slots, before, place, service, strategy, versions
from bot.views.figures import Figures
from bot.views.text import Safe, cut_end, join, unmarked
from bot.views.words import Words

FULL, EMPTY = "■", "□"
MOST_SQUARES = 20
WHY_LIMIT = 280
_HELD = {
    "stable_not_worse": "stable",
    "error_rate_at_most": "whole",
    "drained": "drain",
    "route_held": "proxies",
    "traffic_arrived": "arrived",
}


def running(rollback: Rollback, moment: Moment) -> Slots:
    """Under way: which step, what share of traffic is where, until when it holds, when it should end."""
    words, plan = moment.words, rollback.plan
    if plan is None:
        return Slots(headline=place(words, rollback), text=place(words, rollback))
    figures = {"step": step_number(rollback), "of": len(plan.steps), "place": place(words, rollback)}
    bar = words("card.bar", bar=_bar(rollback, plan), **figures)
    return Slots(
        headline=words("card.b1.running", **figures, **versions(words, plan)),
        text=join("", (words("card.text.running", **figures), *_text_tail(words, rollback))),
        body=join("\n", (join(DOT, (bar, shapes.of(plan).progress(words, rollback))), _times(words, rollback))),
        steps=card_steps.rows(words, plan, rollback.steps),
    )


def halted(rollback: Rollback, moment: Moment) -> Slots:
    """Stopped: why, what production looks like now, and what a person may choose."""
    words, plan = moment.words, rollback.plan
    tail = ".before" if halts.before(rollback) else ""
    why = halts.why(words, rollback)
    figures = {"step": step_number(rollback), "of": len(plan.steps) if plan else None, "place": place(words, rollback)}
    text = words(
        f"card.text.halted{tail}",
        **figures,
        choices=halts.choices(words, rollback, moment.now),
        service=service(rollback),
        strategy=strategy(words, rollback.request.strategy),
        traffic=halts.traffic(words, rollback),
        why=join("", (unmarked(why), Safe("."))),
    )
    return Slots(
        headline=words(f"card.b1.halted{tail}", **figures),
        text=text,
        body=_halted_body(words, rollback, why),
        notes=_choices(words, rollback, moment.now),
        notes_first=True,
        steps=card_steps.rows(words, plan, rollback.steps) if plan else Safe(),
    )


def step_number(rollback: Rollback) -> int:
    """The current step as people count, never past the last."""
    return min(rollback.step + 1, len(rollback.steps) or 1)


def expected_end(rollback: Rollback) -> int | None:
    """When it should end, in Redis ms: reckoned from the last event, so that it moves only when something happened."""
    plan = rollback.plan
    if plan is None or rollback.started_at is None:
        return None
    begun = rollback.record.started_at
    ended = [record.ended_at for record in rollback.steps if record.ended_at is not None]
    since = begun if begun is not None else max(ended, default=rollback.started_at)
    return since + int(sum(step.estimate_s for step in plan.steps[rollback.step :]) * 1000)


def _bar(rollback: Rollback, plan: Plan) -> Safe:
    most = min(len(plan.steps), MOST_SQUARES)
    full = step_number(rollback) * most // max(len(plan.steps), 1)
    return Safe(FULL * full + EMPTY * (most - full))


def _times(words: Words, rollback: Rollback) -> Safe:
    parts: list[Safe] = []
    record = rollback.record
    if rollback.abort_by is not None:
        parts.append(words("card.aborting", who=words.who(rollback.abort_by)))
    elif holding(rollback):
        parts.append(join("", (_held(words, rollback), _judged_now(words, rollback))))
    elif record.figures.get("what"):
        parts.append(words("card.waiting_for", what=Figures(record.figures).text("what")))
    parts.append(words("card.began", at=words.token(rollback.started_at)))
    parts.append(words("card.expected_end", at=words.token(expected_end(rollback))))
    return join(DOT, parts)


def holding(rollback: Rollback) -> bool:
    """Whether the current step has a hold that says something: longer than nothing."""
    record = rollback.record
    return (
        record.mark is Mark.HOLDING
        and record.hold_until is not None
        and record.applied_at is not None
        and record.hold_until > record.applied_at
    )


def _held(words: Words, rollback: Rollback) -> Safe:
    step = halts.step_of(rollback)
    check = words(f"card.holding.{_HELD.get(step.check if step else '', 'other')}")
    return words("card.holding", until=words.token(rollback.record.hold_until), check=check)


def _judged_now(words: Words, rollback: Rollback) -> Safe:
    """The newest figures there are: of this step, of the last one that was checked, or of the plan."""
    facts = production.newest(rollback, before(rollback))
    stable, whole = facts.number("stable_error_share"), facts.number("whole_error_share", "error_share")
    if stable is None and whole is None:
        return Safe()
    return words("card.holding.now", stable=words.percent(stable), whole=words.percent(whole))


def _text_tail(words: Words, rollback: Rollback) -> tuple[Safe, ...]:
    until, shape = rollback.record.hold_until, shapes.of_rollback(rollback)
    hold = words("card.text.running.holding", until=words.clock(until)) if holding(rollback) else Safe()
    moved = shape.progress_text(words, rollback, holding=hold) if shape else Safe()
    return (moved, words("card.text.running.end", end=words.minute(expected_end(rollback))))


def _halted_body(words: Words, rollback: Rollback, why: Safe) -> Safe:
    sentence = join(
        " ", (Safe(f"{cut_end(why, limit=WHY_LIMIT)}."), halts.consequence(words, rollback), words("card.why.details"))
    )
    state = production.state(words, rollback)
    at = words("card.halted_at", at=words.token(rollback.halted_at))
    return join("\n", (words("card.why", why=sentence), words("card.production", state=join(DOT, (state, at)))))


def _choices(words: Words, rollback: Rollback, now: int) -> Safe:
    abort = words("card.choose.abort", left=_abort_leaves(words, rollback))
    put_back = production.put_back(words, rollback)
    if halts.lapsed(rollback, now):
        return join("\n", (words("card.choose.lapsed", abort=abort), put_back))
    step = step_number(rollback)
    scales = any(s.kind == "scale_up" for s in (rollback.plan.steps if rollback.plan else ())) and not halts.before(
        rollback
    )
    capacity = words("card.choose.capacity") if scales else Safe()
    parts = [words("card.choose.retry", step=step, capacity=capacity)]
    if halts.skippable(rollback):
        goes_to = halts.goes_to(words, rollback)
        to = words("card.choose.skip.to", to=goes_to) if goes_to else Safe()
        parts.append(words("card.choose.skip", to=to))
    parts.append(abort)
    return join("\n", (words("card.choose", choices=join(DOT, parts)), put_back))


def _abort_leaves(words: Words, rollback: Rollback) -> Safe:
    shape = shapes.of_rollback(rollback)
    return shape.abort_leaves(words, rollback) if shape else words("unknown")
