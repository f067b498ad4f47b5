"""Looking: what a canary rollback reads from the cluster, and which of it the digest covers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.catalog.model import Canary, Service
from bot.domain.model import Json, JsonObject, sha256
from bot.domain.refusal import Refused
from jobs.clients import KubernetesClient, errors
from jobs.clients.objects import milliseconds, newest_replica_set, owned_by, running
from jobs.clients.resources import (
    AUTOSCALER,
    DEPLOYMENT,
    DESTINATION_RULE,
    NAMESPACE,
    POD,
    REPLICA_SET,
    SERVICE,
    Kind,
    Raw,
    Ref,
)
from jobs.clients.together import together
from jobs.steps import routers
from jobs.steps.moves import percent
from jobs.steps.routing import service_of
from jobs.steps.splits import Pair, Split
from jobs.strategies import reading


@dataclass(frozen=True)
class Objects:
    """The objects a plan rests on, as read at one moment; None for one that is not there.

    `routing`: all routing objects by their kind's figure. `autoscalers`: ScaledObjects among them, in their shape.
    `destination_rules`: only where routes name subsets. `backends`: role → the Service of that side alone, where routes
    name Services. `namespace`: None where it may not be read.
    """

    stable: Raw | None
    canary: Raw | None
    service: Raw | None
    routing: Mapping[str, Sequence[Raw]]
    autoscalers: Sequence[Raw]
    destination_rules: Sequence[Raw] = ()
    backends: Mapping[str, Raw | None] = field(default_factory=dict)
    namespace: Raw | None = None

    def router(self, entry: Canary) -> Raw | None:
        """The routing object that the catalog names."""
        router, name = routers.named_by(entry)
        return next((each for each in self.routing.get(router.figure, ()) if each["metadata"]["name"] == name), None)


@dataclass(frozen=True)
class Owned:
    """The pods each side owns by controller uid, and the ReplicaSet that brought the canary's present template.

    `deployed_at`: when that ReplicaSet was made, Unix ms; None when there is none.
    """

    stable: Sequence[Raw] = ()
    canary: Sequence[Raw] = ()
    replica_set: str = ""
    deployed_at: int | None = None

    def digest(self, side: str, container: str) -> str:
        """The one image digest that a side's pods report; "" when they report none, or several."""
        pods = self.stable if side == "stable" else self.canary
        found = {running(pod, container)[1] for pod in pods} - {""}
        return found.pop() if len(found) == 1 else ""


def objects(kubernetes: KubernetesClient, service: Service) -> Objects:
    """All reads side by side: at most 14 requests, whatever stands in the namespace.

    Raises:
        ClientError: one of them could not be made; an absent object or kind is no error, nor a hidden namespace.
    """
    canary = _entry(service)
    namespace = service.kubernetes.namespace
    single: dict[str, Ref] = {
        "stable": Ref(DEPLOYMENT, namespace, canary.stable.deployment),
        "canary": Ref(DEPLOYMENT, namespace, canary.canary.deployment),
        "service": Ref(SERVICE, namespace, service.kubernetes.service),
    }
    listed: dict[str, Kind] = {"autoscalers": AUTOSCALER}
    if not canary.http_route:
        listed["destination_rules"] = DESTINATION_RULE
    reads: dict[str, Callable[[], Any]] = {name: reading.one(kubernetes, ref) for name, ref in single.items()}
    reads |= {name: reading.all_of(kubernetes, kind, namespace) for name, kind in listed.items()}
    reads["routing"] = lambda: routers.all_in(kubernetes, namespace)
    reads["namespace"] = _seen(reading.one(kubernetes, Ref(NAMESPACE, namespace, namespace)))
    reads["backends"] = lambda: _backends(kubernetes, canary, namespace)
    return Objects(**together(reads))


@dataclass(frozen=True)
class Members:
    """Everything that carries the service's labels, whoever owns it."""

    sets: Sequence[Raw]
    pods: Sequence[Raw]


def members(kubernetes: KubernetesClient, service: Service) -> Members:
    """The ReplicaSets and pods with the service's labels.

    Raises:
        ClientError: as `objects`.
    """
    namespace = service.kubernetes.namespace
    labels = ",".join(f"{key}={value}" for key, value in sorted(service.kubernetes.selector.items()))
    read = together(
        {
            "sets": lambda: kubernetes.list(REPLICA_SET, namespace, selector=labels),
            "pods": lambda: kubernetes.list(POD, namespace, selector=labels),
        }
    )
    return Members(**read)


def owned(objects: Objects, members: Members) -> Owned:
    """Who owns which pods: both sides carry the service's labels, so it goes by uid through ReplicaSets. Pure."""
    newest = newest_replica_set(objects.canary, members.sets) if objects.canary else {}
    return Owned(
        stable=_through(objects.stable, members),
        canary=_through(objects.canary, members),
        replica_set=newest["metadata"]["name"] if newest else "",
        deployed_at=milliseconds(newest["metadata"]["creationTimestamp"]) if newest else None,
    )


def workload_binding(side: str, deployment: Raw | None) -> JsonObject:
    """Which Deployment, and what it runs: uid and the hash of its pod template."""
    if deployment is None:
        return {f"{side}_uid": None, f"{side}_template": None}
    return {
        f"{side}_uid": deployment["metadata"]["uid"],
        f"{side}_template": sha256(deployment["spec"]["template"]),
    }


def deployed(deployment: Raw, sets: Sequence[Raw]) -> JsonObject:
    """When what a Deployment runs now was deployed, in Unix ms, and by which ReplicaSet; null where it has none."""
    newest = newest_replica_set(deployment, sets)
    if not newest:
        return {"deployed_at": None, "replica_set": None}
    at = milliseconds(newest["metadata"]["creationTimestamp"])
    return {"deployed_at": at, "replica_set": newest["metadata"]["name"]}


def route_binding(objects: Objects, canary: Canary) -> JsonObject:
    """Which routes, with which destinations and shares; the refusal's code when it cannot be told."""
    router, _ = routers.named_by(canary)
    live = objects.router(canary)
    nothing: JsonObject = {"route": None, "destinations": None, "canary_weight": None, **_several(Split(()))}
    if live is None:
        return {f"{router.figure}_uid": None, **nothing}
    uid: JsonObject = {f"{router.figure}_uid": live["metadata"]["uid"]}
    try:
        split = router.find(live, Pair.of(canary))
    except Refused as refused:
        return {**uid, **nothing, "route": f"({refused.refusal.code})"}
    sides = [[side.leads for side in (route.stable, route.canary) if side] for route in split.routes]
    return {
        **uid,
        "route": [route.name for route in split.routes],
        "destinations": list[Json](sides),
        "canary_weight": percent(split.canary_percent),
        **_several(split),
    }


def sides_binding(objects: Objects, canary: Canary) -> JsonObject:
    """Which pods each side's destination means: by its subset's labels, or by what its own Service selects."""
    if canary.http_route:
        backends = {side: objects.backends.get(side) for side in ("stable", "canary")}
        return {f"{side}_backend": live["spec"].get("selector") if live else None for side, live in backends.items()}
    return {
        "stable_subset": subset(objects.destination_rules, canary, canary.stable.subset),
        "canary_subset": subset(objects.destination_rules, canary, canary.canary.subset),
    }


def subset(rules: Sequence[Raw], canary: Canary, name: str) -> Json:
    """The labels a subset stands for: by rule, so that two rules that both define it are both bound."""
    found: dict[str, Json] = {}
    for rule in rules:
        namespace = rule["metadata"]["namespace"]
        spec = rule.get("spec", {})
        same = service_of(spec.get("host", ""), namespace=namespace) == service_of(canary.host, namespace=namespace)
        for defined in (spec.get("subsets") or []) if same else []:
            if defined.get("name") == name:
                found[rule["metadata"]["name"]] = defined.get("labels", {})
    return found


def _several(split: Split) -> JsonObject:
    """What is bound beside the highest share: all shares where there are several, and the routes to be switched."""
    shares: list[Json] = [percent(route.canary_percent) for route in split.routes]
    matches: list[Json] = [{"name": match.name, "destination": match.canary.leads} for match in split.matches]
    return {"route_weights": shares if len(shares) > 1 else [], "match_routes": matches}


def _seen(read: Callable[[], Raw | None]) -> Callable[[], Raw | None]:
    """The same read, None where it is forbidden: what it is for can be told on the card as not known."""

    def look() -> Raw | None:
        try:
            return read()
        except errors.Forbidden:
            return None

    return look


def _backends(kubernetes: KubernetesClient, canary: Canary, namespace: str) -> dict[str, Raw | None]:
    if not canary.http_route:
        return {}
    sides = {"stable": canary.stable.service, "canary": canary.canary.service}
    return together({side: reading.one(kubernetes, Ref(SERVICE, namespace, name)) for side, name in sides.items()})


def _through(deployment: Raw | None, members: Members) -> list[Raw]:
    if deployment is None:
        return []
    mine = owned_by(members.sets, [deployment["metadata"]["uid"]])
    return owned_by(members.pods, [s["metadata"]["uid"] for s in mine])


def _entry(service: Service) -> Canary:
    if service.canary is None:
        raise ValueError("the catalog entry has no canary section")
    return service.canary
