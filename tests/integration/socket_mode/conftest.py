"""Web processes as the Procfile starts them, a real Redis, and a sandbox Slack that speaks to them over web sockets."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests

from bot.store import Store, connect
from sandbox.outside import Outside
from sandbox.ports import LOOPBACK, free_port
from sandbox.processes import Process
from sandbox.product import Product
from sandbox.redis import Redis as Server
from sandbox.slack import SlackServer, create_server, default_config
from sandbox.slack.config import AppConfig
from tests.integration.handlers.visitor import Visitor

Json = dict[str, Any]


@dataclass(frozen=True)
class Webs:
    """The web processes of one test: each has its own port, its own log, and its own web socket."""

    product: Product
    folder: Path
    outside: Outside
    numbers: Iterator[int]

    def start(self, *, ready: bool = True) -> Web:
        """Start one more; wait until its web socket is open unless told otherwise."""
        name = f"web{next(self.numbers)}"
        port = free_port()
        before = [link["id"] for link in self.links()]
        process = self.product.start_one("web", as_name=name, env={"PORT": str(port)})
        web = Web(process, f"http://{LOOPBACK}:{port}", self.folder / f"{name}.log")
        if ready:
            process.wait_until(lambda: web.readiness()[0] == requests.codes.ok, within_s=30)
            # Slack knows of it once its hello is out.
            until(lambda: any(link["id"] not in before for link in self.links()), within_s=5)
        return web

    def leave_only(self, web: Web) -> None:
        """End what an earlier test started beside this one, and wait until Slack holds no other web socket."""
        for process in self.product.processes.values():
            if process is not web.process:
                process.stop()
        until(lambda: len(self.links()) == 1, within_s=15)

    def links(self) -> list[Json]:
        """The web sockets that Slack holds open."""
        found: list[Json] = self.outside.get("links")["links"]
        return found

    def raw(self, frame: str) -> Json:
        """Send a text frame as it is; safe from several threads."""
        return Outside(self.outside.url).post("raw", body=frame)

    def sent(self) -> list[Json]:
        """Every sending of an envelope so far."""
        found: list[Json] = self.outside.get("links")["sent"]
        return found


@dataclass(frozen=True)
class Web:
    """One web process."""

    process: Process
    url: str
    log: Path

    def send(self, number: signal.Signals) -> None:
        """Send a signal to gunicorn's master and to its worker."""
        os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """End both with SIGKILL."""
        self.send(signal.SIGKILL)
        self.process.kill()

    def readiness(self) -> tuple[int, str]:
        """What /readyz answers: status (0: nobody listens) and words."""
        try:
            answer = requests.get(f"{self.url}/readyz", timeout=5)
        except requests.ConnectionError:
            return 0, ""
        return answer.status_code, answer.text


def until(reached: Callable[[], bool], *, within_s: float) -> float:
    """Wait until it is so; the seconds it took."""
    began = time.monotonic()
    while not reached():
        assert time.monotonic() - began < within_s, f"not within {within_s:g} s"
        time.sleep(0.02)
    return time.monotonic() - began


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The Redis of this module."""
    with Server(tmp_path_factory.mktemp("socket-mode")) as running:
        yield running


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackServer]:
    """The workspace of this module, whose app is in Socket Mode."""
    app = AppConfig(socket_mode=True).model_dump()
    with create_server(default_config(limit_factor=1000.0, app=app)) as running:
        yield running


@pytest.fixture(scope="module")
def webs(server: Server, slack: SlackServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Webs]:
    """Starts web processes that know the app-level token and no signing secret."""
    folder = tmp_path_factory.mktemp("webs")
    environment = {
        "SLACK_BOT_TOKEN": AppConfig().bot_token,
        "SLACK_APP_TOKEN": AppConfig().app_token,
        "SLACK_API_URL": f"{slack.url}/api/",
        "REDIS_URL": server.url,
    }
    product = Product(folder, environment=environment)
    with connect(server.url) as redis:
        Store(redis).accept()
    yield Webs(product, folder, Outside(slack.url), count(1))
    product.stop()


@pytest.fixture(scope="module")
def web(webs: Webs) -> Web:
    """One web process that lives through the module."""
    return webs.start()


@pytest.fixture
def visitor(server: Server, slack: SlackServer, web: Web, webs: Webs) -> Iterator[Visitor]:
    """People at the workspace, with an emptied and accepted store, a directory that was just read, and one process."""
    webs.leave_only(web)
    with connect(server.url) as redis, connect(server.url, text=False) as raw:
        redis.flushall()
        store = Store(redis)
        store.accept()
        made = Visitor(store=store, raw=raw, slack=slack, web=web.url)
        made.refresh_directory()
        until(lambda: web.readiness()[0] == requests.codes.ok, within_s=15)
        yield made
