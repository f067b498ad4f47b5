"""Pods live and fail as the cluster's stages say."""

import time
from typing import Any

import pytest

from sandbox.cluster import Cluster, game_objects
from tests.contract.cluster.scenes import IMAGE, container, deployment, deployment_path, eventually, pods, rolled_out


def test_the_game_is_available_within_ten_seconds(cluster: Cluster, namespace: str) -> None:
    """Four stable and four canary pods are available soon after they are asked for; the Service then has them all."""
    cluster.apply(game_objects(namespace=namespace))
    paths = [deployment_path(namespace, name) for name in ("game-server", "game-server-canary")]
    eventually(lambda: all(rolled_out(cluster.api(), path) for path in paths), within_s=10)
    # Another controller writes the slices, after the one that counts pods.
    eventually(lambda: len(_ready_endpoints(cluster, namespace)) == 8, within_s=10)


def _ready_endpoints(cluster: Cluster, namespace: str) -> list[dict[str, Any]]:
    slices = cluster.api().get(f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices")["items"]
    return [each for part in slices for each in part["endpoints"] or [] if each["conditions"]["ready"]]


def test_a_new_image_is_rolled_out(cluster: Cluster, namespace: str) -> None:
    """A changed image makes a second ReplicaSet, and its pods carry another digest."""
    api, path = cluster.api(), deployment_path(namespace)
    cluster.apply([deployment(namespace, replicas=2)])
    eventually(lambda: rolled_out(api, path), within_s=10)
    before = {pod["status"]["containerStatuses"][0]["imageID"] for pod in pods(api, namespace)}
    cluster.apply([deployment(namespace, replicas=2, image=IMAGE.replace("v1.0.0", "v1.1.0"))])
    eventually(lambda: rolled_out(api, path), within_s=10)
    sets = api.get(f"/apis/apps/v1/namespaces/{namespace}/replicasets")["items"]
    live = [pod for pod in pods(api, namespace) if "deletionTimestamp" not in pod["metadata"]]
    after = {pod["status"]["containerStatuses"][0]["imageID"] for pod in live}
    assert len(sets) == 2
    assert len(before) == len(after) == 1
    assert before != after
    assert all(image.startswith("registry.example/game-server@sha256:") for image in before | after)


def test_a_tag_pushed_again_has_another_digest(cluster: Cluster, namespace: str) -> None:
    """The same tag gives the same digest until it is pushed again."""
    api, path = cluster.api(), deployment_path(namespace)
    digests = []
    for pushed in ("", "again"):
        cluster.apply([deployment(namespace, annotations={"sandbox.rollback/pushed": pushed})])
        eventually(lambda: rolled_out(api, path) and len(pods(api, namespace)) == 1, within_s=10)
        digests.append(container(api, namespace)["imageID"])
    assert digests[0] != digests[1]


def test_a_slow_start_takes_its_time(cluster: Cluster, namespace: str) -> None:
    """A pod with a start delay is not ready before it."""
    api, path = cluster.api(), deployment_path(namespace)
    started = time.monotonic()
    cluster.apply([deployment(namespace, annotations={"sandbox.rollback/start-delay": "3s"})])
    eventually(lambda: rolled_out(api, path), within_s=10)
    assert time.monotonic() - started >= 3


def test_a_pod_may_never_be_ready(cluster: Cluster, namespace: str) -> None:
    """A never-ready pod runs and its Deployment is not available."""
    api = cluster.api()
    cluster.apply([deployment(namespace, image=f"{IMAGE}-never-ready")])
    eventually(lambda: "running" in container(api, namespace).get("state", {}), within_s=10)
    assert container(api, namespace)["ready"] is False
    assert api.get(deployment_path(namespace))["status"].get("availableReplicas", 0) == 0


def test_an_image_may_not_be_pulled(cluster: Cluster, namespace: str) -> None:
    """A missing image leaves the pod Pending with ImagePullBackOff, and an event says so."""
    api = cluster.api()
    cluster.apply([deployment(namespace, image=f"{IMAGE}-image-pull-backoff")])
    eventually(
        lambda: container(api, namespace).get("state", {}).get("waiting", {}).get("reason") == "ImagePullBackOff",
        within_s=10,
    )
    assert pods(api, namespace)[0]["status"]["phase"] == "Pending"
    events = f"/api/v1/namespaces/{namespace}/events"
    eventually(lambda: [e for e in api.get(events)["items"] if "ImagePullBackOff" in e["message"]], within_s=5)


@pytest.mark.parametrize(("mode", "reason", "code"), [("crash-loop", "Error", 1), ("oom-killed", "OOMKilled", 137)])
def test_a_crash_raises_the_restart_count(cluster: Cluster, namespace: str, mode: str, reason: str, code: int) -> None:
    """A crashing container restarts again and again, and its last state says why it ended."""
    api = cluster.api()
    annotations = {"sandbox.rollback/crash-delay": "0.3s", "sandbox.rollback/crash-after": "0.3s"}
    cluster.apply([deployment(namespace, image=f"{IMAGE}-{mode}", annotations=annotations)])
    eventually(lambda: container(api, namespace).get("restartCount", 0) >= 3, within_s=15)
    ended = container(api, namespace)["lastState"]["terminated"]
    assert (ended["reason"], ended["exitCode"]) == (reason, code)


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("", "running"),
        ("-never-ready", "running"),
        ("-image-pull-backoff", "ImagePullBackOff"),
        ("-crash-loop", "CrashLoopBackOff"),
        ("-oom-killed", "CrashLoopBackOff"),
    ],
)
def test_every_pod_goes_when_it_is_deleted(cluster: Cluster, namespace: str, mode: str, reason: str) -> None:
    """No pod outlives its grace, however it fails."""
    api = cluster.api()
    annotations = {"sandbox.rollback/crash-delay": "0.3s"}
    cluster.apply([deployment(namespace, image=f"{IMAGE}{mode}", grace_s=2, annotations=annotations)])
    eventually(lambda: reason in str(container(api, namespace).get("state")), within_s=10)
    api.delete(deployment_path(namespace))
    eventually(lambda: not pods(api, namespace), within_s=8)


def test_a_running_pod_is_terminating_for_its_own_grace(cluster: Cluster, namespace: str) -> None:
    """A deleted pod stays, Terminating, for terminationGracePeriodSeconds."""
    api, path = cluster.api(), deployment_path(namespace)
    cluster.apply([deployment(namespace, grace_s=3)])
    eventually(lambda: rolled_out(api, path), within_s=10)
    started = time.monotonic()
    api.delete(path)
    eventually(lambda: pods(api, namespace)[0]["metadata"].get("deletionTimestamp"), within_s=5)
    eventually(lambda: not pods(api, namespace), within_s=8)
    assert time.monotonic() - started >= 2  # deletionTimestamp is in whole seconds
