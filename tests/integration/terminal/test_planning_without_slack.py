"""Planning a request of the terminal: Slack cannot be asked who that is, and the catalog knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.catalog import Catalog
from bot.domain.people import Person
from bot.domain.rollback import Request, State
from bot.store import Store
from sandbox.redis import Redis as Server
from tests.integration.engine.workbench import Bench, bench

TEAM = "T1"


@pytest.fixture
def away(server: Server, store: Store, tmp_path: Path) -> Bench:
    """A worker whose Slack does not answer; U7 and nobody else may speak at a terminal."""
    made = bench(store, server.url, tmp_path)
    entry = made.house.catalog.services["alpha"]
    approval = entry.approval.model_copy(update={"terminal": {"U7": "7" * 64}})
    catalog = Catalog(services={"alpha": entry.model_copy(update={"approval": approval})})
    return replace(made, house=replace(made.house, catalog=catalog))


@pytest.mark.parametrize(
    ("user", "via", "planned"), [("U7", "terminal", True), ("U8", "terminal", False), ("U7", "", False)]
)
def test_only_whom_the_catalog_lists_is_known_without_slack(away: Bench, user: str, via: str, planned: bool) -> None:  # noqa: FBT001 - a table's column
    """Somebody else at a terminal, and the same person through Slack, are looked up in Slack, and wait for it."""
    by = Person(team=TEAM, id=user, via=via)
    wanted = Request(service="alpha", strategy="canary", by=by, channel="C1", options={"steps": []})
    asked, _ = away.store.create(wanted, command_id="ask")
    away.advance(asked.id)
    stands = away.load(asked.id)
    assert (stands.state is State.PLANNED) is planned
    assert (stands.plan is not None) is planned
