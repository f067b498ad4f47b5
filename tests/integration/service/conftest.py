"""An office that works on the shared Redis."""

from __future__ import annotations

import pytest

from bot.store import Store
from tests.integration.service.builders import Office, office


@pytest.fixture
def work(store: Store) -> Office:
    """An office on an emptied and accepted store that wakes nobody."""
    return office(store)
