"""English: what an audit of the events found."""

WORDS: dict[str, str] = {
    "terminal.accept.unknown-ids": (
        "Ids may be given again that an earlier store gave. A rollback with such an id stops before it destroys "
        "anything."
    ),
    "audit.fits": "Everything fits: {figures}.",
    "audit.fits.nothing": "There is nothing to look at: no journal, no ledger and no head.",
    "audit.some": "Not everything fits. Looked at: {figures}.",
    "audit.exported": "Exported {figures} to {out}, unjudged. Look at them with: rollbackctl audit verify {out}",
    "audit.rollbacks.one": "{n} rollback",
    "audit.rollbacks.other": "{n} rollbacks",
    "audit.ledgers.one": "{n} service's ledger",
    "audit.ledgers.other": "{n} services' ledgers",
    "audit.events.one": "{n} event",
    "audit.events.other": "{n} events",
    "audit.heads.one": "{n} head",
    "audit.heads.other": "{n} heads",
    "audit.broken": "{chain}, event {seq}{told}, in {where}, is the first that does not fit. {why}",
    "audit.told": " ({kind}, {date} {clock} UTC)",
    "audit.told.kind": " ({kind})",
    "audit.where.redis": "Redis",
    "audit.where.archive": "the archive",
    "audit.means": (
        "What is before it holds; it and what follows prove nothing. Compare the copies: "
        "rollbackctl audit export {chain} --out FOLDER, and the head at the foot of the report."
    ),
    "audit.means.first": (
        "Nothing of it proves anything. Compare the copies: rollbackctl audit export {chain} --out FOLDER, and the "
        "head at the foot of the report."
    ),
    "audit.why.unreadable": "It is not as an event is written: somebody changed it.",
    "audit.why.number": "Number {expected} belongs here, {found} stands here: one was taken out, put in or moved.",
    "audit.why.link": "It names {found} as the event before it, which is {expected}: it was written after another one.",
    "audit.why.content": "What it says hashes to {expected}, its own hash is {found}: it was changed afterwards.",
    "audit.why.differs": "It is {found} here and {expected} in the other copy: one of the two was rewritten.",
    "audit.why.anchor": (
        "Its hash was anchored as {expected} and is {found} now: it, or one before it, was rewritten with all that "
        "follows."
    ),
    "audit.why.missing": "It is not there, though it is known from elsewhere ({expected}): it was taken out.",
    "audit.why.record": (
        "The record was made from {expected}, the events end with {found}: they are not this rollback's own."
    ),
}
