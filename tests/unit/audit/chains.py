"""A chain of events as its writer leaves it, and the ways to tamper with it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.domain.events import GENESIS, Kind, NewEvent, chained
from bot.domain.model import JsonObject, sha256
from bot.domain.people import Person
from bot.store.fold import text_of

MINA = Person(team="T1", id="U1", name="mina é")
BEGAN = 1_795_000_000_000


def chain(count: int = 6, *, who: Person = MINA) -> list[str]:
    """The lines of a journal of so many events."""
    lines, prev = [], GENESIS
    for seq in range(1, count + 1):
        new = NewEvent(kind=Kind.TAKEN_OVER, by=who, data={"fence": seq, "share": 0.1})
        event = chained(new, seq=seq, at=BEGAN + seq, prev=prev)
        lines.append(text_of(event))
        prev = event.hash
    return lines


def rewritten(lines: Sequence[str], *, since: int) -> list[str]:
    """Event `since` says something else, and all hashes from there on were made to fit again."""
    bodies: list[JsonObject] = [json.loads(line) for line in lines]
    bodies[since - 1]["data"] = {"fence": 999}
    return sealed(bodies)


def sealed(bodies: Sequence[JsonObject]) -> list[str]:
    """These events, each with the number, link and hash of its place."""
    lines, prev = [], GENESIS
    for seq, body in enumerate(bodies, start=1):
        bare = {**{name: value for name, value in body.items() if name != "hash"}, "seq": seq, "prev": prev}
        prev = sha256(bare)
        lines.append(json.dumps({**bare, "hash": prev}, separators=(",", ":")))
    return lines
