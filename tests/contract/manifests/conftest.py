"""The shared cluster, and a namespace for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.cluster import Cluster
from sandbox.cluster.shared import own_namespace, shared_cluster


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The cluster that this test run shares."""
    return shared_cluster()


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own."""
    with own_namespace(cluster) as name:
        yield name
