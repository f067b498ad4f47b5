"""The thread: one plain line an event, in order, each once; late lines share a post."""

from __future__ import annotations

from typing import Final

from bot.domain.events import Event
from bot.domain.rollback import Rollback, after, begin
from bot.views.message import Message
from bot.views.thread import line
from jobs.narration import card
from jobs.narration.desk import Desk

SHARED: Final = 10
"""At most so many lines share a post (UX.md section 3)."""


def write(desk: Desk) -> None:
    """Every event's line stands in the card's thread.

    Raises:
        Later: not all of them do yet, or the card was gone.
    """
    while batch := _batch(_pending(desk)):
        # A post found again after a lost answer may hold fewer lines than are pending now: each time anew.
        _post(desk, batch)
    if desk.cursor.line_seq < desk.rollback.seq:
        desk.keep(line_seq=desk.rollback.seq)


def _post(desk: Desk, batch: list[tuple[int, str]]) -> None:
    first, last = batch[0][0], batch[-1][0]
    parent = desk.cursor.card_ts
    key = f"lines:{first}"
    posted, payload = desk.post(
        key,
        Message("\n".join(text for _, text in batch), ()),
        thread_ts=parent,
        payload={"seq": last},
    )
    if posted.thread_ts != parent:
        # Slack puts a reply whose parent was deleted into the channel, and says nothing.
        desk.slack.delete(desk.channel, posted.ts)
        desk.keep(done=key)
        card.lost(desk)
    reached = payload.get("seq")
    desk.keep(done=key, line_seq=reached if isinstance(reached, int) else last)


def _batch(pending: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The first events whose lines share a post; an event may have more than one line."""
    batch: list[tuple[int, str]] = []
    room = SHARED
    for seq, text in pending:
        room -= text.count("\n") + 1
        if batch and room < 0:
            break
        batch.append((seq, text))
    return batch


def _pending(desk: Desk) -> list[tuple[int, str]]:
    rows: list[tuple[int, str]] = []
    rollback: Rollback | None = None
    for event in desk.events:
        rollback = _folded(rollback, event, desk.rollback.id)
        if event.seq > desk.cursor.line_seq and (text := line(event, rollback)):
            rows.append((event.seq, text))
    return rows


def _folded(rollback: Rollback | None, event: Event, rollback_id: str) -> Rollback:
    return begin(event, rollback_id) if rollback is None else after(rollback, event)
