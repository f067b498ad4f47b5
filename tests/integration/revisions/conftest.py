"""The shared control plane and Redis; each test gets a namespace and an emptied store."""

from __future__ import annotations

import pytest

from bot.store import Store
from sandbox.cluster import Cluster, rbac_objects
from tests.integration.revisions.scene import Scene


@pytest.fixture
def unlicensed(cluster: Cluster, namespace: str, store: Store) -> Scene:
    """A namespace in which the bot has no rights yet, and nothing in it."""
    return Scene(cluster, namespace, store)


@pytest.fixture
def scene(unlicensed: Scene) -> Scene:
    """The same with the rights that manifests/ grant."""
    unlicensed.cluster.apply(rbac_objects(namespace=unlicensed.namespace))
    return unlicensed
