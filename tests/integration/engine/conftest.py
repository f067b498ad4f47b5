"""A bench on the shared Redis, emptied before each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store import Store
from sandbox.redis import Redis as Server
from tests.integration.engine.workbench import Bench, bench


@pytest.fixture
def work(server: Server, store: Store, tmp_path: Path) -> Bench:
    """A worker's parts, with production in a folder of this test."""
    return bench(store, server.url, tmp_path)
