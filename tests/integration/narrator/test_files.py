"""Files in the card's thread: an upload whose answer was lost is found by its name, and none stands there twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.events import Kind
from jobs.narration.chart import PROCESSING_MS
from sandbox.slack.config import default_config
from sandbox.slack.faults import FaultKind
from sandbox.slack.server import SlackServer, create_server
from sandbox.slack.state import Message
from tests.integration.narrator.story import CHANNEL, FIRST, Story

COMPLETE = "files.completeUploadExternal"


def replies(story: Story) -> list[Message]:
    """The replies in the card's thread that show a file, the oldest first."""
    thread = story.workspace.parts.workspace.thread(CHANNEL, story.cards()[-1].ts)
    return [reply for reply in thread if reply.files]


def names(story: Story) -> list[str]:
    """The names of the files in the card's thread."""
    found = [story.workspace.parts.files.find(file) for reply in replies(story) for file in reply.files]
    return [file.name for file in found if file]


def completed(story: Story) -> int:
    """How many uploads Slack was asked to complete."""
    return len(story.workspace.parts.record.calls(COMPLETE))


def age_the_chart(story: Story) -> None:
    """By the narrator's note Slack has had the chart for longer than is waited for."""
    store, cursor = story.desk.store, story.cursor
    chart = cursor.chart.model_copy(update={"since": store.now() - PROCESSING_MS})
    aged = cursor.model_copy(update={"chart": chart}).model_dump(mode="json")
    _, version = store.note(f"narration:{story.id}")
    assert store.put_note(f"narration:{story.id}", aged, version=version)


@pytest.fixture
def long(story: Story) -> Story:
    """A report that stands there with its chart, and has just become too long for Slack."""
    story.succeeded().narrate()
    for number in range(6):
        story.tell(Kind.ANNOTATED, FIRST, what="lesson", text=f"{number} " + "looking sooner " * 15)
    return story


class Unprocessed:
    """A workspace whose Slack does not come to processing files."""

    @pytest.fixture
    def workspace(self) -> Iterator[SlackServer]:
        """In place of the one that processes them at once."""
        timings = {**default_config().timings.model_dump(), "file_processing": 3600.0}
        with create_server(default_config(limit_factor=1000, timings=timings)) as server:
            yield server


def test_a_report_s_file_whose_answer_was_lost_is_not_uploaded_again(long: Story) -> None:
    """It is found in the thread, where it stands once."""
    before = completed(long)
    long.fault(COMPLETE, FaultKind.DROP_ANSWER)
    long.once()
    assert long.cursor.report.whole_hash == ""
    long.settle(lambda: bool(long.cursor.report.whole_hash))
    assert (len(names(long)), completed(long) - before) == (1, 1)
    assert long.cursor.posting == {}


def test_a_file_of_another_text_is_another_file(long: Story) -> None:
    """The report is whole in the thread anew when it changes."""
    long.narrate()
    (first,) = names(long)
    long.tell(Kind.ANNOTATED, FIRST, what="lesson", text="one more").narrate()
    assert (len(names(long)), names(long)[0]) == (2, first)


def test_a_file_that_slack_takes_late_is_swept(long: Story) -> None:
    """The client had given up and uploaded again; a moment later the first one stands there too."""
    long.fault(COMPLETE, FaultKind.STATUS)
    long.once()
    (key,) = long.cursor.posting
    long.settle(lambda: not long.cursor.posting)
    assert long.cursor.ghost_at > 0
    (name,) = names(long)
    assert key == f"file:{name}"
    slack, card = long.desk.slack, long.cards()[-1].ts
    slack.upload(name, b"late", title="late", channel=CHANNEL, thread_ts=card)
    kept = replies(long)[0].ts
    assert len(names(long)) == 2
    long.settle(lambda: not long.cursor.ghost_at)
    assert [reply.ts for reply in replies(long)] == [kept]


def test_a_file_of_the_same_name_that_somebody_else_shared_stays(long: Story) -> None:
    """It is not ours to delete, and holds up nothing."""
    long.narrate()
    (mine,) = replies(long)
    workspace = long.workspace.parts.workspace
    theirs = Message(CHANNEL, workspace.next_ts(), FIRST.id, "see here", thread_ts=mine.thread_ts, files=mine.files)
    workspace.post(theirs)
    long.desk.store.put_note(f"narration-doubt:{long.id}", {"key": "", "owner": "another"}, version=0)
    long.desk.store.set_due(f"narrate:{long.id}", 0)
    long.narrate()
    assert [reply.ts for reply in replies(long)] == [mine.ts, theirs.ts]
    assert long.cursor.doubt == 1


class TestTheChart(Unprocessed):
    """The chart that Slack does not process goes into the thread."""

    def test_it_stands_there_once_though_the_answer_was_lost(self, story: Story) -> None:
        """The report does without it."""
        story.succeeded().once()
        story.settle(lambda: bool(story.cursor.chart.next))
        age_the_chart(story)
        story.fault(COMPLETE, FaultKind.DROP_ANSWER)
        story.narrate()
        assert names(story) == [f"{story.id}.ended.png"]
        assert (story.cursor.chart.next, story.cursor.chart.file, story.cursor.posting) == ("", "", {})
