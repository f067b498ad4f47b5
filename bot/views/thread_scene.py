"""What a line of the thread is told from."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.events import Event
from bot.domain.rollback import Rollback
from bot.views.words import Words


@dataclass(frozen=True)
class Told:
    """One event, and the rollback as it stood right after it."""

    words: Words
    event: Event
    rollback: Rollback
