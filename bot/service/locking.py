"""What is decided about a service: by people a lock, and by a rollback's end the deploy hold and what is bad."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.approval import at_terminal
from bot.domain.model import JsonObject
from bot.domain.people import Person
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Rollback, State
from bot.domain.standing import Deed, Entry, NewEntry, Standing
from bot.metrics import VERBS
from bot.service.asking import full_member, known_member
from bot.service.desk import TRIES, Desk, answered
from bot.service.gates import locked
from bot.store import Conflict, Stood
from bot.store.keys import narrate

LONGEST_LOCK_S: Final = 90 * 86_400
"""A lock with an end lasts at most 90 days; one without stands until somebody lifts it."""
REASON: Final = 300
"""Characters of a lock's reason that are kept: it is read on cards and in refusals."""


@dataclass(frozen=True)
class Lifted:
    """What `unlock` lifted: the kinds of entries it wrote, and what had stood before."""

    standing: Standing
    lock: bool
    hold: bool


@answered
def standing(desk: Desk, service: str) -> Stood:
    """What stands about a service, with the store's clock.

    Raises:
        Refused: unknown-service.
    """
    desk.service(service)
    return desk.store.standing(service)


@answered
def lock(
    desk: Desk, service: str, *, person: Person, reason: str, seconds: int | None = None, command_id: str
) -> Standing:
    """Refuse new rollbacks of a service, for so many seconds or until somebody lifts it. What runs goes on.

    Whoever holds the lock may lock again, which replaces its reason and its end; anybody else's stands.

    Raises:
        Refused: unknown-service, not-a-member, unreachable (nobody knows yet who this is), no-reason, bad-value,
            locked (somebody else's lock stands; `why` "stands").
    """
    _may(desk, service, person)
    said = reason.strip()[:REASON]
    if not said:
        raise Refused(Code.NO_REASON, service=service, send=f'/rollback lock {service} reason="…"')
    if seconds is not None and not 0 < seconds <= LONGEST_LOCK_S:
        given = f"{seconds // 86_400}d" if seconds > 0 else f"{seconds} s"
        raise Refused(Code.BAD_VALUE, option="for", given=given, why="for", allowed=["30m", "2h", "90d at most"])

    def decide(stood: Stood) -> list[NewEntry]:
        other = stood.standing.locked(stood.clock())
        if other is not None and other.by.key != person.key:
            raise locked(service, other, why="stands")
        until = None if seconds is None else stood.clock() + seconds * 1000
        return [NewEntry(kind=Deed.LOCKED, by=person, data={"reason": said, "until": until})]

    return _decide(desk, service, decide, verb="lock", command_id=command_id)[0]


@answered
def unlock(desk: Desk, service: str, *, person: Person, command_id: str) -> Lifted:
    """Lift a service's lock and its deploy hold, whichever stands. Versions marked bad stay so.

    Raises:
        Refused: unknown-service, not-a-member, unreachable, not-locked (nothing to lift).
    """
    _may(desk, service, person)

    def decide(stood: Stood) -> list[NewEntry]:
        now = stood.standing
        lifted: list[NewEntry] = []
        if now.locked(stood.clock()) is not None:
            lifted.append(NewEntry(kind=Deed.UNLOCKED, by=person))
        if now.hold is not None:
            lifted.append(NewEntry(kind=Deed.HOLD_RELEASED, by=person, data={"rollback": now.hold.rollback_id}))
        if not lifted:
            raise Refused(Code.NOT_LOCKED, service=service)
        return lifted

    after, entries = _decide(desk, service, decide, verb="unlock", command_id=command_id)
    kinds = {entry.kind for entry in entries}
    return Lifted(standing=after, lock=Deed.UNLOCKED in kinds, hold=Deed.HOLD_RELEASED in kinds)


@answered
def mark_good(desk: Desk, service: str, *, version: str, person: Person, command_id: str) -> Standing:
    """Let a version that was marked bad be gone back to again.

    Raises:
        Refused: unknown-service, not-a-member, unreachable, not-locked (`why` "not-bad": it is not marked).
    """
    _may(desk, service, person)

    def decide(stood: Stood) -> list[NewEntry]:
        if version not in stood.standing.bad:
            raise Refused(Code.NOT_LOCKED, service=service, version=version, why="not-bad")
        return [NewEntry(kind=Deed.MARKED_GOOD, by=person, data={"version": version})]

    return _decide(desk, service, decide, verb="mark_good", command_id=command_id)[0]


def after_rollback(desk: Desk, rollback: Rollback) -> None:
    """Once a rollback succeeded, or ended unverified: set the deploy hold; a version left for cause is marked bad.

    Bad is what was proven to be left for cause: the rollback succeeded, and the error share was over the service's
    limit when it was planned, or its asker typed a reason. However often this is called, it is written once.

    Raises:
        StoreUnreadable, StoreUnaccepted: it is not written; call again.
    """
    plan = rollback.plan
    if rollback.state not in {State.SUCCEEDED, State.UNVERIFIED} or plan is None:
        return

    def decide(stood: Stood) -> list[NewEntry]:
        if stood.standing.settled == rollback.id:
            return []
        by = rollback.request.by
        held: JsonObject = {"rollback": rollback.id, "version": plan.to_version}
        entries = [NewEntry(kind=Deed.HOLD_SET, by=by, data=held)]
        bad = _left_for_cause(desk, rollback)
        if bad is not None and plan.leaves_a_version:
            entries.append(NewEntry(kind=Deed.MARKED_BAD, by=by, data={"version": plan.from_version, **bad}))
        return entries

    _decide(desk, rollback.request.service, decide, verb="hold", command_id=f"standing/{rollback.id}")


def _left_for_cause(desk: Desk, rollback: Rollback) -> JsonObject | None:
    """Why the version that was left is bad; None when nobody said, and it was not measured."""
    plan = rollback.plan
    if rollback.state is not State.SUCCEEDED or plan is None:
        return None
    fact = plan.shown.get("error_share")
    share = fact.value if fact is not None and isinstance(fact.value, int | float) else None
    entry = desk.catalog.services.get(rollback.request.service)
    over = share is not None and entry is not None and share > entry.limits.error_share
    if not over and not rollback.request.reason:
        return None
    return {
        "rollback": rollback.id,
        "error_share": float(share) if over and share is not None else None,
        "reason": rollback.request.reason[:REASON],
    }


def _may(desk: Desk, service: str, person: Person) -> None:
    """Full members, and at a terminal whoever the catalog lists, unless Slack just said that they are none."""
    if at_terminal(person, frozenset(desk.service(service).approval.terminal)):
        known_member(desk, person)
    else:
        full_member(desk, person)


def _decide(
    desk: Desk, service: str, decide: Callable[[Stood], Sequence[NewEntry]], *, verb: str, command_id: str
) -> tuple[Standing, tuple[Entry, ...]]:
    """Read, decide, write; when somebody else was faster, again. A command carried out before is answered as it was.

    Open rollbacks of the service come due for the narrator: their cards show what stands.
    """
    for _ in range(TRIES):
        stood = desk.store.standing(service)
        try:
            entries = decide(stood)
        except Refused:
            done = desk.store.stood_by(service, command_id)
            if done is None:
                raise
            return done
        if not entries:
            return stood.standing, ()
        try:
            written = desk.store.stand(stood, entries, command_id=command_id, due=_cards(desk, stood, entries))
        except Conflict:
            continue
        VERBS.labels(verb).inc()
        return written
    raise Refused(Code.STORE_UNREADABLE)


def _cards(desk: Desk, stood: Stood, entries: Sequence[NewEntry]) -> list[str]:
    """Whose cards change: the service's open rollbacks, and those that set a hold."""
    ids = {rollback.id for rollback in desk.store.open_rollbacks(stood.standing.service)}
    if stood.standing.hold is not None:
        ids.add(stood.standing.hold.rollback_id)
    ids |= {str(entry.data["rollback"]) for entry in entries if entry.data.get("rollback")}
    return [narrate(rollback_id) for rollback_id in sorted(ids)]
