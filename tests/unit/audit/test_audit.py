"""A chain is the one that was written, or the first event that is not is named."""

from __future__ import annotations

import json

import pytest

from bot.domain.audit import Head, Why, anchored, compare, earliest, hash_of, verify
from tests.unit.audit.chains import BEGAN, chain, rewritten, sealed

LINES = chain()


def test_a_chain_as_it_was_written_fits() -> None:
    """Whole, in part, and when there is nothing of it."""
    assert verify(LINES) is None
    assert verify([]) is None
    assert verify(LINES[3:], first=4, prev=hash_of(LINES[2])) is None
    assert verify(LINES[3:], first=4) is None


def test_whichever_byte_of_an_event_is_changed_that_event_is_named() -> None:
    """Each byte in turn, also where JSON gives the byte no meaning."""
    line = LINES[2]
    for place, was in enumerate(line):
        changed = line[:place] + ("0" if was != "0" else "1") + line[place + 1 :]
        broken = verify([*LINES[:2], changed, *LINES[3:]])
        assert broken is not None, place
        assert broken.seq == 3


@pytest.mark.parametrize(
    ("lines", "seq", "why"),
    [
        ([*LINES[:2], *LINES[3:]], 3, Why.NUMBER),
        ([LINES[0], LINES[2], LINES[1], *LINES[3:]], 2, Why.NUMBER),
        (LINES[1:], 1, Why.NUMBER),
        ([*LINES[:3], LINES[2], *LINES[3:]], 4, Why.NUMBER),
        ([*LINES[:2], "no event", *LINES[3:]], 3, Why.UNREADABLE),
        ([*LINES[:2], LINES[2].replace(",", ", ", 1), *LINES[3:]], 3, Why.UNREADABLE),
        ([*LINES[:2], LINES[2].replace('{"kind"', '{"kind":"aborted","kind"'), *LINES[3:]], 3, Why.UNREADABLE),
        ([*LINES[:2], LINES[2].replace('"fence":3', '"fence":4'), *LINES[3:]], 3, Why.CONTENT),
        ([*LINES[:2], rewritten(LINES, since=3)[2], *LINES[3:]], 4, Why.LINK),
    ],
    ids=["removed", "swapped", "beheaded", "doubled", "noise", "spaced", "named-twice", "edited", "resealed"],
)
def test_the_first_event_that_does_not_fit_is_named_with_the_reason(lines: list[str], seq: int, why: Why) -> None:
    """What was done to the chain decides which event it is and why."""
    broken = verify(lines)
    assert broken is not None
    assert (broken.seq, broken.why) == (seq, why)


def test_a_broken_event_tells_its_kind_and_time() -> None:
    """So that a person finds it in the thread."""
    broken = verify([LINES[0], LINES[1].replace('"fence":2', '"fence":3'), *LINES[2:]])
    assert broken is not None
    assert (broken.kind, broken.at) == ("taken_over", BEGAN + 2)


def test_an_event_by_a_later_version_with_a_field_of_its_own_fits() -> None:
    """What counts is what was written, not what this version's models make of it."""
    bodies = [json.loads(line) for line in LINES]
    bodies[3]["witness"] = {"name": "later"}
    bodies[4]["by"]["pronoun"] = "they"
    assert verify(sealed(bodies)) is None


def test_an_event_by_an_earlier_version_without_a_field_of_today_fits() -> None:
    """A field that was added to the models since does not break what was written before it."""
    bodies = [json.loads(line) for line in LINES]
    for body in bodies:
        del body["by"]["via"]
    assert verify(sealed(bodies)) is None


def test_a_chain_that_was_rewritten_consistently_is_found_by_an_anchored_head() -> None:
    """By itself it fits; the head that somebody wrote down does not."""
    forged = rewritten(LINES, since=2)
    heads = [Head(chain="rb-1", seq=seq, hash=hash_of(LINES[seq - 1])[:12]) for seq in (5, 1, 3)]
    assert verify(forged) is None
    assert anchored(LINES, heads) is None
    broken = anchored(forged, heads)
    assert broken is not None
    assert (broken.seq, broken.why) == (3, Why.ANCHOR)


def test_events_that_are_missing_at_the_end_are_found_by_an_anchored_head() -> None:
    """The first that is gone is named."""
    broken = anchored(LINES[:4], [Head(chain="rb-1", seq=6, hash=hash_of(LINES[5]))])
    assert broken is not None
    assert (broken.seq, broken.why) == (5, Why.MISSING)


def test_heads_of_trimmed_events_are_left_to_the_archive() -> None:
    """A head before the first line there is proves nothing about the rest."""
    assert anchored(LINES[3:], [Head(chain="rb-1", seq=2, hash="f" * 64)], first=4) is None


def test_two_copies_are_compared_where_both_have_something() -> None:
    """The first difference, and what only the other one has."""
    differs = compare(LINES, rewritten(LINES, since=3))
    missing = compare(LINES[:4], LINES)
    assert compare(LINES, LINES[:2]) is None
    assert compare(LINES[3:], LINES[:5], first=4) is None
    assert differs is not None
    assert missing is not None
    assert (differs.seq, differs.why) == (3, Why.DIFFERS)
    assert (missing.seq, missing.why) == (5, Why.MISSING)
    assert earliest(missing, None, differs) == differs
