"""Evidence: every chain of events as it stands in Redis, raw, whatever the epoch: to be kept, and to be audited."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from bot.store import keys
from bot.store.lua import Part, readable

LEDGER: Final = "ledger-"
"""What the name of a service's ledger begins with; a rollback's journal has the rollback's id as its name."""

_SCAN: Final = 1_000


@dataclass(frozen=True)
class Chain:
    """One chain: `lines` are its events as written, the first of which has the number `first` (1 unless trimmed).

    `head`, `seq`: what the record was folded from; "" and 0 where there is none. `trimmed`: events up to this number
    were taken out by us. `begun`: Redis ms of the first event; None where it cannot be known.
    """

    name: str
    first: int
    lines: tuple[str, ...]
    head: str
    seq: int
    trimmed: int
    begun: int | None

    @property
    def last(self) -> int:
        """The number of the last event; one less than `first` when there is none."""
        return self.first + len(self.lines) - 1

    @property
    def service(self) -> str:
        """Whose ledger it is; "" for a journal."""
        return self.name.removeprefix(LEDGER) if self.name.startswith(LEDGER) else ""


class Evidence(Part):
    """Raw reading. Every method raises StoreUnreadable when Redis does not answer, and nothing else."""

    def chain_names(self) -> list[str]:
        """The names of all journals and ledgers, also of those of which only the record or the standing is left."""
        found: set[str] = set()
        journals, ledgers = (keys.journal(""), keys.RECORD), (keys.ledger(""), keys.standing(""))
        with readable():
            for begin, mark in (*((key, "") for key in journals), *((key, LEDGER) for key in ledgers)):
                for key in self._redis.scan_iter(match=f"{begin}*", count=_SCAN):
                    found.add(mark + str(key).removeprefix(begin))
        return sorted(found)

    def chain(self, name: str) -> Chain:
        """One chain, read in one go with its record."""
        service = name.removeprefix(LEDGER) if name.startswith(LEDGER) else None
        stream, record = (
            (keys.journal(name), keys.record(name))
            if service is None
            else (keys.ledger(service), keys.standing(service))
        )
        with readable(), self._redis.pipeline(transaction=True) as pipe:
            pipe.xrange(stream)
            pipe.hmget(record, ["head", "seq", "trimmed", "body"])
            entries, (head, seq, trimmed, body) = pipe.execute()
        lines = tuple(str(fields.get("e", "")) for _, fields in entries)
        first = int(str(entries[0][0]).partition("-")[0]) if entries else int(trimmed or 0) + 1
        return Chain(
            name=name,
            first=first,
            lines=lines,
            head=str(head or ""),
            seq=int(seq or 0),
            trimmed=int(trimmed or 0),
            begun=_begun(lines[0] if lines and first == 1 else "", body=str(body or "")),
        )


def _begun(line: str, *, body: str) -> int | None:
    for text, name in ((line, "at"), (body, "requested_at")):
        try:
            value = json.loads(text)[name]
        except (ValueError, KeyError, TypeError):
            continue
        if isinstance(value, int):
            return value
    return None
