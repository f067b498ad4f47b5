"""Leases against a model: any order of taking, renewing, giving back and running out, and many hands at once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from redis import Redis

from bot.domain.events import Kind
from bot.store import Conflict, Lease, LeaseLost, Store, connect, keys
from sandbox.redis import Redis as Server
from tests.integration.store.builders import REQUEST, command, event, running

OWNERS = st.sampled_from(["a", "b", "c"])
SHORT_S = 0.03


class Leasing(RuleBasedStateMachine):
    """One rollback, three owners. The model: who holds, with which fence, and whether it may have run out."""

    redis: Redis

    def __init__(self) -> None:
        super().__init__()
        self.redis.flushall()
        self.store = Store(self.redis)
        self.store.accept()
        self.rollback = running(self.store)
        self.member = keys.advance(self.rollback.id)
        self.held: Lease | None = None
        self.old: list[Lease] = []

    @rule(owner=OWNERS)
    def take(self, owner: str) -> None:
        """Granted where it is free, told again to its holder, refused to all others."""
        lease = self.store.lease(self.rollback.id, owner=owner, seconds=60)
        if self.held is not None and self.held.owner != owner:
            assert lease is None
            return
        assert lease is not None
        if self.held is not None:
            assert lease.fence == self.held.fence
        else:
            assert lease.fence > max((old.fence for old in self.old), default=0)
            assert lease.taken_over is (self.left and self.old[-1].owner != owner)
        self.held = lease

    left = False
    """Whether the last lease ran out instead of being given back."""

    @precondition(lambda self: self.held is not None)
    @rule()
    def renew(self) -> None:
        """Its holder keeps it, with the same fence."""
        assert self.held is not None
        renewed = self.store.renew(self.held, seconds=60)
        assert (renewed.fence, renewed.owner) == (self.held.fence, self.held.owner)
        assert renewed.until >= self.held.until - 1
        self.held = renewed

    @precondition(lambda self: self.held is not None)
    @rule()
    def give_back(self) -> None:
        """Free at once, and due as asked or sooner."""
        assert self.held is not None
        self.store.release(self.held, head=self.rollback.head, due=0)
        self._end(left=False)

    @precondition(lambda self: self.held is not None)
    @rule()
    def run_out(self) -> None:
        """Nobody renewed it."""
        assert self.held is not None
        held = self.store.renew(self.held, seconds=SHORT_S)
        deadline = time.monotonic() + 5
        while self.store.now() <= held.until:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        self._end(left=True)

    def _end(self, *, left: bool) -> None:
        assert self.held is not None
        self.old.append(self.held)
        self.held, self.left = None, left

    @precondition(lambda self: self.old)
    @rule(data=st.data())
    def a_late_holder_wakes(self, data: st.DataObject) -> None:
        """Whoever lost it may neither renew, nor write, nor give back what somebody else has."""
        old = data.draw(st.sampled_from(self.old))
        late = event(Kind.STEP_STARTED, step=0, attempt=1, fence=old.fence)
        with pytest.raises(LeaseLost):
            self.store.renew(old)
        with pytest.raises(LeaseLost):
            self.store.transition(self.store.load(self.rollback.id), [late], command_id=command(), lease=old)
        self.store.release(old, head=self.rollback.head, due=None)
        if self.held is None and old.fence == self.old[-1].fence:
            self.left = False  # It gave back, late, what nobody had taken meanwhile.
        assert self.store.load(self.rollback.id).rollback == self.rollback

    @invariant()
    def somebody_looks_when_it_ends(self) -> None:
        """A held rollback is due, at the latest at the lease's end: a dead holder is found."""
        if self.held is None:
            return
        due = self.redis.zscore(keys.DUE, self.member)
        assert due is not None
        assert float(due) <= self.held.until


def test_any_order_of_events_around_a_lease_keeps_one_holder(redis: Redis) -> None:
    """Taking, renewing, giving back, running out and late wakings in any order agree with the model."""
    machine = type("Machine", (Leasing,), {"redis": redis})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.generate),
        ),
    )


def test_of_many_hands_one_holds_and_fences_never_repeat(store: Store, server: Server) -> None:
    """Eight workers over four rollbacks: what they write under a lease never overlaps, each grant has its own fence."""
    rollbacks = [asked(store, number) for number in range(4)]
    inside = dict.fromkeys(rollbacks, 0)
    overlaps: list[str] = []
    fences: list[int] = []
    together = threading.Barrier(8)

    def work(name: int) -> None:
        mine = Store(connect(server.url))
        together.wait()
        for turn in range(30):
            rollback_id = rollbacks[(name + turn) % len(rollbacks)]
            lease = mine.lease(rollback_id, owner=f"{name}/{turn}")
            if lease is None:
                continue
            inside[rollback_id] += 1
            if inside[rollback_id] != 1:
                overlaps.append(rollback_id)
            snapshot = mine.load(rollback_id)
            told = event(Kind.TAKEN_OVER, fence=lease.fence, step=0)
            mine.transition(snapshot, [told], command_id=command(), lease=lease)
            fences.append(lease.fence)
            inside[rollback_id] -= 1
            mine.release(lease, head=snapshot.rollback.head, due=0)

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(work, name) for name in range(8)]
        for one in done:
            try:
                one.result()
            except Conflict as error:
                raise AssertionError("two holders wrote to one rollback") from error
    assert overlaps == []
    assert len(fences) == len(set(fences)) > 30
    told = [known for rollback_id in rollbacks for known in store.journal(rollback_id) if known.kind is Kind.TAKEN_OVER]
    assert sorted(str(known.data["fence"]) for known in told) == sorted(map(str, fences))
    for rollback_id in rollbacks:
        written = [
            int(str(known.data["fence"])) for known in store.journal(rollback_id) if known.kind is Kind.TAKEN_OVER
        ]
        assert written == sorted(written, key=str)


def asked(store: Store, number: int) -> str:
    """A rollback of a service of its own."""
    return store.create(REQUEST.model_copy(update={"service": f"s{number}"}), command_id=command())[0].id
