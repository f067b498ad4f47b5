"""A message for Slack, and the ladder down which it goes when Slack does not take its blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self, cast

from bot.domain.model import Json, JsonObject
from bot.views import words
from bot.views.blocks import SECTION_LIMIT, plain
from bot.views.text import Safe, cut_end, join, unmarked


@dataclass(frozen=True)
class Message:
    """What is posted: `text` for phones and screen readers (no markup, no tokens), `blocks` for everybody else.

    `public`: an answer to a command that everybody in its channel may see.
    """

    text: str
    blocks: tuple[JsonObject, ...]
    public: bool = False

    def to_json(self) -> JsonObject:
        """The message as JSON, for a job's arguments."""
        blocks: list[Json] = list(self.blocks)
        return {"text": self.text, "blocks": blocks}

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """The message that `to_json` gave; blocks that are no objects are left out."""
        blocks = data.get("blocks")
        kept = tuple(block for block in blocks if isinstance(block, dict)) if isinstance(blocks, list) else ()
        return cls(Safe(str(data.get("text") or "")), kept)


def ladder(message: Message, *, language: str = words.FALLBACK) -> tuple[Message, ...]:
    """The message as it is; its header, first section and buttons as plain sections; its text alone with a hint.

    The narrator tries them in turn on invalid_blocks and msg_blocks_too_long: no state is lost for want of a block.
    """
    if not message.blocks:
        return (message,)
    return (message, Message(message.text, _plain_blocks(message.blocks)), _text_alone(message, language))


def _plain_blocks(blocks: tuple[JsonObject, ...]) -> tuple[JsonObject, ...]:
    kept: list[JsonObject] = []
    for kind in ("header", "section"):
        block = next((block for block in blocks if block["type"] == kind and "text" in block), None)
        if block is not None:
            text = cast("JsonObject", block["text"])
            kept.append({"type": "section", "text": plain(cut_end(unmarked(str(text["text"])), limit=SECTION_LIMIT))})
    return (*kept, *(block for block in blocks if block["type"] == "actions"))


def _text_alone(message: Message, language: str) -> Message:
    actions = next((block for block in message.blocks if block["type"] == "actions"), None)
    if actions is None:
        return Message(message.text, ())
    hint = words.get(language).first(*_hint_keys(actions.get("block_id")), id=_rollback_of(actions.get("block_id")))
    return Message(join(" ", (Safe(message.text), hint)), ())


def _hint_keys(block_id: Json) -> tuple[str, ...]:
    return ("buttons_missing",) if _rollback_of(block_id) else ("buttons_missing_plain",)


def _rollback_of(block_id: Json) -> str:
    found = re.fullmatch(r"act:(rb-\d+):\d+", str(block_id or ""))
    return found[1] if found else ""
