"""The only code that talks to production. Everything else is given these clients."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kubernetes.config import ConfigException

from jobs.clients.kubernetes import KubernetesClient
from jobs.clients.probe import Probe
from jobs.clients.prometheus import PrometheusClient

__all__ = ["Clients", "ConfigException", "KubernetesClient", "Probe", "PrometheusClient", "build"]


@dataclass(frozen=True)
class Clients:
    """The systems a rollback reads and writes, each ready to be called."""

    kubernetes: KubernetesClient
    prometheus: PrometheusClient
    probe: Probe


def build(*, kubeconfig: Path | None, prometheus_url: str) -> Clients:
    """All clients, built before a worker forks: no connection is made yet. `kubeconfig` None: the pod's ServiceAccount.

    Raises:
        kubernetes.config.ConfigException: the kubeconfig or the ServiceAccount cannot be read.
    """
    return around(KubernetesClient.connect(kubeconfig), prometheus_url=prometheus_url)


def around(kubernetes: KubernetesClient, *, prometheus_url: str) -> Clients:
    """All clients around one that is there already."""
    return Clients(kubernetes=kubernetes, prometheus=PrometheusClient(prometheus_url), probe=Probe())
