"""A chamber on the shared Redis, emptied before each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store import Store
from sandbox.redis import Redis as Server
from tests.integration.approval.chamber import (
    ASKER,
    DEPUTY,
    FIRST,
    INCIDENT,
    LEADER,
    OUTSIDER,
    SECOND,
    THIRD,
    Chamber,
    catalog,
)
from tests.integration.engine import small
from tests.integration.engine.office import TEAM


@pytest.fixture
def chamber(server: Server, store: Store, tmp_path: Path) -> Chamber:
    """The asker and three others in the approver group, two in the break-glass group, one in none."""
    world = small.World()
    made = Chamber(small.house(store, world, catalog(), url=server.url, folder=tmp_path), world)
    made.note("directory:workspace", {"team": TEAM, "bot_user_id": "U0", "bot_id": "B0"})
    made.members(ASKER, FIRST, SECOND, THIRD)
    made.members(LEADER, DEPUTY, group=INCIDENT)
    made.known(ASKER, FIRST, SECOND, THIRD, LEADER, DEPUTY, OUTSIDER)
    return made
