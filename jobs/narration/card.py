"""The card: posted once, edited in place, posted anew when it was deleted."""

from __future__ import annotations

from typing import Final

from bot.domain.rollback import State
from bot.views import units
from bot.views.card import card
from bot.views.message import Message
from bot.views.words import get
from jobs.clients.slack import NotThere
from jobs.narration.cursor import Cursor
from jobs.narration.desk import Desk, Later, fingerprint

APART_MS: Final = 2_000
"""Edits of one card are this far apart, a change of state aside: all edits of a workspace share about 50 a minute."""
SUCCESSOR_MS: Final = 60_000
"""So long the card of a superseded rollback waits for its successor's card, to link it."""


def ensure(desk: Desk) -> None:
    """The card stands in its channel.

    Raises:
        Later: it does not yet.
    """
    cursor = desk.cursor
    if not cursor.card_ts:
        message = _message(desk)
        key = f"card:{cursor.card_number}"
        posted, _ = desk.post(key, message)
        desk.keep(
            done=key,
            channel=posted.channel or desk.channel,
            card_ts=posted.ts,
            card_hash=fingerprint(message),
            card_at=desk.now(),
            card_state=desk.rollback.state,
        )
    if not desk.cursor.card_link:
        desk.keep(card_link=desk.permalink(desk.channel, desk.cursor.card_ts))
    if desk.cursor.card_said < desk.cursor.card_number:
        _say_anew(desk)


def refresh(desk: Desk) -> None:
    """The card shows where the rollback stands.

    Raises:
        Later: it does not yet, or was gone.
    """
    message = _message(desk)
    changed = fingerprint(message)
    if changed == desk.cursor.card_hash:
        _wait_for_successor(desk)
        return
    now = desk.now()
    if desk.rollback.state == desk.cursor.card_state and now < desk.cursor.card_at + APART_MS:
        raise Later(desk.cursor.card_at + APART_MS, "edits of one card are 2 s apart")
    answer = desk.edit(f"card:{desk.cursor.card_number}", message, channel=desk.channel, ts=desk.cursor.card_ts)
    if isinstance(answer, NotThere):
        lost(desk)
    desk.keep(card_hash=changed, card_at=now, card_state=desk.rollback.state)
    _wait_for_successor(desk)


def lost(desk: Desk) -> None:
    """The card was deleted, or can no longer be edited: it is posted anew, with a line that says so.

    Raises:
        Later: always; the next pass posts it.
    """
    desk.keep(card_ts="", card_link="", card_hash="", card_number=desk.cursor.card_number + 1)
    raise Later(0, "the card was gone")


def _message(desk: Desk) -> Message:
    return card(
        desk.rollback,
        now=desk.now(),
        catalog_revision=desk.parts.catalog.revision,
        successor_link=_successor_link(desk),
    )


def _say_anew(desk: Desk) -> None:
    number = desk.cursor.card_number
    text = get()("narrator.card-anew", clock=units.clock(desk.now()))
    key = f"anew:{number}"
    desk.post(key, Message(text, ()), thread_ts=desk.cursor.card_ts)
    desk.keep(done=key, card_said=number)


def _successor_link(desk: Desk) -> str:
    successor = desk.rollback.last.get("successor")
    if desk.rollback.state is not State.SUPERSEDED or not successor:
        return ""
    note, _ = desk.parts.store.note(f"narration:{successor}")
    return Cursor.model_validate(note).card_link if note else ""


def _wait_for_successor(desk: Desk) -> None:
    if desk.rollback.state is not State.SUPERSEDED or _successor_link(desk):
        return
    now = desk.now()
    if now < (desk.rollback.ended_at or 0) + SUCCESSOR_MS:
        raise Later(now + APART_MS, "the successor's card is not posted yet")
