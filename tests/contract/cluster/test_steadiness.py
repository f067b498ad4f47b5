"""What is available stays so. Last of this folder: the other tests are most of its wait."""

from datetime import UTC, datetime

from sandbox.cluster import Cluster
from tests.contract.cluster.scenes import eventually, pods

THREE_MINUTES_S = 180.0


def _available_since(cluster: Cluster, namespace: str) -> list[datetime]:
    items = cluster.api().get(f"/apis/apps/v1/namespaces/{namespace}/deployments")["items"]
    return [
        datetime.fromisoformat(condition["lastTransitionTime"])
        for item in items
        for condition in item["status"].get("conditions", [])
        if condition["type"] == "Available" and condition["status"] == "True"
    ]


def test_deployments_are_still_available_after_three_minutes(cluster: Cluster, steady_namespace: str) -> None:
    """No Deployment and no pod has turned once since the run began: the node's lease is kept."""
    eventually(lambda: len(_available_since(cluster, steady_namespace)) == 2, within_s=10)
    since = _available_since(cluster, steady_namespace)
    left_s = THREE_MINUTES_S - (datetime.now(UTC) - max(since)).total_seconds()
    eventually(
        lambda: (
            (datetime.now(UTC) - max(since)).total_seconds() >= THREE_MINUTES_S
            or _available_since(cluster, steady_namespace) != since
        ),
        within_s=max(left_s, 0) + 10,
    )
    assert _available_since(cluster, steady_namespace) == since
    ready = [
        c for pod in pods(cluster.api(), steady_namespace) for c in pod["status"]["conditions"] if c["type"] == "Ready"
    ]
    assert [condition["status"] for condition in ready] == ["True"] * 8
    assert all(datetime.fromisoformat(condition["lastTransitionTime"]) <= max(since) for condition in ready)
