"""match-server with a configuration and backups of it, on real parts: one stack for all tests, put back before each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from jobs.backups.sealing import new_key
from sandbox.outside import Outside
from sandbox.stack import Stack
from tests.integration.config.scene import KEPT_EVERY_S, NAME
from tests.integration.path import looks
from tests.integration.path.people import People

QUICK: dict[str, Any] = {
    "metrics": {"scrape_interval_s": 0.5},
    "limits": {"min_requests": 20, "share_tolerance": 0.08, "worse_by_share": 0.02},
    "validation": {"health_every_s": 0.1},
    "watch": {"for_s": 4, "every_s": 1},
    "config": {"snapshot_every_s": KEPT_EVERY_S},
}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, started once; everything the product has to say is in its logs, and it has a key for snapshots."""
    folder = tmp_path_factory.mktemp("stack")
    with Stack(
        folder, services=(NAME,), catalog=QUICK, slack_limits=1000, scrape_s=0.5, rps=100, faults=True, product=False
    ) as running:
        running.product.environment |= {"ROLLBACK_SNAPSHOT_KEY": new_key(), "ROLLBACK_LOG_LEVEL": "DEBUG"}
        running.product.start()
        running.product.wait_until_ready()
        yield running


@pytest.fixture
def production(stack: Stack) -> Stack:
    """The configuration as it is today; TICK_RATE_HZ was 30 and GUILD_WAR_QUEUE was not there in the backup."""
    stack.network.heal()
    looks.end_open_rollbacks(stack)
    stack.put_back()
    looks.until_at_rest(stack)
    return stack


@pytest.fixture
def people(production: Stack) -> People:
    """The people of the workspace, who type and press."""
    return People(Outside(production.slack_url))
