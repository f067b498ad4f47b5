"""One cluster for all tests of this folder, and a namespace for each."""

from collections.abc import Iterator

import pytest

from sandbox.cluster import Cluster, game_objects
from sandbox.cluster.shared import own_namespace, shared_cluster


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The cluster that this test run shares."""
    return shared_cluster()


@pytest.fixture(scope="session", autouse=True)
def steady_namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace whose game is started before the first test and left alone."""
    with own_namespace(cluster) as namespace:
        cluster.apply(game_objects(namespace=namespace))
        yield namespace


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own."""
    with own_namespace(cluster) as name:
        yield name
