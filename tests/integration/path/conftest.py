"""The whole path on real parts: one stack for all tests, and production put back before each."""

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
    "canary": {"hold_s": 3, "propagation_s": 0.5, "drain_s": 3},
    "metrics": {"scrape_interval_s": 0.5},
    "limits": {"min_requests": 20, "share_tolerance": 0.08, "worse_by_share": 0.02},
    "validation": {"health_every_s": 0.1},
    "watch": {"for_s": 4, "every_s": 1},
}
"""Holds of 3 s, six scrapes each, instead of 30 s. At 300 requests a second they hold as many requests as need be."""

MORE: dict[str, Any] = {
    "hasty-server": {"approval": {"expires_s": 10}},
    "patient-server": {"canary": {"hold_s": 10}},
}
"""The same game as services whose plans wait for 10 s only, and whose steps are held long enough to be aborted."""


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, started once."""
    folder: Path = tmp_path_factory.mktemp("stack")
    with Stack(folder, catalog=QUICK, more=MORE, slack_limits=1000, scrape_s=0.5, rps=300, faults=True) as running:
        yield running


@pytest.fixture
def production(stack: Stack) -> Stack:
    """The game as deployed: v2.0.5 on stable, v2.1.0 on the canary at 50 %, traffic on both, nothing broken.

    Everything about an earlier test's rollbacks has been done and said: what a test counts is its own.
    """
    stack.network.heal()
    looks.end_open_rollbacks(stack)
    stack.put_back()
    looks.until_at_rest(stack)
    return stack


@pytest.fixture
def people(production: Stack) -> People:
    """The people of the workspace, who type and press."""
    return People(Outside(production.slack_url))
