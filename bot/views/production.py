"""What production looks like now, what is left half done, and the commands that put old values back."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.model import Json, JsonObject
from bot.domain.rollback import Rollback
from bot.views import checks
from bot.views.buttons import name
from bot.views.card_slots import DOT, versions
from bot.views.figures import Figures
from bot.views.standing import Standing, of_rollback, production_of, stable_share
from bot.views.text import Safe, join
from bot.views.units import NBSP
from bot.views.words import Words


def newest(rollback: Rollback, planned: Figures) -> Figures:
    """The newest figures known of the traffic: as planned, overwritten by each later check's and by production's."""
    merged = _same_names(planned.data)
    for record in rollback.steps[: rollback.step + 1]:
        merged |= _same_names(checks.figures_of(record.checks).data)
    return Figures(merged | _same_names(production_of(rollback).data))


def _same_names(data: Mapping[str, Json]) -> JsonObject:
    """What is known of these figures, with the whole service's share under one name."""
    known: JsonObject = {key: value for key, value in data.items() if value is not None}
    whole = known.get("whole_error_share", known.get("error_share"))
    return known if whole is None else {**known, "whole_error_share": whole}


def state(words: Words, rollback: Rollback) -> Safe:
    """Weights and versions, stable's pods, the whole service's error rate, each as last read."""
    stands, plan = of_rollback(rollback), rollback.plan
    if stands is None or plan is None:
        return words("unknown")
    seen = production_of(rollback)
    return join(
        DOT, (_weights(words, rollback, stands), _pods(words, seen), _rate(words, rollback, seen), hpa(words, rollback))
    )


def left(words: Words, rollback: Rollback) -> Safe:
    """What is half done: the weight, the pods, what was deleted."""
    stands, plan = of_rollback(rollback), rollback.plan
    if stands is None or plan is None:
        return words("unknown")
    labels = versions(words, plan)
    parts: list[Safe] = []
    if stands.weight != stands.was:
        weight, was = words.weight(stands.weight), words.weight(stands.was)
        parts.append(words("card.left.weight", weight=weight, was=was, version=labels["from_version"]))
    if stands.scaled and not stands.hpa:
        parts.append(words("card.left.pods", pods=words.n("pods", stands.pods_to), was=words.count(stands.pods_from)))
    parts.append(hpa(words, rollback))
    if stands.deleted:
        parts.append(words("card.left.deleted", deployment=name(stands.canary)))
    else:
        parts.append(words("card.left.nothing_deleted"))
    return join(DOT, parts)


def left_short(words: Words, rollback: Rollback) -> Safe:
    """The same in a few words, for the message's text: "canary 10 % on v2.1.0, stable 8 pods"."""
    stands, plan = of_rollback(rollback), rollback.plan
    if stands is None or plan is None:
        return words("unknown")
    labels = versions(words, plan)
    weight = words("left.short.weight", weight=words.weight(stands.weight), version=labels["from_version"])
    pods = words("left.short.pods", pods=words.n("pods", stands.pods_to)) if stands.scaled else Safe()
    return join(", ", (weight, pods))


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
        name=name(figures.text("name") or ""),
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
    command = words("put_back.hpa", namespace=namespace, name=stands.hpa.text("name"), was=_plain(was))
    return words("card.put_back", commands=command)


def _put_back(rollback: Rollback) -> bool:
    steps = rollback.plan.steps if rollback.plan else ()
    return any(
        step.kind == "autoscaler_back" and record.ended_at is not None
        for step, record in zip(steps, rollback.steps, strict=False)
    )


def _plain(value: float | None) -> Safe | None:
    return None if value is None else Safe(f"{value:g}")


def _weights(words: Words, rollback: Rollback, stands: Standing) -> Safe:
    labels = versions(words, rollback.plan)
    if stands.deleted:
        return words("card.production.all", **labels)
    if stands.weight == 0:
        return words("card.production.stable_all", **labels)
    weight, stable = words.weight(stands.weight), words.weight(stable_share(stands.weight))
    return words("card.production.weights", weight=weight, stable=stable, **labels)


def _pods(words: Words, seen: Figures) -> Safe:
    ready, want = seen.number("stable_available", "stable_ready"), seen.number("stable_pods")
    pods = (
        words("card.production.pods", ready=words.count(ready), want=words.count(want)) if ready is not None else Safe()
    )
    cpu = seen.number("stable_cpu_share", "cpu_share")
    busy = words("card.production.cpu", cpu=Safe(f"{cpu * 100:.0f}{NBSP}%")) if cpu is not None else Safe()
    return join(", ", (pods, busy))


def _rate(words: Words, rollback: Rollback, seen: Figures) -> Safe:
    rate = seen.number("whole_error_share", "error_share")
    at = words.token(rollback.halted_at or rollback.ended_at)
    if rate is None:
        return words("card.production.whole.unknown", at=at)
    return words("card.production.whole", rate=words.percent(rate), at=at)
