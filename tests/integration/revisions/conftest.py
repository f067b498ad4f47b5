"""The shared control plane and Redis; each test gets a namespace and an emptied store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.store import Store
from sandbox.cluster import Cluster, rbac_objects
from sandbox.cluster.shared import own_namespace, shared_cluster
from tests.integration.revisions.scene import Scene


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The cluster that this test run shares."""
    return shared_cluster()


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own."""
    with own_namespace(cluster) as name:
        yield name


@pytest.fixture
def unlicensed(cluster: Cluster, namespace: str, store: Store) -> Scene:
    """A namespace in which the bot has no rights yet, and nothing in it."""
    return Scene(cluster, namespace, store)


@pytest.fixture
def scene(unlicensed: Scene) -> Scene:
    """The same with the rights that manifests/ grant."""
    unlicensed.cluster.apply(rbac_objects(namespace=unlicensed.namespace))
    return unlicensed
