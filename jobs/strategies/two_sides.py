"""What production looks like between two sides, for halts, aborts and ends. Never raises; what is not read is null."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.catalog.model import Service
from bot.domain.model import JsonObject
from bot.domain.plan import Plan
from bot.domain.refusal import Refused
from bot.domain.weights import WHOLE
from jobs.checks import measure
from jobs.clients import Clients, errors
from jobs.clients.objects import available, desired, image, ready, targeting, version
from jobs.clients.resources import DEPLOYMENT, SERVICE, VIRTUAL_SERVICE, Raw, Ref
from jobs.clients.together import together
from jobs.steps import keda, routers
from jobs.steps.routing import flows
from jobs.steps.splits import Pair, Router
from jobs.steps.switching import selects
from jobs.strategies.blue_green_facts import labels_of

GONE: Raw = {}
"""Stands for an object that is known not to exist."""


def canary(clients: Clients, service: Service, plan: Plan) -> JsonObject:
    """Weights (percent), versions, pods, autoscaler bounds with what they were, and the error figures of a hold.

    The weight is the highest that any route leads to the canary, a route whose match sends everything left out.
    `canary_deleted` is null where nobody knows. Names and figures only: the words are the views'.
    """
    entry = service.canary
    if entry is None:
        return {}
    namespace, kubernetes = service.kubernetes.namespace, clients.kubernetes
    router, name = routers.named_by(entry)
    seen = _quietly(
        {
            "route": lambda: kubernetes.get(Ref(router.kind, namespace, name)),
            "stable": lambda: kubernetes.get(Ref(DEPLOYMENT, namespace, entry.stable.deployment)),
            "canary": lambda: kubernetes.get(Ref(DEPLOYMENT, namespace, entry.canary.deployment)),
            "autoscalers": lambda: keda.autoscalers(kubernetes, namespace),
        }
    )
    pair = Pair.of(entry)
    return {
        **_shares(_of_route(router, seen["route"], pair)),
        **_both(seen, service, plan, stable=entry.stable.deployment),
        **measure.look(clients.prometheus, service, sides=pair, window_s=entry.hold_s).figures(),
    }


def blue_green(clients: Clients, service: Service, plan: Plan, pair: Pair, *, window_s: float) -> JsonObject:
    """The same between two colours: all traffic is on one of them, or, while both are selected, nobody can say."""
    namespace, kubernetes = service.kubernetes.namespace, clients.kubernetes
    names = {role: str(plan.binding.get(f"{role}_name") or "") for role in ("stable", "canary")}
    seen = _quietly(
        {
            "routes": lambda: kubernetes.list(VIRTUAL_SERVICE, namespace),
            "service": lambda: kubernetes.get(Ref(SERVICE, namespace, service.kubernetes.service)),
            "stable": lambda: kubernetes.get(Ref(DEPLOYMENT, namespace, names["stable"])),
            "canary": lambda: kubernetes.get(Ref(DEPLOYMENT, namespace, names["canary"])),
            "autoscalers": lambda: keda.autoscalers(kubernetes, namespace),
        }
    )
    meshed = any(step.kind == "switch_route" for step in plan.steps)
    share = _of_routes(seen["routes"], pair, namespace=namespace) if meshed else _of_selector(seen)
    return {
        **_shares(share),
        **_both(seen, service, plan, stable=names["stable"]),
        **measure.look(clients.prometheus, service, sides=pair, window_s=window_s).figures(),
    }


def _of_route(router: Router, live: Raw | None, pair: Pair) -> float | None:
    if not live:
        return None
    try:
        return router.find(live, pair).canary_percent
    except Refused:
        return None


def _of_routes(virtual_services: list[Raw] | None, pair: Pair, *, namespace: str) -> float | None:
    """All or nothing: whether any route still leads to the bad side."""
    if virtual_services is None:
        return None
    return WHOLE if flows(virtual_services, pair, namespace=namespace) else 0.0


def _of_selector(seen: Mapping[str, Any]) -> float | None:
    """Whom the Service selects: the bad side alone, the good one alone, or both, and then nobody knows the share."""
    if not seen["service"]:
        return None
    selector = dict(seen["service"]["spec"].get("selector") or {})
    good, bad = (bool(seen[side]) and selects(selector, labels_of(seen[side])) for side in ("stable", "canary"))
    if good and bad:
        return None
    return WHOLE if bad else 0.0


def _shares(canary_percent: float | None) -> JsonObject:
    if canary_percent is None:
        return {"canary_weight": None, "stable_weight": None}
    return {"canary_weight": round(canary_percent, 2), "stable_weight": round(WHOLE - canary_percent, 2)}


def _both(seen: Mapping[str, Any], service: Service, plan: Plan, *, stable: str) -> JsonObject:
    return {
        **_pods("stable", seen["stable"], service),
        **_pods("canary", seen["canary"], service),
        "canary_deleted": None if seen["canary"] is None else seen["canary"] is GONE,
        "autoscaler": _autoscaler(seen["autoscalers"], stable, plan),
        "stable_version_planned": plan.to_version,
        "canary_version_planned": plan.from_version,
    }


def _quietly(reads: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    def quiet(read: Callable[[], Any]) -> Callable[[], Any]:
        def look() -> Any:  # noqa: ANN401 - an object or a list of them
            try:
                return read()
            except errors.NotFound:
                return GONE
            except errors.ClientError:
                return None

        return look

    return together({name: quiet(read) for name, read in reads.items()})


def _pods(side: str, deployment: Raw | None, service: Service) -> JsonObject:
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


def _autoscaler(autoscalers: list[Raw] | None, deployment: str, plan: Plan) -> JsonObject | None:
    live = targeting(autoscalers or [], deployment)
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
