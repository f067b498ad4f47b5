"""The watch process: several side by side hand each member out once, and channels are told about the store once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from redis import Redis

from bot.directory import REFRESH
from bot.store import Store, keys
from bot.store.due import MOVE_ON_MS
from bot.store.wake import Waker
from jobs.announcing import Announcer
from jobs.clients.slack import Slack
from jobs.watch import Watch
from sandbox.slack.config import default_config
from sandbox.slack.faults import Fault, FaultKind
from sandbox.slack.server import SlackServer, create_server
from tests.integration.engine.workbench import Bench, until

MANY = 200
CHANNEL = "C0GAMESERVER"


@pytest.fixture
def workspace() -> Iterator[SlackServer]:
    """A workspace with generous rate limits."""
    with create_server(default_config(limit_factor=1000)) as server:
        yield server


def announcer(store: Store, workspace: SlackServer) -> Announcer:
    """As a watch process that has just begun."""
    token = workspace.parts.workspace.app.bot_token
    return Announcer(store, Slack(token, base_url=f"{workspace.url}/api/"), [CHANNEL, CHANNEL])


def told(workspace: SlackServer) -> list[str]:
    """The texts that stand in the channel."""
    return [message.text for message in workspace.parts.workspace.messages(CHANNEL)]


def test_two_watch_processes_hand_each_member_out_once(work: Bench, redis: Redis) -> None:
    """200 members come due while two real processes look: 200 jobs, none twice."""
    watches = [work.watch("first"), work.watch("second")]
    try:
        for process in watches:
            process.wait_until(lambda process=process: "watching" in process.log.read_text(), within_s=30)  # type: ignore[misc]  # bound per process
        at = work.store.now() + 300
        for number in range(MANY):
            redis.zadd("rollback:due", {f"advance:rb-{number}": at})
        # Nobody works here, so what is handed out stays in the queue; a second hand-out must not add to it.
        until(lambda: redis.llen("rq:queue:rollbacks") >= MANY, what="all the jobs")
        begun = work.store.now()
        until(lambda: work.store.now() > begun + MOVE_ON_MS + 1_000, what="the next hand-out")
    finally:
        for process in watches:
            assert process.stop() == 0
    handed: Counter[str] = Counter(
        str(redis.hget("rollback:jobs", f"advance:rb-{number}")).partition(":")[2] for number in range(MANY)
    )
    waiting = [str(job) for job in redis.lrange("rq:queue:rollbacks", 0, -1)]
    assert (len(waiting), set(waiting)) == (MANY, set(handed))


def test_a_distrusted_store_is_said_once_in_each_channel(store: Store, workspace: SlackServer) -> None:
    """Twice looked, and by a watch that was started anew: one message, and one more after it was accepted."""
    store.distrust("an object carries a fence that I never gave")
    watch = announcer(store, workspace)
    watch.look()
    watch.look()
    announcer(store, workspace).look()
    assert len(told(workspace)) == 1
    assert "an object carries a fence that I never gave" in told(workspace)[0]
    store.accept()
    announcer(store, workspace).look()
    watch.look()
    assert len(told(workspace)) == 2
    assert "accepted" in told(workspace)[1]


def test_an_accepted_store_is_no_news(store: Store, workspace: SlackServer) -> None:
    """Nothing is said where nothing was said before."""
    announcer(store, workspace).look()
    assert told(workspace) == []


def test_a_lost_answer_doubles_no_announcement(store: Store, workspace: SlackServer) -> None:
    """Slack took the post and its answer was lost: it is found by its metadata."""
    store.distrust("it was restored")
    workspace.parts.faults.add(Fault(method="chat.postMessage", kind=FaultKind.DROP_ANSWER))
    watch = announcer(store, workspace)
    watch.look()
    watch.look()
    assert len(told(workspace)) == 1


def test_what_slack_did_not_take_is_said_later(store: Store, workspace: SlackServer) -> None:
    """A channel that could not be told is told at the next look."""
    store.distrust("it was restored")
    workspace.parts.faults.add(Fault(method="chat.postMessage", kind=FaultKind.ERROR, error="fatal_error"))
    watch = announcer(store, workspace)
    watch.look()
    assert told(workspace) == []
    watch.look()
    assert len(told(workspace)) == 1


def test_a_second_loss_is_said_again(store: Store, workspace: SlackServer) -> None:
    """Each time the store is lost is news of its own."""
    watch = announcer(store, workspace)
    for _ in range(2):
        store.distrust("it was restored")
        watch.look()
        store.accept()
        watch.look()
    assert len(told(workspace)) == 4


def test_a_store_that_forgot_everything_has_its_standing_jobs_again(store: Store, redis: Redis) -> None:
    """Redis was emptied while the watch process ran: once accepted, the directory and the archive are tended again."""
    watch = Watch(store, Waker(redis, store))
    watch.tend()
    redis.flushall()
    store.accept()
    watch.tend()
    assert store.is_due(REFRESH)
    assert store.is_due(keys.SWEEP)


def test_what_one_part_of_the_tending_cannot_do_stops_no_other(store: Store, redis: Redis) -> None:
    """An announcement that cannot be made sense of: the reserve is tended all the same, now and next time."""
    store.distrust("it was restored")
    store.put_note("announced", {"told_after": []}, version=0)
    watch = Watch(
        store, Waker(redis, store), Announcer(store, Slack("xoxb-none", base_url="http://127.0.0.1:9"), ["C1"])
    )
    redis.delete(keys.RESERVE)
    watch.tend()
    assert redis.exists(keys.RESERVE)
