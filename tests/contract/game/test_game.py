"""The game on a real API server: traffic follows what is deployed and where the weights point, and nothing else."""

import time
from pathlib import Path

import pytest
import requests

from sandbox.prometheus import Prometheus
from tests.contract.game.scene import Scene, canary_share

SETTLED = {"stable": 0.75, "canary": 0.25}


def test_shares_follow_the_weights(scene: Scene) -> None:
    """The canary's share of requests is its weight by the sum, whatever the sum."""
    scene.make_room()
    for stable, canary, share in ((50, 50, 0.5), (300, 100, 0.25), (90, 10, 0.1), (100, 0, 0.0), (100, -10, 0.0)):
        scene.weigh(stable=stable, canary=canary)
        scene.wait_until(lambda share=share: scene.shares().get("canary", 0) == share, within_s=5)  # type: ignore[misc]  # the default binds the loop's value
        assert canary_share(scene.watch(400)) == pytest.approx(share, abs=0.1 if share else 0)


def test_a_bad_canary_at_half_makes_one_error_in_twelve(scene: Scene) -> None:
    """The canary fails a sixth, stable next to nothing, the whole 8.4 %."""
    scene.make_room()
    seen = scene.watch(1200)
    whole = sum(each.errors for each in seen.values()) / sum(each.requests for each in seen.values())
    assert whole == pytest.approx(0.084, abs=0.025)
    assert seen["stable"].errors / seen["stable"].requests < 0.01


def test_frozen_proxies_keep_the_old_weights(scene: Scene) -> None:
    """The API shows new weights, requests follow the old ones, until the proxies thaw."""
    scene.make_room()
    scene.game.freeze()
    scene.weigh(stable=75, canary=25)
    scene.scale("game-server", 6)
    scene.wait_until(lambda: scene.pods() == {"stable": 6, "canary": 4}, within_s=10)
    assert canary_share(scene.watch(400)) == pytest.approx(0.5, abs=0.1)
    scene.game.freeze(frozen=False)
    assert scene.shares() == SETTLED
    assert canary_share(scene.watch(400)) == pytest.approx(0.25, abs=0.1)


def test_wholly_frozen_proxies_ask_pods_that_are_gone(scene: Scene) -> None:
    """A proxy that learns nothing sends a deleted canary its share, and every one of those requests fails."""
    scene.make_room()
    scene.game.freeze(what="all")
    scene.cluster.api().delete(scene.deployment("game-server-canary"))
    scene.wait_until(lambda: len(scene.game.pods()) == 4, within_s=15)
    seen = scene.watch(300)["canary"]
    assert seen.requests > 0
    assert seen.errors == seen.requests


def test_weights_arrive_after_the_lag(scene: Scene) -> None:
    """The proxies take a new weight only when the lag has passed."""
    scene.game.lag(2)
    before = time.monotonic()
    scene.weigh(stable=75, canary=25)
    scene.wait_until(lambda: scene.shares() == SETTLED, within_s=6)
    assert time.monotonic() - before >= 2


def test_too_few_stable_pods_get_slow_and_fail_until_there_are_more(scene: Scene) -> None:
    """Four pods cannot take everything, eight can."""
    for version in ("v2.0.5", "v2.1.0"):
        scene.game.behaviour(version, capacity_rps=40)
    scene.game.rate(200)
    scene.weigh(stable=100, canary=0)
    scene.wait_until(lambda: _highest_load(scene) > 47, within_s=20)
    overloaded = scene.watch(600)["stable"]
    assert 0.02 < overloaded.errors / overloaded.requests < 0.15
    assert overloaded.slow / overloaded.requests > 0.05
    scene.scale("game-server", 8)
    scene.wait_until(lambda: _highest_load(scene) < 32, within_s=20)
    relieved = scene.watch(600)["stable"]
    assert relieved.errors / relieved.requests < 0.01
    assert relieved.slow == 0


def test_a_deleted_canary_with_weight_fails_its_share(scene: Scene) -> None:
    """Deletion before the weight is moved is an outage of the canary's share."""
    scene.make_room()
    scene.cluster.api().delete(scene.deployment("game-server-canary"))
    scene.wait_until(lambda: scene.pods() == {"stable": 4, "canary": 0}, within_s=10)
    seen = scene.watch(400)
    assert canary_share(seen) == pytest.approx(0.5, abs=0.1)
    assert seen["canary"].errors == seen["canary"].requests
    assert seen["stable"].errors < 10


def test_stopped_players_send_nothing(scene: Scene) -> None:
    """Counters stand still, and grow again afterwards."""
    scene.game.rate(400)
    scene.wait_until(lambda: _highest_load(scene) > 20, within_s=10)
    assert scene.game.stop_traffic()["stopped"] is True
    # The load decays with time alone: 18 means that the last request is over, 10 that 400 more would have come.
    scene.wait_until(lambda: _highest_load(scene) < 18, within_s=10)
    before = scene.scrape()
    scene.wait_until(lambda: _highest_load(scene) < 10, within_s=10)
    assert scene.scrape() == before
    scene.game.stop_traffic(stopped=False)
    assert sum(each.requests for each in scene.watch(10).values()) >= 10


def test_behaviour_can_be_changed_while_traffic_flows(scene: Scene) -> None:
    """A version set to fail fails, and gets its own figures back."""
    scene.make_room()
    scene.game.behaviour("v2.0.5", error_share=1.0)
    stable = scene.watch(200)["stable"]
    assert stable.errors / stable.requests > 0.9
    state = scene.game.behaviour("v2.0.5", reset=True)
    assert {pod["error_share"] for pod in state["pods"].values() if pod["version"] == "v2.0.5"} == {0.001}


def test_a_command_that_makes_no_sense_is_refused(scene: Scene) -> None:
    """An unknown field or a share beyond 1 changes nothing and says so."""
    for body in ({"version": "v2.0.5", "error_share": 2}, {"version": "v2.0.5", "errors": 0.1}, {}):
        answer = requests.post(f"{scene.game.url}/sandbox/behaviour", json=body, timeout=5)
        assert answer.status_code == 400
        assert "Nothing was changed" in answer.json()["error"]


def test_the_version_endpoint_honours_the_weights(scene: Scene) -> None:
    """With all weight on stable, only stable's version answers; without endpoints nobody does."""
    scene.weigh(stable=100, canary=0)
    scene.wait_until(lambda: scene.shares() == {"stable": 1.0}, within_s=5)
    asked = [requests.get(f"{scene.game.url}/api/v1/version", timeout=5) for _ in range(20)]
    assert {(answer.status_code, answer.json()["version"]) for answer in asked} == {(200, "v2.0.5")}
    assert requests.get(f"{scene.game.url}/api/v1/region", timeout=5).json()["region"] == "us-east-1"
    scene.scale("game-server", 0)
    scene.wait_until(lambda: scene.pods() == {"stable": 0}, within_s=10)
    assert requests.get(f"{scene.game.url}/health", timeout=5).status_code == 503


def test_a_health_command_in_a_pod_reaches_that_pod(scene: Scene) -> None:
    """The runbook's curl, unmodified, is answered by its own pod, and by nobody once its listener is down."""
    pods = sorted(scene.game.pods())
    scene.wait_for_curl(*pods)
    for pod in pods[:2]:
        assert f'"pod": "{pod}"' in scene.curl(pod)[0]
    scene.game.listener(pods[0], up=False)
    assert pods[0] not in scene.game.pods()
    output, outcome = scene.curl(pods[0])
    assert output == ""
    assert "Failure" in outcome
    scene.game.listener(pods[0], up=True)
    assert f'"pod": "{pods[0]}"' in scene.curl(pods[0])[0]


def test_a_deleted_pods_listener_closes(scene: Scene) -> None:
    """The kubelet ends the process, so the address refuses connections."""
    name, pod = min(scene.game.pods().items())
    assert requests.get(f"{pod['proxy_url']}/health", timeout=5).json()["pod"] == name
    scene.cluster.api().delete(f"/api/v1/namespaces/{scene.namespace}/pods/{name}")
    scene.wait_until(lambda: name not in scene.game.pods(), within_s=15)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{pod['proxy_url']}/health", timeout=5)


def test_prometheus_sees_the_shares_and_the_errors(scene: Scene, tmp_path: Path) -> None:
    """A real Prometheus computes shares by subset and the whole error share from its scrapes."""
    scene.make_room()
    with Prometheus(tmp_path / "prometheus", {"game-server": scene.game.address}) as prometheus:

        def ask(query: str) -> float | None:
            answer = requests.get(f"{prometheus.url}/api/v1/query", params={"query": query}, timeout=5).json()
            return float(answer["data"]["result"][0]["value"][1]) if answer["data"]["result"] else None

        scene.wait_until(lambda: (ask("sum(increase(game_requests_total[6s]))") or 0) > 2000, within_s=30)
        by_subset = 'sum(rate(game_requests_total{subset="canary"}[6s])) / sum(rate(game_requests_total[6s]))'
        assert ask(by_subset) == pytest.approx(0.5, abs=0.06)
        assert ask("sum(rate(game_errors_total[6s])) / sum(rate(game_requests_total[6s]))") == pytest.approx(
            0.084, abs=0.03
        )
        p95 = ask("histogram_quantile(0.95, sum by (le) (rate(game_request_duration_seconds_bucket[6s])))")
        assert p95 == pytest.approx(0.14, abs=0.06)
        assert ask('up{job="game-server"}') == 1


def _highest_load(scene: Scene) -> float:
    state = scene.game.state()
    asked = {pod for way in state["routes"] for pod in way["pods"]}
    return max(float(state["pods"][pod]["load_rps"]) for pod in asked)
