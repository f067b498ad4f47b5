"""A real Prometheus of our own."""

from collections.abc import Mapping
from pathlib import Path

import requests
import yaml

from sandbox.ports import LOOPBACK, free_port
from sandbox.processes import Process, Server, responds

_READY_S = 20.0
_ANSWER_S = 5.0


class Prometheus(Server):
    """One prometheus on a free loopback port that scrapes what it is told to.

    `scrape_targets` maps a job's name to its "host:port"; `interval_s` is the scrape interval in seconds. The first
    sample arrives about five seconds after the start: Prometheus' discovery waits that long.
    """

    def __init__(self, folder: Path, scrape_targets: Mapping[str, str], interval_s: float = 1.0) -> None:
        self._folder = folder
        self._targets = dict(scrape_targets)
        self._interval_s = interval_s
        self.port = free_port()

    @property
    def url(self) -> str:
        """The address of its API and its page."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Start it and wait until it is ready. Raises ProcessError when it does not become so."""
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "prometheus.yml"
        config.write_text(yaml.safe_dump(self._config(), sort_keys=False))
        self._process = Process(
            [
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={self._folder / 'prometheus'}",
                f"--web.listen-address={LOOPBACK}:{self.port}",
                "--log.level=warn",
            ],
            log=self._folder / "prometheus.log",
        )
        self._process.wait_until(lambda: responds(f"{self.url}/-/ready"), within_s=_READY_S)

    def instant(self, query: str) -> float | None:
        """The one number that a query gives now; None when it gives none."""
        answer = requests.get(f"{self.url}/api/v1/query", params={"query": query}, timeout=_ANSWER_S).json()
        result = answer["data"]["result"]
        return float(result[0]["value"][1]) if result else None

    def _config(self) -> dict[str, object]:
        interval = f"{round(self._interval_s * 1000)}ms"
        return {
            "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": [target]}]} for job, target in self._targets.items()
            ],
        }
