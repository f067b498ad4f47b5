"""Pods that cannot come up, by what their containers say: an image that is not there, a crash that repeats. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jobs.clients.objects import milliseconds
from jobs.clients.resources import DEPLOYMENT, Raw

HOPELESS = frozenset(
    {
        "ImagePullBackOff",
        "ErrImagePull",
        "InvalidImageName",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "CrashLoopBackOff",
    }
)
"""What a kubelet says of a container that waiting alone does not start."""


@dataclass(frozen=True)
class Failing:
    """One pod that does not come up: which container, the kubelet's reason and message ("" when it gives none)."""

    pod: str
    container: str
    reason: str
    message: str


def failing(pods: Iterable[Raw], *, now_ms: int, patience_ms: int) -> list[Failing]:
    """Those among the pods that were made `patience_ms` ago or longer and wait for a hopeless reason, by name."""
    found = [
        Failing(pod=str(pod["metadata"]["name"]), container=container, reason=reason, message=message)
        for pod in pods
        if now_ms - milliseconds(str(pod["metadata"]["creationTimestamp"])) >= patience_ms
        for container, reason, message in _waiting(pod)
        if reason in HOPELESS
    ]
    return sorted(found, key=lambda each: each.pod)


def newest_of(pods: Iterable[Raw], workload: Raw, *, kind: str) -> list[Raw]:
    """The pods of the template that is being rolled out, those on their way out left aside.

    A Deployment's are those made since its newest ReplicaSet was: by their hash, the newest pod's.
    """
    living = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    if kind == DEPLOYMENT.name:
        newest = max(living, key=lambda pod: str(pod["metadata"]["creationTimestamp"]), default=None)
        wanted = _label(newest, "pod-template-hash") if newest else ""
        return [pod for pod in living if _label(pod, "pod-template-hash") == wanted]
    wanted = str(workload.get("status", {}).get("updateRevision", ""))
    if not wanted:
        return living
    return [pod for pod in living if _label(pod, "controller-revision-hash") == wanted]


def _waiting(pod: Raw) -> Iterator[tuple[str, str, str]]:
    status = pod.get("status", {})
    for each in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        waiting = (each.get("state") or {}).get("waiting")
        if waiting:
            yield str(each.get("name", "")), str(waiting.get("reason", "")), str(waiting.get("message", ""))


def _label(pod: Raw, name: str) -> str:
    return str((pod["metadata"].get("labels") or {}).get(name, ""))
