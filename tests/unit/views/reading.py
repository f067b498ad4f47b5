"""Reading a card as UX.md writes it: plain spaces, and times as ⟨t⟩."""

from __future__ import annotations

from bot.domain.model import Json, JsonObject
from bot.domain.rollback import Rollback
from bot.views.card import card
from bot.views.message import Message
from tests.unit.views import factory as run

LATER = 2_000


def shown(rollback: Rollback, *, now: int = 0, ahead: int = 0, successor_link: str = "") -> Message:
    """The card two seconds after it was asked for, or at `now`."""
    return card(
        rollback,
        now=now or rollback.requested_at + LATER,
        catalog_revision="41d09e",
        ahead=ahead,
        successor_link=successor_link,
    )


def text_of(block: JsonObject) -> str:
    """The texts of a block, with plain spaces, and times as UX.md writes them."""
    text = block.get("text")
    parts = [text] if text else block.get("elements", [])
    assert isinstance(parts, list)
    said = " | ".join(str(_inner(part)) for part in parts)
    return said.replace("\u00a0", " ")


def t(clock: str) -> str:
    """UX.md's ⟨t⟩."""
    return f"<!date^{run.at(clock) // 1000}^{{time_secs}}|{clock} UTC>"


def texts(message: Message) -> list[str]:
    """Every block as text, in order."""
    return [text_of(block) for block in message.blocks]


def _inner(part: Json) -> str:
    assert isinstance(part, dict)
    text = part["text"]
    return str(text["text"]) if isinstance(text, dict) else str(text)
