"""What people do in the tests: ask, press, read."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.outside import Outside

CHANNEL = "C0GAMESERVER"
REQUESTER, ADA, BEN, CEM = "U0REQUESTER", "U0APPROVER1", "U0APPROVER2", "U0APPROVER3"
GUEST, BYSTANDER = "U0GUEST", "U0BYSTANDER"
ENDS = ("Succeeded", "Failed", "Aborted", "Done, not verified", "Refused", "Rejected", "Expired", "Superseded")

Json = dict[str, Any]


@dataclass
class Card:
    """One rollback's card, read anew at each look."""

    outside: Outside
    ts: str

    @property
    def message(self) -> Json:
        """The message as it stands."""
        return next(m for m in self.outside.messages(CHANNEL) if m["ts"] == self.ts)

    @property
    def text(self) -> str:
        """The fallback text: begins with the state's words."""
        return str(self.message["text"])

    @property
    def body(self) -> str:
        """All words of the blocks."""
        return "\n".join(_words(self.message["blocks"]))

    @property
    def buttons(self) -> list[str]:
        """The labels of the buttons that stand there."""
        blocks = [block for block in self.message["blocks"] if block["type"] == "actions"]
        return [element["text"]["text"] for block in blocks for element in block["elements"]]

    @property
    def lines(self) -> list[str]:
        """The thread, a line an entry."""
        return [line for m in self.outside.thread(CHANNEL, self.ts) for line in m["text"].splitlines()]

    def until(self, *beginnings: str, within_s: float = 60) -> str:
        """Wait until the card begins with one of these words; returns its text."""
        deadline = time.monotonic() + within_s
        while not (text := self.text).startswith(beginnings):
            assert time.monotonic() < deadline, f"the card says {text!r}, not {beginnings}, after {within_s:g} s"
            time.sleep(0.1)
        return text

    def until_line(self, words: str, *, within_s: float = 60) -> str:
        """Wait until a line of the thread holds these words; returns it."""
        deadline = time.monotonic() + within_s
        while not (found := [line for line in self.lines if words in line]):
            assert time.monotonic() < deadline, f"no line said {words!r} within {within_s:g} s: {self.lines}"
            time.sleep(0.1)
        return found[-1]

    def press(self, person: str, label: str, **more: object) -> Json:
        """Press a button of the card as it stands."""
        return self.outside.click(person, CHANNEL, self.message, label, **more)


@dataclass
class People:
    """Who is in the workspace."""

    outside: Outside
    asked: list[str] = field(default_factory=list)

    def ask(self, text: str = 'canary game-server reason="error spike on canary"', *, by: str = REQUESTER) -> Card:
        """Type a command and wait for its card."""
        before = {m["ts"] for m in self.outside.messages(CHANNEL)}
        self.outside.command(by, CHANNEL, f"/rollback {text}")
        return self.new_card(before)

    def new_card(self, before: set[str], *, within_s: float = 30) -> Card:
        """Wait for a message in the channel that carries blocks and was not there before."""
        deadline = time.monotonic() + within_s
        while True:
            new = [m for m in self.outside.messages(CHANNEL) if m["ts"] not in before and m.get("blocks")]
            found = [m for m in new if not m["text"].startswith("Rollback report")]
            if found:
                return Card(self.outside, found[0]["ts"])
            assert time.monotonic() < deadline, f"no card within {within_s:g} s; told: {self.told(REQUESTER)}"
            time.sleep(0.1)

    def approve(self, card: Card, *, by: tuple[str, ...] = (ADA, BEN)) -> None:
        """Wait for the plan, then press Approve, each after the other was counted."""
        card.until("Approval needed")
        for number, person in enumerate(by, start=1):
            card.press(person, "Approve")
            if number < len(by):
                card.until(f"Approval needed ({number} of")

    def told(self, person: str) -> list[str]:
        """What only this person was told, oldest first."""
        return [str(m["text"]) for m in self.outside.ephemerals(person)]

    def until_told(self, person: str, words: str, *, within_s: float = 20) -> str:
        """Wait until this person was told something with these words; returns it."""
        deadline = time.monotonic() + within_s
        while not (found := [text for text in self.told(person) if words in text]):
            assert time.monotonic() < deadline, f"{person} was told {self.told(person)}, not {words!r}"
            time.sleep(0.1)
        return found[-1]


def _words(blocks: list[Json]) -> list[str]:
    words: list[str] = []
    for block in blocks:
        parts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
        for part in parts:
            text = part.get("text") if isinstance(part, dict) else None
            words.append(text["text"] if isinstance(text, dict) else str(text)) if text else None
    return words
