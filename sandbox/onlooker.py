"""Who watches production beside a run: weights, pods by version, and the error share."""

from __future__ import annotations

import contextlib
import math
import threading
from collections import Counter
from typing import Any, Self, TypeVar

import requests

from sandbox.cluster import Api, ApiError
from sandbox.game import world
from sandbox.prometheus import Prometheus
from sandbox.services import Service

T = TypeVar("T")
LOOK_S = 0.2
_NAMESPACE = "game-production"
_ROUTES = f"/apis/networking.istio.io/v1/namespaces/{_NAMESPACE}/virtualservices"
_PODS = f"/api/v1/namespaces/{_NAMESPACE}/pods"


class Onlooker:
    """Looks once every LOOK_S seconds and notes what has changed; a look that fails is left out.

    `weights`: percent of the bad subset, as the VirtualService has it; none where there is no VirtualService.
    `versions`: Ready pods by version. `error_shares`: for each weight, or without weights for each of `versions`, the
    error share (0..1) that was seen last: {"weight" or "versions": …, "error_share": …}.
    """

    def __init__(self, api: Api, prometheus: Prometheus, service: Service) -> None:
        self._api = api
        self._prometheus = prometheus
        self._service = service
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="onlooker", daemon=True)
        self.weights: list[int] = []
        self.versions: list[dict[str, int]] = []
        self.error_shares: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.wait(LOOK_S):
            with contextlib.suppress(ApiError, requests.RequestException):
                self._look()

    def _look(self) -> None:
        pods = self._api.get(_PODS, labelSelector=f"app={self._service.name}")["items"]
        moved = _note(self.versions, ready_versions(pods))
        now: dict[str, Any] = {"versions": self.versions[-1]}
        if self._service.virtual_service:
            route = self._api.get(f"{_ROUTES}/{self._service.virtual_service}")
            moved = _note(self.weights, percent_of(route, self._service.bad_subset))
            now = {"weight": float(self.weights[-1])}
        if moved:
            self.error_shares.append({})
        share = self._prometheus.instant(self._service.error_share("6s"))
        if share is not None and math.isfinite(share):  # no requests: a share of nothing
            self.error_shares[-1] = {**now, "error_share": round(share, 4)}


def ready_versions(pods: list[dict[str, Any]]) -> dict[str, int]:
    """How many pods are Ready and stay, by the version they run."""
    found = [world.pod(raw) for raw in pods]
    return dict(sorted(Counter(pod.version for pod in found if pod.ready and pod.stops_at is None).items()))


def percent_of(virtual_service: dict[str, Any], subset: str) -> int:
    """Percent of the requests of the routes with weights that go to a subset."""
    routes = [route for http in virtual_service["spec"]["http"] for route in http["route"] if "weight" in route]
    total = sum(int(route["weight"]) for route in routes) or 1
    there: int = sum(route["weight"] for route in routes if route["destination"].get("subset") == subset)
    return round(100 * there / total)


def _note(seen: list[T], now: T) -> bool:
    if seen and seen[-1] == now:
        return False
    seen.append(now)
    return True
