"""What people do in the tests: ask, press, read."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sandbox.outside import Outside

CHANNEL = "C0GAMESERVER"
REQUESTER, ADA, BEN, CEM = "U0REQUESTER", "U0APPROVER1", "U0APPROVER2", "U0APPROVER3"
GUEST, BYSTANDER = "U0GUEST", "U0BYSTANDER"
ENDS = ("Succeeded", "Failed", "Aborted", "Done, not verified", "Refused", "Rejected", "Expired", "Superseded")
LOOK_S = 0.1

Json = dict[str, Any]
Found = TypeVar("Found")


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
    def rollback_id(self) -> str:
        """Whose card it is, by the narrator's mark."""
        return _mark(self.message)[0]

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

        def there() -> str:
            text = self.text
            return text if text.startswith(beginnings) else ""

        def missing() -> str:
            return f"the card says {self.text!r}, not {beginnings}: {self.body}"

        return _until(there, within_s=within_s, missing=missing)

    def until_line(self, words: str, *, within_s: float = 60) -> str:
        """Wait until a line of the thread holds these words; returns it."""
        found = _until(
            lambda: [line for line in self.lines if words in line],
            within_s=within_s,
            missing=lambda: f"no line said {words!r}: {self.lines}",
        )
        return found[-1]

    def until_button(self, label: str, *, within_s: float = 30) -> str:
        """Wait until the card carries the one button whose label begins so; returns the whole label.

        The narrator edits a card at its own pace: what the journal says already may stand there later.
        """
        (found,) = _until(
            lambda: [button for button in self.buttons if button.startswith(label)],
            within_s=within_s,
            missing=lambda: f"no button {label!r} on {self.text!r}; there stand {self.buttons}",
        )
        return found

    def press(self, person: str, label: str, **more: object) -> Json:
        """Press a button of the card, by how its label begins, as soon as it stands there."""
        return self.outside.click(person, CHANNEL, self.message, self.until_button(label), **more)

    def until_form(self, person: str, label: str, *, within_s: float = 10) -> Json:
        """Press a button that opens a form; returns this rollback's form once that person has it before them."""
        about = f"{self.rollback_id}|"
        self.press(person, label)
        found = _until(
            lambda: [form for form in self._forms(person) if form["private_metadata"].startswith(about)],
            within_s=within_s,
            missing=lambda: f"{person} has no form about {about}, but {self._forms(person)}",
        )
        return found[-1]

    def until_report(self, *, within_s: float = 60) -> Json:
        """Wait for this rollback's report in the channel; returns it."""
        return _until_posted(self.outside, self.rollback_id, "report:", within_s=within_s)

    def until_call(self, name: str, *, within_s: float = 30) -> Json:
        """Wait for the line in the channel that calls people to this rollback, by the narrator's name for it."""
        return _until_posted(self.outside, self.rollback_id, f"call:{name}", within_s=within_s)

    def _forms(self, person: str) -> list[Json]:
        found: list[Json] = self.outside.get("views", user=person)["views"]
        return found


@dataclass
class People:
    """Who is in the workspace. What they were told before `began` (Unix seconds) is another test's."""

    outside: Outside
    began: float = field(default_factory=time.time)

    def ask(self, text: str = 'canary game-server reason="error spike on canary"', *, by: str = REQUESTER) -> Card:
        """Type a command and wait for the card of what it became."""
        before = {m["ts"] for m in self.outside.messages(CHANNEL)}
        answer = self.outside.command(by, CHANNEL, f"/rollback {text}")
        named = re.search(r"(rb-\d+): planning", str(answer["ack_body"]))
        # Slack takes no answer that comes late, and the card is posted all the same.
        return self.card_of(named[1]) if named else self.new_card(before)

    def card_of(self, rollback_id: str, *, within_s: float = 60) -> Card:
        """Wait for the card of a rollback."""
        return Card(self.outside, _until_posted(self.outside, rollback_id, "card:", within_s=within_s)["ts"])

    def only_card(self, rollback_id: str, words: str, *, within_s: float) -> Card:
        """Wait until a rollback has one card that begins so, and its thread a line with these words.

        What Slack took while it did not answer may stand there twice until the narrator has found it.
        """

        def cards() -> list[Card]:
            named = [m for m in self.outside.messages(CHANNEL) if _is(m, "card:") and _mark(m)[0] == rollback_id]
            return (
                [Card(self.outside, m["ts"]) for m in named if m["text"].startswith(words)] if len(named) == 1 else []
            )

        found = _until(
            lambda: [card for card in cards() if any(words in line for line in card.lines)],
            within_s=within_s,
            missing=lambda: f"not one card of {rollback_id} that begins with {words!r} over such a line",
        )
        return found[0]

    def new_card(self, before: set[str], *, within_s: float = 30) -> Card:
        """Wait for a card in the channel that was not there before."""
        found = _until(
            lambda: [m for m in self.outside.messages(CHANNEL) if m["ts"] not in before and _is(m, "card:")],
            within_s=within_s,
            missing=lambda: f"no card; told: {self.told(REQUESTER)}",
        )
        return Card(self.outside, found[0]["ts"])

    def approve(self, card: Card, *, by: tuple[str, ...] = (ADA, BEN)) -> None:
        """Wait for the plan, then press Approve, each after the other was counted."""
        card.until("Approval needed")
        for number, person in enumerate(by, start=1):
            card.press(person, "Approve")
            if number < len(by):
                card.until(f"Approval needed ({number} of")

    def told(self, person: str) -> list[str]:
        """What only this person was told in this test, oldest first."""
        return [str(m["text"]) for m in self.outside.ephemerals(person) if float(m["ts"]) > self.began]

    def until_told(self, person: str, words: str, *, within_s: float = 30) -> str:
        """Wait until this person was told something with these words; returns it."""
        found = _until(
            lambda: [text for text in self.told(person) if words in text],
            within_s=within_s,
            missing=lambda: f"{person} was told {self.told(person)}, not {words!r}",
        )
        return found[-1]


def _until(look: Callable[[], Found], *, within_s: float, missing: Callable[[], str]) -> Found:
    """Wait until a look finds something; AssertionError says what is missing."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"{missing()}, after {within_s:g} s"
        time.sleep(LOOK_S)
    return found


def _until_posted(outside: Outside, rollback_id: str, key: str, *, within_s: float) -> Json:
    """Wait for the message about a rollback whose name begins so; the youngest one."""
    found = _until(
        lambda: [m for m in outside.messages(CHANNEL) if _is(m, key) and _mark(m)[0] == rollback_id],
        within_s=within_s,
        missing=lambda: f"nothing of {rollback_id} is named {key!r}",
    )
    return found[-1]


def _is(message: Json, key: str) -> bool:
    return _mark(message)[1].startswith(key)


def _mark(message: Json) -> tuple[str, str]:
    """The rollback that a message is about, and the narrator's name for the message within it; "" for others."""
    payload = (message.get("metadata") or {}).get("event_payload", {})
    return str(payload.get("rollback", "")), str(payload.get("key", ""))


def _words(blocks: list[Json]) -> list[str]:
    words: list[str] = []
    for block in blocks:
        parts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
        for part in parts:
            text = part.get("text") if isinstance(part, dict) else None
            words.append(text["text"] if isinstance(text, dict) else str(text)) if text else None
    return words
