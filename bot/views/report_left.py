"""What a report begins with when production is not as it was meant to be: the very words of the card."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.domain.rollback import Rollback, State
from bot.views.card_ending import aborted, failed, unverified
from bot.views.card_slots import Moment, Slots
from bot.views.text import Safe, in_utc
from bot.views.words import Words

_ENDINGS: Mapping[State, Callable[[Rollback, Moment], Slots]] = {
    State.ABORTED: aborted,
    State.FAILED: failed,
    State.UNVERIFIED: unverified,
}


def left(rollback: Rollback, words: Words) -> Safe:
    """What is still broken, unknown or left half done, with times in UTC; empty after a rollback that succeeded."""
    ending = _ENDINGS.get(rollback.state)
    if ending is None:
        return Safe("")
    return in_utc(ending(rollback, Moment(words, now=rollback.ended_at or rollback.requested_at)).body)
