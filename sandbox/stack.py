"""The whole sandbox: control plane, game, Prometheus, Redis, Slack, and the product in front of them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox import catalog
from sandbox.cluster import Cluster, backups
from sandbox.game.process import GameProcess
from sandbox.outside import Outside
from sandbox.ports import LOOPBACK, free_port
from sandbox.processes import Process, responds
from sandbox.product import Product
from sandbox.prometheus import Prometheus
from sandbox.redis import Redis
from sandbox.scene import begin, finish, set_scene, unbreak, wait_until_served
from sandbox.services import SERVICES
from sandbox.slack.config import AppConfig, Channel, SlackConfig, default_config
from sandbox.toxiproxy import Proxy, Toxiproxy

SCRAPE_S = 1.0
RPS = 50.0
_READY_S = 30.0
_FIRST_SEED = 7

Say = Callable[[str], None]


class Stack:
    """Everything on loopback, data and logs in `folder`. Use it as a context manager.

    `services` of the shipped catalog are deployed, simulated and in the product's catalog. `catalog` overrides values
    of each one's entry, as nested mappings, and `by_service` those of one; `more` are further services of
    game-server's game by what is different from it. `scrape_s` is Prometheus' scrape interval, `rps` the simulated
    requests a second to each, `lags_s` how far its proxies are behind, one each; `slack_limits` multiplies Slack's
    rate limits, `channels` are further ones where everybody is.
    With `socket_mode` Slack and the product speak over web sockets instead of HTTP.
    With `faults` the product reaches the API server through `network`, a proxy of `toxiproxy`. `say` is told what is
    being started. With `product=False` the product is left to the caller; with `game=False` nothing is deployed and
    no traffic simulated.
    """

    def __init__(
        self,
        folder: Path,
        *,
        services: Sequence[str] = ("game-server",),
        catalog: Mapping[str, Any] | None = None,
        by_service: Mapping[str, Mapping[str, Any]] | None = None,
        more: Mapping[str, Mapping[str, Any]] | None = None,
        slack_limits: float = 1.0,
        slack_port: int | None = None,
        socket_mode: bool = False,
        scrape_s: float = SCRAPE_S,
        rps: float = RPS,
        lags_s: Sequence[float] = (0.0,),
        faults: bool = False,
        product: bool = True,
        game: bool = True,
        channels: Sequence[str] = (),
        say: Say = lambda _line: None,
    ) -> None:
        self.folder = folder
        self.redis = Redis(folder)
        self.cluster = Cluster(folder / "cluster")
        self.services = tuple(services)
        self._overrides = catalog or {}
        self._by_service = by_service or {}
        self._more = more or {}
        self._slack_limits = slack_limits
        self._slack_port = slack_port or free_port()
        self._socket_mode = socket_mode
        self._scrape_s = scrape_s
        self._rps = rps
        self._lags_s = tuple(lags_s)
        self._faults = faults
        self._with_product = product
        self._with_game = game
        self._channels = channels
        self._say = say
        self._stack = ExitStack()
        self.games: dict[str, GameProcess] = {}
        self.prometheus: Prometheus
        self.slack: Process
        self.product: Product
        self.toxiproxy: Toxiproxy
        self.network: Proxy

    @property
    def slack_url(self) -> str:
        """The sandbox Slack's page; its Web API is below /api/."""
        return f"http://{LOOPBACK}:{self._slack_port}"

    @property
    def game(self) -> GameProcess:
        """The simulated traffic of the first service."""
        return self.games[self.services[0]]

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
        self._unbreak()
        set_scene(self.cluster, self.services)
        self._wait_until_served()

    def _unbreak(self) -> None:
        for name, game in self.games.items():
            unbreak(game, SERVICES[name], rps=self._rps, lags_s=self._lags_s)

    def _wait_until_served(self) -> None:
        wait_until_served(self.cluster, self.games, self.prometheus, window_s=6 * self._scrape_s)

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._say("Starting Redis, Slack and a Kubernetes control plane")
        self._stack.enter_context(self.redis)
        web_port = free_port()
        self._start_slack(request_url=f"http://{LOOPBACK}:{web_port}/slack/events")
        self._stack.enter_context(self.cluster)
        targets = self._begin_game() if self._with_game else {}
        self.prometheus = self._stack.enter_context(Prometheus(self.folder, targets, self._scrape_s))
        if self._with_game:
            self._finish_game()
        self.product = self._make_product(web_port)
        self._stack.callback(self.product.stop)
        if self._with_product:
            self._say("Starting the bot: web, worker, long, narrator, watch")
            self.product.start()
        if self._with_game:
            self._say("Waiting until Prometheus has seen traffic on all of it")
            self._wait_until_served()
        if self._with_product:
            self.product.wait_until_ready()

    def _begin_game(self) -> dict[str, str]:
        """Deploy the services and start the traffic of each; what Prometheus scrapes."""
        for name in self.services:
            self._say(f"Deploying {name}: {SERVICES[name].scene}")
        begin(self.cluster, self.services)
        for name in self.services:
            game = GameProcess(
                kubeconfig=self.cluster.kubeconfig("game"),
                folder=self.folder,
                service=name,
                rps=self._rps,
                seed=_FIRST_SEED + list(SERVICES).index(name),  # with one seed for all, all would fail in step
                lags_s=self._lags_s,
            )
            self.games[name] = game
            self._stack.callback(game.stop)
        return {name: game.address for name, game in self.games.items()}

    def _finish_game(self) -> None:
        for game in self.games.values():
            game.wait_until_ready()
        self._unbreak()
        finish(self.cluster, self.services)

    def _make_catalog(self) -> Path:
        entries = catalog.shipped(self.services)
        for name, entry in entries.items():
            catalog.merge(entry, self._here(name, entry))
            catalog.merge(entry, self._overrides)
            catalog.merge(entry, self._by_service.get(name, {}))
        more = catalog.more_of(entries["game-server"], self._more) if self._more else {}
        return catalog.write(self.folder / "services.yaml", {**entries, **more})

    def _here(self, name: str, entry: catalog.Entry) -> catalog.Entry:
        """What of a service's entry is the sandbox's own. Without a game something answers all the same."""
        kept = self.folder / "backups" / name
        if backups(name).is_dir():
            shutil.copytree(backups(name), kept, dirs_exist_ok=True)
        url = self.games[name].url if self._with_game else self.prometheus.url
        health_url = f"{url}/health" if self._with_game else f"{url}/-/healthy"
        return catalog.here(entry, url=url, health_url=health_url, backups=kept, scrape_s=self._scrape_s)

    def _make_product(self, web_port: int) -> Product:
        environment = {
            "REDIS_URL": self.redis.url,
            "PROMETHEUS_URL": self.prometheus.url,
            "KUBECONFIG": str(self._kubeconfig()),
            "ROLLBACK_CATALOG": str(self._make_catalog()),
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
