"""Break glass in words: it is said first, on the card, in the call and in the report, wherever it was broken."""

from __future__ import annotations

from bot.domain.rollback import Rollback
from bot.views import buttons
from bot.views.card_slots import Moment
from bot.views.text import Safe, join, quoted
from bot.views.words import Words

REASON_LIMIT = 300


def headline(rollback: Rollback, moment: Moment, told: Safe) -> Safe:
    """The card's first words, with BREAK GLASS before them where it was broken."""
    return moment.words("break-glass.headline", told=told) if rollback.request.break_glass else told


def role(words: Words, rollback: Rollback) -> Safe:
    """Whose one approval is enough, and that it is reviewed afterwards; nothing where no glass was broken."""
    policy = rollback.policy
    if policy is None or not policy.break_glass:
        return Safe()
    return words("break-glass.role", group=buttons.name(policy.group))


def review(words: Words, rollback: Rollback) -> Safe:
    """What the report begins with: who broke the glass, who approved, the typed reason; nothing otherwise."""
    if not rollback.request.break_glass:
        return Safe()
    approved = join(", ", (words.who(a.person) for a in rollback.approvals if a.digest == rollback.digest))
    return words(
        "break-glass.review",
        who=words.who(rollback.request.by),
        reason=quoted(rollback.request.reason, limit=REASON_LIMIT),
        approver=approved or words("somebody"),
        group=buttons.name(rollback.policy.group) if rollback.policy else None,
    )
