"""Redis acts and its answer is lost: the client repeats, the effect is counted once, the caller gets its answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from redis import Redis

from bot import service
from bot.directory import Directory
from bot.domain.events import Kind
from bot.domain.people import Person
from bot.domain.rollback import Rollback
from bot.service import Desk
from bot.store import Store, StoreUnreadable, connect
from sandbox.toxiproxy import Proxy
from tests.integration.service.builders import FIRST, SECOND, Office, command, office
from tests.integration.store.builders import REQUEST, event

SOON_S = 10.0


@pytest.fixture
def patient(way: Proxy, direct: Redis) -> Store:
    """A store on the way that loses answers, with tries enough to outlast it."""
    direct.ping()
    return Store(connect(f"redis://{way.listen}/0", timeout_s=1.0, retries=30))


@pytest.fixture
def work(patient: Store, direct: Redis) -> Office:
    """An office whose verbs go that way, with its people set up straight."""
    straight = office(Store(direct))
    desk: Desk = replace(straight.desk, store=patient, directory=Directory(patient))
    return Office(desk)


def scripts_run(direct: Redis) -> int:
    """How many scripts Redis has run."""
    calls: int = direct.info("commandstats").get("cmdstat_evalsha", {}).get("calls", 0)
    return calls


@contextmanager
def answers_lost(way: Proxy, direct: Redis) -> Iterator[None]:
    """Lose every answer until Redis has run one more script; then the way is open again."""
    before = scripts_run(direct)

    def heal() -> None:
        deadline = time.monotonic() + SOON_S
        while scripts_run(direct) == before and time.monotonic() < deadline:
            time.sleep(0.002)
        way.heal()

    way.limit_data(0)
    thread = threading.Thread(target=heal)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    assert scripts_run(direct) >= before + 2, "no call was repeated after Redis had acted"


def yes(work: Office, rollback: Rollback, person: Person) -> Rollback:
    """One click on Approve."""
    return service.approve(
        work.desk, rollback.id, digest=rollback.digest, seq=rollback.seq, person=person, command_id=command()
    )


def test_a_request_whose_answer_was_lost_is_one_rollback(way: Proxy, direct: Redis, patient: Store) -> None:
    """The repeated call gives the rollback that the first one made."""
    first, _ = patient.create(REQUEST, command_id=command())
    with answers_lost(way, direct):
        second, _ = patient.create(REQUEST, command_id=command())
    assert [r.id for r in patient.open_rollbacks()] == [first.id, second.id]
    assert [e.kind for e in patient.journal(second.id)] == [Kind.REQUESTED]


def test_a_transition_whose_answer_was_lost_is_written_once(way: Proxy, direct: Redis, patient: Store) -> None:
    """The very script that moves a rollback runs twice: one event, and the caller is told how it stands."""
    first, second = (patient.create(REQUEST, command_id=command())[0] for _ in range(2))
    over = event(Kind.EXPIRED, have=0, need=2)
    patient.transition(patient.load(first.id), [over], command_id=command())
    snapshot = patient.load(second.id)
    with answers_lost(way, direct):
        written = patient.transition(snapshot, [over], command_id=command())
    assert written == patient.load(second.id).rollback
    assert [e.kind for e in patient.journal(second.id)] == [Kind.REQUESTED, Kind.EXPIRED]


def test_a_yes_whose_answer_was_lost_counts_once_and_is_no_refusal(way: Proxy, direct: Redis, work: Office) -> None:
    """The only click is not told "already counted"; the last one reserves and brings one quorum."""
    rollback = work.planned()
    with answers_lost(way, direct):
        assert [a.person for a in yes(work, rollback, FIRST).approvals] == [FIRST]
    with answers_lost(way, direct):
        yes(work, rollback, SECOND)
    kinds = work.kinds(rollback)
    assert (kinds.count(Kind.APPROVED), kinds.count(Kind.QUORUM)) == (2, 1)
    assert work.store.held() == {rollback.id}


def test_a_lease_whose_answer_was_lost_is_one_lease(way: Proxy, direct: Redis, patient: Store) -> None:
    """The same owner is told its own lease: no second fence number, and nothing "taken over"."""
    first, second = (patient.create(REQUEST, command_id=command())[0] for _ in range(2))
    before = patient.lease(first.id, owner="a")
    with answers_lost(way, direct):
        lease = patient.lease(second.id, owner="b")
    assert before is not None
    assert lease is not None
    assert (lease.fence, lease.taken_over) == (before.fence + 1, False)
    assert patient.lease(second.id, owner="c") is None


def test_whoever_never_heard_may_send_the_same_command_again(way: Proxy, direct: Redis) -> None:
    """Redis acted and the caller could only say "I cannot read": the same command later is answered, not doubled."""
    deaf = Store(connect(f"redis://{way.listen}/0", timeout_s=5.0, retries=0))
    first, second = (deaf.create(REQUEST, command_id=command())[0] for _ in range(2))
    over, once = event(Kind.EXPIRED, have=0, need=2), command()
    deaf.transition(deaf.load(first.id), [over], command_id=command())
    snapshot = deaf.load(second.id)
    way.limit_data(0)
    with pytest.raises(StoreUnreadable):
        deaf.transition(snapshot, [over], command_id=once)
    way.heal()
    assert deaf.answered(once) == second.id
    assert deaf.transition(snapshot, [over], command_id=once) == deaf.load(second.id).rollback
    assert [e.kind for e in Store(direct).journal(second.id)] == [Kind.REQUESTED, Kind.EXPIRED]
