"""One cluster for all tests of this folder; each test gets the game in a namespace of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.clients import KubernetesClient, build
from jobs.clients.resources import DEPLOYMENT, Ref
from sandbox.cluster import Cluster, game_objects, rbac_objects
from sandbox.cluster.shared import own_namespace
from sandbox.ports import free_port
from sandbox.toxiproxy import Proxy, Toxiproxy
from tests.contract.clients.scene import Scene, entry, eventually
from tests.contract.clients.vendors import install
from tests.contract.cluster.scenes import deployment, deployment_path, rolled_out


@pytest.fixture
def scene(cluster: Cluster) -> Iterator[Scene]:
    """The game, both sides Available, and a Prometheus that nobody has started."""
    with own_namespace(cluster) as namespace:
        cluster.apply(rbac_objects(namespace=namespace))
        cluster.apply(game_objects(namespace=namespace))
        clients = build(kubeconfig=cluster.kubeconfig("bot"), prometheus_url=f"http://127.0.0.1:{free_port()}")
        made = Scene(cluster, namespace, clients, entry(namespace), cluster.api())
        eventually(lambda: all(_available(made, name) for name in ("game-server", "game-server-canary")))
        yield made


@pytest.fixture
def vendors(scene: Scene) -> Scene:
    """The same on an API server that knows the Gateway API's routes and ScaledObjects."""
    install(scene.cluster)
    return scene


def _available(scene: Scene, name: str) -> bool:
    return bool(scene.deployment(name)["status"].get("availableReplicas", 0) == 4)


@pytest.fixture
def admin(cluster: Cluster) -> KubernetesClient:
    """A client that may do everything."""
    return KubernetesClient.connect(cluster.kubeconfig("admin"))


@pytest.fixture
def bot(cluster: Cluster) -> KubernetesClient:
    """A client that may do what a test grants it."""
    return KubernetesClient.connect(cluster.kubeconfig("bot"))


@pytest.fixture
def web(cluster: Cluster, namespace: str) -> Ref:
    """A Deployment that runs."""
    cluster.apply([deployment(namespace)])
    eventually(lambda: rolled_out(cluster.api(), deployment_path(namespace)))
    return Ref(DEPLOYMENT, namespace, "web")


@pytest.fixture
def proxy(cluster: Cluster, tmp_path: Path) -> Iterator[Proxy]:
    """A way to the API server that can be broken."""
    with Toxiproxy(tmp_path) as toxiproxy:
        yield toxiproxy.proxy(cluster.url.removeprefix("https://"))
