"""What stands about a service, in words: the answers to lock and unlock, and the line on cards and in status."""

from __future__ import annotations

from bot.domain.standing import Standing
from bot.views import blocks, buttons, units, words
from bot.views.card_slots import DOT
from bot.views.message import Message
from bot.views.text import Safe, cut_end, join, quoted, unmarked
from bot.views.words import Words

DAY_MS = 86_400_000
REASON_LIMIT = 120
TEXT_LIMIT = 300


def locked(standing: Standing, language: str = words.FALLBACK) -> Message:
    """A lock was set."""
    spoken = words.get(language)
    lock = standing.lock
    if lock is None:
        return unlocked(standing.service, lock=True, hold=False, language=language)
    figures = {"service": buttons.name(standing.service), "reason": quoted(lock.reason, limit=REASON_LIMIT)}
    until = until_said(spoken, since=lock.at, until=lock.until)
    return _said(spoken("lock.set", **figures, until=until, who=spoken.who(lock.by)))


def unlocked(service: str, *, lock: bool, hold: bool, language: str = words.FALLBACK) -> Message:
    """A lock, a deploy hold, or both were lifted."""
    spoken = words.get(language)
    what = "both" if lock and hold else "lock" if lock else "hold"
    return _said(spoken(f"lock.lifted.{what}", service=buttons.name(service)))


def marked_good(service: str, version: str, language: str = words.FALLBACK) -> Message:
    """A version is no longer marked bad."""
    spoken = words.get(language)
    return _said(spoken("lock.marked_good", service=buttons.name(service), version=buttons.name(version)))


def lock_line(spoken: Words, standing: Standing, *, now: int) -> Safe:
    """The lock that stands at `now` (Redis ms), as cards and status show it; nothing without one."""
    lock = standing.locked(now)
    if lock is None:
        return Safe()
    reason = quoted(lock.reason, limit=REASON_LIMIT)
    until = until_said(spoken, since=lock.at, until=lock.until)
    return spoken("lock.line", until=until, who=spoken.who(lock.by), reason=reason)


def hold_line(spoken: Words, standing: Standing) -> Safe:
    """The deploy hold, and the versions marked bad by the rollback that set it; nothing without one."""
    hold = standing.hold
    if hold is None:
        return Safe()
    marked = sorted(name for name, bad in standing.bad.items() if bad.rollback_id == hold.rollback_id)
    bad = [spoken("hold.bad", version=buttons.name(name)) for name in marked]
    return join(DOT, (*bad, spoken("hold.line", service=buttons.name(standing.service))))


def standing_line(spoken: Words, standing: Standing, *, now: int) -> Safe:
    """Everything that stands about a service, for `/rollback status SERVICE`; nothing where nothing does."""
    bad = sorted(standing.bad)
    marked = spoken("standing.bad", versions=join(", ", (buttons.name(name) for name in bad[:10]))) if bad else Safe()
    hold = standing.hold
    held = Safe()
    if hold is not None:
        figures = {"id": hold.rollback_id, "version": buttons.name(hold.version), "date": units.date(hold.at)}
        held = spoken("standing.hold", service=buttons.name(standing.service), **figures)
    return join("\n", (lock_line(spoken, standing, now=now), held, marked))


def until_said(spoken: Words, *, since: int | None, until: int | None) -> Safe:
    """When a lock set at `since` ends (Redis ms); with its date when that is more than a day later, nothing without."""
    if until is None:
        return spoken("lock.no_end")
    if since is not None and until - since > DAY_MS:
        return spoken("lock.until_day", date=units.date(until), until=spoken.minute(until))
    return spoken("lock.until", until=spoken.minute(until))


def _said(told: Safe) -> Message:
    text = cut_end(Safe(unmarked(told).replace("`", "")), limit=TEXT_LIMIT)
    return Message(text, (blocks.section(told),), public=True)
