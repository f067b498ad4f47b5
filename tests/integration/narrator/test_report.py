"""The report posts itself, tells the journal, and is edited in place as more becomes known."""

from __future__ import annotations

import json
import re

from bot.domain.events import Kind
from jobs.clients.slack import Posted
from sandbox.slack.faults import FaultKind
from tests.integration.narrator.metrics import Metrics
from tests.integration.narrator.story import CHANNEL, FIRST, SECOND, Story

NAMED = re.compile(r"rb-\d+\.[0-9a-f]{8}\.md")


def blocks(story: Story) -> str:
    """The report's blocks as one text."""
    return json.dumps(story.reports()[0].blocks, ensure_ascii=False).replace("\u00a0", " ")


def test_the_report_is_posted_with_its_chart_and_told_to_the_journal(story: Story) -> None:
    """One top-level message with figures from Prometheus, an image of a processed file, and a line with the link."""
    story.succeeded().narrate()
    assert len(story.reports()) == 1
    assert story.reports()[0].text.startswith("Rollback report")
    assert "480 of 6,000 requests failed (8.0 %)" in blocks(story)
    assert '"type": "image"' in blocks(story)
    assert story.rollback.reported
    reported = [event for event in story.desk.store.journal(story.id) if event.kind is Kind.REPORTED]
    assert [event.data["ts"] for event in reported] == [story.reports()[0].ts]
    assert reported[0].data["found"] is not None
    assert [row for row in story.lines() if row.startswith("Report: ")] != []


def test_the_report_anchors_the_journal_s_head_outside_the_store(story: Story) -> None:
    """Its last line names the head that the journal has when nothing more is due; the metadata hold it whole."""
    story.succeeded().narrate()
    rollback = story.rollback
    assert f"journal {story.id}, {rollback.seq} events, head {rollback.head[:12]}" in blocks(story)
    metadata = story.reports()[0].metadata or {}
    assert metadata["event_payload"]["seq"] == rollback.seq
    assert metadata["event_payload"]["head"] == rollback.head
    edits = len(story.workspace.parts.record.calls("chat.update"))
    story.narrate()
    assert len(story.workspace.parts.record.calls("chat.update")) == edits


def test_a_cause_and_a_tick_edit_the_report_in_place(story: Story) -> None:
    """Who wrote what stands there; no second report is posted."""
    story.succeeded().narrate()
    first = story.reports()[0].ts
    story.tell(Kind.ANNOTATED, FIRST, what="cause", text="A guild without a leader").narrate()
    assert "A guild without a leader" in blocks(story)
    assert "@approver-1" in blocks(story)
    story.tell(Kind.ANNOTATED, SECOND, what="action", text="Guard it", id="a1")
    story.tell(Kind.ANNOTATED, SECOND, what="done", id="a1").narrate()
    assert "0 open, 2 done" in blocks(story)
    assert "3 edits, last by @approver-2" in blocks(story)
    assert [report.ts for report in story.reports()] == [first]


def test_the_end_of_the_watch_edits_the_report_and_its_chart(story: Story) -> None:
    """Normalised stands in the timeline, and the chart is drawn again up to then."""
    story.succeeded().narrate()
    before = story.cursor.chart.file
    story.tell(Kind.NORMALISED, figures={"error_max": 0.002, "p95_max": 0.21, "seconds": 600}).narrate()
    assert "Normalised (Prometheus)" in blocks(story)
    assert story.cursor.chart.file not in {"", before}
    assert story.cursor.chart.file in blocks(story)
    assert len(story.reports()) == 1


def test_prometheus_away_leaves_the_report_without_figures(story: Story, metrics: Metrics) -> None:
    """It is posted all the same, says that the impact is unknown, and asks again later."""
    metrics.away = True
    story.succeeded()
    story.once()
    assert "Impact unknown" in blocks(story)
    assert story.rollback.reported
    assert story.cursor.chart.file == ""
    metrics.away = False
    story.narrate()
    assert "480 of 6,000 requests failed" in blocks(story)
    assert '"type": "image"' in blocks(story)


def test_a_dropped_answer_posts_no_second_report(story: Story) -> None:
    """The report is found by its metadata."""
    story.succeeded()
    story.once()
    story.desk.slack.delete(CHANNEL, story.reports()[0].ts)
    story.fault("chat.postMessage", FaultKind.DROP_ANSWER)
    story.tell(Kind.ANNOTATED, FIRST, what="lesson", text="Look sooner").narrate()
    assert len(story.reports()) == 1
    assert "Look sooner" in blocks(story)


def test_a_deleted_report_is_posted_anew(story: Story) -> None:
    """And the journal holds the address of the new one."""
    story.succeeded().narrate()
    old = story.reports()[0].ts
    assert isinstance(story.desk.slack.delete(CHANNEL, old), Posted)
    story.tell(Kind.ANNOTATED, FIRST, what="lesson", text="Look sooner").narrate()
    assert [report.ts == old for report in story.reports()] == [False]
    told = [event.data["ts"] for event in story.desk.store.journal(story.id) if event.kind is Kind.REPORTED]
    assert told == [old, story.reports()[0].ts]


def test_a_report_too_long_for_slack_is_whole_in_the_thread(story: Story) -> None:
    """Rows without room stand in a Markdown file under the card."""
    story.succeeded()
    for number in range(6):
        story.tell(Kind.ANNOTATED, FIRST, what="lesson", text=f"{number} " + "looking sooner " * 15)
    story.narrate()
    assert "more in the file" in blocks(story)
    replies = story.workspace.parts.workspace.thread(CHANNEL, story.cards()[0].ts)
    files = [story.workspace.parts.files.find(file) for reply in replies for file in reply.files]
    assert [bool(NAMED.fullmatch(file.name)) for file in files if file] == [True]
    assert files[0] is not None
    assert (files[0].content or b"").decode().count("looking sooner") == 90
