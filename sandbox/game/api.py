"""The Kubernetes API as the game needs it: raw JSON, deadlines on everything."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
from kubernetes.client import Configuration
from kubernetes.config import load_kube_config

ANSWER_S = 10.0


class Api:
    """One API server, reached as a kubeconfig says.

    Raises:
        kubernetes.config.ConfigException: the kubeconfig cannot be used.
    """

    def __init__(self, kubeconfig: Path) -> None:
        settings = Configuration()
        load_kube_config(  # type: ignore[no-untyped-call]  # the library has no types
            config_file=str(kubeconfig), client_configuration=settings
        )
        self._session = requests.Session()
        # A proxy meant for the internet must not stand between two local processes.
        self._session.trust_env = False
        self._url = str(settings.host)
        self._verify: bool | str = settings.ssl_ca_cert if settings.verify_ssl and settings.ssl_ca_cert else False
        self._certificate = (
            (settings.cert_file, settings.key_file) if settings.cert_file and settings.key_file else None
        )
        token = settings.get_api_key_with_prefix("BearerToken", alias="authorization")
        self._headers = {"Authorization": token} if token else {}

    def get(self, path: str, query: Mapping[str, str | int]) -> requests.Response:
        """A whole answer, whatever its status."""
        return self._send("GET", path, params=query, timeout=ANSWER_S)

    def stream(self, path: str, query: Mapping[str, str | int], *, timeout_s: float) -> requests.Response:
        """An answer to be read as it comes; silence longer than `timeout_s` seconds raises."""
        return self._send("GET", path, params=query, timeout=(ANSWER_S, timeout_s), stream=True)

    def create(self, path: str, body: Mapping[str, Any]) -> requests.Response:
        """Create an object; the answer, whatever its status."""
        return self._send("POST", path, json=body, timeout=ANSWER_S)

    def _send(self, method: str, path: str, **options: Any) -> requests.Response:  # noqa: ANN401  # requests' own
        return self._session.request(
            method, self._url + path, headers=self._headers, verify=self._verify, cert=self._certificate, **options
        )
