"""One real redis-server for all integration tests that need only that, emptied before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from bot.store import Store, connect
from sandbox.redis import Redis as Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server itself."""
    with Server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def redis(server: Server) -> Iterator[Redis]:
    """A client of the emptied server, for looking at keys and for breaking them."""
    with connect(server.url) as client:
        client.flushall()
        yield client


@pytest.fixture
def store(redis: Redis) -> Store:
    """A store that an operator has accepted and that wakes nobody."""
    accepted = Store(redis)
    accepted.accept()
    return accepted
