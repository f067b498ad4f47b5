"""What the report says of a journal."""

from __future__ import annotations

import pytest

from bot.domain.events import Kind
from bot.domain.report import Found, build, first_over
from tests.unit.report.journal import FIRST, SECOND, aborted, at, checks, started, succeeded

FOUND = Found(spike_at=at("02:54:00"), failed=5_088, requests=63_600)


def test_the_good_run_gives_the_figures_of_its_journal() -> None:
    """Versions, times and durations come from the events, the outage from what was found afterwards."""
    journal = succeeded()
    report = build(journal.ended(), journal.events, found=FOUND)
    assert (report.from_version, report.to_version) == ("v2.1.0", "v2.0.5")
    assert (report.started_at, report.ended_at) == (at("03:14:02"), at("03:16:44"))
    assert (report.duration_s, report.since_request_s) == (162, 280)
    assert report.outage_s == 20 * 60 + 48
    assert [person.name for person in report.approvers] == ["approver-1", "approver-2"]
    assert len(report.checks) == 5
    assert report.normalised is None


def test_the_timeline_is_in_order_and_names_its_sources() -> None:
    """Deployment, spike, decision, initiation, recovery, completion and the watch, by time, each with its source."""
    journal = succeeded()
    rows = [(entry.code, entry.source) for entry in build(journal.ended(), journal.events, found=FOUND).timeline]
    assert rows == [
        ("deployed", "kubernetes"),
        ("spike", "prometheus"),
        ("decision", "slack"),
        ("initiated", "journal"),
        ("recovered", "prometheus"),
        ("completed", "journal"),
        ("watching", "prometheus"),
    ]


def test_a_decision_at_a_terminal_is_not_said_to_come_from_slack() -> None:
    """Whoever reviews it looks for it where it was made."""
    journal = succeeded()
    asked = journal.events[0]
    assert asked.by is not None
    by = asked.by.model_copy(update={"via": "terminal"})
    events = [asked.model_copy(update={"by": by}), *journal.events[1:]]
    timeline = build(journal.ended(), events, found=FOUND).timeline
    assert [entry.source for entry in timeline if entry.code == "decision"] == ["terminal"]


def test_the_end_of_the_watch_takes_its_place_in_the_timeline() -> None:
    """Normalised replaces "being watched until"."""
    journal = succeeded().add("03:26:44", Kind.NORMALISED, figures={})
    report = build(journal.ended(), journal.events, found=FOUND)
    assert report.timeline[-1].code == "normalised"
    assert report.normalised is True
    assert "watching" not in {entry.code for entry in report.timeline}


def test_what_was_not_found_is_unknown_and_no_zero() -> None:
    """Without Prometheus there is no outage, no spike and no count of failed requests."""
    journal = succeeded()
    report = build(journal.ended(), journal.events)
    assert (report.outage_s, report.spike_at, report.found.failed) == (None, None, None)
    assert "spike" not in {entry.code for entry in report.timeline}


def test_a_report_that_was_posted_keeps_what_was_found() -> None:
    """The journal alone gives the same figures later, when Prometheus has forgotten them."""
    journal = succeeded().add("03:16:46", Kind.REPORTED, ts="1", found=FOUND.model_dump(mode="json"))
    assert build(journal.ended(), journal.events).found == FOUND


def test_lessons_are_proposed_from_the_durations() -> None:
    """From spike to decision, and from plan to the last approval."""
    journal = succeeded()
    lessons = build(journal.ended(), journal.events, found=FOUND).proposed_lessons
    assert [(lesson.code, lesson.figures["seconds"]) for lesson in lessons] == [
        ("spike-to-decision", 18 * 60 + 4),
        ("plan-to-quorum", 116),
    ]


@pytest.mark.parametrize(("seconds", "proposed"), [(0, False), (59, False), (60, True)])
def test_a_quick_approval_is_no_lesson(seconds: int, *, proposed: bool) -> None:
    """Somebody has to read the card; from a minute on it is worth a word."""
    journal = succeeded()
    quorum = next(event.at for event in journal.events if event.kind is Kind.QUORUM)
    rollback = journal.ended().model_copy(update={"planned_at": quorum - seconds * 1000})
    lessons = build(rollback, journal.events, found=FOUND).proposed_lessons
    assert ("plan-to-quorum" in {lesson.code for lesson in lessons}) is proposed


def test_the_newest_cause_counts_and_the_older_ones_are_kept() -> None:
    """Who wrote what is kept, and writing the cause does the proposed action."""
    journal = succeeded()
    journal.add("03:20:00", Kind.ANNOTATED, FIRST, what="cause", text="a nil guild")
    journal.add("03:30:00", Kind.ANNOTATED, SECOND, what="cause", text="GuildWarV2 ticked without a guild")
    report = build(journal.ended(), journal.events)
    assert [(written.by, written.text) for written in report.causes] == [
        (FIRST, "a nil guild"),
        (SECOND, "GuildWarV2 ticked without a guild"),
    ]
    assert report.actions[0].done
    assert (report.edits, report.last_edit and report.last_edit.by) == (2, SECOND)


def test_actions_are_ticked_and_opened_by_name() -> None:
    """The last word about an action wins, and says whose it was."""
    journal = succeeded()
    journal.add("03:20:00", Kind.ANNOTATED, FIRST, what="action", id="a30", text="add a guard", owner="U0APPROVER2")
    journal.add("03:21:00", Kind.ANNOTATED, SECOND, what="done", id="a30")
    action = build(journal.ended(), journal.events).actions[-1]
    assert (action.text, action.by, action.done, action.done_by) == ("add a guard", FIRST, True, SECOND)
    journal.add("03:22:00", Kind.ANNOTATED, FIRST, what="open", id="a30")
    assert not build(journal.ended(), journal.events).actions[-1].done


def test_an_aborted_run_proposes_to_finish_it() -> None:
    """What is left half done is an open action, and each press of a button is in the timeline with its name."""
    journal = aborted()
    report = build(journal.ended(), journal.events)
    assert report.actions[0].code == "finish"
    told = [(entry.code, entry.by) for entry in report.timeline if entry.code in {"halted", "retried"}]
    assert told == [("halted", None), ("retried", FIRST), ("halted", None)]


def test_a_rollback_that_runs_has_no_report() -> None:
    """The report is written at the end."""
    journal = started()
    with pytest.raises(ValueError, match="ended"):
        build(journal.ended(), journal.events)


def test_failed_and_unknown_checks_are_told_apart() -> None:
    """Unknown is neither passed nor failed."""
    journal = succeeded()
    rollback = journal.ended()
    last = rollback.steps[-1].model_copy(update={"checks": tuple(checks(up="unknown", pods="fail"))})
    report = build(rollback.model_copy(update={"steps": (*rollback.steps[:-1], last)}), journal.events)
    assert [check["code"] for check in report.failed_checks] == ["pods"]
    assert [check["code"] for check in report.unknown_checks] == ["up"]


@pytest.mark.parametrize(
    ("since", "until", "expected"), [(None, None, 20.0), (25.0, None, 30.0), (None, 15.0, None), (35.0, 40.0, None)]
)
def test_the_spike_is_the_first_sample_over_the_limit(
    since: float | None, until: float | None, expected: float | None
) -> None:
    """A sample at the limit is not over it, and only samples within the bounds count."""
    series = [(10.0, 0.05), (20.0, 0.06), (30.0, 0.08), (40.0, 0.01)]
    assert first_over(series, limit=0.05, since=since, until=until) == expected
