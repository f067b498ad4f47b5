"""What an audit found, as lines for a terminal."""

from __future__ import annotations

from bot.domain.audit import Audit, Broken, Finding
from bot.domain.model import JsonObject
from bot.views import units
from bot.views.text import NOTHING, Safe, join
from bot.views.words import FALLBACK, Words, get

SHORT = 16
"""Hex digits of a hash that a line prints."""


def show(found: Audit, language: str = FALLBACK) -> str:
    """One line when everything fits; else two about each chain that does not, and how much was looked at."""
    words = get(language)
    if not found.findings:
        return words("audit.fits", figures=_figures(found, words)) if found.events else words("audit.fits.nothing")
    lines = [line for finding in found.findings for line in (_broken(finding, words), _means(finding, words))]
    return "\n".join((*lines, words("audit.some", figures=_figures(found, words))))


def exported(found: Audit, out: str, language: str = FALLBACK) -> str:
    """What was copied, and where to."""
    words = get(language)
    return words("audit.exported", figures=_figures(found, words), out=Safe(out))


def as_json(found: Audit) -> JsonObject:
    """The same for a script."""
    return {"fits": not found.findings, **found.model_dump(mode="json")}


def _figures(found: Audit, words: Words) -> Safe:
    parts = [words.n("audit.rollbacks", found.journals)]
    if found.ledgers:
        parts.append(words.n("audit.ledgers", found.ledgers))
    parts += [words.n("audit.events", found.events), words.n("audit.heads", found.heads)]
    return join(", ", parts)


def _broken(finding: Finding, words: Words) -> Safe:
    broken = finding.broken
    why = words(f"audit.why.{broken.why}", expected=_short(broken.expected), found=_short(broken.found))
    return words(
        "audit.broken",
        chain=finding.chain,
        seq=str(broken.seq),
        told=_told(broken, words),
        where=words(f"audit.where.{finding.where}"),
        why=why,
    )


def _means(finding: Finding, words: Words) -> Safe:
    return words("audit.means" if finding.broken.seq > 1 else "audit.means.first", chain=finding.chain)


def _told(broken: Broken, words: Words) -> Safe:
    if not broken.kind:
        return NOTHING
    if broken.at is None:
        return words("audit.told.kind", kind=broken.kind)
    return words("audit.told", kind=broken.kind, date=units.date(broken.at), clock=units.clock(broken.at))


def _short(value: str) -> str:
    """A hash cut to what tells it apart, alone or after a number and a colon."""
    before, colon, after = value.rpartition(":")
    return f"{before}{colon}{after[:SHORT]}" if len(after) > SHORT else value
