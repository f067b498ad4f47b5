"""The demo's game in a namespace of its own, seen through the bot's clients, with the rights that manifests/ grant."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bot.catalog import Service, load
from bot.domain.people import Person
from bot.domain.plan import Plan
from bot.domain.rollback import Request
from jobs.clients import Clients
from jobs.steps import CARRIERS, Context, Done, Stuck
from jobs.steps.model import Settled
from jobs.strategies import STRATEGIES
from sandbox.cluster import Api, Cluster

T = TypeVar("T")
APPS = "/apis/apps/v1/namespaces/{}/deployments/{}"
ISTIO = "/apis/networking.istio.io/v1/namespaces/{}/virtualservices/game-server-vs"
SCALERS = "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers"


def eventually(look: Callable[[], T], *, within_s: float = 15) -> T:
    """What `look` sees once it is true; fails with what it saw last when that takes longer."""
    deadline = time.monotonic() + within_s
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s:g} s: {seen!r}")
        time.sleep(0.05)
    return seen


@dataclass(frozen=True)
class Scene:
    """One namespace with the game in it. `admin` sets it up and interferes; `clients` are the bot's."""

    cluster: Cluster
    namespace: str
    clients: Clients
    service: Service
    admin: Api

    def observe_and_plan(self, **options: str) -> Plan:
        """A plan from what is live now."""
        by = Person(team="T1", id="U1", name="ann")
        asked = Request(service="game-server", strategy="canary", by=by, channel="C1", options=dict(options))
        canary = STRATEGIES["canary"]
        return canary.plan(canary.observe(self.clients, asked, self.service), asked, self.service, "game-server")

    def context(self, plan: Plan, index: int, *, fence: int = 1, **more: Any) -> Context:  # noqa: ANN401 - Context's
        """A step of the plan, under a lease with this fence."""
        return Context(
            clients=self.clients,
            service=self.service,
            plan=plan,
            index=index,
            fence=fence,
            rollback_id="rb-1042",
            now=now,
            started_at=now(),
            **more,
        )

    def step(self, plan: Plan, kind: str, *, fence: int = 1, **more: Any) -> Context:  # noqa: ANN401 - Context's
        """The first step of a kind."""
        index = next(i for i, step in enumerate(plan.steps) if step.kind == kind)
        return self.context(plan, index, fence=fence, **more)

    def virtual_service(self) -> dict[str, Any]:
        """The live VirtualService."""
        return self.admin.get(ISTIO.format(self.namespace))

    def weights(self) -> dict[str, int]:
        """Live weights of the route by subset."""
        route = next(r for r in self.virtual_service()["spec"]["http"] if r.get("name") == "primary")
        return {entry["destination"]["subset"]: entry["weight"] for entry in route["route"]}

    def deployment(self, name: str) -> dict[str, Any]:
        """A live Deployment."""
        return self.admin.get(APPS.format(self.namespace, name))

    def writes(self, manager: str = "") -> list[str]:
        """The bot's accepted writes here as "verb resource/name", in order; by one field manager when given."""
        return [
            f"{event.verb} {event.resource}/{event.name}"
            for event in self.cluster.audit()
            if event.wrote
            and event.namespace == self.namespace
            and "rollback-bot" in event.user
            and (not manager or event.field_manager == manager)
        ]


def now() -> int:
    """The time in ms, as Redis would tell it."""
    return round(time.time() * 1000)


def entry(namespace: str, **canary: Any) -> Service:  # noqa: ANN401 - the catalog's fields
    """The shipped example's entry, moved to a namespace; keyword arguments change its canary section."""
    service = load(Path("catalog/services.yaml")).services["game-server"]
    if service.canary is None:
        raise AssertionError("the shipped catalog lost its canary section")
    kubernetes = service.kubernetes.model_copy(update={"namespace": namespace})
    changed = type(service.canary).model_validate({**service.canary.model_dump(), **canary})
    return service.model_copy(update={"kubernetes": kubernetes, "canary": changed})


def settled(ctx: Context, *, within_s: float = 20) -> Settled:
    """Call settle until it says Done or Stuck, as the runner would."""
    seen: list[Settled] = []

    def look() -> bool:
        seen.append(CARRIERS[ctx.step.kind].settle(ctx))
        return isinstance(seen[-1], Done | Stuck)

    eventually(look, within_s=within_s)
    return seen[-1]


def autoscaler(namespace: str, *, low: int, high: int) -> dict[str, Any]:
    """An autoscaler of stable."""
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "game-server", "namespace": namespace},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "game-server"},
            "minReplicas": low,
            "maxReplicas": high,
        },
    }
