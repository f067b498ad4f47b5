"""From events to what is written: pure."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit import verify
from bot.domain.events import Event, Kind, NewEvent
from bot.domain.people import Person
from bot.domain.rollback import IllegalMove, Request, State
from bot.store import keys
from bot.store.fold import Folded, fold

REQUEST = Request(service="game-server", strategy="canary", by=Person(team="T1", id="U1"), channel="C1")
ASKED = NewEvent(kind=Kind.REQUESTED, by=REQUEST.by, data={"request": REQUEST.model_dump(mode="json")})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def read_back(folded: Folded) -> list[Event]:
    """The events as a reader of the journal gets them."""
    return [Event.model_validate_json(text) for _, text in folded.events]


def first_broken(lines: list[str]) -> int | None:
    """The number of the first line that is not what was written; None when all are."""
    broken = verify(lines)
    return None if broken is None else broken.seq


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_any_data_reads_back_to_the_same_hash(data: dict[str, object]) -> None:
    """Whatever JSON an event carries, the chain holds after it was written and read."""
    try:
        told = NewEvent.model_validate({"kind": Kind.TAKEN_OVER, "data": data})
        folded = fold(None, [ASKED, told], rollback_id="rb-1", at=1)
    except UnicodeEncodeError:
        return

    assert verify([text for _, text in folded.events]) is None
    assert folded.rollback.head == read_back(folded)[-1].hash


def test_a_changed_missing_or_reordered_event_breaks_the_chain() -> None:
    """The number of the first event that is not as written."""
    told = [NewEvent(kind=Kind.TAKEN_OVER, data={"fence": n}) for n in range(3)]
    events = [text for _, text in fold(None, [ASKED, *told], rollback_id="rb-1", at=1).events]
    changed = events[2].replace('"fence":1', '"fence":99')

    assert first_broken(events) is None
    assert first_broken([]) is None
    assert first_broken([*events[:2], changed, *events[3:]]) == 3
    assert first_broken([*events[:1], *events[2:]]) == 2
    assert first_broken([events[0], events[2], events[1]]) == 2
    assert first_broken(events[1:]) == 1


def test_an_ended_rollback_is_no_longer_open() -> None:
    """The fields of the record say so, beside state, head and number."""
    folded = fold(None, [ASKED, NewEvent(kind=Kind.ABORTED)], rollback_id="rb-1", at=5)

    assert (folded.open, folded.fields["open"], folded.fields["state"]) == (False, "0", "aborted")
    assert (folded.fields["seq"], folded.fields["at"], folded.rollback.ended_at) == ("2", "5", 5)
    assert json.loads(folded.answer()) == {"rollback": "rb-1", "seq": 2, "head": folded.rollback.head}


def test_a_journal_begins_with_a_request_and_goes_on_legally() -> None:
    """Anything else is refused, and so is nothing at all."""
    with pytest.raises(IllegalMove):
        fold(None, [NewEvent(kind=Kind.ABORTED)], rollback_id="rb-1", at=1)
    with pytest.raises(IllegalMove):
        fold(None, [ASKED, NewEvent(kind=Kind.STARTED)], rollback_id="rb-1", at=1)
    with pytest.raises(ValueError, match="at least one"):
        fold(None, [], rollback_id="rb-1", at=1)
    assert fold(None, [ASKED], rollback_id="rb-1", at=1).rollback.state is State.REQUESTED


def test_keys_are_told_apart_and_a_command_needs_an_id() -> None:
    """No two nouns share a key, all stand under one prefix."""
    made = [make("x") for make in (keys.record, keys.journal, keys.approvals, keys.lease, keys.command, keys.of)]
    made += [keys.note("x"), keys.mutex("x")]

    assert len(set(made)) == len(made)
    assert all(key.startswith(keys.PREFIX) for key in made)
    with pytest.raises(ValueError, match="id of its own"):
        keys.command("")
