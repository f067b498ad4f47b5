"""The thread while production is being changed: effects, verdicts, halts, and what people press."""

from __future__ import annotations

from bot.domain.events import Event
from bot.domain.plan import Step
from bot.domain.rollback import Mark, Rollback, StepRecord
from bot.domain.verdict import Verdict
from bot.views import checks, halts, shapes, steps
from bot.views.card_steps import MARKS
from bot.views.figures import Figures, shown
from bot.views.shapes.standing import stable_share
from bot.views.sides import sides
from bot.views.text import Safe, join, unmarked
from bot.views.thread_scene import Told
from bot.views.words import Words

TIMED = frozenset({"scale_up", "retire", "validate", "autoscaler_back", "rollout", "pod_health"})
"""Steps whose line says how long they took; the others say their hold or window."""


def applied(told: Told) -> Safe | None:
    """A weight has been set and is held. Other effects are told when their step is done."""
    words, rollback = told.words, told.rollback
    step = halts.step_of(rollback)
    if step is None or step.kind != "set_weight" or not step.hold_s:
        return None
    params = Figures(step.params)
    to = params.number("to")
    was = params.number("from")
    return words(
        "line.applied.set_weight.already" if rollback.record.already else "line.applied.set_weight",
        **_place(rollback, rollback.step),
        **{"from": words.count(was), "to": words.weight(to)},
        **sides(words, rollback.plan),
        stable=words.weight(stable_share(to)),
        hold=words.duration(step.hold_s),
    )


def done(told: Told) -> Safe | None:
    """A step is done: what it did, what its check found, how long it took."""
    words, event, rollback = told.words, told.event, told.rollback
    index = int(Figures(event.data).number("step") or 0)
    plan = rollback.plan
    if plan is None or index >= len(plan.steps) or index >= len(rollback.steps):
        return None
    step, record = plan.steps[index], rollback.steps[index]
    took = steps.seconds(record)
    timed = step.kind in TIMED and took is not None and not record.already
    text = join("", (_text(words, step, record, rollback), _after(words, event, last=index == len(plan.steps) - 1)))
    return words(
        "line.done",
        mark=MARKS[record.mark],
        **_place(rollback, index),
        text=text,
        took=words("line.done.took", took=words.duration(took)) if timed else Safe(),
    )


def halted(told: Told) -> Safe:
    """Two lines: what was found, and that it stands still, with what production looks like now."""
    words, rollback = told.words, told.rollback
    where = _place(rollback, rollback.step)
    before = halts.before(rollback)
    why = words("line.halted.why", mark=_mark(rollback), why=unmarked(halts.why(words, rollback)), **where)
    choices = words("line.choices.skip") if halts.skippable(rollback) else words("line.choices")
    key = "line.halted.before" if before else "line.halted"
    return join("\n", (why, words(key, state=_state(words, rollback), choices=choices, **where)))


def retried(told: Told) -> Safe:
    """Somebody pressed Retry."""
    words, event, rollback = told.words, told.event, told.rollback
    return words("line.retried", who=words.who(event.by), step=rollback.step + 1)


def skipped(told: Told) -> Safe:
    """Somebody waived the check."""
    words, event, rollback = told.words, told.event, told.rollback
    return words("line.skipped", who=words.who(event.by), **_place(rollback, rollback.step))


def reminded(told: Told) -> Safe:
    """Nobody answered for a while: the group was called."""
    words, event, rollback = told.words, told.event, told.rollback
    minutes = Figures(event.data).number("minutes")
    traffic = halts.traffic(words, rollback)
    return words("line.reminded", minutes=words.count(minutes), traffic=Safe(traffic[:1].upper() + traffic[1:]))


def recovered(told: Told) -> Safe:
    """The error rate is back under its limit."""
    words, event, rollback = told.words, told.event, told.rollback
    data = Figures(event.data)
    limit = data.number("limit")
    if limit is None and rollback.plan is not None:
        limit = steps.error_limit(rollback.plan)
    return words("line.recovered", limit=words.limit(limit), at=words.clock(data.time("at") or event.at))


def _text(words: Words, step: Step, record: StepRecord, rollback: Rollback) -> Safe:
    plan = rollback.plan
    check = checks.leading(record.checks)
    if plan is None:
        return words("unknown")
    if record.mark is Mark.SKIPPED:
        return words("step.waived", title=steps.planned_short(words, step, plan))
    if step.kind == "set_weight" and check is not None:
        before = shown(plan).number("whole_error_share", "error_share")
        extra = {"whole_before": before} if before is not None and _first_checked(rollback, record) else {}
        seen = {**extra, "stable": stable_share(Figures(step.params).number("to"))}
        return checks.finding(words, check, Figures({**seen, **checks.figures_of(record.checks).data}))
    return steps.finished(words, step, record, plan)


def _first_checked(rollback: Rollback, record: StepRecord) -> bool:
    """Whether this is the first step whose check spoke: only there the figure from before says something new."""
    return next((r for r in rollback.steps if r.checks), None) is record


def _after(words: Words, event: Event, *, last: bool) -> Safe:
    return words("line.done.on") if event.data.get("unverified") is True and not last else Safe()


def _place(rollback: Rollback, index: int) -> dict[str, object]:
    return {"step": index + 1, "of": len(rollback.steps)}


def _mark(rollback: Rollback) -> str:
    check = checks.leading(rollback.record.checks)
    unknown = check is not None and check.verdict is Verdict.UNKNOWN
    return MARKS[Mark.UNKNOWN] if unknown or halts.before(rollback) else MARKS[Mark.FAILED]


def _state(words: Words, rollback: Rollback) -> Safe:
    shape = shapes.of_rollback(rollback)
    return shape.state_line(words, rollback) if shape else words("unknown")
