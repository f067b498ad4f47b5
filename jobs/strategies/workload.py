"""What undo, env and config have in common: one workload that gets another pod template, and the gates before that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.catalog.model import Service, Workload
from bot.domain.model import JsonObject
from bot.domain.plan import Effect, Note, Plan, Shown, Step
from bot.domain.refusal import Code, Refused
from jobs.checks.measure import Whole, look_at_whole
from jobs.clients import Clients, errors, workloads
from jobs.clients.objects import image, running, version
from jobs.clients.resources import Raw, Ref
from jobs.clients.together import together
from jobs.strategies import ownership
from jobs.strategies.surge import Surge, surge

POD_S, LEAST_ROLLOUT_S = 2.0, 5.0
"""Seconds a rollout usually takes for each pod that comes after the other, and at least."""
HEALTH_S = 2


@dataclass(frozen=True)
class Live:
    """The workload as read, the pods it owns, and the whole service's figures."""

    kind: str
    item: Raw
    pods: tuple[Raw, ...]
    seen: Whole

    @property
    def template(self) -> Raw:
        """Its pod template, as somebody deployed it."""
        return workloads.template(self.item)

    @property
    def key(self) -> str:
        """What tells its template from others."""
        return workloads.template_key(self.template)

    @property
    def counts(self) -> workloads.Counts:
        """Its pods, counted."""
        return workloads.counts(self.kind, self.item)

    def image(self, container: str) -> str:
        """The image its template gives a container; "" without such a container."""
        return image(self.item, container)

    def digest(self, container: str) -> str:
        """The one image digest that its pods report; "" when they report none, or several."""
        found = {running(pod, container)[1] for pod in self.pods} - {""}
        return found.pop() if len(found) == 1 else ""


def section(service: Service, strategy: str) -> Workload:
    """The catalog's workload.

    Raises:
        Refused: not-built.
    """
    if service.workload is None:
        raise Refused(Code.NOT_BUILT, strategy=strategy)
    return service.workload


def ref_of(service: Service, workload: Workload) -> Ref:
    """The workload as an object of the cluster."""
    return Ref(workloads.KINDS[workload.kind], service.kubernetes.namespace, workload.name)


def live(clients: Clients, service: Service, workload: Workload) -> Live:
    """Read the workload, then its pods and Prometheus, side by side.

    Raises:
        Refused: no-workload.
        ClientError: as the client's reads.
    """
    return around(clients, service, workload, read(clients, service, workload))


def read(clients: Clients, service: Service, workload: Workload) -> Raw:
    """The workload itself: one read. `around` makes the rest of it.

    Raises:
        Refused: no-workload.
        ClientError: as the client's reads.
    """
    ref = ref_of(service, workload)
    try:
        return clients.kubernetes.get(ref)
    except errors.NotFound:
        raise Refused(Code.NO_WORKLOAD, kind=workload.kind, namespace=ref.namespace, name=ref.name) from None


def around(clients: Clients, service: Service, workload: Workload, item: Raw) -> Live:
    """The workload as read, with its pods and the service's figures, read side by side.

    Raises:
        ClientError: as the client's reads.
    """
    found: dict[str, Any] = together(
        {
            "pods": lambda: tuple(workloads.pods(clients.kubernetes, workload.kind, item)),
            "seen": lambda: look_at_whole(clients.prometheus, service),
        }
    )
    return Live(kind=workload.kind, item=item, **found)


def require_changeable(found: Live, service: Service) -> None:
    """The gates that every change of a template passes, cheapest explanation first.

    Raises:
        Refused: no-workload (no such container), owned-elsewhere, paused, no-pods, no-rollout (OnDelete, or a
            partition that keeps pods back).
    """
    name, container = str(found.item["metadata"]["name"]), service.kubernetes.container
    if not found.image(container):
        namespace = service.kubernetes.namespace
        raise Refused(Code.NO_WORKLOAD, kind=found.kind, namespace=namespace, name=name, container=container)
    ownership.require_free(found.item, kind=found.kind)
    if found.item["spec"].get("paused"):
        raise Refused(Code.PAUSED, deployment=name)
    if found.counts.of < 1:
        raise Refused(Code.NO_PODS, kind=found.kind, name=name)
    strategy = found.item["spec"].get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        raise Refused(Code.NO_ROLLOUT, kind=found.kind, name=name)
    if kept_back := int((strategy.get("rollingUpdate") or {}).get("partition") or 0):
        raise Refused(Code.NO_ROLLOUT, kind=found.kind, name=name, why="partition", partition=kept_back)


def binding(item: Raw) -> JsonObject:
    """What a plan rests on: which object, and what it runs. Never a count or a status (DESIGN.md, principle 2)."""
    return {
        "workload_uid": item["metadata"]["uid"],
        "workload_template": workloads.template_key(workloads.template(item)),
        "paused": bool(item["spec"].get("paused")),
    }


def bound_now(clients: Clients, service: Service, workload: Workload) -> JsonObject:
    """The binding facts, read afresh; all null where the workload is gone.

    Raises:
        ClientError: it cannot be read now.
    """
    try:
        return binding(clients.kubernetes.get(ref_of(service, workload)))
    except errors.NotFound:
        return {"workload_uid": None, "workload_template": None, "paused": False}


def shown(found: Live, service: Service) -> dict[str, Shown]:
    """What moves by itself: pods, rates, what runs now."""
    container, counts = service.kubernetes.container, found.counts
    values: JsonObject = {
        **found.seen.figures(),
        "pods": counts.of,
        "ready": counts.ready,
        "available": counts.available,
        "from_image": found.image(container),
        "from_digest": found.digest(container),
        "error_limit": service.limits.error_share,
    }
    return {name: Shown(value=value) for name, value in values.items()}


def targets(service: Service, workload: Workload) -> tuple[str, ...]:
    """What a reservation must protect."""
    return (f"{workload.kind}/{service.kubernetes.namespace}/{workload.name}",)


def rollout(found: Live, service: Service, template: Raw, *, label: str = "", code: str = "template") -> Step:
    """Put another template, and follow the rollout to its end.

    `label`: what it is called where it is no version. `code`: what it is for, for the words: template or restart.
    """
    workload = section(service, "rollout")
    container = service.kubernetes.container
    wanted = image({"spec": {"template": template}}, container)
    return Step(
        kind="rollout",
        params={
            "namespace": service.kubernetes.namespace,
            "kind": found.kind,
            "name": workload.name,
            "uid": found.item["metadata"]["uid"],
            "from_key": found.key,
            "to_key": workloads.template_key(template),
            "template": template,
            "image": wanted,
            "version": label or version(wanted),
            "pods": found.counts.of,
            "code": code,
            "error_limit": service.limits.error_share,
        },
        effect=Effect.CAS,
        deadline_s=workload.rollout_s,
        estimate_s=max(LEAST_ROLLOUT_S, POD_S * found.counts.of / pace(found).at_once),
        take_back="rollout",
    )


def health(found: Live, service: Service) -> tuple[Step, ...]:
    """The catalog's health command in every pod; no step where there is no such command."""
    workload = section(service, "health")
    if not workload.health:
        return ()
    params: JsonObject = {
        "namespace": service.kubernetes.namespace,
        "kind": found.kind,
        "name": workload.name,
        "container": service.kubernetes.container,
        "command": list(workload.health),
        "pods": found.counts.of,
    }
    return (Step(kind="pod_health", params=params, effect=Effect.READ, estimate_s=HEALTH_S, check="pod_health"),)


def validate(found: Live, service: Service, template: Raw, *, digest: str) -> Step:
    """The checks at the end."""
    spec = service.validation
    took = spec.health_times * spec.health_every_s
    return Step(
        kind="validate",
        params={
            "namespace": service.kubernetes.namespace,
            "kind": found.kind,
            "deployment": section(service, "validate").name,
            "image": image({"spec": {"template": template}}, service.kubernetes.container),
            "digest": digest,
            "pods": found.counts.of,
        },
        effect=Effect.READ,
        deadline_s=3 * took + 60,
        estimate_s=took,
        check="validation",
    )


def risks(found: Live) -> tuple[Note, ...]:
    """What could go wrong whatever the template is."""
    notes = []
    if found.counts.ready < found.counts.of:
        short: JsonObject = {"ready": found.counts.ready, "pods": found.counts.of}
        notes.append(Note(code="pods-short", figures=short))
    if found.seen.traffic.share is None:
        notes.append(Note(code="prometheus-unknown.kept", figures={"why": found.seen.traffic.why}))
    if not (goes := pace(found)).extra:
        away: JsonObject = {"away": goes.away, "pods": found.counts.of}
        notes.append(Note(code="pods-away", figures=away))
    if found.kind == "StatefulSet" and found.item["spec"].get("podManagementPolicy") != "Parallel":
        notes.append(Note(code="stuck-pod"))
    notes += [Note(code="managed-by", figures=figures) for figures in ownership.keepers([(found.kind, found.item)])]
    return tuple(notes)


def same(template: Raw, found: Live) -> bool:
    """Whether the workload has this very template already."""
    return workloads.template_key(template) == found.key


def production(clients: Clients, service: Service, workload: Workload, plan: Plan) -> JsonObject:
    """What the workload looks like now: counts of pods, and how many run what was asked for."""
    to_key = next((step.params["to_key"] for step in plan.steps if step.kind == "rollout"), None)
    try:
        item = clients.kubernetes.get(ref_of(service, workload))
    except errors.ClientError:
        item = None
    figures: JsonObject = dict(look_at_whole(clients.prometheus, service).figures())
    if item is None:
        return figures
    counts, own = workloads.counts(workload.kind, item), workloads.template_key(workloads.template(item)) == to_key
    return {**figures, "of": counts.of, "available": counts.available, "updated": counts.updated if own else 0}


def pace(found: Live) -> Surge:
    """How a rollout of it replaces pods."""
    return surge(found.kind, found.item, of=found.counts.of)
