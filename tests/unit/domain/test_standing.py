"""The fold of a service's ledger: locks that run out, holds, versions marked bad, and the chain of hashes."""

from __future__ import annotations

import json

import pytest

from bot.domain.audit import verify
from bot.domain.people import Person
from bot.domain.standing import Deed, Entry, NewEntry, Standing, after, entered

ADA = Person(team="T1", id="U1", name="ada")
NOW = 1_800_000_000_000
HELD = NewEntry(kind=Deed.HOLD_SET, by=ADA, data={"rollback": "rb-1042", "version": "v2.0.5"})
BAD = NewEntry(
    kind=Deed.MARKED_BAD,
    by=ADA,
    data={"version": "v2.1.0", "rollback": "rb-1042", "error_share": 0.084, "reason": "error spike"},
)


def lock(until: int | None = None) -> NewEntry:
    """A lock by Ada."""
    return NewEntry(kind=Deed.LOCKED, by=ADA, data={"reason": "database move", "until": until})


def folded(*news: NewEntry, at: int = NOW) -> tuple[Standing, list[Entry]]:
    """The standing after these, a second apart, and the entries in their place."""
    standing, entries = Standing(service="game-server"), []
    for place, new in enumerate(news):
        entry = entered(new, seq=standing.seq + 1, at=at + place * 1000, prev=standing.head)
        standing = after(standing, entry)
        entries.append(entry)
    return standing, entries


def lines_of(entries: list[Entry]) -> list[str]:
    """The entries as the store writes them."""
    return [json.dumps(entry.model_dump(mode="json"), separators=(",", ":")) for entry in entries]


def test_a_lock_stands_until_its_end_and_not_a_moment_longer() -> None:
    """What refuses new rollbacks ends by itself, by Redis' clock."""
    standing, _ = folded(lock(until=NOW + 60_000))

    assert standing.locked(NOW + 59_999) is not None
    assert standing.locked(NOW + 60_000) is None
    assert standing.locked_until == str(NOW + 60_000)


def test_a_lock_without_an_end_stands_until_it_is_lifted() -> None:
    """The script that creates rollbacks reads "0" for no end, and "" once it is lifted."""
    standing, _ = folded(lock())
    lifted, _ = folded(lock(), NewEntry(kind=Deed.UNLOCKED, by=ADA))

    assert (standing.locked_until, lifted.locked_until) == ("0", "")
    assert standing.locked(NOW + 10**12) is not None
    assert lifted.locked(NOW) is None


def test_a_hold_and_a_bad_version_outlive_each_other() -> None:
    """Releasing the hold leaves the version bad; marking it good leaves the hold."""
    released, _ = folded(HELD, BAD, NewEntry(kind=Deed.HOLD_RELEASED, by=ADA, data={"rollback": "rb-1042"}))
    good, _ = folded(HELD, BAD, NewEntry(kind=Deed.MARKED_GOOD, by=ADA, data={"version": "v2.1.0"}))

    assert (released.hold, released.settled) == (None, "rb-1042")
    assert released.bad["v2.1.0"].error_share == 0.084
    assert good.hold is not None
    assert good.bad == {}


def test_the_ledger_reads_back_to_the_same_standing() -> None:
    """What Redis keeps as JSON is the fold itself."""
    standing, _ = folded(lock(), HELD, BAD)

    assert Standing.model_validate_json(standing.model_dump_json()) == standing


@pytest.mark.parametrize(
    "change",
    [{"data": {"reason": "another", "until": None}}, {"by": None}, {"at": NOW + 1}, {"prev": "f" * 64}, {"seq": 9}],
)
def test_a_changed_entry_is_named(change: dict[str, object]) -> None:
    """Whatever of an entry is changed afterwards, the chain breaks at that entry."""
    _, entries = folded(lock(), HELD, BAD)
    broken = [entries[0].model_copy(update=change), *entries[1:]]

    found = verify(lines_of(broken))

    assert verify(lines_of(entries)) is None
    assert found is not None
    assert found.seq == 1


def test_an_entry_that_does_not_follow_is_refused() -> None:
    """The fold takes entries in their order only."""
    standing, entries = folded(lock(), HELD)

    with pytest.raises(ValueError, match="does not follow"):
        after(standing, entries[0])
