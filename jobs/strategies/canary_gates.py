"""Deciding whether a canary can be taken back at all: one gate a reason, each answers with what was found. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.catalog.model import Canary, Service
from bot.domain.model import JsonObject
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from jobs.clients.objects import desired, image, ready, version
from jobs.clients.resources import Raw
from jobs.steps.routing import Route
from jobs.strategies import ownership
from jobs.strategies.canary_facts import Objects


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
    """The VirtualService is there."""
    virtual_service = objects.virtual_service(entry.virtual_service)
    if virtual_service is None:
        raise Refused(Code.NO_ROUTE, virtual_service=entry.virtual_service, route=entry.route, host=entry.host)
    return virtual_service


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


def nobody_else_routes(others: Sequence[JsonObject], route: Route, entry: Canary) -> None:
    """Only the route that is moved leads to the canary: another would still send requests there at its deletion."""
    for place in others:
        ours = place["virtual_service"] == entry.virtual_service and place["protocol"] == "http"
        if ours and place["index"] == route.index and not place["mirror"]:
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
    virtual_service = objects.virtual_service(entry.virtual_service)
    if virtual_service:
        yield "VirtualService", virtual_service


def _entry(service: Service) -> Canary:
    if service.canary is None:
        raise ValueError("the catalog entry has no canary section")
    return service.canary
