"""Rollbacks that ended, and what is left of a chain when somebody tampers with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from redis import Redis

from bot.domain.events import Kind
from bot.domain.rollback import Rollback
from bot.domain.standing import Deed, NewEntry
from bot.store import Store, keys
from jobs.archiving import Archive
from jobs.clients.archive import Folder
from tests.integration.store.builders import MINA, command, event, move, running


def ended(store: Store) -> Rollback:
    """A rollback that was aborted, reported, and wrote its last word."""
    rollback = running(store)
    move(store, rollback.id, event(Kind.STEP_STARTED, step=0, attempt=1, fence=1))
    move(store, rollback.id, event(Kind.ABORT_ASKED, MINA))
    move(store, rollback.id, event(Kind.ABORTED, MINA, step=0, production={}, why="é, 漢字"))
    return move(store, rollback.id, event(Kind.REPORTED, channel="C1", ts="1.0", link="https://example.com"))


def decide(store: Store, service: str, reason: str) -> None:
    """Write an entry into a service's ledger."""
    entry = NewEntry(kind=Deed.LOCKED, by=MINA, data={"reason": reason, "until": None})
    store.stand(store.standing(service), [entry], command_id=command())


def archive_of(store: Store, folder: Path, *, keep_ms: int = 0) -> Archive:
    """An archive in a folder, which trims what has ended so long ago."""
    return Archive(store, Folder(folder), keep_ms=keep_ms)


def replace(redis: Redis, key: str, lines: Sequence[str]) -> None:
    """Write a stream anew by hand, as somebody who may write to Redis can."""
    redis.delete(key)
    for seq, line in enumerate(lines, start=1):
        redis.xadd(key, {"e": line}, id=f"{seq}-0")


def lines_of(redis: Redis, rollback_id: str) -> list[str]:
    """A journal's lines, read past the store."""
    return stream(redis, keys.journal(rollback_id))


def stream(redis: Redis, key: str) -> list[str]:
    """The lines of any chain."""
    return [fields["e"] for _, fields in cast("list[tuple[str, dict[str, str]]]", redis.xrange(key))]
