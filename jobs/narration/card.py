"""The card: posted once, edited in place, posted anew when it was deleted."""

from __future__ import annotations

from functools import partial
from typing import Final

from bot.domain.model import JsonObject
from bot.domain.rollback import Rollback, State
from bot.domain.standing import Standing
from bot.store import StoreUnaccepted, StoreUnreadable
from bot.views import units
from bot.views.card import card
from bot.views.card_asking import SLOW_MS, WAITING_MS
from bot.views.message import Message
from bot.views.words import get
from jobs.clients.pace import Urgency
from jobs.clients.slack import NotThere
from jobs.narration.cursor import Cursor
from jobs.narration.desk import Desk, Later, fingerprint

APART_MS: Final = 2_000
EACH_MS: Final = 1_500
"""Edits of one card are so far apart, and so far for each live card, a change of state aside: all edits of a workspace
share about 50 a minute."""
SUCCESSOR_MS: Final = 60_000
"""So long the card of a superseded rollback waits for its successor's card, to link it."""


def ensure(desk: Desk) -> None:
    """The card stands in its channel.

    Raises:
        Later: it does not yet.
    """
    cursor = desk.cursor
    if not cursor.card_ts:
        message, drawn = _drawn(desk)
        key = f"card:{cursor.card_number}"
        shown: JsonObject = {"shown": drawn, "stage": _stage(desk.rollback)}
        # One that was found again shows what was so when it was posted, and says itself what that is.
        posted, carried = desk.post(key, message, payload=shown, urgency=Urgency.FIRST)
        desk.keep(
            done=key,
            channel=posted.channel or desk.channel,
            card_ts=posted.ts,
            card_hash=str(carried.get("shown", "")),
            card_at=desk.now(),
            card_state=str(carried.get("stage", "")),
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
    message, changed = _drawn(desk)
    if changed != desk.cursor.card_hash:
        _edit(desk, message, changed)
    for wait in (_wait_for_successor, _wait_for_worker, _wait_for_plan):
        wait(desk)


def _edit(desk: Desk, message: Message, changed: str) -> None:
    now = desk.now()
    same_state = _stage(desk.rollback) == desk.cursor.card_state
    if same_state and now < (next_at := desk.cursor.card_at + _apart_ms(desk)):
        raise Later(next_at, "edits of one card are kept apart")
    key, urgency = f"card:{desk.cursor.card_number}", Urgency.LAST if same_state else Urgency.FIRST
    answer = desk.edit(key, message, channel=desk.channel, ts=desk.cursor.card_ts, urgency=urgency)
    if isinstance(answer, NotThere):
        lost(desk)
    desk.keep(card_hash=changed, card_at=now, card_state=_stage(desk.rollback))


def lost(desk: Desk) -> None:
    """The card was deleted, or can no longer be edited: it is posted anew, with a line that says so.

    Raises:
        Later: always; the next pass posts it.
    """
    desk.keep(card_ts="", card_link="", card_hash="", card_number=desk.cursor.card_number + 1)
    raise Later(0, "the card was gone")


def _stage(rollback: Rollback) -> str:
    """What people wait to see at once: the state, and each approval."""
    return f"{rollback.state}/{len(rollback.approvals)}"


def _apart_ms(desk: Desk) -> int:
    return max(APART_MS, EACH_MS * desk.parts.store.live())


def _drawn(desk: Desk) -> tuple[Message, str]:
    """The card as it is now, and the hash by which it is seen that it has changed.

    For how long planning has waited is said as of the drawing: that time passes is no change, and costs no edit.
    """
    draw = partial(
        card,
        desk.rollback,
        catalog_revision=desk.parts.catalog.revision,
        ahead=_ahead(desk),
        successor_link=_successor_link(desk),
        standing=_standing(desk),
    )
    now = desk.now()
    message = draw(now=now)
    if desk.rollback.state is not State.REQUESTED:
        return message, fingerprint(message)
    return message, fingerprint(draw(now=min(now, desk.rollback.requested_at + SLOW_MS + 1)))


def _standing(desk: Desk) -> Standing | None:
    """What stands about the service; a record of it that nobody can read keeps no card from being right otherwise."""
    try:
        return desk.parts.store.standing(desk.rollback.request.service).standing
    except StoreUnaccepted:
        raise
    except StoreUnreadable:
        return None


def _ahead(desk: Desk) -> int:
    """How many rollbacks were approved before this one and wait for a worker as it does; looked up after 3 s."""
    if desk.rollback.state is not State.APPROVED or desk.now() <= _approved_at(desk.rollback) + WAITING_MS:
        return 0
    waiting = [other for other in desk.parts.store.open_rollbacks() if other.state is State.APPROVED]
    return sum(_approved_at(other) < _approved_at(desk.rollback) for other in waiting)


def _approved_at(rollback: Rollback) -> int:
    return max((approval.at for approval in rollback.approvals), default=0)


def _wait_for_worker(desk: Desk) -> None:
    """An approved rollback that does not start says soon what it waits for; how many are ahead may change."""
    if desk.rollback.state is not State.APPROVED:
        return
    now, since = desk.now(), _approved_at(desk.rollback) + WAITING_MS
    if now <= since:
        raise Later(since + 1, "it may have to wait for a worker")
    if _ahead(desk):
        raise Later(now + _apart_ms(desk), "it waits for a worker")


def _wait_for_plan(desk: Desk) -> None:
    """A card of a plan that is waited for says after 10 s what for."""
    rollback, since = desk.rollback, desk.rollback.requested_at + SLOW_MS
    if rollback.state is State.REQUESTED and rollback.waiting_since is not None and desk.now() <= since:
        raise Later(since + 1, "planning may have to wait")


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
