"""A horse's shift: what waits is worked off by the same process, and its end comes by itself, by a wish, or by time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from bot.domain.rollback import State
from bot.store import Store, connect
from jobs import tasks
from jobs.horse import TaskJob
from jobs.shift import Shift
from sandbox.redis import Redis as Server
from tests.integration.engine import office, small
from tests.integration.engine.test_worker import SIX, approved, horse_of, running, working
from tests.integration.engine.workbench import Bench, until

QUICK = Shift(idle_s=0.05)


@pytest.fixture
def queue(server: Server, store: Store, tmp_path: Path) -> Iterator[Queue]:
    """A queue of the product's jobs, empty, in a process that has its parts."""
    tasks.install(small.house(store, small.World(), office.catalog("shift"), url=server.url, folder=tmp_path))
    connection = connect(server.url, text=False)
    yield Queue("shift", connection=connection, job_class=TaskJob, serializer=JSONSerializer)
    connection.close()


def put(queue: Queue, count: int, *, function: str = "jobs.tasks.advance") -> None:
    """So many jobs about rollbacks that do not exist, which change nothing."""
    for number in range(count):
        queue.enqueue_call(function, args=(f"rb-none-{number}",), timeout=-1, result_ttl=0, failure_ttl=0)


@pytest.mark.parametrize("hands", [1, 4])
def test_everything_that_waits_is_worked_off_and_leaves_nothing_behind(queue: Queue, hands: int) -> None:
    """However many hands there are, each job is done once and its record is gone."""
    put(queue, 20)
    assert Shift(hands=hands, idle_s=0.05).work([queue], stop=lambda: False) == 20
    assert len(queue) == 0
    assert list(queue.connection.scan_iter("rq:job:*")) == []


def test_a_shift_ends_between_two_jobs_when_asked(queue: Queue) -> None:
    """What it did not begin still waits for the next worker."""
    put(queue, 3)
    asked = iter([False, True])
    assert QUICK.work([queue], stop=lambda: next(asked)) == 1
    assert len(queue) == 2


def test_a_shift_ends_by_time(queue: Queue) -> None:
    """A horse whose time is over leaves the rest to the next."""
    put(queue, 2)
    assert Shift(shift_s=0, idle_s=0.05).work([queue], stop=lambda: False) == 0
    assert len(queue) == 2


def test_a_function_that_is_no_task_is_not_run_in_a_shift_either(queue: Queue, tmp_path: Path) -> None:
    """The closed list holds for every job; the shift goes on with the next."""
    queue.enqueue_call("os.mkdir", args=(str(tmp_path / "made"),), timeout=-1, result_ttl=0, failure_ttl=0)
    put(queue, 1)
    assert QUICK.work([queue], stop=lambda: False) == 2
    assert not (tmp_path / "made").exists()


def test_what_goes_first_is_taken_before_what_has_waited_longer(queue: Queue) -> None:
    """One hand, two lists: the first list is empty before the second is looked at."""
    first = Queue("shift-first", connection=queue.connection, job_class=TaskJob, serializer=JSONSerializer)
    put(queue, 2)
    put(first, 2)
    seen: list[tuple[int, int]] = []

    def stop() -> bool:
        seen.append((len(first), len(queue)))
        return False

    assert QUICK.work([first, queue], stop=stop) == 4
    assert seen == [(2, 2), (1, 2), (0, 2), (0, 1), (0, 0)]


def test_a_job_whose_record_is_gone_is_passed_over(queue: Queue) -> None:
    """RQ's list may name a job that somebody else has done away with."""
    put(queue, 2)
    queue.connection.delete(f"rq:job:{queue.get_job_ids()[0]}")
    assert QUICK.work([queue], stop=lambda: False) == 1


def test_who_waits_is_woken_when_something_comes(queue: Queue) -> None:
    """A hand that waits takes the job that comes meanwhile, without a new process."""
    done: list[int] = []
    hand = threading.Thread(
        target=lambda: done.append(Shift(idle_s=5, shift_s=1).work([queue], stop=lambda: bool(done)))
    )
    hand.start()
    put(queue, 1)
    until(lambda: len(queue) == 0, what="the job taken")
    hand.join(10)
    assert done == [1]


def test_one_horse_carries_on_several_rollbacks(work: Bench, redis: Redis) -> None:
    """What waits behind a rollback is carried on by the very process that carried on the first, each effect once."""
    worker = working(work, "worker")
    with running(worker, work.watch()):
        work.folder.prepare("after", "wait")
        first = approved(work, *SIX)
        until(lambda: work.folder.waiting("after"), what="the first write")
        horse = horse_of(worker)
        work.folder.prepare("observe", "wait")
        second = work.ask(*SIX, service="beta")
        until(
            lambda: redis.llen("rq:queue:rollbacks") > 0 or work.folder.waiting("observe"),
            what="the second in the queue, or taken by another hand",
        )
        work.folder.release("after")
        until(lambda: work.folder.waiting("observe"), what="the second's planning")
        assert horse_of(worker) == horse
        work.folder.release("observe")
        until(lambda: work.load(second).state is State.PLANNED, what="the plan")
        work.approve(second)
        until(lambda: all(work.load(each).ended_at for each in (first, second)), what="both ends")
    effects = work.folder.effects()
    assert sorted(effects) == sorted(f"{each}/{index}" for each in (first, second) for index in range(len(SIX)))
