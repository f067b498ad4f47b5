"""The game as a child process, and its commands as methods."""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from sandbox.ports import free_port
from sandbox.processes import Process, responds

READY_S = 30.0
ANSWER_S = 5.0


class GameProcess:
    """A running game. Started on construction, ready in a `with` block, at whose end it is stopped.

    `selector`: the labels of the service's pods, as the API writes them; "" for `app=SERVICE`. `lags_s`: a proxy each.
    """

    def __init__(
        self,
        *,
        kubeconfig: Path,
        folder: Path,
        namespace: str = "game-production",
        service: str = "game-server",
        selector: str = "",
        rps: float = 50.0,
        seed: int = 7,
        lags_s: Sequence[float] = (0.0,),
    ) -> None:
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"
        options = {
            "kubeconfig": kubeconfig,
            "namespace": namespace,
            "service": service,
            "selector": selector,
            "port": port,
            "rps": rps,
            "seed": seed,
        }
        self._session = requests.Session()
        # A proxy meant for the internet must not stand between two local processes.
        self._session.trust_env = False
        argv = [sys.executable, "-m", "sandbox.game", *(f"--{name}={value}" for name, value in options.items())]
        argv += [f"--lag={lag_s}" for lag_s in lags_s]
        self.process = Process(argv, log=folder / f"game-{service}.log", name=f"game-{service}")

    def __enter__(self) -> Self:
        try:
            self.wait_until_ready()
        except BaseException:
            self.process.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def wait_until_ready(self) -> None:
        """Wait until it has seen the cluster.

        Raises:
            ProcessError: it ended, or did not see it within READY_S seconds.
        """
        self.process.wait_until(lambda: responds(f"{self.url}/sandbox/ready"), within_s=READY_S)

    def stop(self) -> None:
        """End it; harmless when repeated."""
        self._session.close()
        self.process.stop()

    def state(self) -> dict[str, Any]:
        """What the proxies use now, and the counts by subset: the JSON of sandbox.game.state.State."""
        return self._answer(self._session.get(f"{self.url}/sandbox/state", timeout=ANSWER_S))

    def pods(self) -> dict[str, Any]:
        """Pod → {"proxy_url": address of its listener}, for those whose listener is open."""
        return self._answer(self._session.get(f"{self.url}/sandbox/pods", timeout=ANSWER_S))

    def freeze(self, *, frozen: bool = True, what: str = "routes") -> dict[str, Any]:
        """Hold the proxies' routes (or `all`: endpoints too) as they are, or let go."""
        return self._post("freeze", {"frozen": frozen, "what": what})

    def stop_traffic(self, *, stopped: bool = True) -> dict[str, Any]:
        """Stop the players, or let them go on."""
        return self._post("stop-traffic", {"stopped": stopped})

    def lag(self, *seconds: float) -> dict[str, Any]:
        """Set the seconds between the API and the proxies: as many proxies as figures. Their counts begin at 0."""
        return self._post("lag", {"seconds": seconds})

    def rate(self, rps: float) -> dict[str, Any]:
        """Set the requests a second."""
        return self._post("rate", {"rps": rps})

    def behaviour(
        self,
        version: str,
        *,
        error_share: float | None = None,
        latency_ms: float | None = None,
        capacity_rps: float | None = None,
        reset: bool = False,
    ) -> dict[str, Any]:
        """Change a version's figures; `reset` gives it its own back first."""
        figures = {"error_share": error_share, "latency_ms": latency_ms, "capacity_rps": capacity_rps}
        return self._post("behaviour", {"version": version, "reset": reset, **figures})

    def listener(self, name: str, *, up: bool) -> dict[str, Any]:
        """Take a pod's listener down, or let it follow the pod again."""
        return self._post("listener", {"name": name, "up": up})

    def _post(self, command: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._answer(self._session.post(f"{self.url}/sandbox/{command}", json=body, timeout=ANSWER_S))

    def _answer(self, response: requests.Response) -> dict[str, Any]:
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer
