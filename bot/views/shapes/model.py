"""What card, thread, calls and report ask of the thing that moves. All answers are words; empty: nothing to say."""

from __future__ import annotations

from typing import Protocol

from bot.domain.plan import Plan
from bot.domain.rollback import Rollback
from bot.views.text import Safe
from bot.views.words import Words


class Shape(Protocol):
    """One kind of thing that moves."""

    def change(self, words: Words, plan: Plan) -> Safe:
        """From what to what, after the versions: "canary weight 50 % → 0 %, stable 50 % → 100 %"."""

    def sides_now(self, words: Words, plan: Plan) -> Safe:
        """What was seen of its parts when it was planned."""

    def first_change(self, words: Words, plan: Plan) -> Safe:
        """The first thing that will be different in production, as a sentence."""

    def planned_line(self, words: Words, plan: Plan) -> Safe:
        """The change as a clause of the thread's line, with its comma."""

    def progress(self, words: Words, rollback: Rollback) -> Safe:
        """How far it is, on the card while it runs."""

    def progress_text(self, words: Words, rollback: Rollback, *, holding: Safe) -> Safe:
        """The same in plain text; `holding` says until when, where it holds."""

    def state(self, words: Words, rollback: Rollback) -> tuple[Safe, ...]:
        """What production looks like now: parts of the card's sentence."""

    def state_line(self, words: Words, rollback: Rollback) -> Safe:
        """The same for the thread's line of a halt."""

    def standing(self, words: Words, rollback: Rollback) -> Safe:
        """Which version serves now, as a clause: "10 % of traffic on v2.1.0"."""

    def calling(self, words: Words, rollback: Rollback) -> Safe:
        """The same in a call, where it is the reason for calling."""

    def abort_leaves(self, words: Words, rollback: Rollback) -> Safe:
        """What stays as it is when it is aborted now."""

    def left(self, words: Words, rollback: Rollback) -> tuple[Safe, ...]:
        """What is half done: parts of the card's sentence."""

    def left_short(self, words: Words, rollback: Rollback) -> Safe:
        """The same in a few words."""

    def left_line(self, words: Words, rollback: Rollback) -> tuple[Safe, ...]:
        """The same for the thread's line."""

    def put_back(self, words: Words, rollback: Rollback) -> Safe:
        """The command that puts back what was raised for the rollback's own sake."""

    def outcome(self, words: Words, rollback: Rollback) -> Safe:
        """What came of it, beside the versions, once it is done."""

    def ending(self, words: Words, plan: Plan) -> Safe:
        """What the headline of a success adds: ", the canary is gone"."""

    def next_value(self, words: Words, rollback: Rollback) -> Safe:
        """To what it goes on when a check is waived; empty where no later step changes what moves."""
