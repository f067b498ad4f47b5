"""What was rolled back, the newest first, a line each (UX.md, section 8)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.images import version as image_version
from bot.domain.model import JsonObject
from bot.domain.revisions import Revision
from bot.domain.rollback import Rollback
from bot.domain.template_diff import Change, Difference, differences
from bot.views import blocks, buttons, units, words
from bot.views.card_slots import DOT, strategy, version, versions
from bot.views.message import Message
from bot.views.text import Safe, cut_end, join, link, unmarked
from bot.views.words import Words

TEXT_LIMIT = 300
SECTION = 2_800
MOST_REVISIONS, MOST_DIFFERENCES, REVISION_LIMIT = 10, 4, 240
"""UTF-16 units of a section; Slack's own limit is 3,000."""


def history(
    rollbacks: Sequence[Rollback],
    *,
    service: str,
    more: int,
    since: int | None,
    revisions: Sequence[Revision] = (),
    language: str = words.FALLBACK,
) -> Message:
    """The rollbacks of a service, or of all (""), asked for since then (Redis ms; None: ever); `more` are left out.

    `revisions`: what its workload has run, newest first; a line each, with what is known of it and what it changed.
    """
    spoken = words.get(language)
    where = spoken("history.of", service=buttons.name(service)) if service else Safe()
    when = spoken("history.since", date=units.date(since)) if since is not None else Safe()
    if not rollbacks:
        told = spoken("history.none", of=where, since=when)
        return Message(_plain(told), (blocks.section(told), *_revisions(spoken, revisions)))
    title = spoken("history.title", rollbacks=spoken.n("rollbacks", len(rollbacks) + more), of=where, since=when)
    rows = [_row(spoken, rollback) for rollback in rollbacks]
    left = blocks.context(spoken("history.more", n=more)) if more else None
    shown = blocks.present((blocks.section(title), *_sections(rows), left, *_revisions(spoken, revisions)))
    return Message(_plain(join("; ", (title, *rows[:3]))), shown)


def _row(spoken: Words, rollback: Rollback) -> Safe:
    """rb-1042 succeeded · game-server canary v2.1.0 → v2.0.5 · @requester 2026-11-22 03:12 UTC · 2 min 42 s."""
    plan = rollback.plan
    moved = Safe()
    if plan is not None:
        moved = spoken("history.versions", **versions(spoken, plan))
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


def _revisions(spoken: Words, revisions: Sequence[Revision]) -> list[JsonObject]:
    if not revisions:
        return []
    befores = [*revisions[1:], None]
    rows = [_revision(spoken, one, before) for one, before in zip(revisions, befores, strict=True)]
    more = len(rows) - MOST_REVISIONS
    left = [spoken("history.revisions.more", n=more)] if more > 0 else []
    return [blocks.section(spoken("history.revisions")), *_sections([*rows[:MOST_REVISIONS], *left])]


def _revision(spoken: Words, one: Revision, before: Revision | None) -> Safe:
    """`12` v1.9.0 bad, left by rb-1042 · since 2026-11-22 02:41 UTC · image v1.8.2 → v1.9.0."""
    since = one.seen_at or one.created_at
    figures = {
        "number": one.number or "-",
        "version": version(spoken, one.version),
        "worth": spoken(f"worth.{one.verdict}", id=one.rolled_back_by),
    }
    at = spoken("history.revision.since", date=units.date(since), minute=spoken.minute(since)) if since else Safe()
    changed = join(", ", (_difference(spoken, each) for each in _differences(before, one)))
    key = "history.revision.now" if one.runs else "history.revision"
    return cut_end(join(DOT, (spoken(key, **figures), at, changed)), limit=REVISION_LIMIT)


def _differences(before: Revision | None, one: Revision) -> tuple[Difference, ...]:
    return differences(before.template, one.template)[:MOST_DIFFERENCES] if before is not None else ()


def _difference(spoken: Words, one: Difference) -> Safe:
    hidden = ".hidden" if one.hidden else ""
    figures = {"container": one.container, "name": one.name}
    short = image_version if one.code is Change.IMAGE else str
    return spoken.first(
        f"change.{one.code}{hidden}", "change.other", **figures, before=short(one.before), after=short(one.after)
    )


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
