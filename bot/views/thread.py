"""The thread: one plain line an event. No blocks, no mention, no token; what it says is as the journal stood then."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.domain.events import Event, Kind
from bot.domain.rollback import Rollback
from bot.views import buttons, shapes, words
from bot.views.card_slots import a_place, counted, need, versions
from bot.views.figures import Figures, of
from bot.views.moves import listed
from bot.views.refusals import figures as refusal_figures
from bot.views.refusals import of_data, title
from bot.views.text import Safe, cut_end, join, quoted
from bot.views.thread_ends import aborted, failed, normalised, not_normalised, reported, succeeded, unverified
from bot.views.thread_progress import progressed
from bot.views.thread_scene import Told
from bot.views.thread_steps import applied, done, halted, recovered, reminded, retried, skipped

REASON_LIMIT = 60
LINE_LIMIT = 300
"""UX.md wants a line under 120 characters; long names may make it longer, never longer than this."""


def line(event: Event, rollback: Rollback, language: str = words.FALLBACK) -> str | None:
    """What this event says in the thread, with its time; None when it says nothing.

    `rollback` is as it stood right after the event. Two things said at once are two lines.
    """
    spoken = words.get(language)
    say = LINES[event.kind]
    told = say(Told(spoken, event, rollback)) if say is not None else None
    if not told:
        return None
    clock = spoken.clock(event.at)
    rows = (cut_end(words_row, limit=LINE_LIMIT) for words_row in map(Safe, told.split("\n")))
    # The card shows times in its reader's zone, the thread in UTC: the first line says so for all of them.
    shape = "line.first" if event.kind is Kind.REQUESTED else "line"
    return join("\n", (spoken(shape, clock=clock, text=row) for row in rows))


def _requested(told: Told) -> Safe:
    words, rollback = told.words, told.rollback
    request = rollback.request
    key = "line.requested" if request.reason or request.reason_code else "line.requested.no_reason"
    reason = (
        quoted(request.reason, limit=REASON_LIMIT)
        if request.reason
        else words.first(f"reason.{request.reason_code}", "reason.none")
    )
    said = words(key, who=words.who(request.by), place=a_place(words, rollback), reason=reason)
    again = words("line.requested.again", id=request.replaces) if request.replaces else Safe()
    return join("", (said, again))


def _waiting(told: Told) -> Safe:
    words, rollback = told.words, told.rollback
    key = "line.waiting" if rollback.waiting_for else "line.waiting.unnamed"
    return words(key, system=rollback.waiting_for, since=words.clock(rollback.waiting_since))


def _planned(told: Told) -> Safe | None:
    words, rollback = told.words, told.rollback
    plan = rollback.plan
    if plan is None:
        return None
    return words(
        "line.planned",
        took=words.duration(plan.seconds_to_plan),
        weights=shapes.of(plan).planned_line(words, plan),
        steps=words.n("steps", len(plan.steps)),
        estimate=words.duration(plan.estimate_s),
        digest=buttons.short(plan.digest),
        **versions(words, plan),
    )


def _refused(told: Told) -> Safe:
    words, event, rollback = told.words, told.event, told.rollback
    refusal = of_data(event.data)
    made = refusal_figures(words, refusal, service=rollback.request.service)
    return words("line.refused", title=title(words, refusal, made))


def _approved(told: Told) -> Safe:
    words, event, rollback = told.words, told.event, told.rollback
    digest = of(dict(event.data)).text("digest") or rollback.digest
    return words(
        "line.approved",
        who=words.who(event.by),
        digest=buttons.short(digest),
        have=counted(rollback),
        need=need(rollback),
    )


def _rejected(told: Told) -> Safe:
    words, event = told.words, told.event
    why = Figures(event.data).text("why")
    if why is None:
        return words("line.rejected", who=words.who(event.by))
    return words("line.rejected.why", who=words.who(event.by), why=quoted(why, limit=REASON_LIMIT))


def _expired(told: Told) -> Safe:
    words, rollback = told.words, told.rollback
    if rollback.records_lost:
        return words("line.expired.lost")
    if rollback.plan is None:
        return words("line.expired.unplanned")
    return words("line.expired", have=counted(rollback), need=need(rollback))


def _superseded(told: Told) -> Safe:
    words, event, rollback = told.words, told.event, told.rollback
    data = Figures(event.data)
    moved = listed(words, data.inner("moved").data, service=rollback.request.service)
    successor = data.text("successor")
    after = words("line.superseded.successor", id=successor) if successor else Safe()
    if event.data.get("successor") == "":
        after = words("line.superseded.restless", n=data.number("in_a_row"))
    return words("line.superseded", moved=moved or words("superseded.cluster"), successor=after)


def _started(told: Told) -> Safe:
    words, event, rollback = told.words, told.event, told.rollback
    have = Figures(event.data).number("have")
    have = counted(rollback) if have is None else have
    spoke = any(a.person.via == "terminal" for a in rollback.approvals if a.digest == rollback.digest)
    key = "line.started.terminal" if spoke else "line.started"
    return words.first(f"{key}.{have:g}", key, n=words.count(have))


def _abort_asked(told: Told) -> Safe:
    words, event, rollback = told.words, told.event, told.rollback
    key = "line.abort_asked.idle" if rollback.halted_at is not None else "line.abort_asked"
    return words(key, who=words.who(event.by), step=rollback.step + 1)


def _taken_over(told: Told) -> Safe:
    words, rollback = told.words, told.rollback
    if rollback.started_at is None:
        return words("line.taken_over.early")
    return words("line.taken_over", step=min(rollback.step + 1, len(rollback.steps)), of=len(rollback.steps))


def _annotated(told: Told) -> Safe:
    words, event = told.words, told.event
    what = Figures(event.data).text("what")
    return words.first(f"line.annotated.{what}", "line.annotated.other", who=words.who(event.by))


LINES: Mapping[Kind, Callable[[Told], Safe | None] | None] = {
    Kind.REQUESTED: _requested,
    Kind.WAITING: _waiting,
    Kind.PLANNED: _planned,
    Kind.REFUSED: _refused,
    Kind.APPROVED: _approved,
    Kind.QUORUM: None,  # the last approval's line says it
    Kind.REJECTED: _rejected,
    Kind.EXPIRED: _expired,
    Kind.SUPERSEDED: _superseded,
    Kind.STARTED: _started,
    Kind.STEP_STARTED: None,  # the card shows it; the line comes with its effect
    Kind.STEP_PROGRESS: progressed,
    Kind.STEP_APPLIED: applied,
    Kind.STEP_DONE: done,
    Kind.HALTED: halted,
    Kind.RETRIED: retried,
    Kind.SKIPPED: skipped,
    Kind.ABORT_ASKED: _abort_asked,
    Kind.ABORTED: aborted,
    Kind.SUCCEEDED: succeeded,
    Kind.UNVERIFIED: unverified,
    Kind.FAILED: failed,
    Kind.TAKEN_OVER: _taken_over,
    Kind.REMINDED: reminded,
    Kind.RECOVERED: recovered,
    Kind.NORMALISED: normalised,
    Kind.NOT_NORMALISED: not_normalised,
    Kind.ANNOTATED: _annotated,
    Kind.REPORTED: reported,
}
"""What each kind of event says; None: it says nothing in the thread. Every kind stands here."""
