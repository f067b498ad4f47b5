"""A command, however it was typed: parse it, do it, answer. Slash commands and mentions both come here."""

from __future__ import annotations

from bot import service
from bot.domain.events import Kind
from bot.domain.people import Person
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import ENDED_AFTER_WORK, Request
from bot.views import answers
from bot.views.message import Message
from handlers.front import Front, Place
from handlers.parse import Ask, Command, Help, Look, parse


def dispatch(front: Front, text: str, *, person: Person, place: Place, command_id: str) -> Message:
    """Do what a command says and return the answer for its sender's eyes.

    Raises:
        Refused, StoreUnreadable: what cannot be done, and why.
    """
    desk = front.desk
    here = sorted(
        name for name, entry in desk.catalog.services.items() if entry.channel in {place.channel, place.name}
    )
    command: Command = parse(text, services=desk.catalog.services, here=here)
    match command:
        case Ask():
            return _ask(front, command, person=person, place=place, command_id=command_id)
        case Help():
            return answers.help(command.command or None, services=here or sorted(desk.catalog.services))
        case Look(command="abort"):
            return _abort(front, command.what, person=person, command_id=command_id)
        case Look(command="report"):
            return _report(front, command.what)
        case Look():
            return _status(front, command.what)


def _ask(front: Front, ask: Ask, *, person: Person, place: Place, command_id: str) -> Message:
    entry = front.desk.service(ask.service)
    wanted = Request(
        service=ask.service,
        strategy=ask.strategy,
        by=person,
        # No rollback happens where its people cannot see it.
        channel=entry.channel if place.direct and not ask.dry else place.channel,
        version=ask.version,
        reason=ask.reason,
        reason_code=ask.reason_code,
        options=ask.options,
    )
    if ask.dry:
        service.known_member(front.desk, person)
        front.queues.preview(wanted, thread_ts=place.thread_ts)
        return answers.reading(wanted)
    return answers.asked(service.request(front.desk, wanted, command_id=command_id))


def _abort(front: Front, what: str, *, person: Person, command_id: str) -> Message:
    rollback_id = what
    if what in front.desk.catalog.services:
        rollback_id = service.one_open(front.desk, what, command="abort").id
    return answers.aborting(service.abort(front.desk, rollback_id, person=person, command_id=command_id))


def _status(front: Front, what: str) -> Message:
    desk = front.desk
    if what and what not in desk.catalog.services:
        return answers.status((service.one(desk, what),), now=desk.store.now())
    return answers.status(service.status(desk, service=what or None), now=desk.store.now())


def _report(front: Front, what: str) -> Message:
    desk = front.desk
    if what in desk.catalog.services:
        ended = [r for r in service.status(desk, service=what) if r.state in ENDED_AFTER_WORK]
        if not ended:
            raise Refused(Code.UNKNOWN_ROLLBACK, service=what)
        rollback = ended[0]
    else:
        rollback = service.one(desk, what)
    posted = [event for event in desk.store.journal(rollback.id) if event.kind is Kind.REPORTED]
    link = str(posted[-1].data.get("link") or "") if posted else ""
    return answers.report(rollback, link=link)
