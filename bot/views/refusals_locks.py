"""The figures behind refusals that rest on what a person or a rollback decided about a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.domain.refusal import Code
from bot.views import locks, units
from bot.views.figures import Figures
from bot.views.text import Safe, code, join, quoted
from bot.views.words import Words

Made = dict[str, object]
REASON_LIMIT = 200


def _locked(words: Words, given: Figures) -> Made:
    until, by, reason = given.time("until"), given.text("by"), given.text("reason")
    return {
        "until_said": locks.until_said(words, since=given.time("since"), until=until),
        "by_said": words("refusal.locked.by", by=by) if by else Safe(),
        "reason_said": words("refusal.locked.reason", reason=quoted(reason, limit=REASON_LIMIT)) if reason else Safe(),
    }


def _not_at_terminal(words: Words, given: Figures) -> Made:
    known = join(", ", given.texts("known")[:10])
    return {
        "who": given.text("who") or words("somebody"),
        "known_said": words("refusal.not-at-terminal.known", known=known) if known else Safe(),
    }


def _bad_version(words: Words, given: Figures) -> Made:
    at, share, reason = given.time("marked_at"), given.number("marked_share"), given.text("marked_reason")
    if at is None:
        return {"marked_said": Safe()}
    rate = words("refusal.bad-version.rate", rate=words.percent(share)) if share is not None else Safe()
    told = rate or (quoted(reason, limit=REASON_LIMIT) if reason else Safe())
    when = join(", ", (Safe(units.date(at)), told))
    return {"marked_said": words("refusal.bad-version.marked", when=when)}


def _sendable(_words: Words, given: Figures) -> Made:
    return {"send_code": code(given.text("send") or "/rollback help")}


MORE: Mapping[Code, Callable[[Words, Figures], Made]] = {
    Code.LOCKED: _locked,
    Code.NO_REASON: _sendable,
    Code.NO_BREAK_GLASS: _sendable,
    Code.NOT_AT_TERMINAL: _not_at_terminal,
    Code.BAD_VERSION: _bad_version,
}
"""Refusal code → what its templates name beside the figures themselves."""
