"""Deciding whether a canary can be taken back at all: one gate a reason, each answers with what was found. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.catalog.model import Canary, Service
from bot.domain.model import JsonObject
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from jobs.clients.objects import desired, image, ready, version
from jobs.clients.resources import Raw
from jobs.steps import routers
from jobs.steps.splits import Split
from jobs.steps.switching import selects
from jobs.strategies import ownership
from jobs.strategies.canary_facts import Objects

DATAPLANE, WAYPOINT = "istio.io/dataplane-mode", "istio.io/use-waypoint"


def stable_there(objects: Objects, service: Service) -> Raw:
    """There is a stable Deployment to go back to, with the container the catalog names."""
    entry = _entry(service)
    deployment, namespace = entry.stable.deployment, service.kubernetes.namespace
    if objects.stable is None:
        raise Refused(Code.NO_WORKLOAD, kind="Deployment", namespace=namespace, name=deployment)
    if not image(objects.stable, service.kubernetes.container):
        container = service.kubernetes.container
        raise Refused(Code.NO_WORKLOAD, kind="Deployment", namespace=namespace, name=deployment, container=container)
    return objects.stable


def version_asked(stable: Raw, request: Request, service: Service) -> None:
    """A canary is taken back to what stable runs; nothing else can be asked for."""
    runs = image(stable, service.kubernetes.container)
    if request.version and request.version not in (version(runs), runs):
        raise Refused(Code.BAD_VERSION, asked=request.version, running=version(runs))


def routed(objects: Objects, entry: Canary) -> Raw:
    """The routing object is there."""
    live = objects.router(entry)
    if live is None:
        router, name = routers.named_by(entry)
        raise Refused(Code.NO_ROUTE, **{router.figure: name}, route=entry.route, host=entry.host)
    return live


def obeyed(objects: Objects, live: Raw, entry: Canary, *, namespace: str) -> None:
    """Somebody obeys the routing object: in an ambient mesh only a waypoint does (Istio), and ingress gateways."""
    router, name = routers.named_by(entry)
    if router.in_mesh(live) and ambient(objects) and not _waypoint(objects):
        raise Refused(Code.NO_ROUTE, why="ambient", **{router.figure: name}, namespace=namespace)


def ambient(objects: Objects) -> bool:
    """Whether the pods' own proxies read no routing, as far as labels say it."""
    return "ambient" in {_label(each, DATAPLANE) for each in (objects.namespace, objects.service)}


def may_be_ambient(objects: Objects, live: Raw, entry: Canary) -> bool:
    """Whether nobody knows if the routing object is obeyed: the namespace may not be read, and no waypoint is named."""
    router, _ = routers.named_by(entry)
    return objects.namespace is None and router.in_mesh(live) and not _waypoint(objects)


def backends_apart(objects: Objects, canary: Raw, entry: Canary) -> None:
    """Where routes name Services: both are there, and stable's takes no pod of the canary."""
    for side, given in (("stable", entry.stable), ("canary", entry.canary)):
        if entry.http_route and objects.backends.get(side) is None:
            raise Refused(
                Code.NO_WORKLOAD, kind="Service", namespace=canary["metadata"]["namespace"], name=given.service
            )
    stable = objects.backends.get("stable")
    labels = canary["spec"]["template"].get("metadata", {}).get("labels") or {}
    if stable and selects(stable["spec"].get("selector") or {}, labels):
        raise Refused(Code.ROUTE_SHARED, why="backend", http_route=entry.http_route, name=entry.stable.service)


def owner_allows(objects: Objects, entry: Canary) -> None:
    """No controller moves these objects by itself."""
    ownership.require_unmoved(_written(objects, entry))


def managers(objects: Objects, entry: Canary) -> list[JsonObject]:
    """Tools that may write these objects back when they sync."""
    return ownership.keepers(_written(objects, entry))


def canary_there(objects: Objects, *, percent: float | None, pods: int, service: Service) -> Raw:
    """A canary takes traffic or has pods; else there is nothing to take back. `percent` None: no route tells."""
    entry = _entry(service)
    asked_for = desired(objects.canary) if objects.canary else 0
    if objects.canary is None or (percent == 0 and pods == 0 and asked_for == 0):
        raise Refused(
            Code.NO_CANARY,
            deployment=entry.canary.deployment,
            pods=pods,
            weight=percent,
            stable_version=version(image(objects.stable or {}, service.kubernetes.container)),
        )
    return objects.canary


def nobody_else_routes(others: Sequence[JsonObject], split: Split, entry: Canary) -> None:
    """Only routes that are moved lead to the canary: another would still send requests there at its deletion."""
    router, name = routers.named_by(entry)
    for place in others:
        ours = place.get(router.figure) == name and place["protocol"] == "http"
        if ours and place["index"] in split.indices and not place["mirror"]:
            continue
        raise Refused(Code.ROUTE_SHARED, **place)


def stable_fit(stable: Raw) -> None:
    """Stable is not paused, and at least one of its pods is Ready: the others are waited for before traffic moves."""
    name = stable["metadata"]["name"]
    if stable["spec"].get("paused"):
        raise Refused(Code.PAUSED, deployment=name)
    if ready(stable) < 1:
        raise Refused(Code.STABLE_NOT_READY, deployment=name, ready=ready(stable), pods=desired(stable))


def _written(objects: Objects, entry: Canary) -> Iterator[tuple[str, Raw]]:
    yield from (("Deployment", item) for item in (objects.stable, objects.canary) if item)
    router, _ = routers.named_by(entry)
    live = objects.router(entry)
    if live:
        yield router.kind.name, live


def _waypoint(objects: Objects) -> bool:
    """Whether a waypoint stands before the Service: the Service's own label, else its namespace's."""
    named = _label(objects.service, WAYPOINT) or _label(objects.namespace, WAYPOINT)
    return named not in ("", "none")


def _label(item: Raw | None, key: str) -> str:
    labels = (item or {}).get("metadata", {}).get("labels") or {}
    return str(labels.get(key, ""))


def _entry(service: Service) -> Canary:
    if service.canary is None:
        raise ValueError("the catalog entry has no canary section")
    return service.canary
