"""What every channel is told about the bot's own records."""

from __future__ import annotations

from bot.views import blocks, words
from bot.views.message import Message
from bot.views.text import unmarked


def distrusted(why: str, *, language: str = words.FALLBACK) -> Message:
    """Nothing is started or carried on until an operator accepts the store; `why` as the store says it."""
    told = words.get(language)("store.distrusted", why=why)
    return Message(unmarked(told), (blocks.section(told),))


def accepted(*, language: str = words.FALLBACK) -> Message:
    """An operator accepted it."""
    told = words.get(language)("store.accepted")
    return Message(unmarked(told), (blocks.section(told),))
