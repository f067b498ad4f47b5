"""What a blue-green rollback looks at: the Service, both sides' Deployments and pods, endpoints, routing, autoscalers.

Sides are told by labels and live endpoints, never by their names: a Deployment called "green" may run anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.catalog.model import BlueGreen, Service
from bot.domain.model import JsonObject
from bot.domain.refusal import Code, Refused
from jobs.clients import KubernetesClient
from jobs.clients.objects import image, version
from jobs.clients.resources import (
    AUTOSCALER,
    DEPLOYMENT,
    DESTINATION_RULE,
    ENDPOINT_SLICE,
    POD,
    REPLICA_SET,
    SERVICE,
    VIRTUAL_SERVICE,
    Kind,
    Raw,
    Ref,
)
from jobs.clients.together import together
from jobs.steps.routing import Pair, service_of
from jobs.steps.switching import selects
from jobs.steps.verify import SLICES_OF
from jobs.strategies import reading


@dataclass(frozen=True)
class Objects:
    """The objects a plan rests on, as read at one moment."""

    service: Raw | None
    deployments: Sequence[Raw]
    virtual_services: Sequence[Raw]
    destination_rules: Sequence[Raw]
    autoscalers: Sequence[Raw]

    def virtual_service(self, name: str) -> Raw | None:
        """One VirtualService by name."""
        return next((v for v in self.virtual_services if v["metadata"]["name"] == name), None)


@dataclass(frozen=True)
class Members:
    """The Service's endpoints, and the pods and ReplicaSets of both sides."""

    slices: Sequence[Raw]
    pods: Sequence[Raw]
    sets: Sequence[Raw]


@dataclass(frozen=True)
class Side:
    """One colour: the label's value, its Deployment, and its subset in the mesh ("" without one)."""

    value: str
    deployment: Raw
    subset: str = ""

    @property
    def name(self) -> str:
        """The Deployment's name."""
        return str(self.deployment["metadata"]["name"])

    @property
    def labels(self) -> dict[str, str]:
        """The labels its pods get."""
        return labels_of(self.deployment)


def objects(kubernetes: KubernetesClient, service: Service) -> Objects:
    """Up to five reads side by side; kinds that the API server does not know are empty.

    Raises:
        ClientError: one of them could not be made.
    """
    namespace = service.kubernetes.namespace
    kinds: dict[str, Kind] = {
        "deployments": DEPLOYMENT,
        "virtual_services": VIRTUAL_SERVICE,
        "destination_rules": DESTINATION_RULE,
        "autoscalers": AUTOSCALER,
    }
    reads: dict[str, Callable[[], Any]] = {
        name: reading.all_of(kubernetes, kind, namespace) for name, kind in kinds.items()
    }
    reads["service"] = reading.one(kubernetes, Ref(SERVICE, namespace, service.kubernetes.service))
    return Objects(**together(reads))


def members(kubernetes: KubernetesClient, service: Service) -> Members:
    """Three reads side by side.

    Raises:
        ClientError: one of them could not be made.
    """
    namespace, wanted = service.kubernetes.namespace, service.kubernetes.selector
    labels = ",".join(f"{key}={value}" for key, value in sorted(wanted.items()))
    named = f"{SLICES_OF}={service.kubernetes.service}"
    read: dict[str, Any] = together(
        {
            "slices": lambda: kubernetes.list(ENDPOINT_SLICE, namespace, selector=named),
            "pods": lambda: kubernetes.list(POD, namespace, selector=labels),
            "sets": lambda: kubernetes.list(REPLICA_SET, namespace, selector=labels),
        }
    )
    return Members(**read)


def sides(found: Objects, service: Service, entry: BlueGreen, *, asked: str = "") -> tuple[Side, Side]:
    """The side that is live, and the one to go back to: (bad, good). `asked`: version or image of the wanted one.

    Raises:
        Refused: no-workload (no such Service), no-side (its selector names none, or there is no other), many-sides.
    """
    name, namespace = service.kubernetes.service, service.kubernetes.namespace
    if found.service is None:
        raise Refused(Code.NO_WORKLOAD, kind="Service", namespace=namespace, name=name)
    selector = dict(found.service["spec"].get("selector") or {})
    live = selector.pop(entry.label, "")
    if not live or not selector:
        raise Refused(Code.NO_SIDE, why="selector", name=name, label=entry.label)
    candidates = [each for each in found.deployments if selects(selector, labels_of(each))]
    by_value: dict[str, list[Raw]] = {}
    for each in candidates:
        by_value.setdefault(labels_of(each).get(entry.label, ""), []).append(each)
    bad = _only(by_value.pop(live, []), value=live, name=name, label=entry.label)
    by_value.pop("", None)
    others = [one for group in by_value.values() for one in group if not asked or asked in _versions(one, service)]
    if len(others) > 1:
        listed = ", ".join(sorted(str(one["metadata"]["name"]) for one in others))
        raise Refused(Code.MANY_SIDES, name=name, label=entry.label, sides=listed)
    if not others:
        raise Refused(Code.NO_SIDE, why="version" if asked else "other", name=name, label=entry.label, asked=asked)
    value = labels_of(others[0])[entry.label]
    return (
        Side(live, bad, subset=subset_of(found, entry, bad, namespace=namespace)),
        Side(value, others[0], subset=subset_of(found, entry, others[0], namespace=namespace)),
    )


def subset_of(found: Objects, entry: BlueGreen, deployment: Raw, *, namespace: str) -> str:
    """The subset of the mesh that takes a Deployment's pods; "" without a mesh.

    Raises:
        Refused: no-subset.
    """
    if not entry.virtual_service:
        return ""
    wanted = service_of(entry.host, namespace=namespace)
    for rule in found.destination_rules:
        home = rule["metadata"]["namespace"]
        if service_of(str(rule.get("spec", {}).get("host", "")), namespace=home) != wanted:
            continue
        for subset in rule["spec"].get("subsets") or []:
            labels = subset.get("labels") or {}
            if entry.label in labels and selects(labels, labels_of(deployment)):
                return str(subset["name"])
    raise Refused(Code.NO_SUBSET, host=entry.host, name=deployment["metadata"]["name"], label=entry.label)


def pair(bad: Side, good: Side, entry: BlueGreen) -> Pair:
    """The two sides as routes name them."""
    return Pair(host=entry.host, stable=good.subset, canary=bad.subset)


def switched(virtual_service: Raw, sides: Pair) -> list[JsonObject]:
    """The routes that lead to the bad side, each as it is and as it will be: index, name, before, after. Pure.

    What went to the bad subset goes to the good one, weights and all; other destinations of the route stay.
    """
    meta = virtual_service["metadata"]
    changes: list[JsonObject] = []
    for index, route in enumerate(virtual_service.get("spec", {}).get("http") or []):
        before: list[Raw] = route.get("route") or []
        after = _moved(before, sides, namespace=str(meta["namespace"]))
        if after != before:
            name = str(route.get("name", ""))
            changes.append({"index": index, "name": name, "before": list(before), "after": list(after)})
    return changes


def labels_of(deployment: Raw) -> dict[str, str]:
    """The labels that a Deployment gives its pods."""
    return dict(deployment["spec"]["template"].get("metadata", {}).get("labels") or {})


def _moved(entries: Sequence[Raw], sides: Pair, *, namespace: str) -> list[Raw]:
    def is_of(entry: Raw, subset: str) -> bool:
        target = entry.get("destination", {})
        same = service_of(str(target.get("host", "")), namespace=namespace) == service_of(
            sides.host, namespace=namespace
        )
        return same and target.get("subset", "") == subset

    lost = [entry for entry in entries if is_of(entry, sides.canary)]
    if not lost:
        return list(entries)
    weight = sum(int(entry.get("weight", 0)) for entry in lost)
    kept = [dict(entry) for entry in entries if not is_of(entry, sides.canary)]
    there = next((entry for entry in kept if is_of(entry, sides.stable)), None)
    if there is not None:
        there["weight"] = int(there.get("weight", 0)) + weight
        return kept
    moved = {**lost[0], "destination": {**lost[0]["destination"], "subset": sides.stable}}
    if len(lost) > 1:
        moved["weight"] = weight
    return [*kept, moved]


def _only(found: Sequence[Raw], *, value: str, name: str, label: str) -> Raw:
    if not found:
        raise Refused(Code.NO_SIDE, why="nothing", name=name, label=label, value=value)
    if len(found) > 1:
        listed = ", ".join(sorted(str(one["metadata"]["name"]) for one in found))
        raise Refused(Code.MANY_SIDES, name=name, label=label, sides=listed)
    return found[0]


def _versions(deployment: Raw, service: Service) -> set[str]:
    name = image(deployment, service.kubernetes.container)
    return {name, version(name)}
