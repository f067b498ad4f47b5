"""How the report looks in Slack: UX.md section 5, and the caps of section 10."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.models.blocks import Block

from bot.domain.events import Kind
from bot.domain.report import Found, build
from bot.views.report import Setting, Shown, show
from bot.views.report_markdown import markdown
from bot.views.text import units
from sandbox.slack.blockkit import check_message
from tests.unit.report.journal import FIRST, SECOND, Journal, aborted, at, failed, succeeded

FOUND = Found(spike_at=at("02:54:00"), failed=5_088, requests=63_600)
BUDGET = 9_000


SETTING = Setting(card_link="https://slack.test/archives/C1/p1", limit=0.05)


def shown(journal: Journal, setting: Setting = SETTING) -> Shown:
    """The report of a journal."""
    rollback = journal.ended()
    return show(build(rollback, journal.events, found=FOUND), rollback, setting)


def texts(made: Shown) -> list[str]:
    """The texts of the blocks, with ordinary spaces."""
    objects = [block.get("text") for block in made.message.blocks]
    return [str(text["text"]).replace("\u00a0", " ") for text in objects if isinstance(text, dict)]


def everything(made: Shown) -> str:
    """All of the blocks as one text."""
    return json.dumps(made.message.blocks, ensure_ascii=False).replace("\u00a0", " ")


def strings(value: object) -> list[str]:
    """Every string in some blocks."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [text for part in inner for text in strings(part)]


def test_the_good_run_reads_as_specified() -> None:
    """The header, the summary and the text of UX.md, word for word where this version has the figures."""
    made = shown(succeeded())
    told = texts(made)
    assert told[0] == "Rollback report 2026-11-22: game-server v2.1.0 → v2.0.5 (canary)"
    assert told[1].split("\n") == [
        "*Summary*",
        "Deployment version v2.1.0 (sha256:9f2c41d8) → v2.0.5 (sha256:41ab77e0)",
        "Rollback time 2026-11-22 03:14:02 to 03:16:44 UTC",
        "Duration 2 min 42 s from approval, 4 min 40 s from request, outage 20 min 48 s (02:54:00 to 03:14:48)",
        "Impact 5,088 of 63,600 requests failed (8.0 %)",
        "Validation 5 of 5 checks passed",
    ]
    assert made.message.text.replace("\u00a0", " ") == (
        "Rollback report 2026-11-22: game-server v2.1.0 → v2.0.5 succeeded in 2 min 42 s. "
        "8.0 % of requests failed for 20 min 48 s. Root cause not written yet."
    )


def test_the_timeline_names_the_source_of_each_row() -> None:
    """One entry a row, in UTC, with where it is known from."""
    timeline = next(text for text in texts(shown(succeeded())) if text.startswith("*Timeline*"))
    assert timeline.split("\n")[1:] == [
        "02:41:07 Deployment started: v2.1.0 (ReplicaSet game-server-canary-6f9d)",
        "02:54:00 Spike detected: over 5 % (Prometheus, found afterwards)",
        "03:12:04 Decision: @requester asked (Slack)",
        "03:14:02 Initiated: last approval (journal)",
        "03:14:48 Recovered: first sample back under the limit (Prometheus)",
        "03:16:44 Completed (journal)",
        "03:26:44 Watched until then; not yet normalised (Prometheus)",
    ]


def test_evidence_is_no_conclusion() -> None:
    """The root cause holds what was seen, and says that nobody has written it."""
    cause = next(text for text in texts(shown(succeeded())) if text.startswith("*Root Cause*"))
    assert cause.split("\n")[1:] == [
        "Evidence, not a conclusion. Nobody has written the cause yet.",
        "1 Differs: canary 16.7 % errors, stable 0.1 %, same minute (Prometheus 03:12:06)",
        "2 Differs: image sha256:41ab77e0 → sha256:9f2c41d8",
    ]


def test_a_cause_stands_with_its_writer() -> None:
    """Who wrote what, and when, is said beside it."""
    journal = succeeded().add("03:40:00", Kind.ANNOTATED, FIRST, what="cause", text="A <nil> guild & no guard")
    cause = next(text for text in texts(shown(journal)) if text.startswith("*Root Cause*"))
    assert "A &lt;nil&gt; guild &amp; no guard\n@approver-1, 2026-11-22 03:40 UTC" in cause
    assert shown(journal).message.text.endswith("Root cause written.")


def test_only_the_first_line_mentions_somebody() -> None:
    """The requester is mentioned once; people who added something are named, not called."""
    journal = succeeded().add("03:20:00", Kind.ANNOTATED, FIRST, what="action", text="Guard it", owner="U0APPROVER2")
    made = shown(journal, replace(SETTING, names={"U0APPROVER2": "approver-2"}))
    assert everything(made).count("<@") == 1
    assert "<!" not in everything(made)
    assert "from @approver-1 · owner @approver-2" in everything(made)


def test_a_failed_rollback_calls_the_approver_group() -> None:
    """It begins with what is still broken."""
    made = shown(failed(), replace(SETTING, group_id="S0APPROVERS"))
    assert "<!subteam^S0APPROVERS> <@U0REQUESTER>" in everything(made)
    assert texts(made)[1].startswith("*Still broken*")
    assert "Validation 4 of 5 checks passed: 1 failed, 0 unknown" in everything(made)


def test_an_aborted_rollback_begins_with_what_is_left_half_done() -> None:
    """The first section is the card's own words about it."""
    told = texts(shown(aborted()))
    assert told[1].startswith("*Left half done*")
    assert "/rollback canary game-server" in told[1]


def test_boxes_are_ticked_and_carry_the_action_ids() -> None:
    """Their values are the actions' ids, and a tick survives an edit."""
    journal = succeeded()
    journal.add("03:20:00", Kind.ANNOTATED, FIRST, what="action", id="a21", text="Guard it", due="2026-11-30")
    journal.add("03:21:00", Kind.ANNOTATED, SECOND, what="done", id="a21")
    section = next(b for b in shown(journal).message.blocks if str(b.get("block_id")).startswith("tick:rb-1042:"))
    boxes: Any = section["accessory"]
    assert [option["value"] for option in boxes["options"]] == ["cause", "a21"]
    assert [option["value"] for option in boxes["initial_options"]] == ["a21"]


def test_more_than_ten_open_actions_show_the_oldest_ten() -> None:
    """Slack's boxes hold ten options; the rest are counted."""
    journal = succeeded()
    for number in range(13):
        journal.add("03:20:00", Kind.ANNOTATED, FIRST, what="action", id=f"a{number}", text=f"Do {number}")
    made = shown(journal)
    section: Any = next(b for b in made.message.blocks if str(b.get("block_id")).startswith("tick:"))
    assert len(section["accessory"]["options"]) == 10
    assert section["text"]["text"].split("\n") == [
        "*Action Items* 14 open, 0 done",
        "4 more: Add lesson or action",
    ]


def full() -> Journal:
    """Everything at its longest: texts at their limits, characters that grow when escaped, many halts."""
    journal = aborted()
    for number in range(12):
        text = f"{number} " + "<&>🎮" * 15
        journal.add("03:20:00", Kind.ANNOTATED, FIRST, what="action", id=f"a{number}", text=text[:75], owner="U1234567")
        journal.add("03:20:01", Kind.ANNOTATED, SECOND, what="lesson", text="& " * 150)
        journal.add("03:20:02", Kind.ANNOTATED, SECOND, what="cause", text="<" * 2_000)
    return journal


@pytest.mark.parametrize(
    "journal", [succeeded(), failed(), aborted(), full()], ids=["succeeded", "failed", "aborted", "full"]
)
def test_every_report_is_within_slacks_limits_and_our_budget(journal: Journal) -> None:
    """At most 11 blocks and 9,000 units of strings, valid by slack_sdk's models and by the schema of Slack's types."""
    made = shown(journal, replace(SETTING, chart="F0CHART", chart_alt="a" * 300, group_id="S0APPROVERS"))
    blocks = list(made.message.blocks)
    assert len(blocks) <= 11
    assert sum(units(text) for text in strings(blocks)) <= BUDGET
    for block in Block.parse_all(json.loads(json.dumps(blocks))):
        block.validate_json()
    check_message(json.loads(json.dumps(blocks)), file_ready=lambda _: True)


def test_rows_that_have_no_room_leave_whole_and_are_counted() -> None:
    """No row is cut, and the message says how many are in the file."""
    made = shown(full())
    assert not made.whole
    lessons = next(text for text in texts(made) if text.startswith("*Lessons Learned*"))
    assert lessons.split("\n")[-1].endswith("more in the file")
    assert "Whole text in the thread" in everything(made)


def test_the_file_holds_everything() -> None:
    """Each lesson, each cause and each action stands in the Markdown, and people's markup is text there."""
    journal = full()
    rollback = journal.ended()
    text = markdown(build(rollback, journal.events, found=FOUND), rollback, limit=0.05)
    assert text.count("- [ ] ") == 13
    assert text.count("\\<" * 2_000) == 12
    assert text.startswith("# Rollback report 2026-11-22: game-server v2.1.0 → v2.0.5 (canary)\n")
