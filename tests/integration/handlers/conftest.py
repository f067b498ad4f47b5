"""The web process on a port, a real Redis, and the sandbox Slack that signs its requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from werkzeug.serving import WSGIRequestHandler, make_server

from bot.app import create_app
from bot.settings import Settings
from bot.store import Store, connect
from sandbox.redis import Redis as Server
from sandbox.slack import SlackServer, create_server, default_config
from tests.integration.handlers.visitor import Visitor


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The Redis of this module."""
    with Server(tmp_path_factory.mktemp("handlers")) as running:
        yield running


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackServer]:
    """The workspace of this module."""
    with create_server(default_config(limit_factor=1000.0)) as running:
        yield running


@pytest.fixture(scope="module")
def settings(server: Server, slack: SlackServer) -> Settings:
    """What the web process is started with."""
    app = slack.parts.workspace.config.app
    return Settings.model_validate(
        {
            "SLACK_BOT_TOKEN": app.bot_token,
            "SLACK_SIGNING_SECRET": app.signing_secret,
            "SLACK_API_URL": f"{slack.url}/api/",
            "REDIS_URL": server.url,
            "ROLLBACK_CATALOG": Path("catalog/services.yaml"),
        }
    )


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """A web process of its own, as a restart makes one; its address."""
    server = make_server("127.0.0.1", 0, create_app(settings), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=5)
    server.server_close()


@pytest.fixture(scope="module")
def web(slack: SlackServer, settings: Settings) -> Iterator[str]:
    """The web process's address; the workspace sends its requests there."""
    with serving(settings) as url:
        answer = requests.post(f"{slack.url}/sandbox/app", json={"request_url": f"{url}/slack/events"}, timeout=5)
        assert answer.ok, answer.text
        yield url


@pytest.fixture
def restarted(visitor: Visitor, settings: Settings) -> Iterator[Visitor]:
    """The same people at a second web process, which knows nothing of what the first one answered."""
    with serving(settings) as url:
        yield replace(visitor, web=url)


@pytest.fixture
def visitor(server: Server, slack: SlackServer, web: str) -> Iterator[Visitor]:
    """People at the workspace, with an emptied and accepted store and a directory that was just read."""
    with connect(server.url) as redis, connect(server.url, text=False) as raw:
        redis.flushall()
        store = Store(redis)
        store.accept()
        made = Visitor(store=store, raw=raw, slack=slack, web=web)
        made.refresh_directory()
        yield made
