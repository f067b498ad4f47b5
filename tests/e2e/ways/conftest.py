"""The page with the sandbox's further services behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.stack import Stack
from tests.integration.ways.conftest import put_back, started


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, started once."""
    with started(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture
def production(stack: Stack) -> Stack:
    """Both as deployed, the bad version taking all the traffic."""
    return put_back(stack)
