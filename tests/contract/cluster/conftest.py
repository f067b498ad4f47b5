"""One cluster for all tests of this folder, and a namespace for each."""

from collections.abc import Iterator

import pytest

from sandbox.cluster import Cluster, game_objects
from sandbox.cluster.shared import own_namespace


@pytest.fixture(scope="session", autouse=True)
def steady_namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace whose game is started before the first test and left alone."""
    with own_namespace(cluster) as namespace:
        cluster.apply(game_objects(namespace=namespace))
        yield namespace
