"""Production as plain objects, in the shape the API server gives them, for tests of what is decided from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.catalog import Service, load
from bot.catalog.model import Canary
from bot.domain.people import Person
from bot.domain.rollback import Request
from jobs.checks.measure import Reading, Seen, Traffic
from jobs.steps.routing import VirtualServices
from jobs.steps.splits import Pair, Split
from jobs.strategies.canary import CanaryFacts
from jobs.strategies.canary_facts import Objects, Owned

NAMESPACE = "game-production"


def service(**canary: object) -> Service:
    """The shipped example's entry; keyword arguments change its canary section."""
    entry = load(Path("catalog/services.yaml")).services["game-server"]
    if entry.canary is None:
        raise AssertionError("the shipped catalog lost its canary section")
    changed = type(entry.canary).model_validate({**entry.canary.model_dump(), **canary})
    return entry.model_copy(update={"canary": changed})


def canary() -> Canary:
    """The canary section of the shipped example."""
    entry = service().canary
    if entry is None:
        raise AssertionError("the shipped catalog lost its canary section")
    return entry


def request(*, version: str = "", **options: str) -> Request:
    """Somebody asks for a canary rollback."""
    by = Person(team="T1", id="U1", name="ann")
    return Request(
        service="game-server", strategy="canary", by=by, channel="C1", version=version, options=dict(options)
    )


def deployment(name: str, *, tag: str, replicas: int = 4, ready: int | None = None, **spec: object) -> dict[str, Any]:
    """A Deployment with one container; `ready` None: all of them."""
    have = replicas if ready is None else ready
    return {
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": f"uid-{name}", "generation": 3},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "game-server"}},
            "template": {
                "spec": {"containers": [{"name": "game-server", "image": f"registry.example/game-server:{tag}"}]}
            },
            **spec,
        },
        "status": {"observedGeneration": 3, "readyReplicas": have, "availableReplicas": have},
    }


def destination(subset: str | None, weight: float | None = None, host: str = "game-server") -> dict[str, Any]:
    """One entry of a route; None leaves the member out."""
    named = {"host": host} | ({"subset": subset} if subset else {})
    return {"destination": named} | ({} if weight is None else {"weight": weight})


def route(*entries: dict[str, Any], name: str = "primary", **more: object) -> dict[str, Any]:
    """One HTTP route; an empty name leaves the member out."""
    return ({"name": name} if name else {}) | {"route": list(entries)} | more


def split(canary: float, *, name: str = "primary") -> dict[str, Any]:
    """The route with `canary` percent on the canary."""
    return route(destination("stable", 100 - canary), destination("canary", canary), name=name)


ADMIN: dict[str, Any] = {
    "name": "admin",
    "match": [{"uri": {"prefix": "/admin"}}],
    "route": [{"destination": {"host": "game-server", "subset": "stable"}}],
}


def virtual_service(*routes: dict[str, Any], name: str = "game-server-vs") -> dict[str, Any]:
    """A VirtualService with these HTTP routes."""
    return {
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": f"uid-{name}"},
        "spec": {"hosts": ["game-server"], "http": list(routes)},
    }


def read(*routes: dict[str, Any]) -> Split:
    """The routes of a VirtualService that a step would find."""
    entry = service(route="").canary
    if entry is None:
        raise AssertionError("the shipped catalog lost its canary section")
    return VirtualServices().find(virtual_service(*routes), Pair.of(entry))


def autoscaler(*, low: int, high: int) -> dict[str, Any]:
    """An autoscaler of stable."""
    target = {"kind": "Deployment", "name": "game-server"}
    return {
        "metadata": {"name": "game-server", "namespace": NAMESPACE, "uid": "uid-hpa"},
        "spec": {"scaleTargetRef": target, "minReplicas": low, "maxReplicas": high},
    }


def scaled_object(*, name: str = "game-server", target: str = "game-server", **spec: object) -> dict[str, Any]:
    """A ScaledObject of KEDA's, as the API server gives it."""
    return {
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": f"uid-so-{name}"},
        "spec": {"scaleTargetRef": {"name": target}, "triggers": [{"type": "cpu"}], **spec},
    }


def objects(
    *,
    canary_percent: float = 50,
    virtual_services: Sequence[dict[str, Any]] | None = None,
    http_routes: Sequence[dict[str, Any]] = (),
    **changes: object,
) -> Objects:
    """The demo's objects; keyword arguments replace one of them."""
    mesh = [virtual_service(ADMIN, split(canary_percent))] if virtual_services is None else virtual_services
    rule = {
        "metadata": {"name": "game-server", "namespace": NAMESPACE},
        "spec": {
            "host": "game-server",
            "subsets": [{"name": n, "labels": {"track": n}} for n in ("stable", "canary")],
        },
    }
    seen = Objects(
        stable=deployment("game-server", tag="v2.0.5"),
        canary=deployment("game-server-canary", tag="v2.1.0"),
        service={"metadata": {"name": "game-server"}, "spec": {"selector": {"app": "game-server"}}},
        routing={"virtual_service": mesh, "http_route": http_routes},
        destination_rules=[rule],
        autoscalers=[],
        namespace={"metadata": {"name": NAMESPACE, "labels": {}}},
    )
    return replace(seen, **changes)  # type: ignore[arg-type]  # a test names the fields it changes


def traffic(requests: float | None, errors: float | None, p95: float | None = 0.2, why: str = "") -> Traffic:
    """One side's figures; None with `why` for those that did not come."""
    return Traffic(
        requests=Reading("requests", requests, "" if requests is not None else why or "no-data"),
        errors=Reading("errors", errors, "" if errors is not None else why or "no-data"),
        p95=Reading("p95", p95, "" if p95 is not None else why or "no-data"),
    )


def seen(
    *,
    stable: Traffic | None = None,
    canary: Traffic | None = None,
    whole: Traffic | None = None,
    age_s: float | None = 1.0,
    window_fits: bool = True,
) -> Seen:
    """Figures of a hold of 30 s at 50 requests a second, half of them at the canary."""
    return Seen(
        whole=whole or traffic(1500, 126),
        stable=stable or traffic(750, 1),
        canary=canary or traffic(750, 125),
        age_s=Reading("age", age_s, "" if age_s is not None else "unreachable"),
        window_s=30,
        window_fits=window_fits,
        scrape_interval_s=5,
    )


def facts(*, pods: int = 4, figures: Seen | None = None, **changes: Any) -> CanaryFacts:  # noqa: ANN401 - as objects()
    """What the strategy saw, with `pods` owned by the canary."""
    owned = Owned(canary=[{"metadata": {"name": f"canary-{i}"}} for i in range(pods)], replica_set="rs", deployed_at=1)
    return CanaryFacts(objects=objects(**changes), owned=owned, seen=figures or seen())
