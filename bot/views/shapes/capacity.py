"""The pods of the side that traffic moves to, and the autoscaler whose bounds were raised for it."""

from __future__ import annotations

from bot.domain.rollback import Rollback
from bot.views import scalers
from bot.views.figures import Figures
from bot.views.shapes.standing import Standing, of_rollback, production_of
from bot.views.sides import sides
from bot.views.text import Safe, join
from bot.views.units import NBSP
from bot.views.words import Words


def pods(words: Words, rollback: Rollback) -> Safe:
    """How many pods are Available, and how busy they are, on the card."""
    seen = production_of(rollback)
    ready, want = _counts(words, seen)
    told = words("card.production.pods", ready=ready, want=want, **sides(words, rollback.plan)) if ready else Safe()
    return join(", ", (told, _busy(words, seen)))


def pods_line(words: Words, rollback: Rollback) -> Safe:
    """The same in the thread."""
    seen = production_of(rollback)
    ready, want = _counts(words, seen)
    return join(", ", (words("line.halted.pods", ready=ready, pods=want) if ready else Safe(), _busy(words, seen)))


def hpa(words: Words, rollback: Rollback) -> Safe:
    """The autoscaler's minimum while it is not as it was; empty otherwise."""
    stands = of_rollback(rollback)
    if stands is None or not stands.scaled or not stands.hpa or _put_back(rollback):
        return Safe()
    figures = stands.hpa
    live = production_of(rollback).inner("autoscaler").number("min")
    now = figures.number("min_to") if live is None else live
    if now == figures.number("min_from"):
        return Safe()
    return words(
        "card.left.hpa",
        **scalers.called(words, figures),
        now=words.count(now),
        was=words.count(figures.number("min_from")),
    )


def put_back(words: Words, rollback: Rollback) -> Safe:
    """The command that puts the autoscaler's bounds back; empty while they are as they were.

    Plain replicas get none: fewer pods under the traffic that has moved to them would make it worse.
    """
    stands, plan = of_rollback(rollback), rollback.plan
    if stands is None or plan is None or not hpa(words, rollback):
        return Safe()
    scale = next(step for step in plan.steps if step.kind == "scale_up")
    namespace, was = Figures(scale.params).text("namespace"), stands.hpa.number("min_from")
    plain = None if was is None else Safe(f"{was:g}")
    key = "put_back.hpa" if scalers.kind_of(stands.hpa) == scalers.HPA else "put_back.keda"
    command = words(key, namespace=namespace, name=stands.hpa.text("name"), was=plain)
    return words("card.put_back", commands=command)


def left_line(words: Words, rollback: Rollback, stands: Standing) -> Safe:
    """What was raised, in the thread: the autoscaler's minimum, or the pods themselves; empty when nothing was."""
    if not stands.scaled:
        return Safe()
    if not stands.hpa:
        pods_to, was = words.n("pods", stands.pods_to), words.count(stands.pods_from)
        return words("line.left.pods", pods=pods_to, was=was, **sides(words, rollback.plan))
    return words(
        "line.left.hpa",
        **scalers.called(words, stands.hpa),
        now=words.count(stands.hpa.number("min_to")),
        was=words.count(stands.hpa.number("min_from")),
    )


def _counts(words: Words, seen: Figures) -> tuple[Safe, Safe]:
    """Available and wanted; the first is empty where nobody knows."""
    ready = seen.number("stable_available", "stable_ready")
    return (words.count(ready) if ready is not None else Safe()), words.count(seen.number("stable_pods"))


def _busy(words: Words, seen: Figures) -> Safe:
    cpu = seen.number("stable_cpu_share", "cpu_share")
    return words("card.production.cpu", cpu=Safe(f"{cpu * 100:.0f}{NBSP}%")) if cpu is not None else Safe()


def _put_back(rollback: Rollback) -> bool:
    steps = rollback.plan.steps if rollback.plan else ()
    return any(
        step.kind == "autoscaler_back" and record.ended_at is not None
        for step, record in zip(steps, rollback.steps, strict=False)
    )
