"""The cluster that all tests may share, and a namespace of each test's own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from sandbox.cluster import Cluster
from sandbox.cluster.shared import own_namespace, shared_cluster

settings.register_profile("this", deadline=None)  # no test is about time: a slow example is a busy machine
settings.load_profile("this")


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The cluster that this test run shares; started by the first test that asks for it."""
    return shared_cluster()


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own."""
    with own_namespace(cluster) as name:
        yield name
