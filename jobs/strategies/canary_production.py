"""What production looks like now: for halts, aborts and ends. Never raises; what cannot be read is null."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.catalog.model import Canary, Service
from bot.domain.model import JsonObject
from bot.domain.plan import Plan
from bot.domain.refusal import Refused
from jobs.checks import measure
from jobs.clients import Clients, errors
from jobs.clients.objects import available, desired, image, ready, targeting, version
from jobs.clients.resources import AUTOSCALER, DEPLOYMENT, VIRTUAL_SERVICE, Raw, Ref
from jobs.clients.together import together
from jobs.steps.routing import WHOLE, find

GONE: Raw = {}
"""Stands for an object that is known not to exist."""


def production(clients: Clients, service: Service, plan: Plan) -> JsonObject:
    """Weights (percent), versions, pods, autoscaler bounds with what they were, and the error figures of the last hold.

    `canary_deleted` is null where nobody knows. Names and figures only: the words are the views'.
    """
    canary = service.canary
    if canary is None:
        return {}
    seen = _read(clients, service, canary)
    figures: dict[str, Any] = {
        **_traffic(seen["route"], canary),
        **_pods("stable", seen["stable"], service),
        **_pods("canary", seen["canary"], service),
        "canary_deleted": None if seen["canary"] is None else seen["canary"] is GONE,
        "autoscaler": _autoscaler(seen["autoscalers"], canary, plan),
        "stable_version_planned": plan.to_version,
        "canary_version_planned": plan.from_version,
        **measure.look(clients.prometheus, service, window_s=canary.hold_s).figures(),
    }
    return figures


def _read(clients: Clients, service: Service, canary: Canary) -> dict[str, Any]:
    namespace, kubernetes = service.kubernetes.namespace, clients.kubernetes
    reads: dict[str, Callable[[], Any]] = {
        "route": lambda: kubernetes.get(Ref(VIRTUAL_SERVICE, namespace, canary.virtual_service)),
        "stable": lambda: kubernetes.get(Ref(DEPLOYMENT, namespace, canary.stable.deployment)),
        "canary": lambda: kubernetes.get(Ref(DEPLOYMENT, namespace, canary.canary.deployment)),
        "autoscalers": lambda: kubernetes.list(AUTOSCALER, namespace),
    }
    return together({name: _quietly(read) for name, read in reads.items()})


def _quietly(read: Callable[[], Any]) -> Callable[[], Any]:
    def quiet() -> Any:  # noqa: ANN401 - an object or a list of them
        try:
            return read()
        except errors.NotFound:
            return GONE
        except errors.ClientError:
            return None

    return quiet


def _traffic(virtual_service: Raw | None, canary: Canary) -> dict[str, Any]:
    nobody_knows = {"canary_weight": None, "stable_weight": None}
    if not virtual_service:
        return nobody_knows
    try:
        percent = find(virtual_service, canary).canary_percent
    except Refused:
        return nobody_knows
    return {"canary_weight": round(percent, 2), "stable_weight": round(WHOLE - percent, 2)}


def _pods(side: str, deployment: Raw | None, service: Service) -> dict[str, Any]:
    if deployment is None:
        return {f"{side}_{name}": None for name in ("pods", "ready", "available", "version")}
    if deployment is GONE:
        return {f"{side}_pods": 0, f"{side}_ready": 0, f"{side}_available": 0, f"{side}_version": None}
    return {
        f"{side}_pods": desired(deployment),
        f"{side}_ready": ready(deployment),
        f"{side}_available": available(deployment),
        f"{side}_version": version(image(deployment, service.kubernetes.container)),
    }


def _autoscaler(autoscalers: Any, canary: Canary, plan: Plan) -> JsonObject | None:  # noqa: ANN401 - a list or None
    live = targeting(autoscalers or [], canary.stable.deployment)
    if live is None:
        return None
    planned: Any = next((s.params.get("hpa") for s in plan.steps if s.kind == "scale_up"), None) or {}
    return {
        "name": str(live["metadata"]["name"]),
        "min": live["spec"].get("minReplicas"),
        "max": live["spec"].get("maxReplicas"),
        "min_was": planned.get("min_from"),
        "max_was": planned.get("max_from"),
    }
