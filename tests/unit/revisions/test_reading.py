"""Which revision is the last good one, which one somebody means, and what the service's ledger says of each."""

from __future__ import annotations

import pytest

from bot.domain.revisions import RESTARTED, Revision, Worth, judged, last_good, merged, named
from bot.domain.standing import Bad, Standing
from tests.unit.revisions.builders import BEGIN, good, key, revision, template

DIGEST = "sha256:" + "0123456789abcdef" * 4


def unproven(version: str, number: int = 0) -> Revision:
    """One whose pods were Available for a moment."""
    return good(version, number, good_at=None)


def restarted(version: str, number: int) -> Revision:
    """A good one, restarted by hand."""
    again = template(version, **{RESTARTED: "2026-01-02T03:04:05Z"})
    return good(version, number, key="e" * 64, template=again)


LAST_GOOD = [
    ([unproven("v3", 3), unproven("v2", 2), good("v1", 1)], "v3", (), 1),
    ([good("v3", 3), good("v2", 2), good("v1", 1)], "v3", (), 2),
    ([good("v3", 3), good("v2", 2), good("v1", 1)], "v3", ("v2",), 1),
    ([good("v3", 3), good("v2", 2, rolled_back_by="rb-1"), good("v1", 1)], "v3", (), 1),
    ([good("v3", 3), revision("v2", 2), unproven("v1", 1)], "v3", (), None),
    ([good("v3", 3)], "v3", (), None),
    ([], "v3", (), None),
    ([unproven("v3", 3), restarted("v3", 2), good("v1", 1)], "v3", (), 1),
    ([good("v2", 2), good("v1", 1)], "v9", (), 2),
]


@pytest.mark.parametrize(("history", "current", "bad", "number"), LAST_GOOD)
def test_the_last_good_one(history: list[Revision], current: str, bad: tuple[str, ...], number: int | None) -> None:
    """The newest that is good, is another than what runs by more than a restart, and is of no bad version."""
    found = last_good(history, current_key=key(current), bad_versions=bad)
    assert (found.number if found else None) == number


PINNED = good("v4", 4, image=f"registry.example/game:v4@{DIGEST}")
HISTORY = [
    PINNED,
    good("12", 3),
    good("v2", 2, key="2" * 64),
    unproven("v2", 12),
    revision("v1", 0),
]
NAMED = [
    ("3", [3]),
    ("12", [3, 12]),
    ("v2", [2, 12]),
    ("v4", [4]),
    (" v4 ", [4]),
    ("registry.example/game:v1", [0]),
    (f"registry.example/game:v4@{DIGEST}", [4]),
    (DIGEST, [4]),
    ("sha256:01234567", [4]),
    ("sha256:0123456", []),
    ("sha256:", []),
    ("V4", []),
    ("v", []),
    ("0", []),
    ("-3", []),
    ("³", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "numbers"), NAMED)
def test_what_somebody_means(text: str, numbers: list[int]) -> None:
    """A number, a version, an image or its digest: exactly, with all that it can mean, and nothing guessed."""
    assert [found.number for found in named(HISTORY, text)] == numbers


def test_what_a_revision_did_says_what_it_is_worth() -> None:
    """Each more is one step up, and a rollback that left it outweighs all."""
    assert revision("v1").verdict is Worth.UNKNOWN
    assert revision("v1", seen_at=1).verdict is Worth.NEVER_AVAILABLE
    assert revision("v1", seen_at=1, available_at=2).verdict is Worth.UNPROVEN
    assert revision("v1", seen_at=1, available_at=2, good_at=3).verdict is Worth.GOOD
    assert good("v1", rolled_back_by="rb-1").verdict is Worth.BAD


def test_the_services_ledger_says_which_versions_are_bad() -> None:
    """Every revision of the version, and only as long as the mark stands."""
    marked = Standing(service="game-server", bad={"v2": Bad(rollback_id="rb-1042", at=BEGIN)})
    read = judged(HISTORY, marked)
    assert [r.rolled_back_by for r in read] == ["", "", "rb-1042", "rb-1042", ""]
    assert last_good(read, current_key=PINNED.key) == HISTORY[1]
    assert judged(read, Standing(service="game-server")) == tuple(HISTORY)


def test_the_cluster_knows_numbers_and_the_ledger_the_rest() -> None:
    """Joined by key: the ledger's times, the cluster's numbers; each side's own revisions are kept, by number."""
    ledger = [good("v1", 3, left_at=None), good("v2", 2), good("v0", 1)]
    owned = [revision("v3", 4, name="game-4"), revision("v2", 5, name="game-2", created_at=7), revision("v9", 1)]
    joined = merged(ledger, owned)
    assert [(r.version, r.number, r.name, r.verdict) for r in joined] == [
        ("v1", 3, "", Worth.GOOD),
        ("v2", 5, "game-2", Worth.GOOD),
        ("v3", 4, "game-4", Worth.UNKNOWN),
        ("v9", 1, "", Worth.UNKNOWN),
        ("v0", 0, "", Worth.GOOD),
    ]
    assert joined[1].created_at == 7
    assert merged([], owned) == (owned[1], owned[0], owned[2])
    assert merged(ledger, []) == tuple(ledger)


def test_a_revision_whose_template_reads_differently_is_known_by_its_name() -> None:
    """What the cluster wrote before an upgrade is the same ReplicaSet or ControllerRevision all the same."""
    ledger = [good("v1", 1, name="game-1")]
    owned = [revision("v1", 1, name="game-1", key="f" * 64)]
    assert merged(ledger, owned) == tuple(ledger)
