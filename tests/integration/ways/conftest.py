"""The ways back beside the canary, on real parts: one stack for all tests, and production put back before each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
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


def started(folder: Path) -> Stack:
    """Everything, with match-server and lobby behind it; a context manager."""
    return Stack(
        folder,
        services=("match-server", "lobby"),
        catalog=QUICK,
        by_service={"lobby": SIDES},
        slack_limits=1000,
        scrape_s=0.5,
        rps=100,
    )


def put_back(stack: Stack) -> Stack:
    """Put back: match-server on v1.9.0 after v1.8.2; lobby on green, v3.2.0, beside blue, v3.1.4."""
    looks.end_open_rollbacks(stack)
    stack.put_back()
    looks.until_at_rest(stack)
    looks.forget_bad_versions(stack, *stack.services)
    return stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, started once."""
    with started(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture
def production(stack: Stack) -> Stack:
    """Both services as deployed, the bad version taking the traffic."""
    return put_back(stack)


@pytest.fixture
def people(production: Stack) -> People:
    """The people of the workspace, who type and press."""
    return People(Outside(production.slack_url))
