"""What every verb works with, and the one way in which a verb changes a rollback."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from bot.catalog import Catalog, Service
from bot.directory import Directory
from bot.domain.approval import may_approve, require_approver
from bot.domain.events import Kind, NewEvent
from bot.domain.model import Json
from bot.domain.people import Group, Person
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Rollback
from bot.metrics import VERBS
from bot.service.lateness import too_late
from bot.store import (
    Busy,
    Conflict,
    NoSuchRollback,
    QuorumMissing,
    Snapshot,
    Store,
    StoreFull,
    StoreUnaccepted,
    StoreUnreadable,
    TooLate,
)

TRIES = 8
"""How often a verb decides anew when somebody else moved the rollback meanwhile."""

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Desk:
    """The parts behind the verbs."""

    store: Store
    directory: Directory
    catalog: Catalog

    def service(self, name: str) -> Service:
        """The catalog entry of a service.

        Raises:
            Refused: unknown-service.
        """
        entry = self.catalog.services.get(name)
        if entry is None:
            known: list[Json] = [*sorted(self.catalog.services)]
            raise Refused(Code.UNKNOWN_SERVICE, service=name, nearest=[], send="", services=known)
        return entry

    def approvers(self, rollback: Rollback) -> Group:
        """Who may approve this rollback now: the plan's policy, or before there is one the catalog's."""
        entry = self.service(rollback.request.service)
        policy = rollback.policy or entry.policy(break_glass=rollback.request.break_glass)
        # A break-glass role is a group of its own: the listed approvers are not in it.
        return self.directory.group(policy.group, users=() if policy.break_glass else entry.approval.users)

    def stoppers(self, rollback: Rollback) -> tuple[Group, ...]:
        """Who may say no to this rollback: its approvers, and where glass was broken the ordinary ones too."""
        entry = self.service(rollback.request.service)
        groups: tuple[Group, ...] = (self.approvers(rollback),)
        if rollback.policy is not None and rollback.policy.break_glass:
            groups = (*groups, self.directory.group(entry.policy().group, users=entry.approval.users))
        return groups

    def terminal(self, rollback: Rollback) -> frozenset[str]:
        """Whose yes at a terminal counts for this rollback now: user ids. Nobody's where the glass was broken."""
        if rollback.policy is not None and rollback.policy.break_glass:
            return frozenset()
        return frozenset(self.service(rollback.request.service).approval.terminal)


@dataclass(frozen=True)
class Change:
    """What a verb decided to write: the events and what the store must check while writing them."""

    events: Sequence[NewEvent]
    due: Mapping[str, int | None] = field(default_factory=dict)
    not_after: int | None = None
    approve: tuple[str, str] | None = None
    quorum: tuple[str, int] | None = None
    counting: Sequence[str] | None = None
    reserve: Sequence[str] = ()


def answered(verb: Callable[P, R]) -> Callable[P, R]:
    """Turn what the store says into refusals, so that callers meet one kind of no."""

    @functools.wraps(verb)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return verb(*args, **kwargs)
        except StoreUnaccepted:
            raise Refused(Code.STORE_UNACCEPTED) from None
        except StoreFull:
            raise Refused(Code.STORE_FULL) from None
        except StoreUnreadable:
            raise Refused(Code.STORE_UNREADABLE) from None
        except NoSuchRollback as error:
            raise Refused(Code.UNKNOWN_ROLLBACK, id=str(error)) from None

    return wrapped


def change(
    desk: Desk, rollback_id: str, decide: Callable[[Snapshot], Change], *, verb: str, command_id: str
) -> Rollback:
    """Load, decide, write; when somebody else was faster, load and decide again.

    A command that was carried out before (Slack repeats, across processes and restarts) is answered with where its
    rollback stands by now, whatever would be decided about it today.

    Raises:
        Refused: what `decide` refuses; unknown-rollback; too-late; target-busy; store-unreadable when it never settles.
    """
    for _ in range(TRIES):
        snapshot = load(desk, rollback_id)
        try:
            decided = decide(snapshot)
        except Refused:
            if desk.store.answered(command_id) != rollback_id:
                raise
            return load(desk, rollback_id).rollback
        try:
            written = desk.store.transition(
                snapshot,
                decided.events,
                command_id=command_id,
                due=decided.due,
                not_after=decided.not_after,
                approve=decided.approve,
                quorum=decided.quorum,
                counting=decided.counting,
                reserve=decided.reserve,
            )
        except (Conflict, QuorumMissing):
            continue
        except TooLate:
            raise too_late(snapshot.rollback, expired=True) from None
        except Busy as busy:
            raise busy_with(desk, busy.holder, target=busy.target) from None
        VERBS.labels(verb).inc()
        return written
    raise Refused(Code.STORE_UNREADABLE)


def load(desk: Desk, rollback_id: str) -> Snapshot:
    """Where a rollback stands.

    Raises:
        Refused: unknown-rollback.
    """
    try:
        return desk.store.load(rollback_id)
    except NoSuchRollback:
        raise Refused(Code.UNKNOWN_ROLLBACK, id=rollback_id) from None


def busy_with(desk: Desk, holder: str, *, target: str = "") -> Refused:
    """The refusal that names the rollback which is changing this already, and how far it is."""
    try:
        other = desk.store.load(holder).rollback
    except NoSuchRollback:
        return Refused(Code.TARGET_BUSY, id=holder, target=target)
    return Refused(
        Code.TARGET_BUSY,
        id=holder,
        target=target,
        service=other.request.service,
        state=other.state,
        step=other.step + 1,
        steps=len(other.steps),
    )


def now_advance(rollback_id: str) -> dict[str, int | None]:
    """The due time that has the rollback looked at immediately."""
    return {f"advance:{rollback_id}": 0}


def event(kind: Kind, *, by: Person, **data: Json) -> NewEvent:
    """An event by a person."""
    return NewEvent(kind=kind, by=by, data=data)


def is_requester(rollback: Rollback, person: Person) -> bool:
    """Whether this person asked for the rollback."""
    return rollback.request.by.key == person.key


def require_stopper(desk: Desk, rollback: Rollback, person: Person, *, now: int) -> None:
    """Let only somebody pass who may say no to this rollback.

    Raises:
        Refused: directory-unreadable or not-approver, as the first of the groups says it.
    """
    first, *others = desk.stoppers(rollback)
    terminal = frozenset(desk.service(rollback.request.service).approval.terminal)
    try:
        require_approver(person, group=first, now=now, terminal=terminal)
    except Refused:
        for group in others:
            if may_approve(person, group=group, now=now):
                return
        raise
