"""Requests drawn from a world, and the series they leave."""

import time
from collections import Counter
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sandbox.game.controls import Controls
from sandbox.game.proxies import Proxies
from sandbox.game.traffic import Traffic
from sandbox.game.world import World
from tests.contract.game.worlds import SERVICE, a_virtual_service, a_world, canary, stable

HALF = a_virtual_service({"stable": 50, "canary": 50})


def traffic(
    shown: World, *, live: World | None = None, seed: int = 7, proxies: Proxies | None = None, service: str = SERVICE
) -> Traffic:
    """Traffic whose proxies use `shown` while `live` is what really runs."""
    proxies = proxies or Proxies()
    proxies.know(shown)
    return Traffic(
        namespace="game-production",
        service=service,
        proxies=proxies,
        live=lambda: live or shown,
        controls=Controls(),
        seed=seed,
    )


def samples(what: Traffic) -> dict[tuple[str, str, str], float]:
    """Values of the exposition by series name, subset and version (or pod)."""
    return {
        (each.name, each.labels.get("subset", ""), each.labels.get("version") or each.labels.get("pod", "")): each.value
        for family in text_string_to_metric_families(what.metrics.exposition().decode())
        for each in family.samples
        if "le" not in each.labels
    }


def test_a_bad_canary_fails_its_own_share() -> None:
    """At half the traffic, a sixth of the canary's requests fail and nearly none of stable's."""
    # More pods than usual: these requests come faster than 50 a second, and overload is not the question here.
    what = traffic(a_world((*stable(4000), *canary(4000)), virtual_service=HALF))
    drawn = Counter((outcome.subset, outcome.status) for outcome in (what.serve() for _ in range(4000)))
    assert drawn["canary", 500] / 4000 == pytest.approx(0.0835, abs=0.02)
    assert drawn["stable", 500] <= 12
    assert drawn["stable", 200] == pytest.approx(2000, abs=130)


def test_the_same_seed_draws_the_same_requests() -> None:
    """A run can be repeated."""
    world = a_world((*stable(400), *canary(400)), virtual_service=HALF)
    first, second, other = (traffic(world, seed=seed) for seed in (1, 1, 2))
    drawn = [[what.serve().subset for _ in range(50)] for what in (first, second, other)]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]


def test_series_stand_at_zero_before_the_first_request() -> None:
    """An increase over a window counts from the first request on."""
    what = traffic(a_world((*stable(4), *canary(4)), virtual_service=HALF))
    what.look()
    seen = samples(what)
    for subset, version in (("stable", "v2.0.5"), ("canary", "v2.1.0")):
        for name in ("game_requests_total", "game_errors_total", "game_success_total"):
            assert seen[name, subset, version] == 0
        assert seen["game_request_duration_seconds_count", subset, version] == 0


def test_every_request_is_a_success_or_an_error() -> None:
    """The counters of a subset add up."""
    what = traffic(a_world((*stable(4), *canary(4)), virtual_service=HALF))
    for _ in range(300):
        what.serve()
    seen = samples(what)
    total = 0.0
    for subset, version in (("stable", "v2.0.5"), ("canary", "v2.1.0")):
        requests = seen["game_requests_total", subset, version]
        parts = seen["game_errors_total", subset, version] + seen["game_success_total", subset, version]
        assert requests == parts == seen["game_request_duration_seconds_count", subset, version]
        total += requests
    assert total == 300


def test_a_subset_without_endpoints_fails_its_share() -> None:
    """Requests for a deleted canary that still has weight are answered with 503."""
    what = traffic(a_world(stable(400), virtual_service=HALF))
    drawn = Counter((outcome.subset, outcome.status) for outcome in (what.serve() for _ in range(400)))
    assert drawn["canary", 503] == pytest.approx(200, abs=50)
    assert samples(what)["game_errors_total", "canary", "none"] == drawn["canary", 503]


def test_proxies_take_turns_and_each_counts_what_it_lost() -> None:
    """A third of the requests each; a slow proxy asks pods that are gone, a quick one finds that there are none."""
    half = a_world((*stable(4), *canary(4)), virtual_service=HALF)
    left = a_world(stable(4), virtual_service=HALF)
    proxies = Proxies(lags_s=(0.0, 600.0, 600.0))
    what = traffic(half, live=left, proxies=proxies)
    proxies.learn(left, now=time.monotonic())
    drawn = Counter((outcome.subset, outcome.status) for outcome in (what.serve() for _ in range(600)))
    quick, *slow = (proxy.tally for proxy in proxies.each)
    assert [tally.requests for tally in (quick, *slow)] == [200, 200, 200]
    assert quick.no_endpoint == pytest.approx(100, abs=35)
    assert quick.refused == 0
    for tally in slow:
        assert tally.refused == pytest.approx(100, abs=35)
        assert tally.no_endpoint == 0
    assert drawn["canary", 503] == quick.no_endpoint + sum(tally.refused for tally in slow)


def test_a_slow_proxys_pods_keep_their_load() -> None:
    """What only one proxy still knows of is loaded all the same."""
    proxies = Proxies(lags_s=(0.0, 600.0))
    before = a_world(stable(1), virtual_service=a_virtual_service({"stable": 100}))
    what = traffic(before, proxies=proxies)
    for _ in range(20):
        what.serve()
    proxies.learn(a_world(()), now=time.monotonic())
    what.look()
    assert what.load_rps(stable(1)[0]) > 0


def test_a_service_without_subsets_has_series_of_none_from_the_start() -> None:
    """Its Service's endpoints take everything; the version tells its pods apart."""
    pods = tuple(replace(pod, labels={"app": "match-server"}) for pod in (*stable(2), *canary(2)))
    endpoints = next(iter(a_world(pods).slices.values()))
    world = World(
        pods={pod.name: pod for pod in pods}, slices={"match-server-abcde": replace(endpoints, service="match-server")}
    )
    what = traffic(world, service="match-server")
    what.look()
    assert {samples(what)["game_requests_total", "none", version] for version in ("v2.0.5", "v2.1.0")} == {0}
    asked = Counter(what.serve().version for _ in range(400))
    assert asked["v2.0.5"] == pytest.approx(200, abs=50)
    assert samples(what)["game_requests_total", "none", "v2.1.0"] == asked["v2.1.0"]


def test_all_weights_zero_is_an_outage() -> None:
    """Without a way every request fails, and no subset is charged with it."""
    what = traffic(a_world(stable(4), virtual_service=a_virtual_service({"stable": 0, "canary": 0})))
    assert {(outcome.subset, outcome.status) for outcome in (what.serve() for _ in range(20))} == {("none", 503)}


def test_proxies_behind_the_api_send_requests_to_pods_that_are_gone() -> None:
    """What a proxy has not learnt yet costs requests."""
    shown = a_world((*stable(4), *canary(4)), virtual_service=HALF)
    what = traffic(shown, live=replace(shown, pods={pod.name: pod for pod in stable(4)}))
    assert {outcome.status for outcome in (what.serve() for _ in range(100)) if outcome.subset == "canary"} == {503}


def test_trivial_requests_honour_weights_and_do_not_fail() -> None:
    """A bad version still says which version it is."""
    what = traffic(a_world(canary(1), virtual_service=a_virtual_service({"canary": 1, "stable": 0})))
    asked = [what.serve("/api/v1/version", trivial=True) for _ in range(50)]
    assert {(outcome.status, outcome.version) for outcome in asked} == {(200, "v2.1.0")}


def test_requests_spread_evenly_over_the_pods() -> None:
    """The less busy of two drawn pods is asked, so that none is overloaded by chance."""
    what = traffic(a_world(stable(8), virtual_service=a_virtual_service({"stable": 100})))
    asked = Counter(what.serve().pod for _ in range(800))
    assert len(asked) == 8
    assert all(count == pytest.approx(100, abs=20) for count in asked.values())


def test_kubelet_series_end_with_their_pod() -> None:
    """CPU grows with the requests; a pod that does not run has no series."""
    pods = (*stable(1), replace(stable(2)[1], running=False))
    what = traffic(a_world(pods, not_ready=frozenset({"stable-1"})))
    for _ in range(20):
        what.serve()
    seen = samples(what)
    assert seen["container_cpu_usage_seconds_total", "", "stable-0"] == 2.0
    assert 0.4 <= seen["container_memory_usage_bytes", "", "stable-0"] / (512 * 1024 * 1024) <= 0.6
    assert seen["container_spec_memory_limit_bytes", "", "stable-0"] == 512 * 1024 * 1024
    assert ("container_memory_usage_bytes", "", "stable-1") not in seen
