"""One step in words: as planned, under way, done. The same words stand in the card's rows and in the thread's lines."""

from __future__ import annotations

import shlex

from bot.domain.model import Json
from bot.domain.plan import Plan, Step
from bot.domain.rollback import Mark, StepRecord
from bot.views import checks, scalers
from bot.views.buttons import name
from bot.views.card_slots import version
from bot.views.figures import Figures, of, shown
from bot.views.rollout_asides import deleted
from bot.views.sides import sides
from bot.views.text import Safe, cut_middle, join
from bot.views.words import Words

NAME = 30
"""Names in a row of 110 are cut in the middle to this; All details has them whole."""
SECOND_MS = 1_000


def planned(words: Words, step: Step, plan: Plan, *, names: int = NAME) -> Safe:
    """What the step would do."""
    params = Figures(step.params)
    key = f"step.{step.kind}.plan"
    if step.kind == "scale_up":
        key += _capacity(params)
    if step.kind == "set_weight" and step.params.get("switch"):
        key += ".switch_only" if params.number("from") == params.number("to") else ".switch"
    if params.flag("keep") and words.has(f"{key}.kept"):
        key += ".kept"
    return words.first(key, "step.other.plan", **_figures(words, step, plan, StepRecord(), names))


def _capacity(params: Figures) -> str:
    """Which words a change of capacity has: nothing to raise, the autoscaler's minimum, or the pods themselves."""
    hpa = params.inner("hpa")
    was, to = (hpa or params).number("min_from", "from"), (hpa or params).number("min_to", "to")
    if was is not None and to is not None and was >= to:
        return ".enough"
    return ".hpa" if hpa else ""


def row(words: Words, step: Step, record: StepRecord, plan: Plan, *, names: int = NAME) -> Safe:
    """The step with what has become of it."""
    if record.mark is Mark.TO_DO:
        return planned(words, step, plan, names=names)
    if record.mark in (Mark.RUNNING, Mark.HOLDING):
        return _under_way(words, step, record, plan, names)
    title = finished(words, step, record, plan, names=names)
    if record.mark is Mark.SKIPPED:
        title = words("step.waived", title=planned_short(words, step, plan))
    took = seconds(record)
    return words("step.took", title=title, took=words.duration(took)) if took is not None and took >= 1 else title


def finished(words: Words, step: Step, record: StepRecord, plan: Plan, *, names: int = NAME) -> Safe:
    """What the step did, with what it saw."""
    figures = _figures(words, step, plan, record, names)
    if record.mark is Mark.FAILED:
        refused = record.applied_at is None and not record.figures.get("applied")
        key = f"step.{step.kind}.{'refused' if refused else 'failed'}"
        return words.first(key, f"step.{step.kind}.failed", "step.other.failed", **figures)
    if record.mark is Mark.UNKNOWN and step.kind not in ("set_weight", "validate", "see_version"):
        key = "step.unverified" if record.checks else "step.unverified.unknown"
        return words(key, title=planned_short(words, step, plan), finding=figures["finding"])
    if record.already and words.has(f"step.{step.kind}.already") and not record.checks:
        return words(f"step.{step.kind}.already", **figures)
    kept = ".kept" if Figures(step.params).flag("keep") and words.has(f"step.{step.kind}.done.kept") else ""
    done = f"step.{step.kind}.done{kept}"
    paused = (f"{done}.paused",) if Figures(record.figures).text("paused") else ()
    return words.first(*paused, done, "step.other.done", **figures)


def planned_short(words: Words, step: Step, plan: Plan) -> Safe:
    """The step's planned effect without its hold and check: the words before the first ";", "," or "."."""
    if step.kind == "set_weight":
        return words("step.set_weight.short", **_figures(words, step, plan, StepRecord(), NAME))
    text = str(planned(words, step, plan))
    for mark in (";", ":", ",", ". "):
        text = text.partition(mark)[0]
    return Safe(text)


def seconds(record: StepRecord) -> float | None:
    """Seconds from the step's start to its end; None while either is missing."""
    if record.started_at is None or record.ended_at is None:
        return None
    return (record.ended_at - record.started_at) / SECOND_MS


def error_limit(plan: Plan) -> float | None:
    """The share (0..1) of errors that is too much, where the plan carries it."""
    for step in reversed(plan.steps):
        limit = Figures(step.params).number("error_limit", "error_share", "limit", "limit_share")
        if limit is not None:
            return limit
    return shown(plan).number("error_limit", "limit_error_share", "error_share_limit")


def _under_way(words: Words, step: Step, record: StepRecord, plan: Plan, names: int) -> Safe:
    figures = _figures(words, step, plan, record, names)
    if record.mark is Mark.HOLDING and words.has(f"step.{step.kind}.holding"):
        return words(f"step.{step.kind}.holding", **figures)
    return words.first(f"step.{step.kind}.now", "step.other.now", **figures)


def _figures(words: Words, step: Step, plan: Plan, record: StepRecord, names: int) -> dict[str, object]:
    params, seen = Figures(step.params), Figures(record.figures)
    hpa = params.inner("hpa")
    change = hpa if hpa and step.kind == "scale_up" else params
    was, to = ("min_from", "from"), ("min_to", "to")
    if step.kind == "autoscaler_back":
        was, to = to, was
    ready = seen.number("available", "ready")
    tally = checks.tally(record.checks)
    gone = seen.number("pods") if step.kind == "retire" and seen.number("pods") else params.number("pods")
    called = sides(words, plan)
    return {
        **called,
        "what": _what(words, step, called),
        "virtual_service": cut_middle(params.text("virtual_service") or "", limit=names) or None,
        "times": words.count(params.number("times")),
        "running": words.count(seen.number("running")),
        "endpoints": words.count(seen.number("endpoints")),
        "kind": params.text("kind") or step.kind,
        "name": cut_middle(params.text("name") or "", limit=names) or None,
        "version": version(words, params.text("version") or ""),
        "command": shlex.join(params.texts("command")),
        "updated": words.count(seen.number("updated")),
        "available": words.count(seen.number("available")),
        "of": words.count(seen.number("of", "pods") or params.number("pods")),
        "service": cut_middle(plan.service, limit=names),
        "deployment": cut_middle(params.text("deployment") or plan.service, limit=names),
        **scalers.called(words, hpa or params, limit=names),
        "switch": join(", ", _labels(step.params.get("switch"))),
        "paused": cut_middle(seen.text("paused") or "", limit=names) or None,
        "from": words.count(change.number(*was)),
        "to": _change(words, step, change.number(*to)),
        "pods_from": words.count(params.number("from")),
        "pods_to": words.count(params.number("to")),
        "hold": words.duration(step.hold_s),
        "window": words.duration(params.number("window_s", "drain_s") or step.hold_s or None),
        "check": _check(words, step, plan),
        "ready": words.count(ready),
        "seen": words("step.scale_up.seen", ready=words.count(ready)) if ready is not None else Safe(),
        "pods": words.count(gone) if record.mark is Mark.TO_DO else words.n("pods", gone),
        "requests": words.count(seen.number("requests", "canary_requests") or 0),
        "checks": words.n("checks", checks.VALIDATION),
        "finding": checks.short(words, record.checks),
        "aside": deleted(words, seen),
        **{name: words.count(number) for name, number in tally.items()},
    }


def _what(words: Words, step: Step, called: dict[str, object]) -> Safe:
    """What a step is for, where its kind does several things."""
    params = Figures(step.params)
    key = f"step.{step.kind}.what.{params.text('code')}"
    labels = {
        "service_name": name(params.text("service") or ""),
        "version": version(words, params.text("version") or ""),
    }
    return words(key, **labels, **called) if words.has(key) else Safe()


def _labels(value: Json) -> list[Safe]:
    """What routes are called, by the labels that the plan gives them."""
    listed = [of(each).text("label") for each in value] if isinstance(value, list) else []
    return [name(label) for label in listed if label]


def _change(words: Words, step: Step, value: float | None) -> Safe:
    return words.weight(value) if step.kind == "set_weight" else words.count(value)


def _check(words: Words, step: Step, plan: Plan) -> Safe:
    limit = error_limit(plan)
    key = f"step.check.{step.check}"
    if step.check == "error_rate_at_most" and limit is None:
        key += ".no_limit"
    return words(key, limit=words.limit(limit), **sides(words, plan)) if words.has(key) else Safe(step.check)
