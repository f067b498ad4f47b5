"""A canary rollback's steps, from what was decided: the runbook itself. Pure."""

from __future__ import annotations

from bot.catalog.model import Canary as Entry
from bot.catalog.model import Service
from bot.domain.model import JsonObject
from bot.domain.plan import Effect, Step
from jobs.steps import moves, routers
from jobs.steps.splits import Pair
from jobs.strategies import two_sides_steps
from jobs.strategies.canary_decision import Decision, entry_of

READ_BACK_S = 0.5
"""Seconds that a weight usually takes to be written and read back."""


def steps(decision: Decision, service: Service, *, digest: str) -> tuple[Step, ...]:
    """All of them in order. `digest`: the image that stable's pods report, "" where they do not agree."""
    entry, needed, hpa = entry_of(service), decision.needed, decision.hpa
    router, name = routers.named_by(entry)
    pair, more = Pair.of(entry), JsonObject({router.figure: name, "scaler": decision.scaler})
    return (
        two_sides_steps.scale_up(decision.stable, needed=needed, hpa=hpa),
        *_set_weights(decision, service),
        two_sides_steps.drain(
            decision.canary, pair, window_s=entry.drain_s, let_go={}, quiet_s=_quiet_s(decision, entry)
        ),
        two_sides_steps.retire(decision.canary, pair, drain_s=entry.drain_s, keep=False, more=more),
        *two_sides_steps.autoscaler_back(service.kubernetes.namespace, hpa),
        two_sides_steps.validate(decision.stable, service, digest=digest, needed=needed, hpa=hpa),
    )


def set_weight(decision: Decision, service: Service, moved: JsonObject, *, first: bool, pods: int, check: str) -> Step:
    """One move, by the parameters that `moves.params` gives. Without a check it is not judged, nor skippable."""
    entry = entry_of(service)
    router, name = routers.named_by(entry)
    params: JsonObject = {
        "namespace": service.kubernetes.namespace,
        router.figure: name,
        "uid": decision.routing["metadata"]["uid"],
        "route": entry.route,
        "pair": Pair.of(entry).params,
        **moved,
        "first": first,
        "stable_deployment": entry.stable.deployment,
        "pods": pods,
        "error_limit": service.limits.error_share,
    }
    return Step(
        kind="set_weight",
        params=params,
        effect=Effect.CAS,
        hold_s=entry.hold_s,
        deadline_s=30,
        estimate_s=entry.hold_s + READ_BACK_S,
        check=check,
        skippable=bool(check),
        take_back="set-weight",
    )


def _set_weights(decision: Decision, service: Service) -> list[Step]:
    planned: list[Step] = []
    was: int | float = decision.live
    for weight in decision.weights:
        moved = moves.params(decision.split, was=was, to=weight, last=weight == decision.weights[-1])
        check = "error_rate_at_most" if weight == 0 else "stable_not_worse"
        planned.append(set_weight(decision, service, moved, first=not planned, pods=decision.needed, check=check))
        was = weight
    return planned


def _quiet_s(decision: Decision, entry: Entry) -> float:
    """Seconds from the drain's start before which its window may hold requests that lagging proxies were right to send.

    The last weight was written at least its hold before; without any weight to write, nobody knows when it was.
    """
    since = entry.hold_s if decision.weights else 0
    return max(0.0, entry.drain_s + entry.propagation_s - since)
