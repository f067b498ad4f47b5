"""A real redis-server, emptied before each test, and an office that works on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.store import Store, connect
from sandbox.redis import Redis as Server
from tests.integration.service.builders import Office, office


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server all tests of this folder share."""
    with Server(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def work(server: Server) -> Iterator[Office]:
    """An office on an emptied and accepted store that wakes nobody."""
    with connect(server.url) as redis:
        redis.flushall()
        store = Store(redis)
        store.accept()
        yield office(store)
