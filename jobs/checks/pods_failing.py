"""Pods that do not come up: for a reason that waiting does not mend, or late; and one that blocks the rest. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from jobs.checks.quoting import quoted
from jobs.clients.objects import controller, is_ready, milliseconds
from jobs.clients.resources import Raw

HOPELESS = frozenset(
    {
        "ImagePullBackOff",
        "ErrImagePull",
        "ErrImageNeverPull",
        "ImageInspectError",
        "InvalidImageName",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "CrashLoopBackOff",
    }
)
"""What a kubelet says of a container that waiting alone does not start."""
HASH = "controller-revision-hash"
"""The label that says which revision of a StatefulSet or DaemonSet a pod was made from."""
_ORDINAL = re.compile(r"-(\d+)\Z")


@dataclass(frozen=True)
class Failing:
    """One pod that does not come up: which container, the kubelet's reason and message ("" when it gives none).

    `ended`: how the container ended last, as "OOMKilled, exit 137"; "" when it never ran.
    """

    pod: str
    uid: str
    container: str
    reason: str
    message: str
    ended: str


@dataclass(frozen=True)
class Late:
    """One pod that has not been Ready for long; `why` as far as its status says so, else ""."""

    pod: str
    uid: str
    why: str


def failing(pods: Iterable[Raw], *, now_ms: int, patience_ms: int) -> list[Failing]:
    """Those among the pods that were made `patience_ms` ago or longer and wait for a hopeless reason, by name."""
    found = [
        each
        for pod in _staying(pods)
        if now_ms - milliseconds(str(pod["metadata"]["creationTimestamp"])) >= patience_ms
        for each in _failing(pod)
    ]
    return sorted(found, key=lambda each: each.pod)


def late(pods: Iterable[Raw], *, now_ms: int, patience_ms: int) -> list[Late]:
    """Those among the pods that have not been Ready for `patience_ms` or longer, by name."""
    found = [
        Late(pod=_name(pod), uid=_uid(pod), why=_why(pod))
        for pod in _staying(pods)
        if not is_ready(pod) and now_ms - unready_since(pod) >= patience_ms
    ]
    return sorted(found, key=lambda each: each.pod)


def unready_since(pod: Raw) -> int:
    """Since when a pod that is not Ready has not been (ms): when it ceased to be, or was made."""
    ready = _condition(pod, "Ready")
    return milliseconds(str(ready.get("lastTransitionTime") or pod["metadata"]["creationTimestamp"]))


def blocking(workload: Raw, pods: Sequence[Raw]) -> Raw | None:
    """The pod that keeps a StatefulSet from going on and never goes by itself; None where nothing does.

    A StatefulSet that starts its pods in order stops at the first that is not Ready, and does so before it looks
    whether that pod is of the present template (kubernetes/kubernetes#67250). None while that pod may still come up or
    is going: it is of the present template, on its way out, or has ended, and then the controller itself replaces it.
    """
    spec, status = workload["spec"], workload.get("status", {})
    wanted = str(status.get("updateRevision", ""))
    seen = status.get("observedGeneration", 0) >= workload["metadata"].get("generation", 0)
    strategy = (spec.get("updateStrategy") or {}).get("type", "RollingUpdate")
    if not (wanted and seen) or spec.get("podManagementPolicy", "OrderedReady") != "OrderedReady":
        return None
    mine = [pod for pod in pods if controller(pod) == workload["metadata"]["uid"] and _wanted(spec, pod)]
    first = next((pod for pod in sorted(mine, key=_ordinal) if not is_ready(pod)), None)
    if first is None or strategy != "RollingUpdate" or _goes(first):
        return None
    return None if _label(first, HASH) in {"", wanted} else first


def _failing(pod: Raw) -> Iterator[Failing]:
    for status in _containers(pod):
        waiting = (status.get("state") or {}).get("waiting") or {}
        reason = str(waiting.get("reason", ""))
        if reason in HOPELESS:
            yield Failing(
                pod=_name(pod),
                uid=_uid(pod),
                container=str(status.get("name", "")),
                reason=reason,
                message=quoted(str(waiting.get("message", ""))),
                ended=_ended(status),
            )


def _ended(status: Raw) -> str:
    last = (status.get("lastState") or {}).get("terminated")
    if not last:
        return ""
    reason, code = str(last.get("reason", "")), last.get("exitCode")
    return ", ".join(part for part in (reason, f"exit {code}" if code is not None else "") if part)


def _why(pod: Raw) -> str:
    """What its status says of a pod that is not Ready: no node for it, or what a container waits for."""
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return quoted(f"{scheduled.get('reason', '')}: {scheduled.get('message', '')}")
    waiting = ((status.get("state") or {}).get("waiting") or {} for status in _containers(pod))
    return next((str(one["reason"]) for one in waiting if one.get("reason")), "")


def _staying(pods: Iterable[Raw]) -> Iterator[Raw]:
    return (pod for pod in pods if "deletionTimestamp" not in pod["metadata"])


def _containers(pod: Raw) -> list[Raw]:
    status = pod.get("status", {})
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def _condition(pod: Raw, kind: str) -> Raw:
    conditions: list[Raw] = pod.get("status", {}).get("conditions") or []
    return next((one for one in conditions if one.get("type") == kind), {})


def _wanted(spec: Raw, pod: Raw) -> bool:
    """Whether the StatefulSet's size asks for this pod: one beyond it goes by itself."""
    first = int((spec.get("ordinals") or {}).get("start", 0))
    return first <= _ordinal(pod) < first + int(spec.get("replicas", 1))


def _goes(pod: Raw) -> bool:
    return "deletionTimestamp" in pod["metadata"] or pod.get("status", {}).get("phase") in {"Failed", "Succeeded"}


def _ordinal(pod: Raw) -> int:
    found = _ORDINAL.search(_name(pod))
    return int(found[1]) if found else -1


def _name(pod: Raw) -> str:
    return str(pod["metadata"]["name"])


def _uid(pod: Raw) -> str:
    return str(pod["metadata"]["uid"])


def _label(pod: Raw, name: str) -> str:
    return str((pod["metadata"].get("labels") or {}).get(name, ""))
