"""Clients of the product that note what they ask: the API server's requests, and Prometheus' queries."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from kubernetes import config
from kubernetes.client import ApiClient, Configuration
from kubernetes.client.rest import RESTResponse

from jobs.clients import Clients, KubernetesClient, Probe, PrometheusClient
from jobs.clients.kubernetes import POOL


class NotingApi(ApiClient):
    """The official client; `asked` holds each request as "METHOD path", in the order in which they were sent."""

    def __init__(self, configuration: Configuration) -> None:
        super().__init__(configuration=configuration)
        self.asked: list[str] = []

    def call_api(self, method: str, url: str, *args: object, **more: object) -> RESTResponse:
        """Note it and send it."""
        self.asked.append(f"{method} {urlsplit(url).path}")
        return super().call_api(method, url, *args, **more)


class NotingPrometheus(PrometheusClient):
    """The product's client; `asked` holds each query for one number."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.asked: list[str] = []

    def instant(self, query: str) -> float | None:
        """Note it and ask it. Raises as theirs."""
        self.asked.append(query)
        return super().instant(query)


@dataclass(frozen=True)
class Noted:
    """The product's clients, and what they have asked since `forget`."""

    clients: Clients
    api: NotingApi
    prometheus: NotingPrometheus

    def forget(self) -> None:
        """Begin anew."""
        self.api.asked.clear()
        self.prometheus.asked.clear()


def noted(*, kubeconfig: Path, prometheus_url: str) -> Noted:
    """Clients as `KubernetesClient.connect` and `jobs.clients.around` make them, but for the noting.

    Raises:
        kubernetes.config.ConfigException: the kubeconfig cannot be read.
    """
    settings = Configuration()
    config.load_kube_config(config_file=str(kubeconfig), client_configuration=settings)  # type: ignore[no-untyped-call]  # theirs
    settings.retries = False
    settings.connection_pool_maxsize = POOL
    api, prometheus = NotingApi(settings), NotingPrometheus(prometheus_url)
    clients = Clients(kubernetes=KubernetesClient(api), prometheus=prometheus, probe=Probe())
    return Noted(clients, api, prometheus)
