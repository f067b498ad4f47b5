"""How fast Slack may be asked: its limits as a table, and one pace for all processes.

Sources: Slack's "Rate limits" page (tiers of Web API methods, calls a minute a workspace; chat.postMessage one a second
a channel, with a higher limit a workspace) and the pages of the methods for their tiers.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bot.store import Store
from bot.store.buckets import OPENS_AT, Bucket

SYSTEM: Final = "slack"
SPREAD_S: Final = 2.0
"""Those who wait for Slack to answer again come back over so long, not all at once."""


class Urgency(Enum):
    """Who goes first when not everything can be said at once; the value is the share of a burst left to the others."""

    FIRST = 0.0
    """Calls, changes of state, answers to a person."""
    NEXT = 0.34
    """Lines, reports, reading."""
    LAST = 0.5
    """Progress within a state."""


@dataclass(frozen=True)
class Rate:
    """At most `burst` calls at once and `per_minute` after that: together what Slack takes in any minute, or less."""

    burst: int
    per_minute: float


TIER_2: Final = Rate(4, 14)
TIER_3: Final = Rate(8, 40)
TIER_4: Final = Rate(16, 80)
SPECIAL: Final = Rate(40, 300)
A_CHANNEL: Final = Rate(3, 54)
"""Posts into one channel: Slack takes one a second, and short bursts."""

METHODS: Final[Mapping[str, Rate]] = {
    "auth.test": SPECIAL,
    "chat.delete": TIER_3,
    "chat.getPermalink": SPECIAL,
    "chat.postEphemeral": TIER_4,
    "chat.postMessage": SPECIAL,
    "chat.update": TIER_3,
    "conversations.history": TIER_3,
    "conversations.list": TIER_2,
    "conversations.open": TIER_3,
    "conversations.replies": TIER_3,
    "files.completeUploadExternal": TIER_4,
    "files.getUploadURLExternal": TIER_4,
    "files.info": TIER_4,
    "usergroups.list": TIER_2,
    "usergroups.users.list": TIER_2,
    "users.info": TIER_4,
}
"""A method that is missing here counts as tier 2, the strictest that the bot meets."""

POST: Final = "chat.postMessage"


class Pace:
    """Taking turns at Slack with every other process of this bot, through the store.

    Every method raises StoreUnreadable when Redis does not answer.
    """

    def __init__(self, store: Store, *, methods: Mapping[str, Rate] = METHODS, a_channel: Rate = A_CHANNEL) -> None:
        self._store = store
        self._methods = methods
        self._a_channel = a_channel
        self._silent = 0

    def wait(self, methods: Sequence[str], *, channel: str, asker: str, urgency: Urgency) -> float:
        """Take a turn: 0.0 when the call may be made now, otherwise the seconds after which to ask again."""
        taken = self._store.take(
            SYSTEM, self._buckets(methods, channel, urgency), asker=asker, first=urgency is Urgency.FIRST
        )
        self._silent = taken.silent
        spread = random.uniform(0, SPREAD_S) if taken.silent >= OPENS_AT else 0.0  # noqa: S311 - no secret
        return taken.wait_ms / 1000 + spread if taken.wait_ms else 0.0

    def limited(self, methods: Sequence[str], *, channel: str, seconds: float) -> None:
        """Slack answered 429: nobody makes this call for so many seconds."""
        names = [bucket.name for bucket in self._buckets(methods, channel, Urgency.FIRST)]
        self._store.shut(SYSTEM, names, seconds=seconds)

    def heard(self, *, answered: bool) -> None:
        """Whether the call had an answer, whichever. After three in a row without one everybody waits."""
        if not answered:
            self._silent = self._store.silent(SYSTEM)
        elif self._silent:
            self._store.spoke(SYSTEM)
            self._silent = 0

    def _buckets(self, methods: Sequence[str], channel: str, urgency: Urgency) -> list[Bucket]:
        made = [_bucket(method, self._methods.get(method, TIER_2), urgency) for method in methods]
        if POST in methods:
            made.append(_bucket(f"{POST}:{channel}", self._a_channel, urgency))
        return made


def _bucket(name: str, rate: Rate, urgency: Urgency) -> Bucket:
    return Bucket(name, burst=rate.burst, per_minute=rate.per_minute, floor=int(rate.burst * urgency.value))
