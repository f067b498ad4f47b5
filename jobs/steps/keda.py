"""KEDA: a ScaledObject stands for the autoscaler that KEDA makes of it and writes back when somebody changes it.

So its own bounds are written, never that autoscaler's; and what is to stay at 0 pods is paused there first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from jobs.clients import KubernetesClient
from jobs.clients.errors import NotFound
from jobs.clients.objects import controller, targeting
from jobs.clients.resources import AUTOSCALER, SCALED_OBJECT, Kind, Raw, Ref
from jobs.clients.together import each
from jobs.steps import patches

PAUSED_REPLICAS: Final = "autoscaling.keda.sh/paused-replicas"
PAUSED: Final = "autoscaling.keda.sh/paused"
LEAST, MOST = 0, 100
"""KEDA's own bounds where a ScaledObject names none."""
BOUNDS: Final = {
    AUTOSCALER.name: ("minReplicas", "maxReplicas"),
    SCALED_OBJECT.name: ("minReplicaCount", "maxReplicaCount"),
}
"""What each kind of autoscaler calls its lower and its upper bound."""
KINDS: Final = {kind.name: kind for kind in (AUTOSCALER, SCALED_OBJECT)}


def autoscalers(kubernetes: KubernetesClient, namespace: str) -> list[Raw]:
    """What scales the workloads of a namespace, in the shape of an autoscaler (`kind_of` says which kind it is).

    A ScaledObject takes the place of the autoscaler that KEDA makes of it.

    Raises:
        NotFound: the API server does not know autoscalers. Forbidden, Temporary, Rejected.
    """

    def listed(kind: Kind) -> list[Raw]:
        try:
            return kubernetes.list(kind, namespace)
        except NotFound:
            if kind is AUTOSCALER:
                raise
            return []  # No KEDA in this cluster.

    found = each(listed, (SCALED_OBJECT, AUTOSCALER))
    return instead(found[SCALED_OBJECT], found[AUTOSCALER])


def instead(scaled: Iterable[Raw], made: Iterable[Raw]) -> list[Raw]:
    """ScaledObjects in the shape of autoscalers, and of the autoscalers those that none of them controls. Pure."""
    shaped = [as_autoscaler(item) for item in scaled]
    theirs = {str(item["metadata"]["uid"]) for item in shaped}
    return [*shaped, *(hpa for hpa in made if controller(hpa) not in theirs)]


def as_autoscaler(scaled: Raw) -> Raw:
    """A ScaledObject in the shape of an autoscaler, with KEDA's defaults filled in. Pure."""
    spec = scaled.get("spec", {})
    target = {"kind": "Deployment", **spec.get("scaleTargetRef", {})}
    low, high = spec.get("minReplicaCount", LEAST), spec.get("maxReplicaCount", MOST)
    return {
        "kind": SCALED_OBJECT.name,
        "metadata": scaled["metadata"],
        "spec": {
            "scaleTargetRef": target,
            "minReplicas": low,
            "maxReplicas": high,
            "idleReplicaCount": spec.get("idleReplicaCount"),
        },
    }


def kind_of(autoscaler: Raw) -> str:
    """Which kind an autoscaler is; those from a list of their own do not say it."""
    return str(autoscaler.get("kind") or AUTOSCALER.name)


def is_paused(autoscaler: Raw) -> bool:
    """Whether KEDA leaves its workload as it is, or at a fixed number, whatever the bounds say.

    KEDA's rule: the number's mark pauses whatever it says, the other one unless it says no.
    """
    marks = autoscaler["metadata"].get("annotations") or {}
    return PAUSED_REPLICAS in marks or str(marks.get(PAUSED, "false")).lower() not in {"false", "f", "0"}


def scaled_object(autoscalers: Iterable[Raw], deployment: str) -> Raw | None:
    """The ScaledObject that scales a Deployment; None for none, or for an autoscaler of its own."""
    found = targeting(autoscalers, deployment)
    return found if found and kind_of(found) == SCALED_OBJECT.name else None


def ref(namespace: str, name: str) -> Ref:
    """A ScaledObject."""
    return Ref(SCALED_OBJECT, namespace, name)


def at_zero(live: Raw) -> bool:
    """Whether it is paused at 0 pods already."""
    return str((live["metadata"].get("annotations") or {}).get(PAUSED_REPLICAS)) == "0"


def pause(live: Raw) -> list[patches.Operation]:
    """Hold the workload at 0, if the mark still is as read; nothing where it is there already. Pure.

    The claim before it has made sure that there are annotations to add to.
    """
    if at_zero(live):
        return []
    old = (live["metadata"].get("annotations") or {}).get(PAUSED_REPLICAS)
    return patches.member(patches.pointer("metadata", "annotations", PAUSED_REPLICAS), old=old, new="0")
