"""A command, however it was typed: parse it, do it, answer. Slash commands and mentions both come here."""

from __future__ import annotations

from bot import service
from bot.domain.people import Person
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import ENDED_AFTER_WORK, Request, Rollback
from bot.views import answers, locks
from bot.views.history import history
from bot.views.message import Message
from handlers.front import Front, Place
from handlers.parse import Ask, Command, Help, History, Lock, Look, Undo, Unlock, parse

SERVICES_SHOWN = 15
"""Of how many services the help says whether the asker may approve them."""


def dispatch(front: Front, text: str, *, person: Person, place: Place, command_id: str) -> Message:
    """Do what a command says and return the answer for its sender's eyes.

    Raises:
        Refused, StoreUnreadable: what cannot be done, and why.
    """
    desk = front.desk
    here = sorted(name for name, entry in desk.catalog.services.items() if entry.channel in {place.channel, place.name})
    command: Command = parse(text, services=desk.catalog.services, here=here)
    if not isinstance(command, Help):
        # Also what is only read: it tells of services whose channels a guest or another workspace never sees.
        service.known_reader(desk, person)
    match command:
        case Ask():
            return _ask(front, command, person=person, place=place, command_id=command_id)
        case Undo():
            return answers.asked(_undo(front, command, person=person, place=place, command_id=command_id))
        case Help():
            shown = here or sorted(desk.catalog.services)
            return answers.help(command.command or None, services=shown, me=_me(front, person, shown))
        case Look(command="abort"):
            return _abort(front, command.what, person=person, command_id=command_id)
        case Look(command="report"):
            return _report(front, command.what)
        case Lock():
            return _lock(front, command, person=person, command_id=command_id)
        case Unlock():
            lifted = service.unlock(desk, command.service, person=person, command_id=command_id)
            return locks.unlocked(command.service, lock=lifted.lock, hold=lifted.hold)
        case History():
            return _history(front, command)
        case Look():
            return _status(front, command.what)


def _me(front: Front, person: Person, services: list[str]) -> answers.Me:
    """What the asker may do, as far as the directory's copy says; a copy that is stale says nothing."""
    desk, approves = front.desk, []
    known = desk.directory.person(person.team, person.id)
    for name in services[:SERVICES_SHOWN]:
        approval = desk.service(name).approval
        group = desk.directory.group(desk.service(name).policy().group, users=approval.users)
        members = () if group.stale(desk.store.now()) else group.members
        if any(member.full and member.person.key == person.key for member in members):
            approves.append(name)
    return answers.Me(may_ask=known is None or known.full, approves=tuple(approves))


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
        break_glass=ask.break_glass,
    )
    if ask.dry:
        service.known_member(front.desk, person)
        front.queues.preview(wanted, thread_ts=place.thread_ts)
        return answers.reading(wanted)
    return answers.asked(service.request(front.desk, wanted, command_id=command_id))


def _undo(front: Front, wanted: Undo, *, person: Person, place: Place, command_id: str) -> Rollback:
    of = service.one(front.desk, wanted.rollback_id).request.service
    return service.undo(
        front.desk,
        wanted.rollback_id,
        person=person,
        channel=front.desk.service(of).channel if place.direct else place.channel,
        reason=wanted.reason,
        reason_code=wanted.reason_code,
        command_id=command_id,
    )


def _abort(front: Front, what: str, *, person: Person, command_id: str) -> Message:
    rollback_id = what
    if what in front.desk.catalog.services:
        rollback_id = service.one_open(front.desk, what, command="abort").id
    return answers.aborting(service.abort(front.desk, rollback_id, person=person, command_id=command_id))


def _status(front: Front, what: str) -> Message:
    desk = front.desk
    now = desk.store.now()
    if what and what not in desk.catalog.services:
        return answers.status((service.one(desk, what),), now=now)
    shown = service.status(desk, service=what or None)
    stands = tuple(service.standing(desk, name).standing for name in ([what] if what else desk.catalog.services))
    return answers.status(shown, now=now, standings=stands)


def _lock(front: Front, wanted: Lock, *, person: Person, command_id: str) -> Message:
    return locks.locked(
        service.lock(
            front.desk,
            wanted.service,
            person=person,
            reason=wanted.reason,
            seconds=wanted.seconds,
            command_id=command_id,
        )
    )


def _history(front: Front, wanted: History) -> Message:
    past = service.history(front.desk, service=wanted.service, seconds=wanted.seconds)
    return history(past.rollbacks, service=past.service, more=past.more, since=past.since, revisions=past.revisions)


def report_of(front: Front, rollback_id: str) -> Message:
    """Where a rollback's report is; before it is posted, how the rollback stands.

    Raises:
        Refused: unknown-rollback.
    """
    rollback = service.one(front.desk, rollback_id)
    return answers.report(rollback, link=rollback.report_link)


def _report(front: Front, what: str) -> Message:
    if what not in front.desk.catalog.services:
        return report_of(front, what)
    ended = [r for r in service.status(front.desk, service=what) if r.state in ENDED_AFTER_WORK]
    if not ended:
        raise Refused(Code.UNKNOWN_ROLLBACK, service=what)
    return report_of(front, ended[0].id)
