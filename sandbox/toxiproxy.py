"""Network faults: a real Toxiproxy between a client and its server."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import requests

from sandbox.ports import LOOPBACK, free_port
from sandbox.processes import Process, Server, responds
from sandbox.toolchain.build import tool

_READY_S = 10.0
_TIMEOUT_S = 5.0

Stream = Literal["upstream", "downstream"]


def _call(method: str, url: str, body: Mapping[str, object] | None = None) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False  # this machine's proxy is for other servers
        answer = session.request(method, url, json=body, timeout=_TIMEOUT_S)
    answer.raise_for_status()
    return answer


@dataclass(frozen=True)
class Proxy:
    """One way through Toxiproxy; `listen` is the "host:port" that the client is pointed at."""

    name: str
    listen: str
    upstream: str
    api: str

    def latency(self, ms: int, *, jitter_ms: int = 0, stream: Stream = "downstream") -> None:
        """Delay everything by so many milliseconds."""
        self._toxic("latency", stream, {"latency": ms, "jitter": jitter_ms})

    def timeout(self, ms: int = 0, *, stream: Stream = "downstream") -> None:
        """Let nothing through and close after `ms` milliseconds; 0 never closes."""
        self._toxic("timeout", stream, {"timeout": ms})

    def reset_peer(self, ms: int = 0, *, stream: Stream = "downstream") -> None:
        """Send a TCP reset after `ms` milliseconds."""
        self._toxic("reset_peer", stream, {"timeout": ms})

    def limit_data(self, limit_bytes: int, *, stream: Stream = "downstream") -> None:
        """Close once so many bytes have passed.

        With 0 downstream the server acts on what an open connection sends, and its answer is lost; a connection opened
        afterwards loses the answer to its own greeting first.
        """
        self._toxic("limit_data", stream, {"bytes": limit_bytes})

    def down(self) -> None:
        """Refuse connections and close those there are."""
        self._post("", {"enabled": False})

    def heal(self) -> None:
        """Take every fault away."""
        self._post("", {"enabled": True})
        toxics = f"{self.api}/proxies/{self.name}/toxics"
        for toxic in _call("GET", toxics).json():
            _call("DELETE", f"{toxics}/{toxic['name']}")

    def _toxic(self, kind: str, stream: Stream, attributes: dict[str, int]) -> None:
        self._post("/toxics", {"type": kind, "stream": stream, "attributes": attributes})

    def _post(self, path: str, body: dict[str, object]) -> None:
        _call("POST", f"{self.api}/proxies/{self.name}{path}", body)


class Toxiproxy(Server):
    """One toxiproxy-server; every proxy listens on a loopback port of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()

    @property
    def api(self) -> str:
        """The address of its control API."""
        return f"http://{LOOPBACK}:{self._port}"

    def start(self) -> None:
        """Start it without any proxies."""
        argv: list[str | Path] = [tool("toxiproxy-server"), "-host", LOOPBACK, "-port", str(self._port)]
        self._process = Process(argv, log=self._folder / "toxiproxy.log")
        self._process.wait_until(lambda: responds(f"{self.api}/version"), within_s=_READY_S)

    def proxy(self, upstream: str, *, name: str = "") -> Proxy:
        """A proxy to `upstream` ("host:port"), without faults yet."""
        listen = f"{LOOPBACK}:{free_port()}"
        named = name or listen.replace(":", "-")
        body = {"name": named, "listen": listen, "upstream": upstream, "enabled": True}
        _call("POST", f"{self.api}/proxies", body)
        return Proxy(name=named, listen=listen, upstream=upstream, api=self.api)
