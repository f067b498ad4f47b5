"""The narrator's mutex: one narrator works on a rollback at a time, as a rule."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import structlog

from bot.store import Store, StoreUnreadable
from jobs.held import Held

HOLD_S: Final = 8.0
"""How long a narrator that died keeps the next one waiting."""

log = structlog.get_logger()


class Displaced(Exception):  # noqa: N818 - no error: somebody else is at the desk
    """Another narrator works on this rollback, or may: this one stopped too long. It writes nothing more."""


@dataclass(frozen=True)
class Mutex:
    """A mutex that is held. That nothing stands twice rests on the cursor's version, and on the sweep."""

    owner: str
    held: Held

    def sure(self) -> bool:
        """Whether it was not lost; False when it may have been."""
        return self.held.sure()


@contextmanager
def mutex(store: Store, rollback_id: str, *, seconds: float = HOLD_S) -> Iterator[Mutex | None]:
    """Hold the mutex of one rollback's narration until the block ends; None when somebody else has it.

    Raises:
        StoreUnreadable: Redis does not answer.
    """
    name, owner = f"narrator:{rollback_id}", uuid4().hex

    def take() -> bool:
        return store.mutex(name, owner=owner, seconds=seconds)

    asked = time.monotonic()
    if not take():
        yield None
        return
    try:
        with Held(take, name=name, seconds=seconds, asked=asked) as held:
            yield Mutex(owner, held)
    finally:
        try:
            store.unmutex(name, owner=owner)
        except StoreUnreadable:
            log.info("the mutex was not given back; it runs out", name=name)
