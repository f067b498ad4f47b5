"""The sweep: what stands twice is deleted. Doubles come of a stopped narrator that wakes, and of posts taken late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import structlog

from bot.domain.model import JsonObject
from bot.domain.rollback import TERMINAL
from jobs.narration import calls
from jobs.narration.desk import FILE, LOOK_BACK_S, Desk, Later

IN_THREAD: Final = ("lines:", "anew:", FILE)
"""Keys of messages that belong into the card's thread; in the channel they are strays of a deleted card."""
CALL: Final = "call:"

log = structlog.get_logger()


@dataclass(frozen=True)
class _Found:
    channel: str
    ts: str
    in_thread: bool


def clean(desk: Desk) -> None:
    """Every message about this rollback stands once: at its end, after a post made again, and when there is doubt.

    Raises:
        Later: it is not known yet, or a post that was made again may still come.
    """
    ended = desk.rollback.state in TERMINAL and not desk.cursor.swept
    doubts, ghost_at = desk.doubts(), desk.cursor.ghost_at
    ghost = bool(ghost_at) and ghost_at <= desk.now()
    if ended or ghost or doubts != desk.cursor.doubt:
        for key, found in _by_key(desk).items():
            _keep_one(desk, key, found)
        _settle(desk)
        desk.keep(
            swept=desk.rollback.seq if ended else desk.cursor.swept,
            ghost_at=0 if ghost else ghost_at,
            doubt=doubts,
        )
    if desk.cursor.ghost_at:
        raise Later(desk.cursor.ghost_at, "a post that was made again may still come")


def _by_key(desk: Desk) -> dict[str, list[_Found]]:
    """Our messages in the channel, in the card's thread and where people were called, the oldest of each key first."""
    grouped: dict[str, list[_Found]] = {}
    since = f"{desk.rollback.requested_at / 1000 - LOOK_BACK_S:.6f}"
    for channel, thread_ts in _places(desk):
        for ts, payload in desk.found(channel, since=since, thread_ts=thread_ts):
            grouped.setdefault(_key(payload), []).append(_Found(channel, ts, bool(thread_ts) and ts != thread_ts))
    return grouped


def _places(desk: Desk) -> Iterator[tuple[str, str]]:
    """Channels, each with the thread in it to be read or ""."""
    called = {note.channel for note in desk.cursor.calls.values()}
    begun = {begun.channel for begun in desk.cursor.posting.values()}
    for channel in sorted({desk.channel, *called, *begun}):
        yield channel, ""
    yield desk.channel, desk.cursor.card_ts


def _keep_one(desk: Desk, key: str, found: list[_Found]) -> None:
    unique = {(one.channel, one.ts): one for one in found}
    strays = [one for one in unique.values() if key.startswith(IN_THREAD) and not one.in_thread]
    rest = sorted((one for one in unique.values() if one not in strays), key=lambda one: float(one.ts))
    counts = desk.cursor.stands.get(key)
    kept = next((one for one in rest if one.ts == counts), rest[0] if rest else None)
    for one in (*strays, *(one for one in rest if one is not kept)):
        log.warning("a message stood twice; the double is deleted", key=key, ts=one.ts)
        desk.delete(one.channel, one.ts)
    if kept is not None and key.startswith(CALL) and key.removeprefix(CALL) not in desk.cursor.calls:
        calls.adopt(desk, key.removeprefix(CALL), channel=kept.channel, ts=kept.ts)
        raise Later(0, "a call was found that nobody remembered")


def _settle(desk: Desk) -> None:
    """Posts that were begun, that nobody wants any more and that stand nowhere, are forgotten."""
    for key in tuple(desk.cursor.posting):
        desk.keep(done=key)


def _key(payload: JsonObject) -> str:
    return str(payload.get("key") or "")
