"""The one place of action ids and button values. A value is never trusted: whoever reads it reads the state again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.model import JsonObject
from bot.domain.rollback import Request, Rollback
from bot.views.blocks import plain
from bot.views.text import Safe, cut_end, cut_middle
from bot.views.words import Words

SHORT_DIGEST = 8
NAME_LIMIT = 40
_VALUE = re.compile(r"(rb-[0-9]{1,12})\|([0-9a-f]{64})?\|([0-9]{1,9})")


class Action(StrEnum):
    """The action id of every button and check box."""

    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"
    ABORT = "abort"
    RETRY = "retry"
    SKIP = "skip"
    PLAN_AGAIN = "plan_again"
    PLAN_REST = "plan_rest"
    DETAILS = "details"
    OPEN_REPORT = "open_report"
    CAUSE = "cause"
    LESSON = "lesson"
    TICK = "tick"
    ASK = "ask"


ACTIONS: frozenset[str] = frozenset(Action)
_STYLES = {Action.APPROVE: "primary", Action.RETRY: "primary", Action.ABORT: "danger"}


@dataclass(frozen=True)
class ButtonValue:
    """What a card's button is for: the rollback, the full digest ("" before there is a plan), the event number."""

    rollback_id: str
    digest: str
    seq: int


def value_of(rollback: Rollback) -> str:
    """The value of every button on this rollback's card as it stands."""
    return f"{rollback.id}|{rollback.digest}|{rollback.seq}"


def parse_value(text: str) -> ButtonValue | None:
    """Read a button's value; None when it is not one that this bot makes (somebody wrote it by hand)."""
    found = _VALUE.fullmatch(text)
    return ButtonValue(found[1], found[2] or "", int(found[3])) if found else None


def command_of(request: Request) -> str:
    """What follows `/rollback` to ask for this: the value of [Ask for it], parsed like any command."""
    parts = [request.strategy, request.service]
    if request.version:
        parts.append(f"to={request.version}")
    parts += [f"{name}={'yes' if given is True else given}" for name, given in sorted(request.options.items()) if given]
    if request.break_glass:
        parts.append("break-glass=yes")
    if request.reason_code or request.reason:
        parts.append(f"reason={' '.join(part for part in (request.reason_code, request.reason) if part)}")
    return cut_to(" ".join(parts))


def cut_to(command: str, limit: int = 1_900) -> str:
    """A command that fits a button's value (2,000 units)."""
    return command.encode("utf-16-le")[: limit * 2].decode("utf-16-le", errors="ignore")


def button(
    words: Words, action: Action, *, value: str, confirm: JsonObject | None = None, **figures: object
) -> JsonObject:
    """One button: its label says what it does, its style only underlines that."""
    made: JsonObject = {
        "type": "button",
        "action_id": action.value,
        "text": plain(words(f"button.{action}", **figures)),
        "value": value,
    }
    if action in _STYLES:
        made["style"] = _STYLES[action]
    if confirm is not None:
        made["confirm"] = confirm
    return made


def confirmation(words: Words, key: str, **figures: object) -> JsonObject:
    """A confirm dialog from the words `confirm.<key>.title`, `.text`, `.yes` and `.no`, within Slack's limits."""
    limits = {"title": 100, "text": 300, "yes": 30, "no": 30}
    made = {
        part: plain(cut_end(words(f"confirm.{key}.{part}", **figures), limit=most)) for part, most in limits.items()
    }
    return {"title": made["title"], "text": made["text"], "confirm": made["yes"], "deny": made["no"]}


def short(digest: str) -> Safe:
    """A digest as people read it: its first eight digits."""
    return Safe(digest[:SHORT_DIGEST])


def name(text: str, *, limit: int = NAME_LIMIT) -> Safe:
    """The name of a thing, cut in the middle."""
    return cut_middle(text, limit=limit)
