"""The page with the sandbox's further services behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.ways.conftest import QUICK, SIDES


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """match-server and lobby, started once."""
    folder = tmp_path_factory.mktemp("stack")
    services = ("match-server", "lobby")
    with Stack(
        folder, services=services, catalog=QUICK, by_service={"lobby": SIDES}, slack_limits=1000, scrape_s=0.5, rps=100
    ) as running:
        yield running


@pytest.fixture
def production(stack: Stack) -> Stack:
    """Both as deployed, the bad version taking all the traffic."""
    looks.end_open_rollbacks(stack)
    stack.put_back()
    looks.until_at_rest(stack)
    looks.forget_bad_versions(stack, *stack.services)
    return stack
