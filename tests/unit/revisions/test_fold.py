"""Looks at a workload, one after the other, and the history they leave."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.domain.revisions import Worth
from bot.domain.sightings import (
    GAP_MS,
    LOOK_MS,
    MOST,
    MOST_BYTES,
    History,
    Sighting,
    absent,
    good_in_ms,
    noted,
    observed,
    tells_more,
)
from tests.unit.revisions.builders import (
    BEGIN,
    GOOD_MS,
    good,
    key,
    looked,
    revision,
    rolling,
    sighting,
    template,
    versions,
)


@dataclass(frozen=True)
class Row:
    """Looks, and what is known of the present revision after them."""

    what: str
    looks: tuple[tuple[int, Sighting], ...]
    worth: Worth
    good_in: int | None


TABLE = (
    Row("it is being rolled out", ((0, rolling("v1", 1)),), Worth.NEVER_AVAILABLE, None),
    Row("all its pods are Available", ((0, rolling("v1", 1)), (5, sighting("v1", 1))), Worth.UNPROVEN, GOOD_MS),
    Row(
        "they were for as long as is asked",
        ((0, sighting("v1", 1)), (GOOD_MS, sighting("v1", 1))),
        Worth.GOOD,
        None,
    ),
    Row(
        "a moment is missing",
        ((0, sighting("v1", 1)), (GOOD_MS - 1, sighting("v1", 1))),
        Worth.UNPROVEN,
        1,
    ),
    Row(
        "a pod was lost in between",
        ((0, sighting("v1", 1)), (9_000, sighting("v1", 1, available=3, complete=False)), (9_500, sighting("v1", 1))),
        Worth.UNPROVEN,
        GOOD_MS,
    ),
    Row(
        "more pods were asked for in between, and none of the old ones was lost",
        (
            (0, sighting("v1", 1)),
            (4_000, sighting("v1", 2, wanted=6, complete=False)),
            (5_000, sighting("v1", 2, wanted=6, updated=6, available=6)),
            (GOOD_MS, sighting("v1", 2, wanted=6, updated=6, available=6)),
        ),
        Worth.GOOD,
        None,
    ),
    Row(
        "fewer pods were asked for in between",
        (
            (0, sighting("v1", 1)),
            (4_000, sighting("v1", 2, wanted=2, updated=3, available=3, complete=False)),
            (GOOD_MS, sighting("v1", 2, wanted=2, updated=2, available=2)),
        ),
        Worth.GOOD,
        None,
    ),
    Row(
        "it was scaled to nothing",
        ((0, sighting("v1", 1)), (GOOD_MS, sighting("v1", 2, wanted=0, updated=0, available=0, complete=False))),
        Worth.UNPROVEN,
        None,
    ),
    Row(
        "the controller has not seen the present spec",
        ((0, sighting("v1", 1)), (GOOD_MS, rolling("v1", 2, observed=False, updated=0, available=0))),
        Worth.UNPROVEN,
        0,
    ),
    Row(
        "nobody looked for too long",
        ((0, sighting("v1", 1)), (GAP_MS + 1, sighting("v1", 1))),
        Worth.UNPROVEN,
        GOOD_MS,
    ),
    Row(
        "it broke after it was proven",
        ((0, sighting("v1", 1)), (GOOD_MS, sighting("v1", 1)), (GOOD_MS + 1, rolling("v1", 1, available=0))),
        Worth.GOOD,
        None,
    ),
)


@pytest.mark.parametrize("row", TABLE, ids=[row.what for row in TABLE])
def test_what_is_known_of_the_present_revision(row: Row) -> None:
    """Good is what was whole for as long as is asked, seen so all the time; nothing less."""
    history = looked(*row.looks)
    current = history.current
    assert current is not None
    assert current.verdict is row.worth
    now = BEGIN + row.looks[-1][0]
    assert good_in_ms(history, now=now, good_after_ms=GOOD_MS) == row.good_in


def test_a_new_template_replaces_the_last_one() -> None:
    """The newest stands first, the one before was left just then; its number comes when the controller gives it."""
    history = looked(
        (0, sighting("v1", 1, number=1)),
        (100, rolling("v2", 2, observed=False)),
        (200, rolling("v2", 2, number=2)),
    )
    assert [(r.version, r.number, r.seen_at, r.left_at) for r in history.revisions] == [
        ("v2", 2, BEGIN + 100, None),
        ("v1", 1, BEGIN, BEGIN + 100),
    ]


def test_an_undo_brings_an_old_revision_back_under_a_new_number() -> None:
    """It is the same revision: what was known of it stays known, and its old number means nothing any more."""
    history = looked(
        (0, sighting("v1", 1, number=1)),
        (GOOD_MS, sighting("v1", 1, number=1)),
        (GOOD_MS + 100, rolling("v2", 2, number=2)),
        (GOOD_MS + 200, rolling("v1", 3, observed=False)),
    )
    assert [(r.version, r.number, r.left_at) for r in history.revisions] == [
        ("v1", 0, None),
        ("v2", 2, BEGIN + GOOD_MS + 200),
    ]
    history = looked((GOOD_MS + 300, sighting("v1", 3, number=3)), history=history)
    assert [(r.version, r.number, r.verdict) for r in history.revisions] == [
        ("v1", 3, Worth.GOOD),
        ("v2", 2, Worth.NEVER_AVAILABLE),
    ]
    assert history.revisions[0].seen_at == BEGIN


def test_an_older_look_changes_nothing() -> None:
    """A second watcher that lags behind does not bring a template back that was replaced."""
    history = looked((0, sighting("v1", 1)), (100, rolling("v2", 2)))
    assert looked((200, sighting("v1", 1)), history=history) == history


def test_a_paused_workload_rolls_nothing_out() -> None:
    """A template that a paused Deployment was given does not run, and its number is still the last one's."""
    history = looked((0, sighting("v1", 1, number=1)), (100, rolling("v2", 2, number=1, paused=True)))
    assert versions(history) == ["v1"]
    assert versions(looked((200, rolling("v2", 3, number=2)), history=history)) == ["v2", "v1"]


def test_another_object_of_the_same_name_begins_to_count_anew() -> None:
    """What ran under the old object is remembered, without numbers that the new one gives to others."""
    history = looked((0, sighting("v1", 5, number=4)), (GOOD_MS, sighting("v1", 5, number=4)))
    again = looked((GOOD_MS + 9, rolling("v2", 1, uid="uid-2", created_at=BEGIN + GOOD_MS, number=1)), history=history)
    assert [(r.version, r.number, r.verdict) for r in again.revisions] == [
        ("v2", 1, Worth.NEVER_AVAILABLE),
        ("v1", 0, Worth.GOOD),
    ]
    assert looked((GOOD_MS + 10, sighting("v1", 6, number=5)), history=again) == again


def test_a_workload_that_is_gone_runs_nothing() -> None:
    """Its last revision was left, and comes back when the workload does."""
    history = looked((0, sighting("v1", 1, number=1)))
    gone = absent(history, now=BEGIN + 50)
    assert gone.current is None
    assert gone.revisions[0].left_at == BEGIN + 50
    assert absent(gone, now=BEGIN + 90) == gone
    back = looked((100, sighting("v1", 1, uid="uid-2", created_at=BEGIN + 80, number=1)), history=gone)
    assert [(r.version, r.number, r.left_at) for r in back.revisions] == [("v1", 1, None)]


def test_another_workload_begins_another_history() -> None:
    """The catalog names another workload now: what the old one ran is nothing to go back to."""
    history = looked((0, sighting("v1", 1)), (9, sighting("v2", 1, workload="StatefulSet/game-production/game")))
    assert versions(history) == ["v2"]


def test_a_template_that_reads_differently_under_its_number_is_the_same_revision() -> None:
    """An upgraded API server fills in a field: the revision keeps what is known, and has the key that it has now."""
    history = looked((0, sighting("v1", 1, number=1)), (GOOD_MS, sighting("v1", 1, number=1)))
    filled = sighting("v1", 1, number=1, key="f" * 64, template={**template("v1"), "filled": "in"})
    again = looked((GOOD_MS + 5, filled), history=history)
    assert [(r.key, r.number, r.verdict) for r in again.revisions] == [("f" * 64, 1, Worth.GOOD)]


def test_what_the_cluster_has_comes_with_a_look() -> None:
    """Revisions from before anybody watched are there at once, and a look that is too old brings none."""
    seeds = [revision("v2", 2, name="game-2"), revision("v1", 1, name="game-1")]
    history = noted(History(), sighting("v2", 2), seeds, now=BEGIN, good_after_ms=GOOD_MS)
    assert [(r.version, r.number, r.name, r.verdict) for r in history.revisions] == [
        ("v2", 2, "game-2", Worth.UNPROVEN),
        ("v1", 1, "game-1", Worth.UNKNOWN),
    ]
    late = noted(history, sighting("v1", 1), [revision("v0", 9)], now=BEGIN + 1, good_after_ms=GOOD_MS)
    assert late == history


def test_the_oldest_that_is_not_good_goes_first() -> None:
    """At most 50 are kept, and a good one is let go only when there is nothing else to let go."""
    history = History()
    for place in range(MOST + 20):
        at = place * 20_000
        history = looked((at, sighting(f"v{place}", place + 1)), history=history)
        if place == 3:
            history = looked((at + GOOD_MS, sighting(f"v{place}", place + 1)), history=history)
    assert versions(history) == [f"v{place}" for place in range(MOST + 19, 20, -1)] + ["v3"]


def test_they_take_no_more_room_than_they_may() -> None:
    """Large templates push old ones out, never the present one."""
    large = {**template("v1"), "padding": "x" * (MOST_BYTES // 4)}
    history = History()
    for generation in range(1, 9):
        look = sighting(f"v{generation}", generation, template={**large, "n": generation})
        history = looked((generation, look), history=history)
    assert versions(history) == ["v8", "v7", "v6"]
    huge = sighting("v9", 9, template={**large, "padding": "x" * (2 * MOST_BYTES)})
    assert versions(looked((99, huge), history=history)) == ["v9"]


def test_only_news_is_written() -> None:
    """A look that says nothing new is not written, but while a revision is being proven that somebody looks is."""

    def after(at: int, before: History) -> History:
        return observed(before, sighting("v1", 1), now=BEGIN + at, good_after_ms=10 * LOOK_MS)

    begun = after(0, History())
    assert tells_more(begun, History())
    assert not tells_more(after(LOOK_MS - 1, begun), begun)
    assert tells_more(after(LOOK_MS, begun), begun)
    proven = looked((GOOD_MS, sighting("v1", 1)), history=begun)
    assert tells_more(proven, begun)
    assert not tells_more(looked((GOOD_MS + LOOK_MS, sighting("v1", 1)), history=proven), proven)


def test_a_seeded_revision_that_comes_back_is_seen_from_then_on() -> None:
    """One that nobody had watched is the present one now: it is no longer unknown."""
    before = History(workload=sighting("v1", 1).workload, uid="uid-1", revisions=(revision("v1", 1), good("v0", 0)))
    history = looked((7, rolling("v1", 2)), history=before)
    assert (history.revisions[0].key, history.revisions[0].seen_at) == (key("v1"), BEGIN + 7)
    assert versions(history) == ["v1", "v0"]
