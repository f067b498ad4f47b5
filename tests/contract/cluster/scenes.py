"""What the tests of this folder set up and look at."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sandbox.cluster import Api

_T = TypeVar("_T")
IMAGE = "registry.example/game-server:v1.0.0"


def eventually(look: Callable[[], _T], *, within_s: float) -> _T:
    """What `look` sees once it is true; fails with what it saw last when that takes longer."""
    deadline = time.monotonic() + within_s
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s:g} s: {seen!r}")
        time.sleep(0.05)


def deployment(
    namespace: str,
    *,
    image: str = IMAGE,
    replicas: int = 1,
    annotations: Mapping[str, str] | None = None,
    grace_s: int = 1,
) -> dict[str, Any]:
    """A Deployment named `web` in the namespace."""
    labels = {"app": "web"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": dict(annotations or {})},
                "spec": {
                    "terminationGracePeriodSeconds": grace_s,
                    "containers": [{"name": "web", "image": image}],
                },
            },
        },
    }


def deployment_path(namespace: str, name: str = "web") -> str:
    """The API's path of a Deployment."""
    return f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"


def pods(api: Api, namespace: str) -> list[dict[str, Any]]:
    """The pods of a namespace."""
    items: list[dict[str, Any]] = api.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
    return items


def container(api: Api, namespace: str) -> dict[str, Any]:
    """The status of the only pod's only container; empty while there is none."""
    found = pods(api, namespace)
    statuses = found[0]["status"].get("containerStatuses", []) if found else []
    return statuses[0] if statuses else {}


def rolled_out(api: Api, path: str) -> bool:
    """Whether a Deployment's newest template is what runs, all of it available."""
    seen = api.get(path)
    wanted, status = seen["spec"]["replicas"], seen["status"]
    return bool(
        status.get("observedGeneration", 0) >= seen["metadata"]["generation"]
        and status.get("updatedReplicas", 0) == wanted
        and status.get("replicas", 0) == wanted
        and status.get("availableReplicas", 0) == wanted
    )
