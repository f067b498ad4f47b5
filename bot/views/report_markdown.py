"""The whole report as Markdown: nothing is cut, for the file in the thread."""

from __future__ import annotations

from bot.domain.report import Report
from bot.domain.rollback import Rollback
from bot.views import units
from bot.views.break_glass import review
from bot.views.report import title
from bot.views.report_left import left
from bot.views.report_rows import Row, action_note, action_text, evidence, lessons, summary, timeline
from bot.views.text import clean, unmarked
from bot.views.words import FALLBACK, Words, get

_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_MARKUP = "\\`*_[]<>#|"


def markdown(report: Report, rollback: Rollback, *, limit: float | None, language: str = FALLBACK) -> str:
    """The report as a Markdown document."""
    words = get(language)
    parts = [f"# {_plain(title(report, words))}", _first(report, words)]
    parts += [_plain(told) for told in (review(words, rollback), left(rollback, words)) if told]
    parts += [
        _part("summary", [_bullet(row) for row in summary(report, words, limit=limit)], words),
        _part("cause", _cause(report, words), words),
        _part("timeline", [_bullet(row) for row in timeline(report, words, limit=limit)], words),
        _part("lessons", [_bullet(row) for row in lessons(report, words)], words),
        _actions(report, words),
    ]
    return "\n\n".join(parts) + "\n"


def _first(report: Report, words: Words) -> str:
    who = words.who(report.requester)
    outcome = words(f"report.outcome.{report.state}")
    return _plain(words("report.first", who=who, id=report.rollback_id, outcome=outcome))


def _cause(report: Report, words: Words) -> list[str]:
    told = [] if report.causes else [_plain(words("report.cause.none"))]
    for written in reversed(report.causes):
        by = {"who": words.who(written.by), "date": units.date(written.at), "minute": words.minute(written.at)}
        told += [_plain(words("report.cause.by", text=clean(written.text), **by)), ""]
    return [*told, *(_bullet(row) for row in evidence(report, words))]


def _actions(report: Report, words: Words) -> str:
    boxes = [
        f"- [{'x' if action.done else ' '}] {_plain(action_text(action, words))}"
        + (f" ({_plain(note)})" if (note := action_note(action, words, names={})) else "")
        + (f" {action.ticket}" if action.ticket.startswith("https://") else "")
        for action in report.actions
    ]
    counts = {"open": sum(not a.done for a in report.actions), "done": sum(a.done for a in report.actions)}
    return "\n".join([f"## {_plain(words('report.actions', **counts))}", "", *boxes])


def _part(name: str, rows: list[str], words: Words) -> str:
    return "\n".join([f"## {_plain(words(f'report.{name}'))}", "", *rows])


def _bullet(row: Row) -> str:
    return f"- {_plain(row.text)}"


def _plain(text: str) -> str:
    """Slack's markup taken out, and what Markdown would read as markup escaped."""
    plain = str(unmarked(text))
    for entity, character in _ESCAPES:
        plain = plain.replace(entity, character)
    return "".join(f"\\{character}" if character in _MARKUP else character for character in plain)
