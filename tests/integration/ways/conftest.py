"""The ways back beside the canary, on real parts: one stack for all tests, and production put back before each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.outside import Outside
from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.path.people import People

QUICK: dict[str, Any] = {
    "metrics": {"scrape_interval_s": 0.5},
    "limits": {"min_requests": 20, "share_tolerance": 0.08, "worse_by_share": 0.02},
    "validation": {"health_every_s": 0.1},
    "watch": {"for_s": 4, "every_s": 1},
}
SIDES: dict[str, Any] = {"blue_green": {"propagation_s": 1, "settle_s": 3, "drain_s": 3}}
"""Six scrapes each, instead of as long as production's proxies and Prometheus need."""


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, started once."""
    folder = tmp_path_factory.mktemp("stack")
    services = ("match-server", "lobby")
    with Stack(
        folder, services=services, catalog=QUICK, by_service={"lobby": SIDES}, slack_limits=1000, scrape_s=0.5, rps=100
    ) as running:
        yield running


@pytest.fixture
def production(stack: Stack) -> Stack:
    """match-server on v1.9.0 after v1.8.2; lobby on green, v3.2.0, beside blue, v3.1.4; traffic on both."""
    looks.end_open_rollbacks(stack)
    stack.put_back()
    looks.until_at_rest(stack)
    looks.forget_bad_versions(stack, *stack.services)
    return stack


@pytest.fixture
def people(production: Stack) -> People:
    """The people of the workspace, who type and press."""
    return People(Outside(production.slack_url))
