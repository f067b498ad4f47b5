"""What a step costs the engine, counted and not timed: the quick form of the bench's figure."""

from __future__ import annotations

from pathlib import Path

from bench.step_cost import Monitor, carry_on
from bot.store import Store
from sandbox.redis import Redis as Server
from tests.integration.engine import office, small

MOST_TRIPS = 15
"""Round trips to Redis a step may take, its share of a rollback's start and end included."""


def test_a_step_takes_few_round_trips(server: Server, store: Store, tmp_path: Path) -> None:
    """Whoever adds some to every step finds out here."""
    house = small.house(store, small.World(), office.catalog("bench"), url=server.url, folder=tmp_path)
    office.introduce(store, office.ASKER, office.FIRST, office.SECOND)
    rollback_id = small.approved(house, "bench", number=0)
    monitor = Monitor(server.url)
    carry_on(house, rollback_id)
    monitor.stop()
    assert 0 < sum(monitor.calls.values()) / small.STEPS <= MOST_TRIPS
