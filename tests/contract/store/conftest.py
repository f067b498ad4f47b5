"""A real Redis, and a way to it that can lose answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from bot.store import Store, connect
from sandbox.redis import Redis as Server
from sandbox.toxiproxy import Proxy, Toxiproxy


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The Redis of this module."""
    with Server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(scope="module")
def way(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The way to it that the bot takes."""
    with Toxiproxy(tmp_path_factory.mktemp("toxiproxy")) as toxiproxy:
        yield toxiproxy.proxy(f"127.0.0.1:{server.port}", name="redis")


@pytest.fixture
def direct(server: Server, way: Proxy) -> Iterator[Redis]:
    """A client that goes straight to the emptied and accepted Redis, to look at what it did."""
    way.heal()
    with connect(server.url) as client:
        client.flushall()
        Store(client).accept()
        client.config_resetstat()
        yield client
    way.heal()
