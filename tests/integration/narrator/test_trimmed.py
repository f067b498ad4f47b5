"""A report a month later: the journal's beginning is in the archive by then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.domain.events import Kind
from tests.integration.narrator.story import FIRST, Story
from tests.integration.narrator.test_report import blocks


def test_a_report_is_edited_from_the_whole_journal_after_it_was_trimmed(story: Story, tmp_path: Path) -> None:
    """What somebody adds stands beside everything that was there; while the archive is away nothing is changed."""
    story.desk = replace(story.desk, folder=tmp_path / "archive")
    story.succeeded().narrate()
    if story.rollback.watch_until is not None:
        story.tell(Kind.NORMALISED, figures={}).narrate()
    before, told = blocks(story), story.lines()
    assert story.desk.archive.trim(story.id)
    assert [event.seq for event in story.desk.store.journal(story.id)] == [story.rollback.seq]
    story.tell(Kind.ANNOTATED, FIRST, what="lesson", text="A guild needs a leader")

    away = tmp_path / "away"
    (tmp_path / "archive").rename(away)
    story.once()
    assert blocks(story) == before

    away.rename(tmp_path / "archive")
    story.narrate()
    assert "A guild needs a leader" in blocks(story)
    assert story.lines()[: len(told)] == told
    assert all(row in blocks(story) for row in ("Decision", "Completed") if row in before)
