"""Where things stand: reads only."""

from __future__ import annotations

from bot.domain.model import Json
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Rollback
from bot.service.desk import Desk, answered, load
from bot.store import Snapshot

RECENT = 5


@answered
def status(desk: Desk, *, service: str | None = None) -> tuple[Rollback, ...]:
    """The open rollbacks, then the last few, of one service or of all."""
    open_ones = desk.store.open_rollbacks(service)
    shown = {rollback.id for rollback in open_ones}
    recent = [rollback for rollback in desk.store.recent(service, RECENT) if rollback.id not in shown]
    return (*open_ones, *recent)


@answered
def snapshot(desk: Desk, rollback_id: str) -> Snapshot:
    """A rollback as it stands, with the store's clock.

    Raises:
        Refused: unknown-rollback.
    """
    return load(desk, rollback_id)


@answered
def one(desk: Desk, rollback_id: str) -> Rollback:
    """A rollback as it stands.

    Raises:
        Refused: unknown-rollback.
    """
    return load(desk, rollback_id).rollback


@answered
def one_open(desk: Desk, service: str, *, command: str) -> Rollback:
    """The only open rollback of a service.

    Raises:
        Refused: unknown-rollback when there is none, ambiguous when there are several: all are named, none is chosen.
    """
    found = desk.store.open_rollbacks(service)
    if not found:
        raise Refused(Code.UNKNOWN_ROLLBACK, service=service)
    if len(found) > 1:
        ways: list[Json] = [f"/rollback {command} {rollback.id}" for rollback in found]
        raise Refused(Code.AMBIGUOUS, given=service, candidates=ways)
    return found[0]
