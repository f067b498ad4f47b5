"""The pods of a rollout that do not come up, and what they, their events and their logs say about it. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.model import Json, JsonObject
from jobs.checks.pods_failing import HASH, Failing, Late
from jobs.checks.quoting import quoted_lines
from jobs.clients import KubernetesClient, errors
from jobs.clients.objects import newest_replica_set, owned_by, selector
from jobs.clients.resources import (
    CONTROLLER_REVISION,
    DAEMON_SET,
    DEPLOYMENT,
    POD,
    REPLICA_SET,
    Raw,
    Ref,
)
from jobs.clients.together import together

NAMES = 5
LINES = 5
"""So many events, and so many lines of a log, are told."""
_CRASHES = "CrashLoopBackOff"
_UNTOLD = (errors.Forbidden, errors.NotFound, errors.Rejected, errors.Temporary)
"""Why a pod does not start is worth knowing; that nobody can say is no reason to do anything else."""


@dataclass(frozen=True)
class Pods:
    """The pods that a workload owns, those on their way out too, and those that run its present template."""

    owned: list[Raw]
    present: list[Raw]


def read(kubernetes: KubernetesClient, kind: str, workload: Raw) -> Pods:
    """Two reads at the most, however many pods there are.

    Raises:
        The client's errors.
    """
    namespace, labels, uid = _namespace(workload), selector(workload), str(workload["metadata"]["uid"])
    reads: dict[str, Callable[[], Any]] = {"pods": lambda: kubernetes.list(POD, namespace, selector=labels)}
    if kind == DEPLOYMENT.name:
        reads["sets"] = lambda: kubernetes.list_metadata(REPLICA_SET, namespace, selector=labels)
    if kind == DAEMON_SET.name:
        reads["revisions"] = lambda: kubernetes.list(CONTROLLER_REVISION, namespace, selector=labels)
    found = together(reads)
    if kind == DEPLOYMENT.name:
        sets = owned_by(found["sets"], [uid])
        newest = newest_replica_set(workload, sets)
        owned = owned_by(found["pods"], [str(each["metadata"]["uid"]) for each in sets])
        return Pods(owned, owned_by(owned, [str(newest["metadata"]["uid"])]) if newest else [])
    owned = owned_by(found["pods"], [uid])
    wanted = _revision(workload, owned_by(found.get("revisions", []), [uid]))
    return Pods(owned, [pod for pod in owned if _hash(pod) == wanted])


def why(kubernetes: KubernetesClient, namespace: str, found: Sequence[Failing]) -> JsonObject:
    """What a halt tells of pods that fail: the first one's reason, log and events, and the names of some of them.

    `reason`: with how the container ended, where it ran. `message`: the kubelet's, else the last line of log or events.
    `log`, `events`: at most 5 lines each, oldest first, without what looks like a secret; [] where there are none or
    nobody can say. A container that crashes is asked for what the one before it wrote.
    """
    first = found[0]
    told = together(
        {
            "log": lambda: _log(kubernetes, Ref(POD, namespace, first.pod), first),
            "events": lambda: events(kubernetes, namespace, first.uid),
        }
    )
    said = [first.message, *reversed(told["log"]), *reversed(told["events"])]
    return {
        "reason": f"{first.reason} ({first.ended})" if first.ended else first.reason,
        "container": first.container,
        "message": next((line for line in said if line), ""),
        "names": list[Json](sorted({each.pod for each in found})[:NAMES]),
        "log": list[Json](told["log"]),
        "events": list[Json](told["events"]),
    }


def lateness(kubernetes: KubernetesClient, namespace: str, found: Sequence[Late], *, told: JsonObject) -> JsonObject:
    """What progress tells of pods that are long not Ready. `told`: the step's figures so far.

    The newest warning about the first one is read once: it says of a failing probe what the pod's status does not.
    """
    if not found:
        return {"late": 0, "late_names": [], "late_why": ""} if told.get("late") else {}
    names: list[Json] = [each.pod for each in found[:NAMES]]
    before = told.get("late_names")
    if isinstance(before, list) and before[:1] == names[:1]:
        because = str(told.get("late_why", ""))
    else:
        because = next(reversed(events(kubernetes, namespace, found[0].uid, kind="Warning")), found[0].why)
    return {"late": len(found), "late_names": names, "late_why": because}


def events(kubernetes: KubernetesClient, namespace: str, uid: str, *, kind: str = "") -> list[str]:
    """The last events of a pod, oldest first, as "reason: message"; [] where nobody can say. `kind`: of this type."""
    try:
        found = kubernetes.events(namespace, uid)
    except _UNTOLD:
        return []
    wanted = [each for each in found if not kind or each.get("type") == kind]
    told = [f"{each.get('reason', '')}: {each.get('message', '')}" for each in sorted(wanted, key=_at)]
    return quoted_lines(told, most=LINES)


def _log(kubernetes: KubernetesClient, pod: Ref, failing: Failing) -> list[str]:
    for previous in (True, False) if failing.reason == _CRASHES else (False,):
        try:
            text = kubernetes.log(pod, failing.container, lines=LINES, previous=previous)
        except _UNTOLD:
            continue
        if lines := quoted_lines(text.splitlines(), most=LINES):
            return lines
    return []


def _revision(workload: Raw, revisions: Sequence[Raw]) -> str:
    """The hash of a StatefulSet's present revision as its status names it; of a DaemonSet's, as its history does."""
    named = str(workload.get("status", {}).get("updateRevision", ""))
    newest = max(revisions, key=lambda each: int(each["revision"]), default=None)
    return _hash(newest) if newest else named


def _at(event: Raw) -> str:
    """When an event happened last, in a form that sorts."""
    series = event.get("series") or {}
    stamps = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return str(next((stamp for stamp in stamps if stamp), event["metadata"].get("creationTimestamp", "")))


def _hash(item: Raw) -> str:
    return str((item["metadata"].get("labels") or {}).get(HASH, ""))


def _namespace(workload: Raw) -> str:
    return str(workload["metadata"]["namespace"])
