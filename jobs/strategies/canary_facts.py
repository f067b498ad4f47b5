"""Looking: what a canary rollback reads from the cluster, and which of it the digest covers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.catalog.model import Canary, Service
from bot.domain.model import Json, JsonObject, sha256
from bot.domain.refusal import Refused
from jobs.clients import KubernetesClient
from jobs.clients.objects import milliseconds, newest_replica_set, owned_by, running
from jobs.clients.resources import (
    AUTOSCALER,
    DEPLOYMENT,
    DESTINATION_RULE,
    POD,
    REPLICA_SET,
    SERVICE,
    VIRTUAL_SERVICE,
    Kind,
    Raw,
    Ref,
)
from jobs.clients.together import together
from jobs.steps.routing import Pair, find, service_of
from jobs.strategies import reading


@dataclass(frozen=True)
class Objects:
    """The objects a plan rests on, as read at one moment; None for one that is not there."""

    stable: Raw | None
    canary: Raw | None
    service: Raw | None
    virtual_services: Sequence[Raw]
    destination_rules: Sequence[Raw]
    autoscalers: Sequence[Raw]

    def virtual_service(self, name: str) -> Raw | None:
        """One VirtualService by name."""
        return next((v for v in self.virtual_services if v["metadata"]["name"] == name), None)


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
    """Six reads side by side.

    Raises:
        ClientError: one of them could not be made; an absent object or kind is no error.
    """
    canary = _entry(service)
    namespace = service.kubernetes.namespace
    single: dict[str, Ref] = {
        "stable": Ref(DEPLOYMENT, namespace, canary.stable.deployment),
        "canary": Ref(DEPLOYMENT, namespace, canary.canary.deployment),
        "service": Ref(SERVICE, namespace, service.kubernetes.service),
    }
    listed: dict[str, Kind] = {
        "virtual_services": VIRTUAL_SERVICE,
        "destination_rules": DESTINATION_RULE,
        "autoscalers": AUTOSCALER,
    }
    reads: dict[str, Callable[[], Any]] = {name: reading.one(kubernetes, ref) for name, ref in single.items()}
    reads |= {name: reading.all_of(kubernetes, kind, namespace) for name, kind in listed.items()}
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


def route_binding(virtual_service: Raw | None, canary: Canary) -> JsonObject:
    """Which route, with which destinations and shares; the refusal's code when it cannot be told."""
    nothing: JsonObject = {"virtual_service_uid": None, "route": None, "destinations": None, "canary_weight": None}
    if virtual_service is None:
        return nothing
    uid = virtual_service["metadata"]["uid"]
    try:
        route = find(virtual_service, Pair.of(canary))
    except Refused as refused:
        return {**nothing, "virtual_service_uid": uid, "route": f"({refused.refusal.code})"}
    percent = round(route.canary_percent, 2)
    return {
        "virtual_service_uid": uid,
        "route": route.name,
        "destinations": route.destinations,
        "canary_weight": int(percent) if percent == int(percent) else percent,
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


def _through(deployment: Raw | None, members: Members) -> list[Raw]:
    if deployment is None:
        return []
    mine = owned_by(members.sets, [deployment["metadata"]["uid"]])
    return owned_by(members.pods, [s["metadata"]["uid"] for s in mine])


def _entry(service: Service) -> Canary:
    if service.canary is None:
        raise ValueError("the catalog entry has no canary section")
    return service.canary
