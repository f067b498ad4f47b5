"""advance: the only loop that carries a rollback on. Lost, doubled and late calls change nothing."""

from __future__ import annotations

from uuid import uuid4

import structlog

from bot.domain.events import Kind
from bot.domain.rollback import State
from bot.store import Conflict, LeaseLost, StoreUnaccepted, StoreUnreadable
from jobs.house import House
from jobs.lease import Kept
from jobs.phases import PHASES
from jobs.phases.stopping import halt, stumbled
from jobs.steps import Fenced
from jobs.turn import Outcome, Sleep, Turn, event

MOST_TURNS = 60
"""A job that made so many transitions hands over to the next; a rollback has far fewer without a wait between."""

log = structlog.get_logger()


def advance(house: House, rollback_id: str) -> None:
    """Read where the rollback stands, do what is next until there is something to wait for, say when to look again."""
    lease = house.store.lease(rollback_id, owner=f"{house.owner}/{uuid4().hex[:8]}")
    if lease is None:
        return
    with structlog.contextvars.bound_contextvars(rollback=rollback_id, fence=lease.fence):
        with Kept(house.store, lease) as kept:
            until = _work(house, kept, rollback_id)
        if until is not _GONE:
            house.store.release(kept.lease, head=kept.head, due=until.until)


_GONE = Sleep(-1)
"""The lease is no longer ours: there is nothing to give back."""


def _work(house: House, kept: Kept, rollback_id: str) -> Sleep:
    tell = kept.lease.taken_over
    for _ in range(MOST_TURNS):
        try:
            if tell:
                _tell_taken_over(house, kept, rollback_id)
                tell = False
            outcome = _one_turn(house, kept, rollback_id)
        except Conflict:
            continue  # Somebody pressed a button meanwhile: load again, decide again.
        except (LeaseLost, Fenced):
            log.info("another worker carries on")
            return _GONE
        except StoreUnaccepted as error:
            log.warning("the store is not accepted", error=str(error))
            return _GONE
        if isinstance(outcome, Sleep):
            return outcome
    return Sleep(0)


def _tell_taken_over(house: House, kept: Kept, rollback_id: str) -> None:
    """Say in the journal that a worker went away in the middle, when there was something to be in the middle of."""
    snapshot = house.store.load(rollback_id)
    rollback = snapshot.rollback
    if rollback.state is State.RUNNING:
        turn = Turn(house=house, kept=kept, snapshot=snapshot)
        turn.write(event(Kind.TAKEN_OVER, fence=kept.lease.fence, step=rollback.step))


def _one_turn(house: House, kept: Kept, rollback_id: str) -> Outcome:
    snapshot = house.store.load(rollback_id)
    kept.head = snapshot.rollback.head
    phase = PHASES.get(snapshot.rollback.state)
    if phase is None:
        return Sleep(None)
    turn = Turn(house=house, kept=kept, snapshot=snapshot)
    try:
        return phase(turn)
    except (Conflict, LeaseLost, StoreUnreadable):
        raise
    except Fenced as fenced:
        if snapshot.rollback.state is not State.RUNNING:
            raise
        house.store.renew(kept.lease)  # LeaseLost: somebody newer carries it on, as it should be.
        return halt(turn, "fenced", figures={"what": str(fenced)})
    except Exception as error:
        # Not foreseen, so nothing is assumed about production: the state stands, and it comes due again.
        log.exception("a turn failed", state=snapshot.rollback.state, step=snapshot.rollback.step)
        return stumbled(turn, error)
