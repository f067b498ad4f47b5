"""Reading workloads as the API server gives them: owners, readiness, images. Pure, but for the two lists at the end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.domain.images import version as version  # noqa: PLC0414 - read beside the rest of a workload
from jobs.clients import KubernetesClient
from jobs.clients.resources import POD, REPLICA_SET, Raw
from jobs.clients.together import together

REVISION = "deployment.kubernetes.io/revision"


def desired(deployment: Raw) -> int:
    """How many pods the spec asks for; the API server's default is 1."""
    return int(deployment.get("spec", {}).get("replicas", 1))


def ready(deployment: Raw) -> int:
    """How many of its pods are Ready."""
    return int(deployment.get("status", {}).get("readyReplicas", 0))


def available(deployment: Raw) -> int:
    """How many of its pods are Available; 0 while the controller has not seen the present spec."""
    status = deployment.get("status", {})
    seen = status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    return int(status.get("availableReplicas", 0)) if seen else 0


def condition(deployment: Raw, kind: str) -> Raw:
    """A condition of its status by type; empty when there is none."""
    conditions: list[Raw] = deployment.get("status", {}).get("conditions") or []
    return next((c for c in conditions if c.get("type") == kind), {})


def image(deployment: Raw, container: str) -> str:
    """The image its template gives a container; "" when there is no such container."""
    containers: list[Raw] = deployment.get("spec", {}).get("template", {}).get("spec", {}).get("containers") or []
    return next((str(c.get("image", "")) for c in containers if c.get("name") == container), "")


def running(pod: Raw, container: str) -> tuple[str, str]:
    """What a container of a pod runs: the image's name and its digest ("" where the node has not said)."""
    statuses: list[Raw] = pod.get("status", {}).get("containerStatuses") or []
    status = next((s for s in statuses if s.get("name") == container), {})
    digest = str(status.get("imageID", "")).rpartition("@")[2]
    return str(status.get("image", "")), digest if digest.startswith("sha256:") else ""


def is_ready(pod: Raw) -> bool:
    """Whether a pod is Ready and not on its way out."""
    conditions: list[Raw] = pod.get("status", {}).get("conditions") or []
    going = "deletionTimestamp" in pod.get("metadata", {})
    return not going and any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)


def owned_by(items: Iterable[Raw], uids: Iterable[str]) -> list[Raw]:
    """Those whose controller is one of `uids`. A canary carries its service's labels too, so labels prove nothing."""
    wanted = set(uids)
    return [item for item in items if controller(item) in wanted]


def controller(item: Raw) -> str:
    """The uid of the object that controls this one; "" for none."""
    owners: list[Raw] = item.get("metadata", {}).get("ownerReferences") or []
    return next((str(o["uid"]) for o in owners if o.get("controller")), "")


def newest_replica_set(deployment: Raw, replica_sets: Iterable[Raw]) -> Raw:
    """The ReplicaSet of the present template (its revision is the Deployment's); empty when there is none."""
    revision = deployment["metadata"].get("annotations", {}).get(REVISION)
    mine = owned_by(replica_sets, [deployment["metadata"]["uid"]])
    return next((r for r in mine if r["metadata"].get("annotations", {}).get(REVISION) == revision), {})


def milliseconds(timestamp: str) -> int:
    """A Kubernetes timestamp as Unix ms."""
    return round(datetime.fromisoformat(timestamp).timestamp() * 1000)


def selector(deployment: Raw) -> str:
    """The label selector of a workload as a query: labels and expressions."""
    spec: Raw = deployment.get("spec", {}).get("selector", {})
    terms = [f"{key}={value}" for key, value in sorted((spec.get("matchLabels") or {}).items())]
    for expression in spec.get("matchExpressions") or []:
        key, values = expression["key"], ",".join(expression.get("values") or [])
        terms.append(
            {
                "In": f"{key} in ({values})",
                "NotIn": f"{key} notin ({values})",
                "Exists": key,
                "DoesNotExist": f"!{key}",
            }[expression["operator"]]
        )
    return ",".join(terms)


def pods_of(kubernetes: KubernetesClient, deployment: Raw) -> list[Raw]:
    """The pods a Deployment owns through its ReplicaSets, those on their way out included.

    Raises:
        The client's errors.
    """
    namespace = str(deployment["metadata"]["namespace"])
    labels = selector(deployment)
    found = together(
        {
            "sets": lambda: kubernetes.list(REPLICA_SET, namespace, selector=labels),
            "pods": lambda: kubernetes.list(POD, namespace, selector=labels),
        }
    )
    sets = owned_by(found["sets"], [str(deployment["metadata"]["uid"])])
    return owned_by(found["pods"], [str(s["metadata"]["uid"]) for s in sets])


def targeting(autoscalers: Iterable[Raw], deployment: str) -> Raw | None:
    """The HorizontalPodAutoscaler that scales a Deployment; None for none."""
    for autoscaler in autoscalers:
        target = autoscaler.get("spec", {}).get("scaleTargetRef", {})
        if target.get("kind") == "Deployment" and target.get("name") == deployment:
            return autoscaler
    return None
