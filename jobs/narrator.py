"""The narrator: makes Slack equal to the journal. It decides nothing, and may run twice, late or never."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event as Signal
from typing import Final

import structlog

from bot.domain.events import Event
from bot.store import NoSuchRollback, StoreUnreadable
from bot.views.message import Message, ladder
from jobs.clients.errors import ClientError
from jobs.clients.slack import Answer, BadBlocks, ChannelProblem, Mark, Posted, RateLimited, Slack, SlackUnreadable
from jobs.narration import calls, card, lines, report, sweep
from jobs.narration.desk import BLOCKED_MS, Desk, Later, Parked, Parts
from jobs.narration.mutex import HOLD_S, Displaced, Mutex, mutex

MOST_PASSES: Final = 30
BUSY_MS: Final = 1_000
"""Another narrator is at this rollback: look again after this, should it die."""
STUMBLE_MS: Final = 5_000
SAY_TRIES: Final = 3
SAY_WAIT_S: Final = 5.0

log = structlog.get_logger()

STAGES: Final[Sequence[Callable[[Desk], None]]] = (calls.make, lines.write, card.refresh, calls.close, report.keep_up)
"""Calls first: somebody waits for them. Each stage may come late without holding up the next."""


def narrate(parts: Parts, rollback_id: str, *, hold_s: float = HOLD_S) -> None:
    """Make what stands in Slack about this rollback equal to its journal, as far as Slack takes it now.

    `hold_s`: how long another narrator waits for this one, should it die.
    """
    with structlog.contextvars.bound_contextvars(rollback=rollback_id):
        try:
            with mutex(parts.store, rollback_id, seconds=hold_s) as mine:
                if mine is not None:
                    _work(parts, rollback_id, mine)
            if mine is None:
                parts.store.set_due(_member(rollback_id), parts.store.now() + BUSY_MS)
        except Displaced:
            log.info("another narrator carries on")
        except Parked:
            log.info("parked; the next narrator goes on")
            parts.store.set_due(_member(rollback_id), 0)
        except NoSuchRollback:
            parts.store.clear_due(_member(rollback_id))
        except StoreUnreadable as error:
            log.warning("the store cannot be read; it comes due again", error=str(error))
        except ClientError as error:
            log.warning("the archive cannot be read; it comes due again", error=str(error))
            parts.store.set_due(_member(rollback_id), parts.store.now() + BLOCKED_MS)


def say(parts: Parts, *, channel: str, user: str, thread_ts: str, message: Message) -> None:
    """Answer one person where only they see it; in their direct messages where the channel does not take it."""
    try:
        answer = _answered(parts, channel=channel, user=user, thread_ts=thread_ts, message=message)
    except StoreUnreadable as error:
        log.warning("an answer was not delivered: the store cannot be read", error=str(error), user=user)
        return
    if not isinstance(answer, Posted):
        log.warning("an answer was not delivered", answer=str(answer), user=user)


def _answered(parts: Parts, *, channel: str, user: str, thread_ts: str, message: Message) -> Answer:
    answer = _said(lambda rung: parts.slack.ephemeral(channel, user, rung, thread_ts=thread_ts), message)
    if isinstance(answer, ChannelProblem):
        answer = _said(lambda rung: _directly(parts.slack, user, rung), message)
    return answer


def _work(parts: Parts, rollback_id: str, mine: Mutex) -> None:
    member = _member(rollback_id)
    for _ in range(MOST_PASSES):
        rollback = parts.store.load(rollback_id).rollback
        events = [event for event in _journal(parts, rollback_id) if event.seq <= rollback.seq]
        desk = Desk(parts, rollback, events, mutex=mine)
        at = _pass(desk)
        if at is None:
            # A doubt that was left while this was narrated made it due: that must not be cleared with the rest.
            settled = parts.store.clear_due(member, head=rollback.head) and desk.doubts() == desk.cursor.doubt
        elif at <= desk.now():
            settled = False
        else:
            settled = parts.store.set_due(member, at, head=rollback.head)
        if settled:
            return
    parts.store.set_due(member, parts.store.now() + BUSY_MS)


def _journal(parts: Parts, rollback_id: str) -> Sequence[Event]:
    """The whole journal: a report is rendered from all of it, also a month later."""
    events = parts.store.journal(rollback_id)
    return parts.archive.whole(rollback_id) if events and events[0].seq > 1 else events


def _pass(desk: Desk) -> int | None:
    """One look at everything; when to look again (Redis ms), None when Slack is equal to the journal."""
    try:
        card.ensure(desk)
    except Later as later:
        return later.at
    times: list[int] = []
    for stage in (*STAGES, sweep.clean):
        if times and stage is sweep.clean:
            break  # Only what has come to rest is swept.
        try:
            desk.go_on()
            stage(desk)
        except Later as later:
            times.append(later.at)
            if not desk.cursor.card_ts:
                return later.at
        except (Displaced, Parked, StoreUnreadable):
            raise
        except Exception:
            # One message that cannot be made must not silence the others.
            log.exception("a part of the narration failed", part=stage.__module__)
            times.append(desk.now() + STUMBLE_MS)
    return min(times) if times else None


def _said(send: Callable[[Message], Answer], message: Message) -> Answer:
    answer: Answer = BadBlocks("no rung")
    for rung in ladder(message):
        for _ in range(SAY_TRIES):
            answer = send(rung)
            if not isinstance(answer, RateLimited) or answer.retry_after > SAY_WAIT_S:
                break  # An answer that comes much later is of no use; others wait for this worker.
            Signal().wait(answer.retry_after)
        if not isinstance(answer, BadBlocks):
            return answer
        log.error("Slack refused blocks", code=answer.code, pointers=answer.pointers)
    return answer


def _directly(slack: Slack, user: str, message: Message) -> Answer:
    try:
        channel = slack.direct(user)
    except SlackUnreadable as error:
        return error.problem
    return slack.post(channel, message, mark=Mark({"answer": True}))


def _member(rollback_id: str) -> str:
    return f"narrate:{rollback_id}"
