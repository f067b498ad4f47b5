"""The card after work was done: succeeded, not verified, failed, aborted; with what is left and what comes next."""

from __future__ import annotations

from bot.domain.rollback import Mark, Rollback
from bot.domain.verdict import Verdict
from bot.views import card_steps, checks, halts, production, shapes
from bot.views.card_slots import DOT, Moment, Slots, before, place, service, versions
from bot.views.card_working import step_number
from bot.views.figures import Figures, of
from bot.views.steps import error_limit
from bot.views.text import Safe, cut_end, join
from bot.views.words import Words

SECOND_MS = 1_000
MOST_FOUND, FOUND_LIMIT = 3, 110


def succeeded(rollback: Rollback, moment: Moment) -> Slots:
    """Done and proven: what it is on now, what it took, what the error rate did, until when it is watched."""
    words = moment.words
    figures = _common(words, rollback)
    watching = Safe()
    if rollback.watch_until is not None and not rollback.watched:
        watching = words("card.text.watching", until=words.minute(rollback.watch_until))
    error_rates = rates(words, rollback)
    return Slots(
        headline=words("card.b1.succeeded", **figures),
        text=words("card.text.succeeded", **figures, **error_rates, took=took(words, rollback), watching=watching),
        body=join("\n", (_what(words, rollback), _outcome(words, rollback))),
        steps=_all_steps(words, rollback),
    )


def unverified(rollback: Rollback, moment: Moment) -> Slots:
    """Done, but something could not be known: no success is claimed."""
    words = moment.words
    figures = {**_common(words, rollback), "what": unknown_count(words, rollback)}
    unknown = join(DOT, (_found(words, rollback, Verdict.UNKNOWN), _watch(words, rollback)))
    return Slots(
        headline=words("card.b1.unverified", **figures),
        text=words("card.text.unverified", **figures),
        body=join("\n", (words("card.unknown", what=unknown), _production(words, rollback))),
        steps=card_steps.rows(words, rollback.plan, rollback.steps) if rollback.plan else Safe(),
    )


def failed(rollback: Rollback, moment: Moment) -> Slots:
    """Failed: validation says no, or nobody answered the halt."""
    if halts.code_of(rollback) == "nobody-answered":
        return _unanswered(rollback, moment)
    words = moment.words
    counts = tally(rollback)
    figures = {**_common(words, rollback), "failed": counts["failed"], "checks": sum(counts.values())}
    broken = _found(words, rollback, Verdict.FAIL) or halts.why(words, rollback)
    following = words("card.next", what=words("card.next.look"))
    return Slots(
        headline=words("card.b1.failed", **figures),
        text=words("card.text.failed", **figures, rate=rates(words, rollback)["after"]),
        body=join("\n", (words("card.still_broken", what=broken), _production(words, rollback), following)),
        steps=card_steps.rows(words, rollback.plan, rollback.steps) if rollback.plan else Safe(),
    )


def aborted(rollback: Rollback, moment: Moment) -> Slots:
    """Stopped by a person: what is left half done and how to finish, or that nothing was changed."""
    words = moment.words
    figures = _common(words, rollback)
    by = words("card.by", who=words.who(rollback.abort_by)) if rollback.abort_by is not None else Safe()
    at = words.token(rollback.ended_at)
    if not rollback.touched:
        return Slots(
            headline=words("card.b1.aborted.clean", **figures),
            text=words("card.text.aborted.clean", **figures),
            body=words("card.b2.aborted.clean", by=by, at=at),
        )
    return Slots(
        headline=words("card.b1.aborted", **figures),
        text=words("card.text.aborted", **figures, left=production.left_short(words, rollback)),
        body=_left(words, rollback, join("", (by, at))),
        steps=card_steps.rows(words, rollback.plan, rollback.steps) if rollback.plan else Safe(),
    )


def _unanswered(rollback: Rollback, moment: Moment) -> Slots:
    words = moment.words
    hours = of(rollback.last).inner("figures").number("hours")
    figures = {**_common(words, rollback), "hours": Safe(f"{hours:g}") if hours is not None else None}
    return Slots(
        headline=words("card.b1.unanswered", **figures),
        text=words("card.text.unanswered", **figures, left=production.left_short(words, rollback)),
        body=_left(words, rollback, words.token(rollback.ended_at)),
        steps=card_steps.rows(words, rollback.plan, rollback.steps) if rollback.plan else Safe(),
    )


def _common(words: Words, rollback: Rollback) -> dict[str, object]:
    return {
        "step": step_number(rollback),
        "of": len(rollback.steps),
        "place": place(words, rollback),
        "service": service(rollback),
        "strategy": rollback.request.strategy,
        "ending": shapes.of(rollback.plan).ending(words, rollback.plan) if rollback.plan else Safe(),
        **versions(words, rollback.plan),
    }


def _left(words: Words, rollback: Rollback, by: Safe) -> Safe:
    said = join(". ", (production.left(words, rollback), by))
    finish = words("card.finish", strategy=rollback.request.strategy, service=rollback.request.service)
    return join("\n", (words("card.left", left=said), finish, production.put_back(words, rollback)))


def _all_steps(words: Words, rollback: Rollback) -> Safe:
    marks = [record.mark for record in rollback.steps]
    if any(mark is not Mark.DONE for mark in marks):
        return card_steps.rows(words, rollback.plan, rollback.steps) if rollback.plan else Safe()
    return words("card.all_done", done=len(marks), of=len(marks))


def took(words: Words, rollback: Rollback) -> Safe:
    """How long it took from the last approval to the end, as the report counts it."""
    if rollback.started_at is None or rollback.ended_at is None:
        return words("unknown")
    approved = [approval.at for approval in rollback.approvals if approval.digest == rollback.digest]
    return words.duration((rollback.ended_at - max(approved, default=rollback.started_at)) / SECOND_MS)


def _what(words: Words, rollback: Rollback) -> Safe:
    shape = shapes.of_rollback(rollback)
    gone = shape.outcome(words, rollback) if shape else Safe()
    budget = words.duration(rollback.plan.budget_s if rollback.plan else None)
    duration = words("card.took", took=took(words, rollback), budget=budget)
    return join(DOT, (words("card.versions", **versions(words, rollback.plan)), gone, duration))


def _outcome(words: Words, rollback: Rollback) -> Safe:
    since = Safe()
    if rollback.recovered_at is not None:
        limit = words.limit(error_limit(rollback.plan) if rollback.plan else None)
        since = words("card.rate.since", limit=limit, at=words.token(rollback.recovered_at))
    rate = join("", (words("card.rate", **rates(words, rollback)), since))
    counts = tally(rollback)
    validation = words("card.validation", passed=counts["passed"], checks=sum(counts.values()))
    return join(DOT, (rate, validation, _watch(words, rollback)))


def _watch(words: Words, rollback: Rollback) -> Safe:
    if rollback.watch_until is None:
        return Safe()
    over = "card.watched" if rollback.normal else "card.watched.not"
    return words(over if rollback.watched else "card.watching", at=words.token(rollback.watch_until))


def rates(words: Words, rollback: Rollback) -> dict[str, Safe]:
    """The whole service's error rate as planned and as last seen."""
    was = before(rollback)
    told = of(rollback.last).inner("figures")
    after = told.number("error_share_after", "error_share")
    if after is None:
        after = production.newest(rollback, Figures()).number("whole_error_share", "error_share")
    return {"before": words.percent(was.number("whole_error_share", "error_share")), "after": words.percent(after)}


def tally(rollback: Rollback) -> dict[str, int]:
    """How many of validation's checks passed, failed, and are unknown."""
    dumps = rollback.steps[-1].checks if rollback.steps else ()
    return checks.tally(dumps)


def unknown_count(words: Words, rollback: Rollback) -> Safe:
    """How much is not known: checks of validation, else steps."""
    counts = tally(rollback)
    if counts["unknown"]:
        return words("card.unverified.checks", unknown=counts["unknown"], checks=words.count(sum(counts.values())))
    unknown = sum(1 for record in rollback.steps if record.mark is Mark.UNKNOWN)
    return words("card.unverified.steps", steps=words.n("steps", unknown))


def _found(words: Words, rollback: Rollback, verdict: Verdict) -> Safe:
    """The findings of one verdict: of validation first, then of the steps before it, the same one once.

    At most three: what production looks like now stands after them, and must not be cut off.
    """
    each = (checks.each(words, record.checks, verdict=verdict) for record in reversed(rollback.steps))
    told = list(dict.fromkeys(finding for findings in each for finding in findings))
    more = words("card.found.more", n=len(told) - MOST_FOUND) if len(told) > MOST_FOUND else Safe()
    return join(DOT, (*(cut_end(finding, limit=FOUND_LIMIT) for finding in told[:MOST_FOUND]), more))


def _production(words: Words, rollback: Rollback) -> Safe:
    return words("card.production", state=production.state(words, rollback))
