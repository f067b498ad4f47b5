"""The only code that talks to production. Everything else is given these clients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kubernetes.config import ConfigException

from jobs.backups.sealing import Seal
from jobs.clients.backups import Backups
from jobs.clients.kubernetes import KubernetesClient
from jobs.clients.probe import Probe
from jobs.clients.prometheus import PrometheusClient

__all__ = ["Backups", "Clients", "ConfigException", "KubernetesClient", "Probe", "PrometheusClient", "build"]


@dataclass(frozen=True)
class Clients:
    """The systems a rollback reads and writes, each ready to be called."""

    kubernetes: KubernetesClient
    prometheus: PrometheusClient
    probe: Probe
    backups: Backups = field(default_factory=Backups)


def build(*, kubeconfig: Path | None, prometheus_url: str, snapshot_keys: Sequence[str] = ()) -> Clients:
    """All clients, built before a worker forks: no connection is made yet. `kubeconfig` None: the pod's ServiceAccount.

    `snapshot_keys` seal and open the Secrets among backups.

    Raises:
        kubernetes.config.ConfigException: the kubeconfig or the ServiceAccount cannot be read.
    """
    kubernetes = KubernetesClient.connect(kubeconfig)
    return around(kubernetes, prometheus_url=prometheus_url, snapshot_keys=snapshot_keys)


def around(kubernetes: KubernetesClient, *, prometheus_url: str, snapshot_keys: Sequence[str] = ()) -> Clients:
    """All clients around one that is there already."""
    return Clients(
        kubernetes=kubernetes,
        prometheus=PrometheusClient(prometheus_url),
        probe=Probe(),
        backups=Backups(Seal(snapshot_keys)),
    )
