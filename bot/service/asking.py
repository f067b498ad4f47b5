"""Asking for a rollback: stored before anybody is told that it was heard."""

from __future__ import annotations

from bot.domain.people import Person
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import OPEN, Request, Rollback
from bot.domain.strategy import BY_NAME
from bot.metrics import VERBS
from bot.service.desk import Desk, answered, busy_with, load
from bot.service.gates import refused_by_lock, require_break_glass
from bot.store import Locked

REMEMBERED_MS = 3_600_000
"""So long a full member is taken for one where they add to a report. An approval's own minute is judged elsewhere."""


@answered
def request(desk: Desk, wanted: Request, *, command_id: str) -> Rollback:
    """Store a request; the same command id gives the same rollback again.

    Raises:
        Refused: unknown-service, unknown-command, not-built, not-a-member, no-break-glass, no-reason, target-busy,
            locked, store-full, store-unreadable, store-unaccepted.
    """
    try:
        known_member(desk, wanted.by)
        _offered(desk, wanted)
        require_break_glass(wanted, desk.service(wanted.service))
        _free(desk, wanted.service)
    except Refused:
        # The same command again is answered as it was, also when its own rollback is running by now.
        done = desk.store.answered(command_id)
        if done is None:
            raise
        return load(desk, done).rollback
    try:
        rollback, fresh = desk.store.create(wanted, command_id=command_id)
    except Locked:
        raise refused_by_lock(desk, wanted.service) from None
    if fresh:
        VERBS.labels("request").inc()
    return rollback


@answered
def again(desk: Desk, rollback_id: str, *, person: Person, command_id: str) -> Rollback:
    """Ask anew for what another rollback was asked for, in this person's name; it needs new approvals.

    Raises:
        Refused: as `request`, and stale-button while the other one is not over.
    """
    old = load(desk, rollback_id).rollback
    if old.ended_at is None:
        raise Refused(Code.STALE_BUTTON, id=old.id, state=old.state, what="plan_again", why="not-ended")
    # Breaking the glass is one person's word for one rollback: it is typed again, never pressed.
    wanted = old.request.model_copy(update={"by": person, "replaces": old.id, "break_glass": False})
    return request(desk, wanted, command_id=command_id)


@answered
def known_member(desk: Desk, person: Person) -> None:
    """Refuse somebody who is known to be no full member. Somebody unknown passes here: planning looks them up.

    Raises:
        Refused: not-a-member.
    """
    member = desk.directory.person(person.team, person.id)
    if member is not None and not member.full:
        raise Refused(Code.NOT_A_MEMBER)


@answered
def known_reader(desk: Desk, person: Person) -> None:
    """Refuse to tell somebody who is known to be no full member. Somebody unknown is told, and looked up meanwhile.

    Raises:
        Refused: not-a-member.
    """
    member = desk.directory.person(person.team, person.id, within_ms=REMEMBERED_MS)
    if member is None:
        desk.directory.want(person.id)
    elif not member.full:
        raise Refused(Code.NOT_A_MEMBER)


@answered
def introduce(desk: Desk, person: Person) -> None:
    """Have somebody unknown looked up, so that what they write next can be judged."""
    if desk.directory.person(person.team, person.id, within_ms=REMEMBERED_MS) is None:
        desk.directory.want(person.id)


def full_member(desk: Desk, person: Person) -> None:
    """Let only somebody pass who is known to be a full member: for what nobody looks at again afterwards.

    Raises:
        Refused: not-a-member; unreachable while they are not known, and then they are looked up.
    """
    member = desk.directory.person(person.team, person.id, within_ms=REMEMBERED_MS)
    if member is None:
        desk.directory.want(person.id)
        raise Refused(
            Code.UNREACHABLE, system="Slack", detail="who you are is being read; press again in a few seconds"
        )
    if not member.full:
        raise Refused(Code.NOT_A_MEMBER)


def _free(desk: Desk, service: str) -> None:
    """Refuse while a rollback changes this service: a second plan would only be refused at its approval."""
    for holder in sorted(desk.store.held()):
        other = desk.store.load(holder).rollback
        if other.request.service == service and other.state in OPEN:
            raise busy_with(desk, other.id)


def _offered(desk: Desk, wanted: Request) -> None:
    entry = desk.service(wanted.service)
    strategy = BY_NAME.get(wanted.strategy)
    if strategy is None:
        raise Refused(Code.UNKNOWN_COMMAND, command=wanted.strategy, nearest=[], send="/rollback help")
    if getattr(entry, strategy.section) is None:
        raise Refused(Code.NOT_BUILT, strategy=strategy.name, service=wanted.service)
