"""Workloads of every kind for the undo's tests: deployed as a pipeline would, undone as the bot would."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.catalog import Service
from bot.catalog.model import Undo as UndoSection
from bot.catalog.model import Workload
from bot.domain.people import Person
from bot.domain.plan import Plan
from bot.domain.rollback import Request
from bot.domain.sightings import History, observed
from bot.domain.standing import Standing
from jobs.clients import workloads
from jobs.revisions.looking import sighting
from jobs.revisions.recorded import Past, Remembered, nothing
from jobs.steps import CARRIERS, Context, Done, Settled, Stuck, Waiting
from jobs.strategies.undo import Undo, UndoFacts
from tests.contract.clients.scene import Scene, eventually, now

NAME = "match-server"
IMAGE = "registry.example/match-server:{}"
PLURALS = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets"}
SOON_S = 60.0
"""Two cores and other work beside: long enough for what takes a few seconds."""

AHEAD_MS = 14_000


@dataclass
class Ledger:
    """What the bot's keeper would have remembered, had it looked at these moments."""

    history: History = field(default_factory=History)

    def look(self, deployed: Deployed) -> None:
        """See the workload as it is now, twice: what stands by then is good."""
        live = deployed.live()
        for after_ms in (0, 2):
            seen = sighting(workloads.KINDS[deployed.kind], live, NAME)
            self.history = observed(self.history, seen, now=now() + after_ms, good_after_ms=1)

    def past(self, _service: str) -> Remembered:
        """As a plan asks for it."""
        return Remembered(history=self.history, standing=Standing(service=NAME), now=now())


@dataclass(frozen=True)
class Deployed:
    """One workload in the scene's namespace, as the catalog names it."""

    scene: Scene
    kind: Literal["Deployment", "StatefulSet", "DaemonSet"]
    past: Past = nothing

    @property
    def path(self) -> str:
        """Where the API server keeps it."""
        return f"/apis/apps/v1/namespaces/{self.scene.namespace}/{PLURALS[self.kind]}/{NAME}"

    def live(self) -> dict[str, Any]:
        """It as it is now."""
        return self.scene.admin.get(self.path)

    def image(self) -> str:
        """The image its template names."""
        return str(self.live()["spec"]["template"]["spec"]["containers"][0]["image"])

    def pods(self) -> list[dict[str, Any]]:
        """Its pods, by name."""
        path = f"/api/v1/namespaces/{self.scene.namespace}/pods"
        found: list[dict[str, Any]] = self.scene.admin.get(path, labelSelector=f"app={NAME}")["items"]
        return sorted(found, key=lambda pod: str(pod["metadata"]["name"]))

    def waiting_for(self, reason: str) -> list[dict[str, Any]]:
        """Its pods whose container waits for this reason."""
        statuses = [(pod, pod["status"].get("containerStatuses") or []) for pod in self.pods()]
        return [
            p for p, all_ in statuses if any((s["state"].get("waiting") or {}).get("reason") == reason for s in all_)
        ]

    def deploy(self, version: str, *, wait: bool = True, **spec: Any) -> None:  # noqa: ANN401 - fields of a workload
        """Apply it with this version of the image, and wait until it is rolled out."""
        self.scene.admin.apply([document(self.kind, self.scene.namespace, version, **spec)])
        if wait:
            eventually(self.stands, within_s=SOON_S)

    def stands(self) -> bool:
        """Whether every pod runs the present template."""
        live = self.live()
        counts = workloads.counts(self.kind, live)
        return workloads.rolled_out(self.kind, live) and counts.updated >= counts.of

    def facts(self, *, version: str = "", budget_s: float = 120) -> UndoFacts:
        """What the undo sees."""
        found = Undo(self.past).observe(self.scene.clients, asked(version), self.service(budget_s=budget_s))
        assert isinstance(found, UndoFacts)
        return found

    def plan(self, *, version: str = "", budget_s: float = 120) -> Plan:
        """A plan from what is live now."""
        facts = self.facts(version=version, budget_s=budget_s)
        return Undo(self.past).plan(facts, asked(version), self.service(budget_s=budget_s), NAME)

    def service(self, *, budget_s: float = 120) -> Service:
        """The catalog's entry for it."""
        entry = self.scene.service
        return entry.model_copy(
            update={
                "kubernetes": entry.kubernetes.model_copy(update={"container": NAME}),
                "workload": Workload(kind=self.kind, name=NAME, rollout_s=120),
                "undo": UndoSection(budget_s=budget_s),
            }
        )


def asked(version: str = "") -> Request:
    """Somebody asks to go back."""
    by = Person(team="T1", id="U1", name="ann")
    return Request(service=NAME, strategy="kubernetes", by=by, channel="C1", version=version)


def document(kind: str, namespace: str, version: str, **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """The workload with four pods. `spec` adds to its spec; `annotations`, `pod` and `container` to its pods."""
    container = {"name": NAME, "image": IMAGE.format(version), **spec.pop("container", {})}
    template = {
        "metadata": {"labels": {"app": NAME}, "annotations": spec.pop("annotations", {})},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [container], **spec.pop("pod", {})},
    }
    own: dict[str, Any] = {} if kind == "DaemonSet" else {"replicas": 4}
    if kind == "StatefulSet":
        own["serviceName"] = NAME
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": NAME, "namespace": namespace},
        "spec": {"selector": {"matchLabels": {"app": NAME}}, "template": template, **own, **spec},
    }


def begun(scene: Scene, plan: Plan, *, fence: int = 1) -> Context:
    """The rollout's step with its template written."""
    ctx, carrier = scene.step(plan, "rollout", fence=fence), CARRIERS["rollout"]
    carrier.claim(ctx)
    carrier.apply(ctx)
    return ctx


def hurried(ctx: Context) -> Context:
    """The step on a clock that is 14 s ahead: what takes 15 s to be called hopeless takes one."""
    return replace(ctx, now=lambda: now() + AHEAD_MS)


def followed(ctx: Context, *, within_s: float = SOON_S) -> tuple[Settled, Context]:
    """Settle as the runner would, each time with what was told so far; how it ended, and the step as it was then."""
    seen: list[tuple[Settled, Context]] = [(Waiting(0), ctx)]

    def look() -> bool:
        before = seen[-1][1]
        settled = CARRIERS["rollout"].settle(before)
        seen.append((settled, replace(before, figures={**before.figures, **settled.figures})))
        return isinstance(settled, Done | Stuck)

    eventually(look, within_s=within_s)
    return seen[-1]
