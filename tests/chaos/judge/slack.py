"""What stands in Slack once the narrator has come to rest: each line once and in order, and no message twice."""

from __future__ import annotations

import json
import re
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.events import Event
from bot.domain.rollback import after, begin
from bot.views.thread import line
from sandbox.outside import Outside

_CLOCK = re.compile(r"\d\d:\d\d:\d\d ")
_REASON = re.compile(r'Reason: "([^"]*)"')
ENDS = ("Succeeded", "Failed", "Aborted", "Done, not verified", "Rejected", "Expired", "Superseded")
"""What the card of a rollback that is over begins with."""
Json = dict[str, Any]


@dataclass(frozen=True)
class Channel:
    """A channel with its threads: messages by the rollback and key of their mark, replies by their parent."""

    marked: Sequence[tuple[str, str, Json]]
    threads: dict[str, list[Json]]

    def card(self, rollback_id: str) -> Json | None:
        """The card that stands last."""
        cards = [message for owner, key, message in self.marked if owner == rollback_id and key.startswith("card:")]
        return cards[-1] if cards else None

    def lines(self, rollback_id: str) -> list[str]:
        """The lines of a rollback's thread, those that begin with a time."""
        card = self.card(rollback_id)
        replies = self.threads.get(card["ts"], []) if card else []
        rows = [row for reply in replies for row in str(reply["text"]).split("\n")]
        return [row for row in rows if _CLOCK.match(row)]


def read(outside: Outside, channel: str) -> Channel:
    """Everything that stands in a channel now."""
    marked: list[tuple[str, str, Json]] = []
    threads: dict[str, list[Json]] = {}
    for message in outside.messages(channel):
        replies = outside.thread(channel, message["ts"]) if message.get("reply_count") else []
        threads[message["ts"]] = replies
        for each in (message, *replies):
            payload = (each.get("metadata") or {}).get("event_payload", {})
            if payload.get("rollback"):
                marked.append((str(payload["rollback"]), str(payload.get("key", "")), each))
    return Channel(marked=marked, threads=threads)


def posted_twice(channel: Channel) -> list[str]:
    """Messages with the same mark that stand more than once: cards, calls, lines, reports."""
    tally = Tally((owner, key) for owner, key, _ in channel.marked)
    cards = Tally(owner for owner, key, _ in channel.marked if key.startswith("card:"))
    return [f"{count} times: {key}" for key, count in [*tally.items(), *cards.items()] if count > 1]


def asked_twice(channel: Channel) -> list[str]:
    """Commands that became more than one rollback: each was typed with a reason of its own."""
    reasons: Tally[str] = Tally()
    for replies in channel.threads.values():
        found = _REASON.search(str(replies[0]["text"])) if replies else None
        reasons.update([found[1]] if found else [])
    return [f"{count} rollbacks for one command: {reason}" for reason, count in reasons.items() if count > 1]


def ends_told(outside: Outside) -> dict[str, float]:
    """When each rollback's card first said that it is over: rollback → seconds since 1970, by Slack's own record."""
    told: dict[str, float] = {}
    for call in outside.get("record", method="chat.update")["calls"]:
        payload = _payload(call["args"].get("metadata"))
        if call["answer"].get("ok") and str(call["args"].get("text", "")).startswith(ENDS):
            told.setdefault(str(payload.get("rollback")), call["at"])
    return told


def _payload(metadata: object) -> Json:
    read = json.loads(metadata) if isinstance(metadata, str) else metadata
    payload = read.get("event_payload") if isinstance(read, dict) else None
    return payload if isinstance(payload, dict) else {}


def expected(events: Sequence[Event], rollback_id: str) -> list[str]:
    """The lines that a journal comes to."""
    rows: list[str] = []
    rollback = None
    for event in events:
        rollback = begin(event, rollback_id) if rollback is None else after(rollback, event)
        rows += (line(event, rollback) or "").split("\n")
    return [row for row in rows if row]


def wrong(want: Sequence[str], have: Sequence[str]) -> tuple[int, int]:
    """How many lines are missing or too many, and how many stand in the wrong place."""
    missing, extra = Tally(want) - Tally(have), Tally(have) - Tally(want)
    amiss = missing.total() + extra.total()
    disorder = 0 if amiss else sum(1 for a, b in zip(want, have, strict=True) if a != b)
    return amiss, disorder
