"""Worker processes on real Redis: asked to stop, killed, and left without Redis."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rq import Queue
from rq.executions import Execution, ExecutionRegistry
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from bot.domain.model import JsonObject
from bot.domain.rollback import State
from bot.store import Store, connect
from jobs.horse import TaskJob, TaskWorker
from sandbox.processes import Process
from sandbox.redis import Redis as Server
from tests.integration.engine.workbench import Bench, bench, until

SIX: tuple[JsonObject, ...] = ({},) * 6
AT_ONCE_MS = 2_000


@contextmanager
def running(*processes: Process) -> Iterator[None]:
    """Processes that are stopped at the end of a test."""
    try:
        yield
    finally:
        for process in processes:
            process.resume()
            process.stop()


def working(work: Bench, name: str, queue: str = "rollbacks") -> Process:
    """A worker process that has begun to work."""
    process = work.start(queue, name)
    process.wait_until(lambda: '"working"' in process.log.read_text(), within_s=30)
    return process


def approved(work: Bench, *steps: JsonObject, service: str = "alpha") -> str:
    """A rollback that a worker process planned, and two people approved."""
    rollback = work.ask(*steps, service=service)
    until(lambda: work.load(rollback).state is State.PLANNED, what="the plan")
    work.approve(rollback)
    return rollback


def in_a_write(work: Bench) -> str:
    """A rollback whose worker is in the middle of its first write, until that is released."""
    work.folder.prepare("after", "wait")
    rollback = approved(work, *SIX)
    until(lambda: work.folder.waiting("after"), what="the write")
    return rollback


def horse_of(process: Process) -> int:
    """The process that carries out the worker's job now; 0 when there is none."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0]) if children else 0


def gone(pid: int) -> bool:
    """Whether there is no such process any more, zombies aside."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_sigterm_during_a_turn_hands_over_at_once(work: Bench) -> None:
    """The write under way is finished, the next worker's event follows within 2 s, and nothing is doubled."""
    first = working(work, "first")
    with running(first, work.watch()):
        rollback = in_a_write(work)
        second = working(work, "second")
        with running(second):
            os.kill(first.pid, signal.SIGTERM)
            os.kill(first.pid, signal.SIGTERM)
            work.folder.release("after")
            assert first.wait(within_s=10) == 0
            until(lambda: work.load(rollback).state is State.SUCCEEDED, what="the end")
    events = work.store.journal(rollback)
    fences = [event.data["fence"] for event in events if event.kind == "step_started"]
    assert fences[0] != fences[-1]
    handed = next(i for i, event in enumerate(events) if event.data.get("fence") == fences[-1])
    assert events[handed].at - events[handed - 1].at < AT_ONCE_MS
    assert work.folder.effects() == [f"{rollback}/{index}" for index in range(len(SIX))]


def test_a_second_sigterm_later_does_not_kill_the_write(work: Bench) -> None:
    """Two seconds on it is still the same wish: the write ends, the exit code is 0."""
    worker = working(work, "worker")
    with running(worker, work.watch()):
        rollback = in_a_write(work)
        horse = horse_of(worker)
        os.kill(worker.pid, signal.SIGTERM)
        begun = work.store.now()
        until(lambda: work.store.now() - begun > 1_200, what="more than RQ's second")
        os.kill(worker.pid, signal.SIGTERM)
        begun = work.store.now()
        until(lambda: work.store.now() - begun > 300, what="time to be killed in")
        assert not gone(horse)
        work.folder.release("after")
        assert worker.wait(within_s=10) == 0
    assert work.folder.effects() == [f"{rollback}/0"]
    assert work.load(rollback).record.figures["applied"] is True


def test_a_worker_without_work_stops_at_once(work: Bench) -> None:
    """Exit code 0 within 2 s."""
    worker = working(work, "idle")
    assert worker.stop(grace_s=2) == 0


def test_a_killed_worker_takes_its_horse_and_its_children_along(work: Bench) -> None:
    """SIGKILL of the worker: the horse, the command it runs and that command's own children are gone within 2 s."""
    worker = working(work, "worker")
    with running(worker, work.watch()):
        work.folder.prepare("after", "child")
        approved(work, {})
        child = work.folder.path / "child.pids"
        until(lambda: child.exists() and len(child.read_text().split()) == 2, what="the child's children")
        pids = [horse_of(worker), *map(int, child.read_text().split())]
        assert all(pid and not gone(pid) for pid in pids)
        worker.kill()
        until(lambda: all(gone(pid) for pid in pids), what="the end of all", within_s=2)


def test_jobs_of_dead_horses_are_forgotten_and_end_no_worker(server: Server, store: Store) -> None:
    """Half of such a job's record is gone, as a kill leaves it: RQ's own cleaning would end the worker over it."""
    store.ping()  # On an emptied Redis: the tests before this one killed workers too.
    raw = connect(server.url, text=False)
    queue = Queue("rollbacks", connection=raw, job_class=TaskJob, serializer=JSONSerializer)
    worker = TaskWorker([queue], connection=raw, job_class=TaskJob, serializer=JSONSerializer)
    job = queue.enqueue_call("jobs.tasks.advance", args=("rb-1",), timeout=-1, result_ttl=0, failure_ttl=0)
    job.set_status(JobStatus.STARTED)
    execution = Execution.create(job, ttl=1, pipeline=raw.pipeline())
    raw.zadd(queue.started_job_registry.key, {execution.composite_key: 1})
    raw.zadd(ExecutionRegistry(job_id=job.id, connection=raw).key, {execution.id: 2**40})
    worker.clean_registries()
    assert raw.zcard(queue.started_job_registry.key) == 0
    assert not raw.exists(Job.key_for(job.id))
    assert queue.failed_job_registry.count == 0


def test_a_long_step_holds_up_nobody(work: Bench) -> None:
    """While a worker of queue `long` is busy with one rollback, another one's steps go on."""
    worker, long = working(work, "worker"), working(work, "long", "long")
    with running(worker, long, work.watch()):
        work.folder.prepare("after", "wait")
        slow = approved(work, {"long": True}, {})
        until(lambda: work.folder.waiting("after"), what="the long step")
        assert horse_of(long)
        fast = approved(work, *SIX, service="beta")
        until(lambda: work.load(fast).state is State.SUCCEEDED, what="the end of the second")
        assert work.load(slow).step == 0
        work.folder.release("after")
        until(lambda: work.load(slow).state is State.SUCCEEDED, what="the end of the first")
    assert work.folder.effects().count(f"{slow}/0") == 1


def test_a_long_step_is_left_to_its_own_queue(work: Bench) -> None:
    """A worker of queue `rollbacks` gives a rollback back when what is next is long, and does nothing else."""
    rollback = work.approved({"long": True})
    work.advance(rollback)
    before = work.load(rollback)
    work.advance(rollback)
    assert (work.load(rollback).seq, before.state, work.folder.effects()) == (before.seq, State.RUNNING, [])
    assert (work.store.next_due() or 0) <= work.store.now()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A Redis that a test may stop."""
    with Server(tmp_path / "own") as server:
        yield server


def test_redis_away_and_back_ends_no_process(own_server: Server, tmp_path: Path) -> None:
    """Redis is gone in the middle of a write and back later: the same processes finish the rollback."""
    with connect(own_server.url) as client:
        store = Store(client)
        store.accept()
        work = bench(store, own_server.url, tmp_path)
        processes = [working(work, "worker"), working(work, "narrator", "slack"), work.watch()]
        with running(*processes):
            rollback = in_a_write(work)
            own_server.stop()
            work.folder.release("after")
            log = processes[0].log
            until(lambda: "cannot be read" in log.read_text(), what="the line that says so")
            assert all(process.running for process in processes)
            own_server.start()
            until(lambda: work.load(rollback).state is State.SUCCEEDED, what="the end", within_s=40)
            assert all(process.running for process in processes)
        assert work.folder.effects() == [f"{rollback}/{index}" for index in range(len(SIX))]
        assert "Traceback" not in log.read_text()


def test_a_full_redis_ends_no_worker(own_server: Server, tmp_path: Path) -> None:
    """RQ gives its worker up when Redis takes no write: the process begins anew, and works once there is room."""
    with connect(own_server.url) as client:
        store = Store(client)
        store.accept()
        work = bench(store, own_server.url, tmp_path)
        client.config_set("maxmemory", "1")
        worker = work.start("rollbacks", "worker")
        with running(worker, work.watch()):
            until(lambda: "begins anew" in worker.log.read_text(), what="the line that says so")
            client.config_set("maxmemory", "0")
            until(store.tend_reserve, what="the reserve")
            rollback = work.ask({})
            until(lambda: work.load(rollback).state is State.PLANNED, what="the plan")
            assert worker.running
            assert worker.stop(grace_s=5) == 0


def test_a_worker_that_waits_for_redis_can_be_stopped(own_server: Server, tmp_path: Path) -> None:
    """Its patience ends with SIGTERM: exit code 0, with Redis still away."""
    with connect(own_server.url) as client:
        store = Store(client)
        store.accept()
        work = bench(store, own_server.url, tmp_path)
        worker = working(work, "worker")
        with running(worker):
            own_server.stop()
            until(lambda: "Redis is away" in worker.log.read_text(), what="the line that says so")
            assert worker.stop(grace_s=5) == 0
