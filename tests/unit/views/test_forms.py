"""Modals: what a field shows is what was written, and what the reader must know stands beside it."""

from __future__ import annotations

from typing import Any

from bot.domain.people import Group, Member
from bot.views import forms
from bot.views.text import in_utc
from tests.unit.views import factory as run

WRITTEN = "A & B < C\nand the <next> line"


def test_the_cause_is_shown_for_editing_as_it_was_written() -> None:
    """A field's text is no markup: escapes would be saved as part of it, and line breaks are the writer's."""
    form: Any = forms.cause(run.succeeded().rollback, text=WRITTEN)
    assert form["blocks"][0]["element"]["initial_value"] == WRITTEN


def test_a_newer_text_is_shown_as_it_was_written() -> None:
    """What stands at a field as its error is plain text."""
    assert forms.newer("A & B < C", by="approver-1") == "@approver-1 wrote meanwhile: A & B < C"


def test_details_say_that_the_requester_does_not_count() -> None:
    """The list of approvers names somebody who may not approve this one."""
    made = run.planned().rollback
    people = (run.REQUESTER, run.APPROVER_1, run.APPROVER_2)
    group = Group(
        name="game-server-approvers", members=tuple(Member(person=one, full=True) for one in people), read_at=1
    )
    told = str(forms.details(made, group=group)["blocks"])
    assert "@requester, @approver-1, @approver-2; @requester asked and does not count" in told


def test_times_among_utc_times_are_utc() -> None:
    """A time that Slack would show in the reader's zone is replaced by its fallback; links stay."""
    told = "halted <!date^1795460000^{time_secs}|03:15:26 UTC> · <https://x.example|card>"
    assert in_utc(told) == "halted 03:15:26 UTC · <https://x.example|card>"
