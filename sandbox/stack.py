"""The whole sandbox: control plane, game, Prometheus, Redis, Slack, and the product in front of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from sandbox.cluster import Cluster, game_objects, rbac_objects
from sandbox.game.process import GameProcess
from sandbox.ports import LOOPBACK, free_port
from sandbox.processes import Process, responds
from sandbox.product import Product, write_catalog
from sandbox.prometheus import Prometheus
from sandbox.redis import Redis
from sandbox.slack.config import AppConfig, SlackConfig, default_config

SCRAPE_S = 1.0
_READY_S = 30.0
_SERVED_S = 90.0

Say = Callable[[str], None]


class Stack:
    """Everything on loopback, data and logs in `folder`. Use it as a context manager.

    `catalog` overrides values of the shipped catalog for game-server, as nested mappings. `slack_limits` multiplies
    Slack's rate limits. `say` is told what is being started. With `product=False` the product is left to the caller.
    """

    def __init__(
        self,
        folder: Path,
        *,
        catalog: Mapping[str, Any] | None = None,
        slack_limits: float = 1.0,
        slack_port: int | None = None,
        product: bool = True,
        say: Say = lambda _line: None,
    ) -> None:
        self.folder = folder
        self.redis = Redis(folder)
        self.cluster = Cluster(folder / "cluster")
        self._overrides = catalog or {}
        self._slack_limits = slack_limits
        self._slack_port = slack_port or free_port()
        self._with_product = product
        self._say = say
        self._stack = ExitStack()
        self.game: GameProcess
        self.prometheus: Prometheus
        self.slack: Process
        self.product: Product

    @property
    def slack_url(self) -> str:
        """The sandbox Slack's page; its Web API is below /api/."""
        return f"http://{LOOPBACK}:{self._slack_port}"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._say("Starting Redis, Slack and a Kubernetes control plane")
        self._stack.enter_context(self.redis)
        web_port = free_port()
        self._start_slack(request_url=f"http://{LOOPBACK}:{web_port}/slack/events")
        self._stack.enter_context(self.cluster)
        self._say("Deploying game-server: v2.0.5 on stable, v2.1.0 on the canary at 50 %")
        self.cluster.apply([*game_objects(), *rbac_objects()])
        self.game = self._stack.enter_context(
            GameProcess(kubeconfig=self.cluster.kubeconfig("game"), folder=self.folder)
        )
        self.prometheus = self._stack.enter_context(
            Prometheus(self.folder, {"game-server": self.game.address}, SCRAPE_S)
        )
        self._wait_until_served()
        catalog = write_catalog(
            self.folder / "services.yaml",
            {"metrics": {"scrape_interval_s": SCRAPE_S}, "validation": {"health_url": f"{self.game.url}/health"}},
            self._overrides,
        )
        self.product = Product(
            self.folder,
            environment={
                "REDIS_URL": self.redis.url,
                "PROMETHEUS_URL": self.prometheus.url,
                "KUBECONFIG": str(self.cluster.kubeconfig("bot")),
                "ROLLBACK_CATALOG": str(catalog),
                "SLACK_API_URL": f"{self.slack_url}/api/",
                "SLACK_BOT_TOKEN": AppConfig().bot_token,
                "SLACK_SIGNING_SECRET": AppConfig().signing_secret,
                "PORT": str(web_port),
            },
        )
        self._stack.callback(self.product.stop)
        if self._with_product:
            self._say("Starting the bot: web, worker, long, narrator, watch")
            self.product.start()

    def _start_slack(self, *, request_url: str) -> None:
        config: SlackConfig = default_config(
            app=AppConfig(request_url=request_url).model_dump(), limit_factor=self._slack_limits
        )
        file = self.folder / "slack.json"
        file.write_text(config.model_dump_json())
        self.slack = Process(
            [sys.executable, "-m", "sandbox.slack", "--port", str(self._slack_port), "--config", file],
            log=self.folder / "slack.log",
            name="slack",
        )
        self._stack.callback(self.slack.stop)
        self.slack.wait_until(lambda: responds(f"{self.slack_url}/sandbox/workspace"), within_s=_READY_S)

    def _wait_until_served(self) -> None:
        """Wait until both subsets' pods are ready and Prometheus has seen both."""
        query = 'count(rate(game_requests_total{subset=~"stable|canary"}[5s]) > 0)'
        deadline = time.monotonic() + _SERVED_S
        while self._prometheus_says(query) < 2:  # noqa: PLR2004 - the two subsets
            if time.monotonic() > deadline:
                raise TimeoutError(f"no simulated traffic on both subsets within {_SERVED_S:g} s; see {self.folder}")
            time.sleep(0.1)

    def _prometheus_says(self, query: str) -> float:
        answer = requests.get(f"{self.prometheus.url}/api/v1/query", params={"query": query}, timeout=5)
        result = answer.json()["data"]["result"]
        return float(result[0]["value"][1]) if result else 0.0
