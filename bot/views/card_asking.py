"""The card before anything is done, and where nothing was: planning, approval, start, refusals, ends without work."""

from __future__ import annotations

from bot.domain.plan import Plan
from bot.domain.refusal import Refusal
from bot.domain.rollback import Rollback
from bot.views import card_plan, card_steps, moves, refusals
from bot.views.card_slots import Moment, Slots, actor, counted, need, place, rate, reason, service, strategy, versions
from bot.views.figures import Figures
from bot.views.text import Safe, join, quoted
from bot.views.words import Words

SLOW_MS = 10_000
WAITING_MS = 3_000


def requested(rollback: Rollback, moment: Moment) -> Slots:
    """Planning: reading, and nothing changed."""
    words = moment.words
    where = place(words, rollback)
    return Slots(
        headline=words("card.b1.requested", place=where),
        text=words("card.text.requested", place=where, who=words.who(rollback.request.by)),
        body=_reading(rollback, moment),
    )


def _reading(rollback: Rollback, moment: Moment) -> Safe:
    """What is read; after 10 s what planning waits for, and for how long as this is drawn."""
    words = moment.words
    if moment.now - rollback.requested_at <= SLOW_MS:
        return words("card.b2.requested")
    if not rollback.waiting_for or rollback.waiting_since is None:
        return words("card.b2.requested.slow")
    waited_s = max(0, moment.now - rollback.waiting_since) // 1000
    return words("card.b2.requested.waiting", system=rollback.waiting_for, took=words.duration(waited_s))


def planned(rollback: Rollback, moment: Moment) -> Slots:
    """Approval needed: the whole plan, what could go wrong, who must act until when."""
    words, plan = moment.words, rollback.plan
    figures = _asking(words, rollback)
    return Slots(
        headline=words("card.b1.planned", **figures),
        text=join("", (words("card.text.planned", **figures), _last_word(words, rollback))),
        body=card_plan.body(words, plan, need=need(rollback)) if plan else Safe(),
        steps=_steps(words, plan, rollback),
        notes=card_plan.risks(words, plan) if plan else Safe(),
    )


def approved(rollback: Rollback, moment: Moment) -> Slots:
    """Enough approvals: starting, or waiting for a worker."""
    words, plan = moment.words, rollback.plan
    figures = _asking(words, rollback)
    last = max((approval.at for approval in rollback.approvals), default=moment.now)
    waiting = Safe()
    if moment.ahead and moment.now - last > WAITING_MS:
        waiting = words("card.waiting", rollbacks=words.n("rollbacks", moment.ahead))
    return Slots(
        headline=words("card.b1.approved", **figures),
        text=words("card.text.approved", **figures),
        body=join("\n", (card_plan.body(words, plan, need=need(rollback)) if plan else Safe(), waiting)),
        steps=_steps(words, plan, rollback),
    )


def refused(rollback: Rollback, moment: Moment) -> Slots:
    """Production, or the bot's rights, say no."""
    words = moment.words
    refusal = refusals.of_data(rollback.last)
    figures = refusals.figures(words, refusal, service=rollback.request.service)
    title = refusals.title(words, refusal, figures)
    following = refusals.following(words, refusal, figures)
    return Slots(
        headline=words("card.b1.refused", title=title),
        text=words("card.text.refused", title=title, next=refusals.bare(following)),
        body=join(" ", _refusal(words, refusal, figures)),
    )


def rejected(rollback: Rollback, moment: Moment) -> Slots:
    """An approver said no."""
    words = moment.words
    why = rollback.last.get("why")
    told = quoted(why, limit=200) if isinstance(why, str) and why else Safe()
    figures = {"who": words.who(actor(rollback)), "place": place(words, rollback)}
    short = words("card.text.rejected.why", why=quoted(why, limit=80)[1:-1]) if isinstance(why, str) and why else Safe()
    at = words.token(rollback.ended_at)
    return Slots(
        headline=words("card.b1.rejected", **figures),
        text=words("card.text.rejected", why=Safe(short), **figures),
        body=join(" ", (Safe(f"{told}.") if told else Safe(), words("nothing_changed"), at)),
    )


def expired(rollback: Rollback, moment: Moment) -> Slots:
    """Nobody answered in time, or the store was lost."""
    words = moment.words
    at = words.token(rollback.ended_at)
    figures = {"place": place(words, rollback), "have": counted(rollback), "need": need(rollback)}
    if rollback.records_lost:
        return Slots(
            headline=words("card.b1.expired.lost", **figures),
            text=words("card.text.expired.lost", at=words.minute(rollback.ended_at), **figures),
            body=words("card.b2.expired.lost", at=at),
        )
    if rollback.plan is None:
        return Slots(
            headline=words("card.b1.expired.unplanned", **figures),
            text=words("card.text.expired.unplanned", **figures),
            body=words("card.b2.expired.unplanned", at=at),
        )
    return Slots(
        headline=words("card.b1.expired", **figures),
        text=words("card.text.expired", at=words.minute(rollback.ended_at), **figures),
        body=words("card.b2.expired", at=at),
    )


def superseded(rollback: Rollback, moment: Moment) -> Slots:
    """What the plan rests on moved; a new plan takes its place."""
    words = moment.words
    what = moves.what(words, rollback)
    lapsed = words.n("card.lapsed", counted(rollback)) if counted(rollback) else Safe()
    return Slots(
        headline=words("card.b1.superseded", what=what, service=service(rollback)),
        text=words("card.text.superseded", what=what, service=service(rollback)),
        body=words(
            "card.b2.superseded",
            moved=moves.said(words, rollback),
            at=words.token(rollback.ended_at),
            lapsed=lapsed,
            successor=_successor(words, rollback, moment),
        ),
    )


def _asking(words: Words, rollback: Rollback) -> dict[str, object]:
    return {
        "have": counted(rollback),
        "need": need(rollback),
        "until": words.minute(rollback.expires_at),
        "place": place(words, rollback),
        "service": service(rollback),
        "strategy": strategy(words, rollback.request.strategy),
        "rate": rate(words, rollback),
        **versions(words, rollback.plan),
    }


def _last_word(words: Words, rollback: Rollback) -> Safe:
    """The end of the message's text: who asked and why, or who approved last."""
    standing = [approval for approval in rollback.approvals if approval.digest == rollback.digest]
    if standing:
        return words("card.text.planned.approved", who=words.who(standing[-1].person))
    told = rollback.request.reason or reason(words, rollback)
    return words("card.text.planned.asked", who=words.who(rollback.request.by), reason=told)


def _steps(words: Words, plan: Plan | None, rollback: Rollback) -> Safe:
    return card_steps.rows(words, plan, rollback.steps, left_out=card_plan.left_out(words, plan)) if plan else Safe()


def _refusal(words: Words, refusal: Refusal, figures: dict[str, object]) -> tuple[Safe, Safe, Safe]:
    return (
        refusals.happened(words, refusal, figures),
        words("nothing_changed"),
        refusals.following(words, refusal, figures),
    )


def _successor(words: Words, rollback: Rollback, moment: Moment) -> Safe:
    successor = rollback.last.get("successor")
    if successor == "":
        return words("card.restless", n=Figures(rollback.last).number("in_a_row"), what=moves.what(words, rollback))
    if not isinstance(successor, str) or not successor:
        return Safe()
    link = Safe(f"<{moment.successor_link}|{successor}>") if moment.successor_link else words("card.id", id=successor)
    return words("card.successor", link=link)
