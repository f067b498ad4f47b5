"""The whole sandbox: control plane, game, Prometheus, Redis, Slack, and the product in front of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox.cluster import Cluster
from sandbox.game.process import GameProcess
from sandbox.outside import Outside
from sandbox.ports import LOOPBACK, free_port
from sandbox.processes import Process, responds
from sandbox.product import Product, write_catalog
from sandbox.prometheus import Prometheus
from sandbox.redis import Redis
from sandbox.scene import set_scene, unbreak, wait_until_served
from sandbox.slack.config import AppConfig, Channel, SlackConfig, default_config
from sandbox.toxiproxy import Proxy, Toxiproxy

SCRAPE_S = 1.0
RPS = 50.0
_READY_S = 30.0

Say = Callable[[str], None]


class Stack:
    """Everything on loopback, data and logs in `folder`. Use it as a context manager.

    `catalog` overrides values of the shipped catalog for game-server, as nested mappings; `more` are further services
    of the same game by what is different from it. `scrape_s` is Prometheus' scrape interval, `rps` the simulated
    requests a second; `slack_limits` multiplies Slack's rate limits, `channels` are further ones where everybody is.
    With `socket_mode` Slack and the product speak over web sockets instead of HTTP.
    With `faults` the product reaches the API server through `network`, a proxy of `toxiproxy`. `say` is told what is
    being started. With `product=False` the product is left to the caller; with `game=False` nothing is deployed and
    no traffic simulated.
    """

    def __init__(
        self,
        folder: Path,
        *,
        catalog: Mapping[str, Any] | None = None,
        more: Mapping[str, Mapping[str, Any]] | None = None,
        slack_limits: float = 1.0,
        slack_port: int | None = None,
        socket_mode: bool = False,
        scrape_s: float = SCRAPE_S,
        rps: float = RPS,
        faults: bool = False,
        product: bool = True,
        game: bool = True,
        channels: Sequence[str] = (),
        say: Say = lambda _line: None,
    ) -> None:
        self.folder = folder
        self.redis = Redis(folder)
        self.cluster = Cluster(folder / "cluster")
        self._overrides = catalog or {}
        self._more = more or {}
        self._slack_limits = slack_limits
        self._slack_port = slack_port or free_port()
        self._socket_mode = socket_mode
        self._scrape_s = scrape_s
        self._rps = rps
        self._faults = faults
        self._with_product = product
        self._with_game = game
        self._channels = channels
        self._say = say
        self._stack = ExitStack()
        self.game: GameProcess
        self.prometheus: Prometheus
        self.slack: Process
        self.product: Product
        self.toxiproxy: Toxiproxy
        self.network: Proxy

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

    def hear(self, *, socket_mode: bool) -> None:
        """Let Slack and the product speak over web sockets, or over HTTP: Slack's switch, and the web process anew."""
        if socket_mode == self._socket_mode:
            return
        self._socket_mode = socket_mode
        address = f"{self.product.url}/slack/events"
        Outside(self.slack_url).post("app", request_url=address, socket_mode=socket_mode)
        for name in ("SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"):
            self.product.environment.pop(name, None)
        self.product.environment.update(self._way_in())
        self.product.processes["web"].stop()
        self.product.start_one("web")
        self.product.wait_until_ready()

    def put_back(self) -> None:
        """Set the scene again after a run, and wait until it is as it was at the start."""
        self.prometheus.resume()
        unbreak(self.game, rps=self._rps)
        set_scene(self.cluster)
        self._wait_until_served()

    def _wait_until_served(self) -> None:
        wait_until_served(self.cluster, self.game, self.prometheus, window_s=6 * self._scrape_s)

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._say("Starting Redis, Slack and a Kubernetes control plane")
        self._stack.enter_context(self.redis)
        web_port = free_port()
        self._start_slack(request_url=f"http://{LOOPBACK}:{web_port}/slack/events")
        self._stack.enter_context(self.cluster)
        targets = self._start_game() if self._with_game else {}
        self.prometheus = self._stack.enter_context(Prometheus(self.folder, targets, self._scrape_s))
        self.product = self._make_product(web_port)
        self._stack.callback(self.product.stop)
        if self._with_product:
            self._say("Starting the bot: web, worker, long, narrator, watch")
            self.product.start()
        if self._with_game:
            self._say("Waiting until Prometheus has seen traffic on both")
            self._wait_until_served()
        if self._with_product:
            self.product.wait_until_ready()

    def _start_game(self) -> dict[str, str]:
        """Deploy it and send it traffic; what Prometheus scrapes."""
        self._say("Deploying game-server: v2.0.5 on stable, v2.1.0 on the canary at 50 %")
        set_scene(self.cluster)
        self.game = self._stack.enter_context(
            GameProcess(kubeconfig=self.cluster.kubeconfig("game"), folder=self.folder, rps=self._rps)
        )
        unbreak(self.game, rps=self._rps)
        return {"game-server": self.game.address}

    def _make_product(self, web_port: int) -> Product:
        catalog = write_catalog(
            self.folder / "services.yaml",
            {"metrics": {"scrape_interval_s": self._scrape_s}, "validation": {"health_url": self._health_url()}},
            self._overrides,
            more=self._more,
        )
        environment = {
            "REDIS_URL": self.redis.url,
            "PROMETHEUS_URL": self.prometheus.url,
            "KUBECONFIG": str(self._kubeconfig()),
            "ROLLBACK_CATALOG": str(catalog),
            "ROLLBACK_ARCHIVE": str(self.folder / "archive"),
            "SLACK_API_URL": f"{self.slack_url}/api/",
            "SLACK_BOT_TOKEN": AppConfig().bot_token,
            "PORT": str(web_port),
        } | self._way_in()
        return Product(self.folder, environment=environment)

    def _way_in(self) -> dict[str, str]:
        """What the web process needs to hear Slack, over web sockets or over HTTP."""
        app = AppConfig()
        if self._socket_mode:
            return {"SLACK_APP_TOKEN": app.app_token}
        return {"SLACK_SIGNING_SECRET": app.signing_secret}

    def _health_url(self) -> str:
        return f"{self.game.url}/health" if self._with_game else f"{self.prometheus.url}/-/healthy"

    def _kubeconfig(self) -> Path:
        """The bot's kubeconfig; with faults, one whose server is behind Toxiproxy."""
        file = self.cluster.kubeconfig("bot")
        if not self._faults:
            return file
        self.toxiproxy = self._stack.enter_context(Toxiproxy(self.folder))
        self.network = self.toxiproxy.proxy(self.cluster.url.removeprefix("https://"), name="api")
        proxied = self.folder / "proxied.kubeconfig"
        proxied.write_text(file.read_text().replace(self.cluster.url, f"https://{self.network.listen}"))
        return proxied

    def _start_slack(self, *, request_url: str) -> None:
        config: SlackConfig = default_config(
            app=AppConfig(request_url=request_url, socket_mode=self._socket_mode).model_dump(),
            limit_factor=self._slack_limits,
        )
        everybody = config.channels[0].members
        more = tuple(Channel(id=name, name=name.lower(), members=everybody) for name in self._channels)
        config = config.model_copy(update={"channels": config.channels + more})
        file = self.folder / "slack.json"
        file.write_text(config.model_dump_json())
        self.slack = Process(
            [sys.executable, "-m", "sandbox.slack", "--port", str(self._slack_port), "--config", file],
            log=self.folder / "slack.log",
            name="slack",
        )
        self._stack.callback(self.slack.stop)
        self.slack.wait_until(lambda: responds(f"{self.slack_url}/sandbox/workspace"), within_s=_READY_S)
