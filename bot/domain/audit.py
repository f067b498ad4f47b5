"""Whether a chain of events is the one that was written: judged by its lines as they stand, byte for byte.

Never by what today's models make of them: a field that is added to an event later must neither break what was written
before it nor be lost on what is written after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum

from bot.domain.events import GENESIS
from bot.domain.model import JsonObject, Value, canonical, sha256

SHORTEST = 12
"""Hex digits of a hash that are enough to name a head; fewer could be found by trying."""


class Why(StrEnum):
    """Why an event does not fit."""

    UNREADABLE = "unreadable"  # the line is no event, or not as an event is written
    NUMBER = "number"  # its number does not follow the one before
    LINK = "link"  # it does not carry the hash of the event before
    CONTENT = "content"  # its own hash is not that of what it says
    DIFFERS = "differs"  # Redis and the archive hold different events under this number
    ANCHOR = "anchor"  # a head that was anchored outside names another hash
    MISSING = "missing"  # it is known from elsewhere and is not there
    RECORD = "record"  # the record in Redis was folded from another last event


class Broken(Value):
    """The first event that does not fit. `at`: Redis ms as it says itself. `expected`, `found`: hashes or numbers."""

    seq: int
    why: Why
    kind: str = ""
    at: int | None = None
    expected: str = ""
    found: str = ""


class Head(Value):
    """The hash of one event as somebody wrote it down outside the store. `hash`: 64 hex digits, or at least 12.

    `chain`: a rollback's id, or "ledger-SERVICE".
    """

    chain: str
    seq: int
    hash: str
    at: int | None = None


class Finding(Value):
    """What does not fit in one chain. `where`: whose copy it is, "redis" or "archive"."""

    chain: str
    where: str
    broken: Broken


class Audit(Value):
    """How much was looked at, and the first event that does not fit of each chain that does not."""

    journals: int = 0
    ledgers: int = 0
    events: int = 0
    heads: int = 0
    findings: tuple[Finding, ...] = ()


def verify(lines: Sequence[str], *, first: int = 1, prev: str | None = None) -> Broken | None:
    """The first line that is not what was written after the one before it; None when all of them are.

    `first`: the number of the first line. `prev`: the hash before it; None for a chain's beginning, or for a later part
    of it whose first link somebody else vouches for.
    """
    expected = GENESIS if prev is None and first == 1 else prev
    for seq, line in enumerate(lines, start=first):
        body = read(line)
        if body is None:
            return Broken(seq=seq, why=Why.UNREADABLE)
        broken = _misfit(body, seq=seq, prev=expected)
        if broken is not None:
            return broken
        expected = str(body["hash"])
    return None


def compare(lines: Sequence[str], others: Sequence[str], *, first: int = 1, others_first: int = 1) -> Broken | None:
    """The first event of which two copies of a chain differ, or which `lines` lacks though `others` has it."""
    begin = max(first, others_first)
    for seq in range(begin, others_first + len(others)):
        other = others[seq - others_first]
        if seq >= first + len(lines):
            return broken_by(other, seq=seq, why=Why.MISSING, expected=hash_of(other))
        line = lines[seq - first]
        if line != other:
            return broken_by(line, seq=seq, why=Why.DIFFERS, expected=hash_of(other), found=hash_of(line))
    return None


def anchored(lines: Sequence[str], heads: Iterable[Head], *, first: int = 1) -> Broken | None:
    """The first event of which an anchored head tells another hash; heads before `first` are not judged."""
    for head in sorted(heads, key=lambda head: head.seq):
        if head.seq < first:
            continue
        if head.seq >= first + len(lines):
            return Broken(seq=first + len(lines), why=Why.MISSING, expected=f"{head.seq}:{head.hash}")
        line = lines[head.seq - first]
        found = hash_of(line)
        if not found.startswith(head.hash):
            return broken_by(line, seq=head.seq, why=Why.ANCHOR, expected=head.hash, found=found)
    return None


def earliest(*found: Broken | None) -> Broken | None:
    """Of several judgements the one about the earliest event; of equal ones the first given."""
    return min((broken for broken in found if broken), key=lambda broken: broken.seq, default=None)


def read(line: str) -> JsonObject | None:
    """The event of a line; None unless it is one, written as events are written.

    That is: compact JSON, each name once. So a changed byte is seen even where JSON gives it no meaning.
    """
    try:
        body = json.loads(line)
    except ValueError:
        return None
    if not isinstance(body, dict) or not isinstance(body.get("hash"), str) or not isinstance(body.get("kind"), str):
        return None
    try:
        written = line in {json.dumps(body, separators=(",", ":"), allow_nan=False), canonical(body)}
    except ValueError:
        return None
    return body if written else None


def hash_of(line: str) -> str:
    """The hash that a line carries; "" where it is no event."""
    return str((read(line) or {}).get("hash", ""))


def at_of(line: str) -> int | None:
    """When the event of a line happened, as it says itself (Redis ms)."""
    at = (read(line) or {}).get("at")
    return at if isinstance(at, int) else None


def broken_by(line: str, *, seq: int, why: Why, expected: str = "", found: str = "") -> Broken:
    """That this line does not fit, with what can be said of it."""
    kind = str((read(line) or {}).get("kind", ""))
    return Broken(seq=seq, why=why, kind=kind, at=at_of(line), expected=expected, found=found)


def _misfit(body: JsonObject, *, seq: int, prev: str | None) -> Broken | None:
    at = body.get("at")
    told = {"seq": seq, "kind": str(body["kind"]), "at": at if isinstance(at, int) else None}
    own = sha256({name: value for name, value in body.items() if name != "hash"})
    checks = (
        (Why.NUMBER, str(seq), str(body.get("seq"))),
        (Why.LINK, prev if prev is not None else str(body.get("prev")), str(body.get("prev"))),
        (Why.CONTENT, own, str(body["hash"])),
    )
    for why, expected, found in checks:
        if expected != found:
            return Broken.model_validate({**told, "why": why, "expected": expected, "found": found})
    return None
