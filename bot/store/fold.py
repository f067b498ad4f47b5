"""From new events to what a script writes. Pure: nothing is sent from here, so a refusal costs nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.events import GENESIS, Event, NewEvent, chained
from bot.domain.model import JsonObject
from bot.domain.rollback import OPEN, Rollback, after, begin


@dataclass(frozen=True)
class Folded:
    """What one transition makes: the rollback after it, its record's fields, and its events as (number, text)."""

    rollback: Rollback
    fields: JsonObject
    events: list[tuple[int, str]]

    @property
    def open(self) -> bool:
        """Whether the rollback has not ended."""
        return self.rollback.state in OPEN

    def answer(self) -> str:
        """What is kept under the command id."""
        return json.dumps({"rollback": self.rollback.id, "seq": self.rollback.seq, "head": self.rollback.head})


def fold(before: Rollback | None, events: Sequence[NewEvent], *, rollback_id: str, at: int) -> Folded:
    """Chain the events after `before`'s head at `at` (Redis ms) and fold them into it.

    Raises:
        IllegalMove: one of them cannot happen in the state it would find.
        ValueError: the result could not be read back (a number that is not finite, a field of the wrong kind).
    """
    if not events:
        raise ValueError("a transition needs at least one event")
    rollback, texts = before, []
    for new in events:
        seq, head = (rollback.seq, rollback.head) if rollback else (0, GENESIS)
        event = chained(new, seq=seq + 1, at=at, prev=head)
        rollback = after(rollback, event) if rollback else begin(event, rollback_id)
        texts.append((event.seq, text_of(event)))
    if rollback is None:
        raise ValueError("no rollback came of these events")
    body = rollback.model_dump_json(warnings=False)
    # Fields come from an event's free data: what cannot be read back must not be written.
    read_back = Rollback.model_validate_json(body)
    return Folded(rollback=read_back, fields=_fields(read_back, body=body, at=at), events=texts)


def text_of(event: Event) -> str:
    """The event as JSON that reads back to the same hash.

    Raises:
        ValueError: it holds a number that is not finite, which JSON has no word for.
    """
    return json.dumps(event.model_dump(mode="json"), separators=(",", ":"), allow_nan=False)


def _fields(rollback: Rollback, *, body: str, at: int) -> JsonObject:
    return {
        "state": rollback.state.value,
        "head": rollback.head,
        "seq": str(rollback.seq),
        "at": str(at),
        "digest": rollback.digest,
        "open": "1" if rollback.state in OPEN else "0",
        "queue": rollback.queue,
        "urgent": "1" if rollback.urgent else "0",
        "body": body,
    }
