"""The steps that every move of traffic from one side to the other has, whatever moves it. Pure."""

from __future__ import annotations

from bot.catalog.model import Service
from bot.domain.model import JsonObject
from bot.domain.plan import Effect, Step
from jobs.clients.objects import desired, image
from jobs.clients.resources import Raw
from jobs.steps.routing import Pair

SCALE_S, RETIRE_S, BACK_S = 20, 5, 1
"""Seconds that steps usually take."""
GRACE_S = 30
"""A pod's grace where its template names none (Kubernetes' default)."""


def scale_up(good: Raw, *, needed: int, hpa: JsonObject | None) -> Step:
    """At least `needed` pods of the side that is to carry everything."""
    meta = good["metadata"]
    return Step(
        kind="scale_up",
        params={
            "namespace": str(meta["namespace"]),
            "deployment": str(meta["name"]),
            "uid": meta["uid"],
            "from": desired(good),
            "to": needed,
            "hpa": hpa,
        },
        effect=Effect.CAS,
        deadline_s=180,
        estimate_s=SCALE_S if desired(good) < needed else 1,
        take_back="scale-back",
    )


def drain(bad: Raw, pair: Pair, *, window_s: float, let_go: JsonObject, quiet_s: float = 0) -> Step:
    """No request at the other side for a whole window. `let_go`: by what is seen that a Service selects it no more.

    `quiet_s`: seconds from the step's start before which the window may not end, because proxies may lag.
    """
    meta = bad["metadata"]
    return Step(
        kind="drain",
        params={
            "namespace": str(meta["namespace"]),
            "deployment": str(meta["name"]),
            "pair": pair.params,
            "window_s": window_s,
            "quiet_s": quiet_s,
            **let_go,
        },
        effect=Effect.READ,
        deadline_s=quiet_s + 3 * window_s + 60,
        estimate_s=max(window_s, quiet_s),
    )


def retire(bad: Raw, pair: Pair, *, drain_s: float, keep: bool, more: JsonObject) -> Step:
    """The other side to 0 pods, and gone; `keep`: its Deployment stays.

    `more`: what proves that nothing leads there; with `scaler` the ScaledObject (name, uid; None: there is none) that
    is paused first. Without `scaler` the step looks for one itself.
    """
    meta, pod = bad["metadata"], bad["spec"]["template"]["spec"]
    return Step(
        kind="retire",
        params={
            "namespace": str(meta["namespace"]),
            "deployment": str(meta["name"]),
            "uid": meta["uid"],
            "pods": desired(bad),
            "pair": pair.params,
            "drain_s": drain_s,
            "keep": keep,
            **more,
        },
        effect=Effect.CAS,
        # A pod may take its whole grace to go; its node needs a while more to say so.
        deadline_s=float(pod.get("terminationGracePeriodSeconds", GRACE_S)) + 60,
        estimate_s=RETIRE_S,
        destructive=not keep,
        take_back="scale-back" if keep else "deploy",
    )


def autoscaler_back(namespace: str, hpa: JsonObject | None) -> tuple[Step, ...]:
    """The autoscaler's bounds as they were; no step where none was raised."""
    if hpa is None or hpa["min_to"] == hpa["min_from"]:
        return ()
    params: JsonObject = {"namespace": namespace, **hpa}
    return (Step(kind="autoscaler_back", params=params, effect=Effect.CAS, deadline_s=30, estimate_s=BACK_S),)


def validate(good: Raw, service: Service, *, digest: str, needed: int, hpa: JsonObject | None) -> Step:
    """The checks at the end, on the side that carries everything."""
    spec = service.validation
    took = spec.health_times * spec.health_every_s
    return Step(
        kind="validate",
        params={
            "namespace": str(good["metadata"]["namespace"]),
            "deployment": str(good["metadata"]["name"]),
            "image": image(good, service.kubernetes.container),
            "digest": digest,
            # An autoscaler that has its old bounds back may already be going down again: its own figure then counts.
            "pods": 1 if hpa else needed,
        },
        effect=Effect.READ,
        deadline_s=3 * took + 60,
        estimate_s=took,
        check="validation",
    )
