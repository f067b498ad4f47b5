"""Slots B5 and B7: who asked, who approved, who counts, until when; and the names under which all of it is found."""

from __future__ import annotations

from bot.domain.rollback import OPEN, Rollback, State
from bot.views import break_glass, buttons, locks
from bot.views.card_slots import DOT, Moment, counted, reason
from bot.views.text import Safe, escape, join
from bot.views.words import Words


def people(rollback: Rollback, moment: Moment) -> tuple[Safe, ...]:
    """B5: at most two texts; empty while planning and where nobody's name helps any more."""
    words = moment.words
    match rollback.state:
        case State.PLANNED:
            waiting, role = waiting_for(words, rollback), break_glass.role(words, rollback)
            return (asked(words, rollback), join(DOT, (waiting, role)))
        case State.APPROVED:
            return (asked(words, rollback), join(DOT, (approvals(words, rollback), break_glass.role(words, rollback))))
        case State.RUNNING | State.HALTED | State.SUCCEEDED | State.UNVERIFIED | State.FAILED:
            who = words("card.approvers", who=approvers(words, rollback))
            if not rollback.request.break_glass:
                return (who,)
            return (asked(words, rollback), join(DOT, (who, break_glass.role(words, rollback))))
        case _:
            return (asked(words, rollback),)


def asked(words: Words, rollback: Rollback) -> Safe:
    """Who asked, when, and why."""
    request = rollback.request
    at = words.token(rollback.requested_at)
    return words("card.asked", who=words.who(request.by), at=at, reason=reason(words, rollback))


def approvals(words: Words, rollback: Rollback) -> Safe:
    """Each approval of this plan with its time."""
    standing = (approval for approval in rollback.approvals if approval.digest == rollback.digest)
    return join(DOT, (words("card.approved_by", who=words.who(a.person), at=words.token(a.at)) for a in standing))


def approvers(words: Words, rollback: Rollback) -> Safe:
    """The names of those who approved."""
    return join(", ", (words.who(a.person) for a in rollback.approvals if a.digest == rollback.digest))


def waiting_for(words: Words, rollback: Rollback) -> Safe:
    """How many are missing, from which group, who does not count, until when."""
    policy = rollback.policy
    if policy is None:
        return Safe()
    have = counted(rollback)
    group = buttons.name(policy.group)
    requester = rollback.request.by
    if not have:
        need = words("card.need.none", need=policy.need, group=group)
        excluded = Safe() if policy.requester_counts else words("card.need.requester", who=words.who(requester))
        count = join("; ", (need, excluded))
    else:
        shut = [a.person for a in rollback.approvals] + ([] if policy.requester_counts else [requester])
        nots = [words("card.need.not", who=words.who(person)) for person in dict.fromkeys(shut)]
        count = join(", ", (words("card.need.more", more=policy.need - have, group=group), *nots))
    expires = words("card.need.expires", at=words.token(rollback.expires_at))
    return join(DOT, (approvals(words, rollback), count, expires))


def names(rollback: Rollback, moment: Moment, *, catalog_revision: str) -> tuple[Safe, ...]:
    """B7: the rollback, the plan's short digest, the catalog's revision, and what this one replaces."""
    words = moment.words
    parts = [words("card.id", id=rollback.id)]
    if rollback.digest:
        parts.append(words("card.plan", digest=buttons.short(rollback.digest)))
    if catalog_revision:
        parts.append(words("card.catalog", revision=escape(catalog_revision)))
    if rollback.request.replaces:
        parts.append(words("card.replaces", id=escape(rollback.request.replaces)))
    parts += _stands(rollback, moment)
    return (join(DOT, parts),)


def _stands(rollback: Rollback, moment: Moment) -> tuple[Safe, ...]:
    """The lock on the service while this is open; afterwards the deploy hold that it set, as long as it stands."""
    standing = moment.standing
    if standing is None:
        return ()
    if rollback.state in OPEN:
        return (locks.lock_line(moment.words, standing, now=moment.now),)
    mine = standing.hold is not None and standing.hold.rollback_id == rollback.id
    return (locks.hold_line(moment.words, standing),) if mine else ()
