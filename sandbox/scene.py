"""The scene that a run begins from: every service deployed with its bad version, traffic on it, nothing broken."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sandbox.cluster import ApiError, Cluster, game_objects, rbac_objects, revisions, service_objects
from sandbox.game.process import GameProcess
from sandbox.prometheus import Prometheus
from sandbox.services import SERVICES, Service

NAMESPACE = "game-production"
_SERVED_S, _ROLLED_OUT_S = 90.0, 60.0
_GOOD_S = 3.0
"""A good revision is Available for so long before the bad one comes: the catalog in the sandbox asks for 1 s."""
_APPS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
_SCALERS = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"
_LEFT = (f"/apis/apps/v1/namespaces/{NAMESPACE}/replicasets", f"/api/v1/namespaces/{NAMESPACE}/pods")
_NOT_FOUND = 404


def set_scene(cluster: Cluster, services: Sequence[str]) -> None:
    """Deploy the services and what the bot may do there; what a run left behind is taken away.

    Raises:
        TimeoutError: something did not go, or did not become Available; the message says what.
    """
    begin(cluster, services)
    finish(cluster, services)


def begin(cluster: Cluster, services: Sequence[str]) -> None:
    """All objects, and of a Deployment with several revisions the first: its history is the same each time.

    Raises:
        TimeoutError: what a run left behind did not go; the message says what.
    """
    api = cluster.api()
    objects = {name: game_objects() if name == "game-server" else service_objects(name) for name in services}
    for name in services:
        if revisions(name):
            _remove(cluster, name)
    # game-server's objects begin with the namespace, which the others are in too.
    cluster.apply([game_objects()[0], *rbac_objects()])
    for name in services:
        cluster.apply([*objects[name], *revisions(name)[:1]])
    for scaler in api.get(_SCALERS)["items"]:
        api.delete(f"{_SCALERS}/{scaler['metadata']['name']}")
    for name in services:
        cluster.apply(objects[name])  # An autoscaler may have moved the replicas meanwhile.


def finish(cluster: Cluster, services: Sequence[str]) -> None:
    """The later revisions, each once the one before it is good.

    Raises:
        TimeoutError: a revision did not become Available; the message says which.
    """
    for name in services:
        for revision in revisions(name)[1:]:
            _until(partial(_not_good_yet, cluster, name), within_s=_ROLLED_OUT_S)
            cluster.apply([revision])


def unbreak(game: GameProcess, service: Service, *, rps: float, lags_s: Sequence[float]) -> None:
    """End every fault that the game was given; its pods carry what the service's pods shall."""
    game.freeze(frozen=False)
    game.stop_traffic(stopped=False)
    game.lag(*lags_s)
    for version in (service.good, service.bad):
        game.behaviour(version, reset=True, capacity_rps=rps / service.pods_for_all)


def wait_until_served(
    cluster: Cluster, games: Mapping[str, GameProcess], prometheus: Prometheus, *, window_s: float
) -> None:
    """Wait until every pod is ready, traffic goes where it shall, and Prometheus has a window of just that.

    Raises:
        TimeoutError: it did not come about; the message says what was missing.
    """
    for name, game in games.items():
        seen = partial(prometheus.instant, SERVICES[name].bad_requests(f"{window_s:g}s"))
        _until(partial(_missing, cluster, SERVICES[name], game, seen), within_s=_SERVED_S)


def _until(missing: Callable[[], str], *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while what := missing():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the scene was not set within {within_s:g} s: {what}")
        time.sleep(0.1)


def _missing(cluster: Cluster, service: Service, game: GameProcess, seen: Callable[[], float | None]) -> str:
    for name in service.deployments:
        status = cluster.api().get(f"{_APPS}/{name}")
        if not _rolled_out(status):
            return f"Deployment {name} is {status.get('status')}"
    routes = {way["subset"]: way["share"] for way in game.state()["routes"]}
    if any(abs(routes.get(subset, 0.0) - share) > 0.01 for subset, share in service.routes.items()):  # noqa: PLR2004 - as written
        return f"the proxies route {routes} of {service.name}"
    # Of half the requests so few can say only about how many they are; of all requests not one may be another's.
    within, share = 0.1 if service.bad_share < 1 else 1e-6, seen()
    if share is None or not abs(share - service.bad_share) <= within:
        return f"Prometheus sees {service.bad} at a share of {share} of {service.name}"
    return ""


def _remove(cluster: Cluster, deployment: str) -> None:
    """Delete a Deployment with its history, and wait until its ReplicaSets and pods are gone."""
    api = cluster.api()
    try:
        api.delete(f"{_APPS}/{deployment}")
    except ApiError as error:
        if error.status != _NOT_FOUND:
            raise

    def left() -> str:
        found = [each for path in _LEFT for each in api.get(path, labelSelector=f"app={deployment}")["items"]]
        return ", ".join(each["metadata"]["name"] for each in found)

    _until(left, within_s=_ROLLED_OUT_S)


def _not_good_yet(cluster: Cluster, deployment: str) -> str:
    found = cluster.api().get(f"{_APPS}/{deployment}")
    since = _available_since(found)
    if not _rolled_out(found) or since is None:
        return f"Deployment {deployment} is {found.get('status')}"
    good_s = (datetime.now(UTC) - since).total_seconds()
    return "" if good_s >= _GOOD_S else f"Deployment {deployment} is Available for {good_s:.1f} s"


def _available_since(deployment: dict[str, Any]) -> datetime | None:
    for condition in deployment.get("status", {}).get("conditions", []):
        if condition["type"] == "Available" and condition["status"] == "True":
            return datetime.fromisoformat(condition["lastTransitionTime"])
    return None


def _rolled_out(deployment: dict[str, Any]) -> bool:
    wanted, status = deployment["spec"]["replicas"], deployment.get("status", {})
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return status.get("observedGeneration", 0) >= deployment["metadata"]["generation"] and counts == [wanted] * 3
