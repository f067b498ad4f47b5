"""What only the store's tests need beside the shared Redis."""

from __future__ import annotations

import pytest

from bot.store import Store
from bot.store.wake import waking_store
from sandbox.redis import Redis as Server


@pytest.fixture
def waking(store: Store, server: Server) -> Store:
    """A second store on the same Redis, which enqueues RQ jobs for what it makes due."""
    store.ping()
    return waking_store(server.url)
