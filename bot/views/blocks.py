"""The few Block Kit blocks that cards and answers are made of, each within the limits that UX.md sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.domain.model import Json, JsonObject
from bot.views.text import cut_end, escape

HEADER_LIMIT = 150
SECTION_LIMIT = 3_000
CONTEXT_LIMIT = 3_000


def plain(text: str) -> JsonObject:
    """A plain_text object; emoji codes in it stay text."""
    return {"type": "plain_text", "text": escape(text), "emoji": False}


def mrkdwn(text: str) -> JsonObject:
    """A mrkdwn object whose channel and user names are never turned into mentions."""
    return {"type": "mrkdwn", "text": escape(text), "verbatim": True}


def header(text: str) -> JsonObject:
    """A header of at most 150 units."""
    return {"type": "header", "text": plain(cut_end(text, limit=HEADER_LIMIT))}


def section(text: str, *, limit: int = SECTION_LIMIT) -> JsonObject:
    """A mrkdwn section that is shown whole, cut at its limit."""
    return {"type": "section", "text": mrkdwn(cut_end(text, limit=limit)), "expand": True}


def context(*texts: str) -> JsonObject:
    """Small print: up to ten mrkdwn elements."""
    elements: list[Json] = [mrkdwn(cut_end(text, limit=CONTEXT_LIMIT)) for text in texts if text]
    return {"type": "context", "elements": elements[:10]}


def actions(elements: Sequence[JsonObject], *, block_id: str = "") -> JsonObject:
    """A row of buttons."""
    row: list[Json] = list(elements)
    return {"type": "actions", **({"block_id": block_id} if block_id else {}), "elements": row}


def present(blocks: Iterable[JsonObject | None]) -> tuple[JsonObject, ...]:
    """The blocks that there are: a slot without content is left out."""
    return tuple(block for block in blocks if block is not None)
