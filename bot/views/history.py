"""What was rolled back, the newest first, a line each (UX.md, section 8)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.model import JsonObject
from bot.domain.rollback import Rollback
from bot.views import blocks, buttons, units, words
from bot.views.card_slots import DOT, strategy, version
from bot.views.message import Message
from bot.views.text import Safe, cut_end, join, link, unmarked
from bot.views.words import Words

TEXT_LIMIT = 300
SECTION = 2_800
"""UTF-16 units of a section; Slack's own limit is 3,000."""


def history(
    rollbacks: Sequence[Rollback],
    *,
    service: str,
    more: int,
    since: int | None,
    language: str = words.FALLBACK,
) -> Message:
    """The rollbacks of a service, or of all (""), asked for since then (Redis ms; None: ever); `more` are left out."""
    spoken = words.get(language)
    where = spoken("history.of", service=buttons.name(service)) if service else Safe()
    when = spoken("history.since", date=units.date(since)) if since is not None else Safe()
    if not rollbacks:
        told = spoken("history.none", of=where, since=when)
        return Message(_plain(told), (blocks.section(told),))
    title = spoken("history.title", rollbacks=spoken.n("rollbacks", len(rollbacks) + more), of=where, since=when)
    rows = [_row(spoken, rollback) for rollback in rollbacks]
    left = blocks.context(spoken("history.more", n=more)) if more else None
    shown = blocks.present((blocks.section(title), *_sections(rows), left))
    return Message(_plain(join("; ", (title, *rows[:3]))), shown)


def _row(spoken: Words, rollback: Rollback) -> Safe:
    """rb-1042 succeeded · game-server canary v2.1.0 → v2.0.5 · @requester 2026-11-22 03:12 UTC · 2 min 42 s."""
    plan = rollback.plan
    moved = Safe()
    if plan is not None:
        labels = {"from_version": version(spoken, plan.from_version), "to_version": version(spoken, plan.to_version)}
        moved = spoken("history.versions", **labels)
    took = Safe()
    if rollback.started_at is not None and rollback.ended_at is not None:
        took = spoken.duration((rollback.ended_at - rollback.started_at) / 1000)
    asked = spoken(
        "history.asked",
        who=spoken.who(rollback.request.by),
        date=units.date(rollback.requested_at),
        minute=spoken.minute(rollback.requested_at),
    )
    what = spoken(
        "history.what",
        service=buttons.name(rollback.request.service),
        strategy=strategy(spoken, rollback.request.strategy),
        moved=moved,
    )
    glass = spoken("history.break_glass") if rollback.request.break_glass else Safe()
    report = link(rollback.report_link, spoken("history.report")) if rollback.report_link else Safe()
    state = spoken("history.state", id=rollback.id, state=spoken(f"refusal.state.{rollback.state}"))
    return join(DOT, (state, what, asked, took, glass, report))


def _sections(rows: Sequence[Safe]) -> list[JsonObject]:
    """The rows in as few sections as hold them whole."""
    made: list[str] = []
    for row in rows:
        if made and len(made[-1]) + len(row) < SECTION:
            made[-1] = f"{made[-1]}\n{row}"
        else:
            made.append(row)
    return [blocks.section(Safe(text)) for text in made]


def _plain(told: str) -> Safe:
    return cut_end(Safe(unmarked(told).replace("`", "")), limit=TEXT_LIMIT)
