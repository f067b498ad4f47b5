"""What every listener works with, and who is speaking, as Slack's payloads say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import structlog

from bot.domain.people import Person
from bot.domain.refusal import Code, Refusal, Refused
from bot.metrics import REFUSALS
from bot.queues import Queues
from bot.service import Desk
from bot.store import StoreFull, StoreUnaccepted, StoreUnreadable
from bot.views import answers
from bot.views.message import Message

log = structlog.get_logger()

Payload: TypeAlias = Mapping[str, Any]
"""A payload of Slack's: JSON that nobody has checked."""

DIRECT = "directmessage"
"""What Slack calls the channel of a command that was typed to the bot itself."""


@dataclass(frozen=True)
class Front:
    """The parts behind the listeners. `forms` opens modals, which needs a Slack call that no answer waits for."""

    desk: Desk
    queues: Queues
    forms: Executor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=4, thread_name_prefix="forms"))


@dataclass(frozen=True)
class Place:
    """Where something was said: a channel's id and name ("" when the payload does not name it), and the thread."""

    channel: str
    name: str = ""
    thread_ts: str = ""

    @property
    def direct(self) -> bool:
        """Whether it is a direct message, where nobody else sees what happens."""
        return self.name == DIRECT or self.channel.startswith("D")


def answered(act: Callable[[], Message | None] | Callable[[], None]) -> Message | None:
    """Do it, and put every kind of no into words. What is no refusal is raised on."""
    try:
        return act()
    except Refused as refused:
        return refusal(refused.refusal)
    except StoreUnaccepted:
        return refusal(Refusal(code=Code.STORE_UNACCEPTED))
    except StoreFull:
        return refusal(Refusal(code=Code.STORE_FULL))
    except StoreUnreadable:
        return refusal(Refusal(code=Code.STORE_UNREADABLE))


def refusal(why: Refusal) -> Message:
    """The words of a refusal, counted and logged."""
    REFUSALS.labels(why.code).inc()
    log.info("refused", code=why.code, figures=why.figures)
    return answers.refusal(why)


def tell(front: Front, *, person: Person, place: Place, message: Message | None) -> None:
    """Answer a click where only its person sees it, through the queue: no Slack call before or after the ack."""
    if message is None:
        return
    try:
        front.queues.say(channel=place.channel, user=person.id, thread_ts=place.thread_ts, message=message.to_json())
    except StoreUnreadable:
        log.warning("an answer was lost because Redis is away", user=person.id, text=message.text)


def speaker(body: Payload) -> Person:
    """Who sent a command, an action or a form."""
    user = body.get("user")
    if isinstance(user, Mapping):
        team = user.get("team_id") or _mapping(body, "team").get("id")
        return Person(
            team=str(team or ""), id=str(user.get("id") or ""), name=str(user.get("name") or user.get("username") or "")
        )
    return Person(
        team=str(body.get("team_id") or ""), id=str(body.get("user_id") or ""), name=str(body.get("user_name") or "")
    )


def place_of(body: Payload) -> Place:
    """Where an action was clicked: the channel, and the thread when the message with the button stands in one."""
    channel, container, message = _mapping(body, "channel"), _mapping(body, "container"), _mapping(body, "message")
    thread = container.get("thread_ts") or message.get("thread_ts") or ""
    if thread == (container.get("message_ts") or message.get("ts")):
        thread = ""  # the card itself: its answer belongs beside it, not into its thread
    return Place(
        channel=str(channel.get("id") or container.get("channel_id") or ""),
        name=str(channel.get("name") or ""),
        thread_ts=str(thread),
    )


def _mapping(body: Payload, name: str) -> Payload:
    found = body.get(name)
    return found if isinstance(found, Mapping) else {}
