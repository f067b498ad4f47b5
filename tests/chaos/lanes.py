"""Lanes: services side by side that differ in name only, each with a stable and a canary Deployment of its own.

The metrics are real answers of a real Prometheus to expressions made up here: what is broken on purpose in these runs
is the machinery, and never the game.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sandbox.cluster import Cluster, rbac_objects

Json = dict[str, Any]

NAMESPACE = "lanes"
STABLE_PODS, CANARY_PODS = 1, 1
WEIGHT = 50
HAND = "somebody"
"""The field manager of whoever sets a lane back: no writer of the bot's."""
_BACK_S = 60.0

_MARKED = 'label_replace(label_replace(vector(90000), "s", "$subset", "", ""), "w", "$window", "", "")'
_STABLE_ONLY = 'label_replace(vector(1), "s", "stable", "", "")'
_WHOLE = 'sum(label_replace(vector({value}), "w", "$window", "", ""))'
_REQUESTS = f"sum(({_MARKED} and on(s) {_STABLE_ONLY}) or vector(0))"
METRICS: Json = {
    "scrape_interval_s": 0.1,
    "requests": _REQUESTS,
    "errors": f"0 * {_REQUESTS}",
    "p95": f"0.1 + 0 * {_REQUESTS}",
    "all_requests": _WHOLE.format(value=90000),
    "all_errors": _WHOLE.format(value=0),
    "all_p95": _WHOLE.format(value=0.1),
}
"""Stable has all requests and no errors, whatever the weights: 90,000 a window, so that no share is in doubt."""


@dataclass(frozen=True)
class Lane:
    """One service. `drills`: the kinds of drill steps that its plans carry beside the canary's own."""

    name: str
    drills: tuple[str, ...] = ()
    namespace: str = NAMESPACE

    @property
    def channel(self) -> str:
        """The channel of its cards: Slack takes one post a second in each."""
        return f"C0{self.name.upper().replace('-', '')}"

    @property
    def canary(self) -> str:
        """Its second Deployment."""
        return f"{self.name}-canary"

    @property
    def route(self) -> str:
        """Its VirtualService."""
        return f"{self.name}-vs"

    def entry(self) -> Json:
        """What its catalog entry has different from the shipped one. Holds of 0.7 s: more than six scrapes, as told."""
        return {
            "channel": self.channel,
            "kubernetes": {"namespace": self.namespace, "service": self.name, "selector": {"app": self.name}},
            "canary": {
                "virtual_service": self.route,
                "host": self.name,
                "stable": {"deployment": self.name},
                "canary": {"deployment": self.canary},
                "weights": [12, 3, 0],
                "hold_s": 0.7,
                "propagation_s": 0.2,
                "drain_s": 0.7,
            },
            "metrics": METRICS,
            "limits": {"min_requests": 1, "share_tolerance": 1.0},
            "validation": {"health_times": 1, "health_every_s": 0.1, "up": "vector(1)"},
            "watch": {"for_s": 1, "every_s": 1},
        }

    def objects(self) -> list[Json]:
        """Everything of it in the cluster, as it stands before a rollback."""
        return [
            self._deployment(self.name, track="stable", pods=STABLE_PODS, version="v2.0.5"),
            self._deployment(self.canary, track="canary", pods=CANARY_PODS, version="v2.1.0"),
            self._service(),
            self._rule(),
            self._route(),
        ]

    def _deployment(self, name: str, *, track: str, pods: int, version: str) -> Json:
        labels = {"app": self.name, "track": track}
        container = {"name": "game-server", "image": f"registry.example/game-server:{version}"}
        spec = {"terminationGracePeriodSeconds": 0, "containers": [container]}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": self.namespace, "labels": labels},
            "spec": {
                "replicas": pods,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": {**labels, "version": version}}, "spec": spec},
            },
        }

    def _service(self) -> Json:
        ports = [{"name": "http", "port": 8080, "targetPort": 8080}]
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {"selector": {"app": self.name}, "ports": ports},
        }

    def _rule(self) -> Json:
        subsets = [{"name": side, "labels": {"track": side}} for side in ("stable", "canary")]
        return {
            "apiVersion": "networking.istio.io/v1",
            "kind": "DestinationRule",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {"host": self.name, "subsets": subsets},
        }

    def _route(self) -> Json:
        sides = [{"destination": {"host": self.name, "subset": s}, "weight": WEIGHT} for s in ("stable", "canary")]
        return {
            "apiVersion": "networking.istio.io/v1",
            "kind": "VirtualService",
            "metadata": {"name": self.route, "namespace": self.namespace},
            "spec": {"hosts": [self.name], "http": [{"name": "primary", "route": sides}]},
        }


def make(cluster: Cluster, lanes: list[Lane]) -> None:
    """The namespaces, what the bot may do there, and every lane."""
    for name in dict.fromkeys(lane.namespace for lane in lanes):
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        cluster.apply([namespace, *rbac_objects(namespace=name)])
    for lane in lanes:
        cluster.api().apply(lane.objects(), manager=HAND)


def put_back(cluster: Cluster, lane: Lane, *, within_s: float = _BACK_S) -> None:
    """Set a lane back by hand after a rollback, and wait until its pods are there.

    Raises:
        TimeoutError: they are not.
    """
    cluster.api().apply(lane.objects(), manager=HAND)
    deadline = time.monotonic() + within_s
    while missing := [name for name in (lane.name, lane.canary) if not _settled(cluster, lane, name)]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{', '.join(missing)} did not come back within {within_s:g} s")
        time.sleep(0.1)


def _settled(cluster: Cluster, lane: Lane, name: str) -> bool:
    live = cluster.api().get(f"/apis/apps/v1/namespaces/{lane.namespace}/deployments/{name}")
    wanted, status = live["spec"]["replicas"], live.get("status", {})
    counts = [status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")]
    return status.get("observedGeneration", 0) >= live["metadata"]["generation"] and counts == [wanted] * 3
