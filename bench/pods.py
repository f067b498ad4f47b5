"""One of the sandbox's services with as many pods as wanted, and without traffic."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any, Final

from bench.waiting import until
from jobs.clients import KubernetesClient, workloads
from jobs.clients.resources import POD
from sandbox.cluster import ApiError, Cluster, game_objects, revisions, service_objects
from sandbox.services import SERVICES

NAMESPACE: Final = "game-production"
DEPLOYMENTS: Final = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
SURGE: Final = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
"""Kubernetes' own default."""
_FEW, _WITHIN_S, _LOOK_S = 3, 180.0, 0.25
_NOT_FOUND = 404


class Pods:
    """A service's Deployments: of one with a history the newest revision is rolled out, of one with two sides both."""

    def __init__(self, cluster: Cluster, service: str) -> None:
        self._cluster = cluster
        self._kubernetes = KubernetesClient.connect(cluster.kubeconfig("admin"))
        self._service = service
        self._names = SERVICES[service].deployments
        self.size = 0

    def deploy(self, size: int = _FEW) -> None:
        """All of its objects; of a history the revisions one after the other, each once the one before is there.

        Raises:
            TimeoutError: the pods did not come.
        """
        own = game_objects() if self._service == "game-server" else service_objects(self._service)
        self._cluster.apply([shaped(each, share(size, self._names)) for each in own])
        for number in range(len(revisions(self._service))):
            self.roll_out(number, size)
        self._wait(size)

    def roll_out(self, number: int, size: int) -> None:
        """The revision of that number (from 0) in so many pods, and no pod of another left.

        Raises:
            TimeoutError: the pods did not come, or others did not go.
        """
        self._cluster.apply([shaped(revisions(self._service)[number], share(size, self._names))])
        self._wait(size)

    def scale(self, size: int) -> None:
        """So many pods of the service in all.

        Raises:
            TimeoutError: they did not come, or others did not go.
        """
        for name, replicas in share(size, self._names).items():
            self._cluster.api().patch(f"{DEPLOYMENTS}/{name}", {"spec": {"replicas": replicas}})
        self._wait(size)

    def remove(self) -> None:
        """Take the pods away.

        Raises:
            TimeoutError: they did not go.
        """
        for name in self._names:
            try:
                self._cluster.api().delete(f"{DEPLOYMENTS}/{name}")
            except ApiError as error:
                if error.status != _NOT_FOUND:
                    raise
        until(partial(self._there, 0), within_s=_WITHIN_S, what=f"the end of {self._service}'s pods", every_s=_LOOK_S)

    def _wait(self, size: int) -> None:
        self.size = size
        until(
            lambda: all(map(self._rolled_out, self._names)) and self._there(size),
            within_s=_WITHIN_S,
            what=f"{size} pods of {self._service}, and no others",
            every_s=_LOOK_S,
        )

    def _rolled_out(self, name: str) -> bool:
        return workloads.rolled_out("Deployment", self._cluster.api().get(f"{DEPLOYMENTS}/{name}"))

    def _there(self, size: int) -> bool:
        return len(self._kubernetes.list_metadata(POD, NAMESPACE, selector=f"app={self._service}")) == size


def share(size: int, names: tuple[str, ...]) -> dict[str, int]:
    """Replicas by Deployment: of two the first, which goes on living, has two thirds."""
    if len(names) == 1:
        return {names[0]: size}
    bad = max(1, size // 3)
    return {names[0]: size - bad, names[1]: bad}


def shaped(document: dict[str, Any], replicas: dict[str, int]) -> dict[str, Any]:
    """An object as it is shipped; a Deployment among `replicas` with so many pods, replaced as Kubernetes' default."""
    name = document["metadata"]["name"]
    if document["kind"] != "Deployment" or name not in replicas:
        return document
    changed = copy.deepcopy(document)
    changed["spec"] |= {"replicas": replicas[name], "strategy": SURGE}
    return changed
