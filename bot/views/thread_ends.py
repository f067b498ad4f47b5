"""The thread at the end: how it ended, what is left, where the report is, and whether it stayed well."""

from __future__ import annotations

from bot.domain.events import Event
from bot.domain.rollback import Rollback, State
from bot.views import card_ending, halts, shapes
from bot.views.card_working import step_number
from bot.views.figures import Figures
from bot.views.text import Safe, join, link
from bot.views.thread_scene import Told
from bot.views.words import Words


def succeeded(told: Told) -> Safe:
    """Done and proven."""
    words, rollback = told.words, told.rollback
    budget = words.duration(rollback.plan.budget_s if rollback.plan else None)
    return words(
        "line.succeeded",
        took=card_ending.took(words, rollback),
        budget=budget,
        watching=_watching(words, rollback),
        **card_ending.rates(words, rollback),
    )


def unverified(told: Told) -> Safe:
    """Done, not proven."""
    words, rollback = told.words, told.rollback
    what = card_ending.unknown_count(words, rollback)
    took = card_ending.took(words, rollback)
    return words("line.unverified", took=took, what=what, watching=_watching(words, rollback))


def failed(told: Told) -> Safe:
    """Validation said no, or nobody answered."""
    words, event, rollback = told.words, told.event, told.rollback
    where = {"step": step_number(rollback), "of": len(rollback.steps)}
    if halts.code_of(rollback) == "nobody-answered":
        hours = Figures(event.data).inner("figures").number("hours")
        left = _left(words, rollback)
        said = words("line.unanswered", hours=Safe(f"{hours:g}") if hours is not None else None, left=left, **where)
        return join("\n", (said, _finish(words, rollback)))
    tally = card_ending.tally(rollback)
    return words("line.failed", failed=tally["failed"], checks=words.count(sum(tally.values())), **where)


def aborted(told: Told) -> Safe:
    """Stopped by a person: what is left half done, and how to finish."""
    words, event, rollback = told.words, told.event, told.rollback
    if not rollback.touched:
        by = event.by or rollback.abort_by
        return words("line.aborted.clean", by=words("line.aborted.by", who=words.who(by)) if by else Safe())
    said = words("line.aborted", step=step_number(rollback), of=len(rollback.steps), left=_left(words, rollback))
    return join("\n", (said, _finish(words, rollback)))


def reported(told: Told) -> Safe:
    """Where the report is."""
    words, event, rollback = told.words, told.event, told.rollback
    key = "line.reported"
    if rollback.state is State.ABORTED and rollback.touched:
        key = "line.reported.left"
    if rollback.state is State.FAILED:
        key = "line.reported.left" if halts.code_of(rollback) == "nobody-answered" else "line.reported.broken"
    return words(key, link=link(Figures(event.data).text("link") or ""))


def normalised(told: Told) -> Safe:
    """It stayed well for the whole watch."""
    words, event = told.words, told.event
    return words("line.normalised", **_watched(words, event))


def not_normalised(told: Told) -> Safe:
    """It did not stay well, or nobody knows."""
    words, event = told.words, told.event
    figures = _watched(words, event)
    if Figures(event.data).inner("figures").text("why") == "unknown":
        return words("line.not_normalised.unknown")
    return words("line.not_normalised", **figures)


def _watched(words: Words, event: Event) -> dict[str, object]:
    figures = Figures(event.data).inner("figures")
    return {
        "error": words.percent(figures.number("error_max")),
        "p95": words.seconds(figures.number("p95_max")),
        "took": words.duration(figures.number("seconds")),
    }


def _watching(words: Words, rollback: Rollback) -> Safe:
    until = rollback.watch_until
    return words("line.watching", until=words.clock(until)) if until is not None else Safe()


def _finish(words: Words, rollback: Rollback) -> Safe:
    return words("line.aborted.finish", strategy=rollback.request.strategy, service=rollback.request.service)


def _left(words: Words, rollback: Rollback) -> Safe:
    shape = shapes.of_rollback(rollback)
    return join(", ", shape.left_line(words, rollback) if shape else ()) or words("nothing_yet")
