"""One control plane for all tests here; a namespace with the demo's objects and a game for each."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cluster import Cluster, game_objects
from sandbox.game.process import GameProcess
from tests.contract.game.scene import Scene

_numbers = itertools.count()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running control plane."""
    with Cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace with stable and canary, four pods each, at 50/50; its objects end with the test."""
    name = f"game-{next(_numbers)}"
    cluster.apply(game_objects(namespace=name))
    yield name
    cluster.api().delete(f"/api/v1/namespaces/{name}")


@pytest.fixture
def scene(cluster: Cluster, namespace: str, tmp_path: Path) -> Iterator[Scene]:
    """A game that follows the namespace, once all eight pods take requests."""
    with GameProcess(kubeconfig=cluster.kubeconfig("game"), folder=tmp_path, namespace=namespace) as game:
        scene = Scene(cluster=cluster, namespace=namespace, game=game)
        scene.wait_until(lambda: scene.pods() == {"stable": 4, "canary": 4}, within_s=15)
        yield scene
