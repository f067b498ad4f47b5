"""Due times and the jobs that they are handed to."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from bot.domain.events import Kind, NewEvent
from bot.store import Store, connect
from bot.store.wake import Waker
from sandbox.redis import Redis as Server
from tests.integration.store.builders import (
    MINA,
    PLAN,
    REQUEST,
    command,
    due_members,
    event,
    move,
    planned,
    requested,
    running,
)
from tests.integration.store.counting import trips


def test_handing_out_moves_the_due_time_five_seconds_on(store: Store) -> None:
    """The second to ask in the same moment gets nothing; a lost job comes due by itself."""
    rollback = requested(store)
    members = [f"advance:{rollback.id}", f"narrate:{rollback.id}"]

    assert sorted(due_members(store)) == members
    assert due_members(store) == []
    assert due_members(store, members=members) == []
    due = store.next_due()
    assert due is not None
    assert 4_000 < due - store.now() <= 5_000


def test_the_longest_due_comes_first_and_the_limit_holds(store: Store) -> None:
    """A backlog is handed out in its order."""
    for place, member in enumerate(("narrate:c", "narrate:a", "narrate:b"), start=1):
        store.set_due(member, place)

    assert due_members(store, limit=2) == ["narrate:c", "narrate:a"]
    assert due_members(store, limit=2) == ["narrate:b"]


def test_what_is_not_due_is_not_handed_out(store: Store) -> None:
    """Neither a later member nor one that nobody set."""
    store.set_due("directory:all", store.now() + 60_000)

    assert due_members(store) == []
    assert due_members(store, members=["directory:all", "narrate:nobody"]) == []
    assert store.clear_due("directory:all") is True
    assert store.next_due() is None


def test_nobody_is_handed_out_whose_last_job_still_waits(store: Store, redis: Redis) -> None:
    """A backlog does not feed itself; once the job was taken from the queue, the next one goes out."""
    store.set_due("narrate:rb-1", 0)
    (handed,) = store.hand_out()
    redis.rpush("rq:queue:slack", "job-0", handed.job_id)
    store.set_due("narrate:rb-1", 0)
    assert due_members(store) == []

    redis.lrem("rq:queue:slack", 1, handed.job_id)
    store.set_due("narrate:rb-1", 0)
    assert due_members(store) == ["narrate:rb-1"]


def test_due_is_cleared_only_where_the_journal_has_not_moved(store: Store) -> None:
    """A narrator that finishes while something new happens finds its rollback due again."""
    rollback = planned(store)
    member = f"narrate:{rollback.id}"
    move(store, rollback.id, event(Kind.ABORTED))

    assert store.clear_due(member, head=rollback.head) is False
    assert member in due_members(store)
    head = store.load(rollback.id).rollback.head
    later = store.now() + 60_000
    assert store.set_due(member, later, head=head) is True
    assert store.clear_due(member, head=head) is True
    assert member not in due_members(store)


def test_a_transition_wakes_whom_it_made_due_now(store: Store, redis: Redis) -> None:
    """The fast path hears of the narrator and of what is due at once, not of what is due later or never."""
    woken: list[str] = []
    waking = Store(redis, wake=woken.extend)
    rollback = requested(store)
    advance = f"advance:{rollback.id}"
    kinds: list[int | None] = [waking.now() + 60_000, None, 0]
    for when, step in zip(kinds, (Kind.TAKEN_OVER, Kind.TAKEN_OVER, Kind.ABORTED), strict=True):
        waking.transition(waking.load(rollback.id), [event(step)], command_id=command(), due={advance: when})

    assert woken == [f"narrate:{rollback.id}"] * 2 + [advance, f"narrate:{rollback.id}"]


def test_waking_enqueues_one_job_by_name_a_member(waking: Store, server: Server) -> None:
    """Queue, function, argument and limits are those the workers expect."""
    rollback = waking.create(REQUEST, command_id=command())[0]
    waking.set_due("directory:all", 0)
    raw = connect(server.url, text=False)
    jobs = {
        (queue, job.func_name): (job.args, job.timeout, job.result_ttl, job.failure_ttl)
        for queue in ("rollbacks", "slack", "slack-first")
        for job in Queue(queue, connection=raw, serializer=JSONSerializer).jobs
    }

    limits = (-1, 0, 0)
    assert jobs == {
        ("rollbacks", "jobs.tasks.advance"): ([rollback.id], *limits),
        ("slack", "jobs.tasks.narrate"): ([rollback.id], *limits),
        ("slack-first", "jobs.tasks.refresh_directory"): ([], *limits),
    }


def test_the_directory_is_read_before_any_narration_that_waits(waking: Store, server: Server) -> None:
    """However many cards wait to be edited, who may approve is known in time."""
    for _ in range(3):
        waking.create(REQUEST, command_id=command())
    waking.set_due("directory:all", 0)
    raw = connect(server.url, text=False)
    first, rest = (Queue(name, connection=raw, serializer=JSONSerializer) for name in ("slack-first", "slack"))
    assert [job.func_name for job in first.jobs] == ["jobs.tasks.refresh_directory"]
    assert [job.func_name for job in rest.jobs] == ["jobs.tasks.narrate"] * 3


HELD = (
    event(Kind.STEP_STARTED, step=0, attempt=1, fence=1),
    event(Kind.STEP_APPLIED, step=0, figures={}, already=False, hold_until=0),
)


@pytest.mark.parametrize("happened", [HELD, (event(Kind.ABORT_ASKED, MINA),)], ids=["hold", "abort"])
def test_the_end_of_a_hold_and_an_abort_go_before_what_waits(
    waking: Store, server: Server, happened: Sequence[NewEvent]
) -> None:
    """However many plans wait to be looked at, a weight set for 30 s stays for 30 s, and stop means stop."""
    looked_at, first = planned(waking).id, running(waking).id
    for rollback in (looked_at, first):
        waking.set_due(f"advance:{rollback}", 0)
    move(waking, first, *happened)
    waking.set_due(f"advance:{first}", 0)
    raw = connect(server.url, text=False)
    urgent, rest = (Queue(name, connection=raw, serializer=JSONSerializer) for name in ("rollbacks-first", "rollbacks"))
    assert [job.args[0] for job in urgent.jobs] == [first]
    assert [job.args[0] for job in rest.jobs] == [looked_at]


def test_a_job_still_waiting_is_not_doubled_by_the_next_wake(waking: Store, redis: Redis) -> None:
    """Two transitions in a row make one waiting job for the narrator."""
    rollback = waking.create(REQUEST, command_id=command())[0]
    move(waking, rollback.id, event(Kind.ABORTED))

    assert redis.llen("rq:queue:slack") == 1


def test_a_rollback_in_a_long_step_is_handed_to_the_long_queue_and_back(store: Store) -> None:
    """The fold decides by the current step, so that no restore holds up a canary."""
    long = PLAN.model_copy(update={"steps": (PLAN.steps[0].model_copy(update={"long": True}), *PLAN.steps[1:])})
    rollback = running(store, plan=long)
    member = f"advance:{rollback.id}"
    store.set_due(member, 0)
    assert [handed.queue for handed in store.hand_out(members=[member])] == ["long"]

    done = event(Kind.STEP_DONE, step=0, checks=[], figures={})
    move(store, rollback.id, event(Kind.STEP_STARTED, step=0, attempt=1, fence=1), done)
    store.set_due(member, 0)
    assert [handed.queue for handed in store.hand_out(members=[member])] == ["rollbacks"]


def test_a_job_left_in_the_old_queue_is_neither_lost_nor_doubled(
    store: Store, waking: Store, redis: Redis, server: Server
) -> None:
    """The rollback moved to another queue while its job still waited: one job, on the right queue."""
    long = PLAN.model_copy(update={"steps": (PLAN.steps[0].model_copy(update={"long": True}), *PLAN.steps[1:])})
    rollback = running(store, plan=long)
    member = f"advance:{rollback.id}"
    waking.set_due(member, 0)
    assert (redis.llen("rq:queue:long"), redis.llen("rq:queue:rollbacks")) == (1, 0)
    jobs = set(redis.keys("rq:job:*"))

    move(store, rollback.id, event(Kind.HALTED, step=0))
    waking.set_due(member, 0)
    raw = connect(server.url, text=False)
    assert (redis.llen("rq:queue:long"), redis.llen("rq:queue:rollbacks")) == (0, 1)
    assert Queue("rollbacks", connection=raw, serializer=JSONSerializer).jobs[0].args == [rollback.id]
    assert not jobs & set(redis.keys("rq:job:*")), "the job that was taken out left something behind"


def test_what_no_queue_is_known_for_holds_nobody_else_up(waking: Store, redis: Redis) -> None:
    """A member of a kind that this version does not know stays due; the others are enqueued."""
    waking.set_due("from-a-newer-version:x", 0)
    waking.set_due("narrate:rb-1", 0)

    assert redis.llen("rq:queue:slack") == 1
    assert redis.zscore("rollback:due", "from-a-newer-version:x") is not None


@pytest.mark.parametrize("hands", [2, 4])
def test_each_due_member_is_handed_out_once_however_many_watch(store: Store, server: Server, hands: int) -> None:
    """Watchers that ask in the same moment share what is due; nobody gets what another got."""
    members = [f"narrate:rb-{number}" for number in range(200)]
    for member in members:
        store.set_due(member, 0)
    together = threading.Barrier(hands)

    def ask() -> list[str]:
        mine = Store(connect(server.url))
        together.wait()
        return [member for _ in range(40) for member in due_members(mine, limit=7)]

    with ThreadPoolExecutor(hands) as pool:
        handed = [member for got in [pool.submit(ask) for _ in range(hands)] for member in got.result()]
    assert sorted(handed) == sorted(members)


def test_a_wake_is_two_round_trips_however_many_members(store: Store, server: Server, redis: Redis) -> None:
    """One script hands out and remembers; one transaction enqueues."""
    members = [f"narrate:rb-{number}" for number in range(20)]
    for member in members:
        store.set_due(member, 0)
    raw = connect(server.url, text=False)
    waker = Waker(raw, store)
    waker(members[:1])  # Scripts and connections are there from now on.
    before = trips(redis)
    assert sorted(waker(members)) == sorted(members[1:])
    assert trips(redis) - before == 2


def test_a_wake_that_fails_loses_nothing(store: Store, waking: Store, redis: Redis, server: Server) -> None:
    """The request is stored although nothing could be enqueued, and comes due again by itself."""
    redis.set("rq:queue:rollbacks", "of the wrong kind")
    rollback = waking.create(REQUEST, command_id=command())[0]
    assert store.load(rollback.id).rollback == rollback
    redis.delete("rq:queue:rollbacks")

    member = f"advance:{rollback.id}"
    store.set_due(member, 0)
    assert Waker(connect(server.url, text=False), store)([member]) == [member]
    assert redis.llen("rq:queue:rollbacks") == 1
