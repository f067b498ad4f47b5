"""A narrator that is stopped or killed within a post: the thread is right all the same, and soon."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.domain.events import Kind
from bot.views.message import Message
from jobs.clients.slack import Mark, Posted
from sandbox.redis import Redis as Server
from sandbox.slack.faults import Fault, FaultKind
from tests.integration.narrator.metrics import Metrics
from tests.integration.narrator.second import another_process
from tests.integration.narrator.story import CHANNEL, FIRST, Story, key_of

HOLD_S = 1.0
PATIENCE_S = 30.0


def until(story: Story, true: Callable[[], bool], what: str) -> None:
    """Wait for something that the other process does to Slack."""
    workspace = story.workspace.parts.workspace
    with workspace.changed:
        assert workspace.changed.wait_for(true, PATIENCE_S), f"{what} within {PATIENCE_S:g} s"


@contextmanager
def held_in_a_post(story: Story, server: Server, metrics: Metrics) -> Iterator[int]:
    """Another narrator, stopped while Slack has its next post and has not taken it yet; gives its process id."""
    faults = story.workspace.parts.faults
    token = story.workspace.parts.workspace.app.bot_token
    faults.add(Fault(name="held", method="chat.postMessage", kind=FaultKind.DELAY, seconds=PATIENCE_S))
    with another_process(server.url, story.workspace.url, token, metrics.url, hold_s=HOLD_S) as process:
        assert faults.wait_for_delayed(1, PATIENCE_S)
        os.kill(process.pid, signal.SIGSTOP)
        yield process.pid


def right(story: Story) -> bool:
    """Whether each of our messages stands once, and each event's line once and in order."""
    keys = Counter(key_of(message) for message in story.everything())
    return set(keys.values()) == {1} and story.lines() == story.told()


def test_a_narrator_that_wakes_within_a_post_deletes_its_double(story: Story, server: Server, metrics: Metrics) -> None:
    """Another has finished meanwhile; the stopped one's post lands after newer lines and is taken back."""
    story.narrate()
    story.running()
    with held_in_a_post(story, server, metrics) as stopped:
        story.settle(lambda: right(story))
        story.tell(Kind.STEP_APPLIED, step=0, figures={"applied": True}).settle(lambda: right(story))
        story.workspace.parts.faults.clear("held")
        until(story, lambda: not right(story), "the stopped narrator's post lands")
        os.kill(stopped, signal.SIGCONT)
        until(story, lambda: right(story), "the double is deleted")
        assert story.cursor.ghost_at > 0, "it took it back by itself, before the sweep"


def test_a_double_of_a_narrator_that_was_killed_is_swept_at_the_end(
    story: Story, server: Server, metrics: Metrics
) -> None:
    """Nobody knows of it: it is found when the rollback has come to rest."""
    story.narrate()
    story.running()
    with held_in_a_post(story, server, metrics) as stopped:
        story.settle(lambda: right(story))
        os.kill(stopped, signal.SIGKILL)
        story.workspace.parts.faults.clear("held")
        until(story, lambda: not right(story), "the killed narrator's post lands")
    story.tell(Kind.ABORT_ASKED, FIRST).tell(Kind.ABORTED, FIRST, production={})
    story.settle(lambda: right(story) and bool(story.cursor.swept))


def test_a_killed_narrator_s_rollback_is_narrated_again_soon(story: Story, server: Server, metrics: Metrics) -> None:
    """With the product's own times the next one begins within 15 s; here, with a hold of 1 s, within 8."""
    story.narrate()
    story.running()
    with held_in_a_post(story, server, metrics) as stopped:
        os.kill(stopped, signal.SIGKILL)
        story.workspace.parts.faults.clear("held")
    killed = time.monotonic()
    story.settle(lambda: right(story))
    assert time.monotonic() - killed < 8


def test_a_doubt_that_is_left_during_the_last_sweep_is_looked_into(story: Story) -> None:
    """A displaced narrator says so while the one that carries on has all but come to rest: it looks once more."""
    story.narrate()
    story.planned().tell(Kind.REJECTED, FIRST, why="not now")
    faults, store = story.workspace.parts.faults, story.desk.store
    faults.add(Fault(name="held", method="conversations.history", kind=FaultKind.DELAY, seconds=PATIENCE_S))
    narrator = threading.Thread(target=story.settle, args=(lambda: bool(story.cursor.swept),))
    narrator.start()
    assert faults.wait_for_delayed(1, PATIENCE_S)
    assert store.put_note(f"narration-doubt:{story.id}", {"key": "lines:1", "owner": "another"}, version=0)
    store.set_due(f"narrate:{story.id}", 0)
    faults.clear("held")
    narrator.join(PATIENCE_S)
    assert story.cursor.doubt == 1


def test_a_post_found_twice_keeps_the_first(story: Story) -> None:
    """The answer was lost and the same post stands twice: the look-up deletes the second."""
    story.narrate()
    story.running()
    story.fault("chat.postMessage", FaultKind.DROP_ANSWER)
    story.once()
    (key,) = story.cursor.posting
    twin = next(message for message in story.everything() if key_of(message) == key)
    again = story.desk.slack.post(
        twin.channel,
        Message(twin.text, ()),
        mark=Mark((twin.metadata or {})["event_payload"]),
        thread_ts=twin.thread_ts or "",
    )
    assert isinstance(again, Posted)
    story.narrate()
    assert right(story)
    assert twin.ts in [message.ts for message in story.everything()]


def test_a_found_post_that_holds_fewer_lines_than_are_pending_is_gone_on_from(story: Story) -> None:
    """Its answer was lost; many more events came before anybody looked: every line stands once."""
    story.narrate()
    story.planned().fault("chat.postMessage", FaultKind.DROP_ANSWER, times=2)
    story.once()
    story.started().finished()
    story.settle(lambda: right(story))


def test_a_post_that_slack_takes_late_is_swept(story: Story) -> None:
    """The client had given up and posted again; a moment later the first one stands there too."""
    story.narrate()
    story.planned().tell(Kind.REJECTED, FIRST, why="not now")
    story.fault("chat.postMessage", FaultKind.STATUS)
    story.once()
    (key,) = story.cursor.posting
    begun = story.cursor.posting[key]
    while key in story.cursor.posting:
        story.once()
    assert story.cursor.ghost_at > 0
    mark = Mark({"rollback": story.id, "key": key, "seq": 3})
    ghost = story.desk.slack.post(begun.channel, Message("late", ()), mark=mark, thread_ts=begun.thread_ts)
    assert isinstance(ghost, Posted)
    assert not right(story)
    story.narrate()
    assert right(story)
    assert story.cursor.ghost_at == 0


def test_a_stray_of_a_deleted_card_is_swept_from_the_channel(story: Story) -> None:
    """Slack puts a reply whose parent is gone into the channel; its answer was lost too."""
    story.planned().narrate()
    mark = Mark({"rollback": story.id, "key": "lines:9", "seq": 9})
    assert isinstance(story.desk.slack.post(CHANNEL, Message("a line", ()), mark=mark), Posted)
    story.tell(Kind.REJECTED, FIRST, why="not now").narrate()
    assert [key_of(message) for message in story.channel() if key_of(message).startswith("lines:")] == []
