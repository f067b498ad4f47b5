"""The game's view of the cluster when the way to the API server fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox.cluster import Cluster
from sandbox.game.process import GameProcess
from sandbox.toxiproxy import Proxy, Toxiproxy
from tests.contract.game.scene import Scene


@pytest.fixture
def way(cluster: Cluster, tmp_path: Path) -> Iterator[Proxy]:
    """A way to the API server that can be cut."""
    with Toxiproxy(tmp_path / "toxiproxy") as toxiproxy:
        yield toxiproxy.proxy(cluster.url.removeprefix("https://"))


@pytest.fixture
def cut_scene(cluster: Cluster, namespace: str, way: Proxy, tmp_path: Path) -> Iterator[Scene]:
    """A game that follows the cluster over that way."""
    settings = yaml.safe_load(cluster.kubeconfig("game").read_text())
    settings["clusters"][0]["cluster"]["server"] = f"https://{way.listen}"
    kubeconfig = tmp_path / "cut.kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(settings))
    with GameProcess(kubeconfig=kubeconfig, folder=tmp_path, namespace=namespace) as game:
        scene = Scene(cluster=cluster, namespace=namespace, game=game)
        scene.wait_until(lambda: scene.pods() == {"stable": 4, "canary": 4}, within_s=15)
        yield scene


def test_proxies_keep_what_they_know_while_the_api_is_away_and_catch_up(cut_scene: Scene, way: Proxy) -> None:
    """A cut changes nothing for the players; everything that moved meanwhile is seen once it heals."""
    way.down()
    cut_scene.weigh(stable=75, canary=25)
    cut_scene.scale("game-server", 6)
    seen = cut_scene.watch(20)
    assert sum(each.requests for each in seen.values()) >= 20
    assert cut_scene.shares() == {"stable": 0.5, "canary": 0.5}
    way.heal()
    cut_scene.wait_until(lambda: cut_scene.shares() == {"stable": 0.75, "canary": 0.25}, within_s=10)
    cut_scene.wait_until(lambda: cut_scene.pods() == {"stable": 6, "canary": 4}, within_s=10)
