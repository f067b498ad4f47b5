"""The further services on a real API server: blue and green behind a mesh, and a Deployment behind its Service."""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.cluster import Cluster, game_objects, revisions, service_objects
from sandbox.game.process import GameProcess
from tests.contract.game.scene import Scene

_numbers = itertools.count()
LAGS_S = (0.0, 1.0, 5.0)

Play = Callable[..., AbstractContextManager[Scene]]


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace with lobby in it, and match-server's first revision; its objects end with the test."""
    name = f"services-{next(_numbers)}"
    cluster.apply([game_objects(namespace=name)[0]])
    cluster.apply(service_objects("lobby", namespace=name))
    cluster.apply(service_objects("match-server", namespace=name))
    cluster.apply(revisions("match-server", namespace=name)[:1])
    yield name
    cluster.api().delete(f"/api/v1/namespaces/{name}")


@pytest.fixture
def play(cluster: Cluster, namespace: str, tmp_path: Path) -> Play:
    """Start a service's game; what it gives is a scene whose proxies know all of the service's pods."""

    @contextmanager
    def started(service: str, *, pods: Mapping[str, int], **options: Any) -> Iterator[Scene]:  # noqa: ANN401  GameProcess'
        kubeconfig = cluster.kubeconfig("game")
        with GameProcess(
            kubeconfig=kubeconfig, folder=tmp_path, namespace=namespace, service=service, **options
        ) as game:
            scene = Scene(cluster=cluster, namespace=namespace, game=game)
            scene.wait_until(lambda: scene.pods() == pods, within_s=20)
            yield scene

    return started


def select(scene: Scene, version: str | None) -> None:
    """Let lobby's Service select one side; None for both."""
    path = f"/api/v1/namespaces/{scene.namespace}/services/lobby"
    scene.cluster.api().patch(path, {"spec": {"selector": {"version": version}}}, kind="merge")


def route(scene: Scene, subset: str) -> None:
    """Let lobby's VirtualService send everything to one subset."""
    path = f"/apis/networking.istio.io/v1/namespaces/{scene.namespace}/virtualservices/lobby-vs"
    change = [{"op": "replace", "path": "/spec/http/0/route/0/destination/subset", "value": subset}]
    scene.cluster.api().patch(path, change, kind="json")


def all_route(scene: Scene, subset: str, pods: int) -> bool:
    """Whether every proxy sends everything to so many pods of a subset."""
    ways = [[(way["subset"], len(way["pods"])) for way in each["routes"]] for each in scene.game.state()["proxies"]]
    return all(way == [(subset, pods)] for way in ways)


def select_both(scene: Scene) -> None:
    """Let lobby's Service select both sides, and wait until the game has heard of it: before any route after it."""
    select(scene, None)
    scene.wait_until(lambda: len(scene.game.state()["endpoints"]) == 6, within_s=10)


def versions(scene: Scene) -> set[tuple[int, str]]:
    """What twenty players are told by the version URL: status and version."""
    asked = [requests.get(f"{scene.game.url}/api/v1/version", timeout=5) for _ in range(20)]
    return {(answer.status_code, answer.json()["version"]) for answer in asked}


def lost(scene: Scene) -> list[tuple[int, int]]:
    """Requests that each proxy answered with 503: for want of an endpoint, for want of the pod."""
    return [(each["no_endpoint"], each["refused"]) for each in scene.game.state()["proxies"]]


def wait_for_requests(scene: Scene, number: int) -> None:
    """Wait until each proxy has taken so many requests more."""
    wanted = [each["requests"] + number for each in scene.game.state()["proxies"]]

    def taken() -> bool:
        now = scene.game.state()["proxies"]
        return all(each["requests"] >= least for each, least in zip(now, wanted, strict=True))

    scene.wait_until(taken, within_s=20)


def test_the_version_url_names_the_version_that_traffic_goes_to(play: Play) -> None:
    """Green's version answers until the route leads to blue; series carry the subset's name."""
    with play("lobby", pods={"green": 4}) as scene:
        assert versions(scene) == {(200, "v3.2.0")}
        select(scene, "blue")
        route(scene, "blue")
        scene.wait_until(lambda: scene.pods() == {"blue": 2}, within_s=10)
        assert versions(scene) == {(200, "v3.1.4")}
        assert {"blue", "green"} <= scene.scrape().keys()


def test_green_fails_a_sixth_of_its_requests_and_blue_next_to_none(play: Play) -> None:
    """The faulty flag works in any container."""
    with play("lobby", pods={"green": 4}) as scene:
        for version in ("v3.1.4", "v3.2.0"):
            scene.game.behaviour(version, capacity_rps=1000)
        scene.game.rate(400)
        green = scene.watch(1200)["green"]
        assert green.errors / green.requests == pytest.approx(0.167, abs=0.04)
        select(scene, None)
        route(scene, "blue")
        scene.wait_until(lambda: scene.pods() == {"blue": 2}, within_s=10)
        blue = scene.watch(600)["blue"]
        assert blue.errors / blue.requests < 0.01


def test_proxies_of_three_lags_lose_nothing_when_the_deletion_waits_for_them(play: Play) -> None:
    """Both sides selected, then the route, then one side; green goes when the slowest has heard of all that."""
    with play("lobby", pods={"green": 4}, lags_s=LAGS_S, rps=150) as scene:
        began = time.monotonic()
        select_both(scene)
        route(scene, "blue")
        scene.wait_until(lambda: scene.game.state()["proxies"][0]["routes"][0]["subset"] == "blue", within_s=10)
        select(scene, "blue")
        scene.wait_until(lambda: all_route(scene, "blue", 2), within_s=20)
        assert time.monotonic() - began >= max(LAGS_S)
        scene.cluster.api().delete(scene.deployment("lobby-green"))
        scene.wait_until(lambda: len(scene.game.pods()) == 2, within_s=20)
        wait_for_requests(scene, 100)
        assert lost(scene) == [(0, 0)] * 3


def test_a_deletion_that_does_not_wait_costs_the_slow_proxy_requests(play: Play) -> None:
    """It asks pods whose grace is over until it hears of the route; the quick ones lose nothing."""
    with play("lobby", pods={"green": 4}, lags_s=(0.0, 10.0), rps=150) as scene:
        select_both(scene)
        route(scene, "blue")
        scene.cluster.api().delete(scene.deployment("lobby-green"))
        scene.wait_until(lambda: all_route(scene, "blue", 2), within_s=30)
        (quick, (no_endpoint, refused)) = lost(scene)
        assert quick == (0, 0)
        assert no_endpoint == 0
        assert refused > 20


def test_a_selector_that_moves_before_the_route_costs_every_proxy_requests(play: Play) -> None:
    """The route leads to a subset without endpoints, until it is mended."""
    with play("lobby", pods={"green": 4}, lags_s=LAGS_S, rps=150) as scene:
        select(scene, "blue")
        scene.wait_until(lambda: all(no_endpoint > 10 for no_endpoint, _ in lost(scene)), within_s=20)
        route(scene, "blue")
        scene.wait_until(lambda: all_route(scene, "blue", 2), within_s=15)
        before = lost(scene)
        wait_for_requests(scene, 100)
        assert lost(scene) == before
        scene.game.lag(0)
        assert lost(scene) == [(0, 0)]


def test_without_a_mesh_a_rollout_moves_traffic_by_the_services_endpoints(play: Play) -> None:
    """Old pods take requests until new ones are ready: none is lost, and the new version fails its sixth."""
    with play("match-server", pods={"none": 4}) as scene:
        scene.game.rate(200)
        for version in ("v1.8.2", "v1.9.0"):
            scene.game.behaviour(version, capacity_rps=1000)
        assert versions(scene) == {(200, "v1.8.2")}
        scene.cluster.apply(revisions("match-server", namespace=scene.namespace)[1:])
        scene.wait_until(lambda: _runs(scene) == {"v1.9.0"}, within_s=30)
        assert versions(scene) == {(200, "v1.9.0")}
        wait_for_requests(scene, 100)
        assert lost(scene) == [(0, 0)]
        assert {pod["error_share"] for pod in scene.game.state()["pods"].values()} == {0.167}
        seen = scene.watch(800)["none"]
        assert seen.errors / seen.requests == pytest.approx(0.167, abs=0.05)


def test_two_games_in_one_namespace_have_their_own_pods_each(play: Play) -> None:
    """Each pod has one listener, and the health command in it reaches that one."""
    with play("lobby", pods={"green": 4}) as lobby, play("match-server", pods={"none": 4}) as match:
        mine, theirs = sorted(lobby.game.pods()), sorted(match.game.pods())
        assert {pod.rsplit("-", 2)[0] for pod in mine} == {"lobby-blue", "lobby-green"}
        assert {pod.rsplit("-", 2)[0] for pod in theirs} == {"match-server"}
        assert (len(mine), len(theirs)) == (6, 4)
        lobby.wait_for_curl(*mine, *theirs)
        for scene, pods, version in ((lobby, mine[:1], "v3.1.4"), (match, theirs[:1], "v1.8.2")):
            for pod in pods:
                output, _ = scene.curl(pod)
                assert f'"pod": "{pod}"' in output
                assert f'"version": "{version}"' in output


def _runs(scene: Scene) -> set[str]:
    return {pod["version"] for pod in scene.game.state()["pods"].values() if pod["ready"]}
