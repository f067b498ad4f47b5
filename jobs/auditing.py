"""Auditing: every chain of events against itself, Redis against the archive, and both against anchored heads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from bot.domain.audit import (
    Audit,
    Broken,
    Finding,
    Head,
    Why,
    anchored,
    at_of,
    broken_by,
    compare,
    hash_of,
    verify,
)
from bot.store.evidence import LEDGER, Chain, Evidence
from jobs import archived
from jobs.archived import Copy, Segment
from jobs.clients.archive import Place
from jobs.clients.errors import Rejected

REDIS, ARCHIVE = "redis", "archive"


@dataclass(frozen=True)
class Sources:
    """Where chains are: in Redis, in an archive, or both. `given`: heads that somebody copied, from reports say."""

    store: Evidence | None = None
    place: Place | None = None
    given: Sequence[Head] = ()
    _parts: dict[str, list[Segment]] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Every chain that any of them knows of."""
        if self.place is not None and not self._parts:
            prefixes = (archived.JOURNALS, archived.LEDGERS)
            self._parts.update(archived.segments(name for prefix in prefixes for name in self.place.names(prefix)))
        stored = self.store.chain_names() if self.store else ()
        return sorted({*stored, *self._parts, *(head.chain for head in self.given)})

    def chain(self, name: str) -> Chain | None:
        """What Redis has of a chain; None where Redis is not asked."""
        return self.store.chain(name) if self.store else None

    def copy(self, name: str) -> Copy | None:
        """What the archive has of a chain, which may be nothing; None where it is not asked."""
        return archived.read(self.place, self._parts.get(name, ())) if self.place else None

    def heads(self) -> dict[str, list[Head]]:
        """All heads, by chain."""
        found = dict(archived.heads(self.place)) if self.place else {}
        for head in self.given:
            found[head.chain] = [*found.get(head.chain, ()), head]
        return found


def audit(sources: Sources) -> Audit:
    """Look at everything. Reading errors are those of the parts: StoreUnreadable, and the clients'.

    A chain that was archived after its heads or its names were read is judged by what was read.
    """
    heads = sources.heads()
    names = sorted({*sources.names(), *heads})
    findings: list[Finding] = []
    events = 0
    for name in names:
        chain, copy = sources.chain(name), sources.copy(name)
        events += max(chain.last if chain else 0, len(copy.lines) if copy else 0)
        found = min(_faults(chain, copy, heads.get(name, ())), key=lambda fault: fault[1].seq, default=None)
        if found is not None:
            findings.append(Finding(chain=name, where=found[0], broken=found[1]))
    ledgers = sum(name.startswith(LEDGER) for name in names)
    return Audit(
        journals=len(names) - ledgers,
        ledgers=ledgers,
        events=events,
        heads=sum(map(len, heads.values())),
        findings=tuple(findings),
    )


def export(sources: Sources, names: Iterable[str], out: Place) -> Audit:
    """Copy these chains, whole, as they stand and unjudged, with their anchored heads, to an empty place.

    Raises:
        Rejected: something is there already, or a chain is nowhere.
    """
    if out.names():
        raise Rejected(
            f"{out.address} is not empty. Nothing was exported. Name a new folder, so that nothing is mixed."
        )
    heads = sources.heads()
    events, wanted = 0, list(names)
    for name in wanted:
        chain = whole(sources, name)
        events += len(chain.lines)
        archived.write(out, chain, after=0)
        for head in heads.get(name, ()):
            out.put(archived.head_name(head), head.model_dump_json() + "\n")
    ledgers = sum(name.startswith(LEDGER) for name in wanted)
    copied = sum(len(heads.get(name, ())) for name in wanted)
    return Audit(journals=len(wanted) - ledgers, ledgers=ledgers, events=events, heads=copied)


def whole(sources: Sources, name: str) -> Chain:
    """A chain from its first event: what Redis has, before it what only the archive has.

    Raises:
        Rejected: nobody has it.
    """
    known = name in sources.names()
    chain, copy = sources.chain(name), sources.copy(name)
    before = copy.lines if copy else ()
    if not known or not (before or (chain and chain.lines)):
        raise Rejected(f"There is no chain of events {name}. Nothing was exported. `rollbackctl history` names them.")
    if chain is None or not chain.lines:
        return Chain(name=name, first=1, lines=before, head="", seq=0, trimmed=0, begun=at_of(before[0]))
    return replace(chain, first=1, lines=(*before[: chain.first - 1], *chain.lines))


def _faults(chain: Chain | None, copy: Copy | None, heads: Sequence[Head]) -> Iterator[tuple[str, Broken]]:
    """Everything that does not fit; of those about one event the plainest first."""
    found: list[tuple[str, Broken | None]] = []
    if chain is not None:
        found.append((REDIS, _in_redis(chain, copy)))
    if copy is not None:
        found += [(ARCHIVE, copy.broken), (ARCHIVE, verify(copy.lines))]
    if chain is not None:
        others = copy.lines if copy else ()
        found += [
            (REDIS, compare(chain.lines, others, first=chain.first)),
            (REDIS, anchored(chain.lines, heads, first=chain.first)),
            (REDIS, _folded(chain)),
        ]
    if copy is not None:
        trimmed = [head for head in heads if chain is None or head.seq < chain.first]
        found += [(ARCHIVE, anchored(copy.lines, trimmed)), (ARCHIVE, _beginning(chain, copy))]
    return ((where, broken) for where, broken in found if broken is not None)


def _in_redis(chain: Chain, copy: Copy | None) -> Broken | None:
    """Whether the stream is a chain, begins where it was trimmed, and goes on from what the archive has before it."""
    if chain.lines and chain.first != chain.trimmed + 1:
        return Broken(seq=chain.trimmed + 1, why=Why.MISSING, expected=str(chain.trimmed + 1), found=str(chain.first))
    before = copy.lines[: chain.first - 1] if copy else ()
    known = len(before) == chain.first - 1 and bool(before)
    return verify(chain.lines, first=chain.first, prev=hash_of(before[-1]) if known else None)


def _beginning(chain: Chain | None, copy: Copy) -> Broken | None:
    """Whether the archive has what was trimmed from Redis."""
    have, trimmed = len(copy.lines), chain.first - 1 if chain and chain.lines else 0
    return Broken(seq=have + 1, why=Why.MISSING, expected=str(trimmed)) if have < trimmed else None


def _folded(chain: Chain) -> Broken | None:
    """Whether the record was folded from this very chain."""
    if not chain.head and not chain.lines:
        return None
    if chain.seq > chain.last:
        return Broken(seq=chain.last + 1, why=Why.MISSING, expected=f"{chain.seq}:{chain.head}")
    line = chain.lines[-1]
    if chain.seq == chain.last and chain.head == hash_of(line):
        return None
    return broken_by(line, seq=chain.last, why=Why.RECORD, expected=chain.head, found=hash_of(line))
