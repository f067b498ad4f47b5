"""Deployments, StatefulSets and DaemonSets, read alike: counts, templates, rollouts. Pure, but for `pods`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.model import sha256
from jobs.clients import KubernetesClient
from jobs.clients.objects import condition, owned_by, pods_of, selector
from jobs.clients.resources import DAEMON_SET, DEPLOYMENT, POD, STATEFUL_SET, Kind, Raw

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (DEPLOYMENT, STATEFUL_SET, DAEMON_SET)}
CONTROLLERS_LABELS = ("pod-template-hash", "controller-revision-hash")
"""Labels that controllers add to the templates and pods they make: no part of what somebody deployed."""


@dataclass(frozen=True)
class Counts:
    """How far a workload's pods are. `of`: as many as its spec asks for; `all`: with those that are to go."""

    of: int
    all: int
    updated: int
    ready: int
    available: int
    observed: bool

    def figures(self) -> dict[str, int]:
        """As a step's progress tells it."""
        return {"updated": self.updated, "available": self.available, "of": self.of}


def counts(kind: str, workload: Raw) -> Counts:
    """What the workload's status says; all 0 while its controller has not seen the present spec."""
    spec, status = workload.get("spec", {}), workload.get("status", {})
    observed = status.get("observedGeneration", 0) >= workload["metadata"].get("generation", 0)
    names = _DAEMON_SET if kind == DAEMON_SET.name else _REPLICAS
    of = status.get("desiredNumberScheduled", 0) if kind == DAEMON_SET.name else spec.get("replicas", 1)
    seen = {name: int(status.get(field, 0)) if observed else 0 for name, field in names.items()}
    return Counts(of=int(of), observed=observed, **seen)


_REPLICAS = {
    "all": "replicas",
    "updated": "updatedReplicas",
    "ready": "readyReplicas",
    "available": "availableReplicas",
}
_DAEMON_SET = {
    "all": "currentNumberScheduled",
    "updated": "updatedNumberScheduled",
    "ready": "numberReady",
    "available": "numberAvailable",
}


def rolled_out(kind: str, workload: Raw) -> bool:
    """Whether a rollout is done, as `kubectl rollout status` judges it, and at least one pod is there.

    kubectl calls a workload of zero pods done at once; nothing serves then, so here it is not.
    """
    now = counts(kind, workload)
    if not now.observed or now.of < 1:
        return False
    if kind == DEPLOYMENT.name:
        return now.updated >= now.of and now.all <= now.updated and now.available >= now.updated
    if kind == STATEFUL_SET.name:
        status = workload.get("status", {})
        # Taken back in the middle of its rollout, its old revision is the present one at once: pods are counted too.
        same = status.get("updateRevision") == status.get("currentRevision")
        return same and now.updated >= now.of and now.ready >= now.of and now.available >= now.of
    return now.updated >= now.of and now.available >= now.of


def stands_still(workload: Raw) -> str:
    """What a Deployment's controller says of a rollout past its deadline; "" while it moves, and for other kinds."""
    progress = condition(workload, "Progressing")
    if progress.get("reason") != "ProgressDeadlineExceeded":
        return ""
    return str(progress.get("message") or "ProgressDeadlineExceeded")


def template(owner: Raw) -> Raw:
    """The pod template of a workload or ReplicaSet as somebody deployed it, without what controllers add."""
    given: Raw = owner["spec"]["template"]
    meta = dict(given.get("metadata") or {})
    labels = {key: value for key, value in (meta.get("labels") or {}).items() if key not in CONTROLLERS_LABELS}
    return {**given, "metadata": {**meta, "labels": labels}}


def template_key(given: Raw) -> str:
    """What tells pod templates apart: the SHA-256 of one without what controllers add and without empty members."""
    cleaned = template({"spec": {"template": given}})
    return sha256({**cleaned, "metadata": {key: value for key, value in cleaned["metadata"].items() if value}})


def pods(kubernetes: KubernetesClient, kind: str, workload: Raw) -> list[Raw]:
    """The pods a workload owns, those on their way out included.

    Raises:
        The client's errors.
    """
    if kind == DEPLOYMENT.name:
        return pods_of(kubernetes, workload)
    found = kubernetes.list(POD, str(workload["metadata"]["namespace"]), selector=selector(workload))
    return owned_by(found, [str(workload["metadata"]["uid"])])
