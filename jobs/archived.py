"""How chains of events lie in the archive: segments that are written once, each with the head it ends at.

    journals/2026/11/rb-1042/000001-000017.jsonl    the events 1 to 17, one a line, byte for byte as in the stream
    journals/2026/11/rb-1042/000018-000021.jsonl    what came later
    ledgers/game-server/000001-000003.jsonl         what was decided about a service
    heads/rb-1042/000017.json                       {chain, seq, hash, at}: the anchor, written before its segment

In the order of their names the segments are the journal. Months are those of the first event, in UTC.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.domain.audit import Broken, Head, Why, at_of, broken_by, hash_of
from bot.store.evidence import LEDGER, Chain
from jobs.clients.archive import Place

JOURNALS: Final = "journals/"
LEDGERS: Final = "ledgers/"
HEADS: Final = "heads/"
_SEGMENT: Final = re.compile(r"(?P<folder>.+/(?P<owner>[^/]+))/(?P<first>\d{6,})-(?P<last>\d{6,})\.jsonl")
_HEAD: Final = re.compile(r"heads/(?P<chain>[^/]+)/(?P<seq>\d{6,})\.json")


@dataclass(frozen=True, order=True)
class Segment:
    """One object: the events `first` to `last` of a chain, in the folder of that chain."""

    chain: str
    first: int
    last: int
    name: str


@dataclass(frozen=True)
class Copy:
    """A chain as the archive has it: its lines from the first event on. `broken`: where the segments do not fit."""

    lines: tuple[str, ...]
    broken: Broken | None = None


def folder_of(chain: Chain) -> str:
    """The folder of a chain's segments, with the slash at its end.

    Raises:
        ValueError: it is not known when the journal began.
    """
    if chain.service:
        return f"{LEDGERS}{chain.service}/"
    if chain.begun is None:
        raise ValueError(f"{chain.name} has neither a first event nor a record")
    begun = datetime.fromtimestamp(chain.begun / 1000, tz=UTC)
    return f"{JOURNALS}{begun:%Y/%m}/{chain.name}/"


def segments(names: Iterable[str]) -> dict[str, list[Segment]]:
    """The segments among these names, by chain, each chain's in order."""
    found: dict[str, list[Segment]] = {}
    for name in names:
        if match := _SEGMENT.fullmatch(name):
            chain = match["owner"] if name.startswith(JOURNALS) else LEDGER + match["owner"]
            found.setdefault(chain, []).append(Segment(chain, int(match["first"]), int(match["last"]), name))
    return {chain: sorted(parts) for chain, parts in found.items()}


def highest_number(place: Place) -> int:
    """The highest number of a rollback that the archive has ("rb-1042": 1042); 0 when it has none."""
    numbers = (name.removeprefix("rb-") for name in segments(place.names(JOURNALS)))
    return max((int(number) for number in numbers if number.isdecimal()), default=0)


def heads(place: Place) -> dict[str, list[Head]]:
    """All anchored heads, by chain. One that cannot be read as what it is names a hash that no event has."""
    found: dict[str, list[Head]] = {}
    for name in place.names(HEADS):
        if match := _HEAD.fullmatch(name):
            head = _head(place.get(name) or "", chain=match["chain"], seq=int(match["seq"]))
            found.setdefault(match["chain"], []).append(head)
    return found


def read(place: Place, parts: Sequence[Segment]) -> Copy:
    """A chain put together from its segments; where two overlap, they must say the same."""
    lines: list[str] = []
    for part in parts:
        if part.first > len(lines) + 1:
            return Copy(tuple(lines), Broken(seq=len(lines) + 1, why=Why.MISSING, expected=part.name))
        for seq, line in enumerate(lines_of(place.get(part.name)), start=part.first):
            if seq <= len(lines) and lines[seq - 1] != line:
                broken = broken_by(
                    line, seq=seq, why=Why.DIFFERS, expected=hash_of(lines[seq - 1]), found=hash_of(line)
                )
                return Copy(tuple(lines), broken)
            if seq > len(lines):
                lines.append(line)
    last = max((part.last for part in parts), default=0)
    if len(lines) < last:
        return Copy(tuple(lines), Broken(seq=len(lines) + 1, why=Why.MISSING, expected=str(last)))
    return Copy(tuple(lines))


def head_name(head: Head) -> str:
    """The object that holds a head."""
    return f"{HEADS}{head.chain}/{head.seq:06d}.json"


def lines_of(text: str | None) -> list[str]:
    """A segment's lines; one that lacks its end is a line too, and no event."""
    lines = (text or "").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def anchor(place: Place, chain: Chain) -> None:
    """Write down the head of a chain as it is now."""
    line = chain.lines[-1]
    head = Head(chain=chain.name, seq=chain.last, hash=hash_of(line), at=at_of(line))
    place.put(head_name(head), head.model_dump_json() + "\n")


def write(place: Place, chain: Chain, *, after: int) -> None:
    """Write the events of a chain after the number `after` as a segment."""
    lines = chain.lines[after + 1 - chain.first :]
    place.put(f"{folder_of(chain)}{after + 1:06d}-{chain.last:06d}.jsonl", "".join(f"{line}\n" for line in lines))


def _head(text: str, *, chain: str, seq: int) -> Head:
    try:
        said: object = json.loads(text)
    except ValueError:
        said = None
    known = said if isinstance(said, Mapping) else {}
    if known.get("chain") != chain or known.get("seq") != seq or not isinstance(known.get("hash"), str):
        return Head(chain=chain, seq=seq, hash="unreadable")
    return Head(chain=chain, seq=seq, hash=str(known["hash"]))
