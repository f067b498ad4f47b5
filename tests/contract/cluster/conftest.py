"""One cluster for all tests of this folder, and a namespace for each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from sandbox.cluster import Cluster, game_objects
from sandbox.cluster.shared import own_namespace
from tests.contract.cluster.scenes import eventually, pods

DEPLOYMENTS, PODS = 2, 8


@dataclass(frozen=True)
class Steady:
    """A namespace that is left alone, what was available in it, and when that was seen."""

    cluster: Cluster
    namespace: str
    seen_at: datetime
    before: Mapping[str, str]

    def now(self) -> Mapping[str, str]:
        """What is available or ready now, each with the time of its last turn."""
        return available(self.cluster, self.namespace)


def available(cluster: Cluster, namespace: str) -> dict[str, str]:
    """Deployments that are available and pods that are ready, by name, each with the time since when."""
    api = cluster.api()
    deployments = api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments")["items"]
    return {
        item["metadata"]["name"]: condition["lastTransitionTime"]
        for item in (*deployments, *pods(api, namespace))
        for condition in item["status"].get("conditions", [])
        if condition["type"] == ("Available" if item in deployments else "Ready") and condition["status"] == "True"
    }


@pytest.fixture(scope="session", autouse=True)
def steady(cluster: Cluster) -> Iterator[Steady]:
    """A namespace whose game runs before the first test and is left alone."""
    with own_namespace(cluster) as namespace:
        cluster.apply(game_objects(namespace=namespace))
        eventually(lambda: len(available(cluster, namespace)) == DEPLOYMENTS + PODS, within_s=60)
        yield Steady(cluster, namespace, datetime.now(UTC), available(cluster, namespace))
