"""The scene that a run begins from: two versions deployed, traffic on both, nothing broken."""

from __future__ import annotations

import time
from typing import Any

from sandbox.cluster import Cluster, game_objects, rbac_objects
from sandbox.game.process import GameProcess
from sandbox.prometheus import Prometheus

NAMESPACE = "game-production"
_SIDES = {"game-server": "stable", "game-server-canary": "canary"}
_VERSIONS = ("v2.0.5", "v2.1.0")
_SERVED_S = 90.0
_APPS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
_SCALERS = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"


def set_scene(cluster: Cluster) -> None:
    """Deploy the game and what the bot may do there; what a run left behind is taken away."""
    api = cluster.api()
    cluster.apply([*game_objects(), *rbac_objects()])
    for scaler in api.get(_SCALERS)["items"]:
        api.delete(f"{_SCALERS}/{scaler['metadata']['name']}")
    cluster.apply(game_objects())  # An autoscaler may have moved the replicas meanwhile.


def unbreak(game: GameProcess, *, rps: float) -> None:
    """End every fault that the game was given. Four pods of a version carry 4/5 of `rps`, eight carry all of it."""
    game.freeze(frozen=False)
    game.stop_traffic(stopped=False)
    game.lag(0)
    for version in _VERSIONS:
        game.behaviour(version, reset=True, capacity_rps=rps / 5)


def wait_until_served(cluster: Cluster, game: GameProcess, prometheus: Prometheus, *, window_s: float) -> None:
    """Wait until every pod is ready, traffic goes to both sides evenly, and Prometheus has a window of just that.

    Raises:
        TimeoutError: it did not come about; the message says what was missing.
    """
    deadline = time.monotonic() + _SERVED_S
    window = f"[{window_s:g}s]"
    canary, whole = 'increase(game_requests_total{subset="canary"}', "increase(game_requests_total"
    share = f"sum({canary}{window})) / sum({whole}{window}))"
    while missing := _missing(cluster, game, prometheus, share):
        if time.monotonic() > deadline:
            raise TimeoutError(f"the scene was not set within {_SERVED_S:g} s: {missing}")
        time.sleep(0.1)


def _missing(cluster: Cluster, game: GameProcess, prometheus: Prometheus, share: str) -> str:
    for name in _SIDES:
        status = cluster.api().get(f"{_APPS}/{name}")
        if not _rolled_out(status):
            return f"Deployment {name} is {status.get('status')}"
    shares = {way["subset"]: way["share"] for way in game.state()["routes"]}
    if abs(shares.get("canary", 0.0) - 0.5) > 0.01:  # noqa: PLR2004 - even
        return f"the proxies route {shares}"
    seen = prometheus.instant(share)
    if seen is None or not 0.4 < seen < 0.6:  # noqa: PLR2004 - even, as far as so few requests can say
        return f"Prometheus sees a canary share of {seen}"
    return ""


def _rolled_out(deployment: dict[str, Any]) -> bool:
    wanted, status = deployment["spec"]["replicas"], deployment.get("status", {})
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return status.get("observedGeneration", 0) >= deployment["metadata"]["generation"] and counts == [wanted] * 3
