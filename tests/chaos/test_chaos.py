"""Ten rollbacks while everything breaks: the quick form of `make chaos`."""

from __future__ import annotations

import pytest

from tests.chaos.judge.verdict import covered
from tests.chaos.run import run, the_lanes
from tests.chaos.schedule import schedule
from tests.chaos.site import site

SEED = 2
ROLLBACKS, LANES = 10, 5


def test_a_schedule_is_decided_by_its_seed_alone() -> None:
    """The same seed gives the same faults, another one others, and a longer run begins with a shorter one's."""
    assert schedule(seed=7, seconds=60) == schedule(seed=7, seconds=60)
    assert schedule(seed=7, seconds=60) != schedule(seed=8, seconds=60)
    longer = schedule(seed=7, seconds=120)
    assert longer[: len(schedule(seed=7, seconds=60))] == schedule(seed=7, seconds=60)


def test_outages_are_counted_once_where_they_overlap() -> None:
    """Two windows that overlap, one outside: only what lies within the stretch, and once."""
    assert covered([(0, 10), (5, 15), (40, 50)], 8, 42) == 9
    assert covered([], 0, 100) == 0


@pytest.mark.timeout(900)  # Bounded by the run itself: so long for each rollback, and for coming to rest.
def test_nothing_is_lost_and_nothing_happens_twice(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Workers, watches, narrators and web die, Redis, Slack and the API server fail: every figure is as promised."""
    with site(tmp_path_factory.mktemp("chaos"), on=the_lanes(LANES)) as place:
        outcome = run(place, rollbacks=ROLLBACKS, seed=SEED)
    story = "\n".join([*outcome.verdict.findings(), f"Seed {SEED}:", *map(str, outcome.faults)])
    assert outcome.verdict.clean, f"{outcome.figures()}\n{story}"
    assert outcome.verdict.runs == ROLLBACKS
    assert outcome.faults, "nothing was broken: nothing is shown"
