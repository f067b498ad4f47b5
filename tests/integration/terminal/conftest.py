"""An office on a real Redis, and terminals of people who may act there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.catalog import load
from bot.service import Desk
from bot.store import Store
from sandbox.redis import Redis as Server
from tests.integration.service.builders import Office, office
from tests.integration.terminal.terminal import TERMINAL, Terminal


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """The shipped catalog with the terminal's people in it."""
    shipped = yaml.safe_load(Path("catalog/services.yaml").read_text())
    shipped["services"]["game-server"]["approval"]["terminal"] = TERMINAL
    file = tmp_path / "services.yaml"
    file.write_text(yaml.safe_dump(shipped, sort_keys=False))
    return file


@pytest.fixture
def terminal(server: Server, catalog: Path) -> Terminal:
    """A terminal in front of the shared Redis."""
    return Terminal({"REDIS_URL": server.url, "ROLLBACK_CATALOG": str(catalog)})


@pytest.fixture
def work(store: Store, catalog: Path) -> Office:
    """An office on the emptied and accepted store, with that catalog, and a group last told by Slack an hour ago."""
    made = office(store)
    made.members(age_ms=3_600_000)
    return Office(Desk(store=store, directory=made.desk.directory, catalog=load(catalog)))
