"""advance: the only loop that carries a rollback on. Lost, doubled and late calls change nothing."""

from __future__ import annotations

from itertools import takewhile
from uuid import uuid4

import structlog

from bot.domain.events import Kind
from bot.domain.rollback import State
from bot.store import Conflict, LeaseLost, NoSuchRollback, Snapshot, StoreUnaccepted, StoreUnreadable
from jobs.house import House
from jobs.lease import Kept
from jobs.phases import PHASES
from jobs.phases.stopping import fenced_out, halt, stumbled
from jobs.steps import Fenced
from jobs.turn import Outcome, Sleep, Turn, event

MOST_TURNS = 60
"""A job that made so many transitions hands over to the next; a rollback has far fewer without a wait between."""

MOST_DEATHS = 8
"""So many workers in a row that went away in one place: the next one would go the same way, and a person is called."""

log = structlog.get_logger()


def advance(house: House, rollback_id: str) -> None:
    """Read where the rollback stands, do what is next until there is something to wait for, say when to look again.

    A store that cannot be read ends it where it stands: what was not written down comes due again.
    """
    with structlog.contextvars.bound_contextvars(rollback=rollback_id):
        try:
            _advance(house, rollback_id)
        except NoSuchRollback:
            house.store.clear_due(f"advance:{rollback_id}")
        except LeaseLost:
            log.info("another worker carries on")
        except StoreUnaccepted as error:
            log.warning("the store is not accepted; it is carried on once an operator accepts it", error=str(error))
        except StoreUnreadable as error:
            log.warning("the store cannot be read; it comes due again", error=str(error))


def _advance(house: House, rollback_id: str) -> None:
    taken = Kept.take(house.store, rollback_id, owner=f"{house.owner}/{uuid4().hex[:8]}")
    if taken is None:
        return
    with structlog.contextvars.bound_contextvars(fence=taken.lease.fence):
        with taken as kept:
            until = _work(house, kept, rollback_id)
        house.store.release(kept.lease, head=kept.head, due=until.until)


def _work(house: House, kept: Kept, rollback_id: str) -> Sleep:
    """Turn after turn, until there is something to wait for or this process was asked to stop."""
    tell, known = kept.lease.taken_over, None
    for _ in range(MOST_TURNS):
        try:
            if tell:
                _tell_taken_over(house, kept, rollback_id)
                tell = False
            if house.parking.asked:
                log.info("parked; the next worker goes on")
                break
            outcome = _one_turn(house, kept, known or house.store.load(rollback_id))
        except Conflict:
            known = None  # Somebody pressed a button meanwhile: load again, decide again.
            continue
        if isinstance(outcome, Sleep):
            return outcome
        known = outcome.snapshot
    return Sleep(0)


def _tell_taken_over(house: House, kept: Kept, rollback_id: str) -> None:
    """Say in the journal that a worker went away in the middle, when there was something to be in the middle of."""
    snapshot = house.store.load(rollback_id)
    rollback = snapshot.rollback
    if rollback.state is State.RUNNING:
        turn = Turn(house=house, kept=kept, snapshot=snapshot)
        turn.write(event(Kind.TAKEN_OVER, fence=kept.lease.fence, step=rollback.step))
        if (deaths := _deaths(house, rollback_id, since=rollback.seq)) >= MOST_DEATHS:
            again = Turn(house=house, kept=kept, snapshot=house.store.load(rollback_id))
            halt(again, "workers-died", figures={"times": deaths})


def _deaths(house: House, rollback_id: str, *, since: int) -> int:
    """How many workers in a row went away without writing anything down."""
    told = reversed(house.store.journal(rollback_id, after=max(0, since - MOST_DEATHS)))
    return sum(1 for _ in takewhile(lambda one: one.kind is Kind.TAKEN_OVER, told))


def _one_turn(house: House, kept: Kept, snapshot: Snapshot) -> Outcome:
    kept.head = snapshot.rollback.head
    phase = PHASES.get(snapshot.rollback.state)
    if phase is None:
        return Sleep(None)
    if snapshot.rollback.queue != house.queue:
        return Sleep(0)  # Due now, it is handed to the workers of the right queue.
    turn = Turn(house=house, kept=kept, snapshot=snapshot)
    try:
        return phase(turn)
    except (Conflict, LeaseLost, NoSuchRollback, StoreUnreadable):
        raise
    except Fenced as fenced:
        return fenced_out(turn, fenced)
    except Exception as error:
        # Not foreseen, so nothing is assumed about production: the state stands, and it comes due again.
        log.exception("a turn failed", state=snapshot.rollback.state, step=snapshot.rollback.step)
        return stumbled(turn, error)
