"""Whatever people are called and write: Slack takes every message, nobody is mentioned, the budgets hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.model import JsonObject
from bot.domain.people import Group, Member, Person
from bot.domain.refusal import Code, Refusal
from bot.domain.rollback import Mark, Rollback, StepRecord
from bot.domain.verdict import Verdict
from bot.views import answers, forms
from bot.views.buttons import Action, ButtonValue, parse_value, value_of
from bot.views.card import card
from bot.views.message import Message, ladder
from bot.views.text import Safe, clean, cut_end, cut_middle, escape, units
from bot.views.thread import line
from sandbox.slack.blockkit import check_message, check_view
from tests.unit.views import canary_steps
from tests.unit.views import factory as run

BUDGET = 9_000
MENTION = re.compile(r"<(?:@|#|!(?!date\^))")
NASTY = st.text(
    alphabet=st.sampled_from("<!channel>@here&;|`*_~ab \u202e\u200b\u0000\n\U0001f525é漢")
    | st.characters(codec="utf-8"),
    max_size=300,
)
LONG = "x" * 63


def strings(value: object) -> Iterator[str]:
    """Every string of a message's JSON."""
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from strings(inner)
        case list() | tuple():
            for inner in value:
                yield from strings(inner)
        case _:
            pass


def taken(message: Message) -> None:
    """Slack's schema and limits take it."""
    check_message(list(message.blocks), file_ready=lambda _: True)
    assert units(message.text) <= 300


def card_of(rollback: Rollback) -> Message:
    """The card, a little later."""
    return card(rollback, now=rollback.requested_at + 60_000, catalog_revision="41d09e", ahead=3)


def renamed(rollback: Rollback, name: str, reason: str) -> Rollback:
    """The same rollback by people with this name and for this reason."""
    person = Person(team="T1", id="U0REQ", name=name)
    request = rollback.request.model_copy(update={"by": person, "reason": reason})
    approvals = tuple(
        a.model_copy(update={"person": Person(team="T1", id="U1", name=name)}) for a in rollback.approvals
    )
    last = {**rollback.last, "why": reason, "by": person.model_dump()}
    return rollback.model_copy(
        update={"request": request, "approvals": approvals, "last": last, "abort_by": rollback.abort_by and person}
    )


def large(steps: int, done: int = 0, *, failed: bool = False) -> Rollback:
    """A running rollback with so many steps and names of 63."""
    base = run.started().rollback
    plan = run.plan(service=LONG, from_version=LONG, to_version=LONG)
    weights = [canary_steps.set_weight(100 - i, 99 - i) for i in range(steps - 2)]
    retire = canary_steps.RETIRE.model_copy(update={"params": {**canary_steps.RETIRE.params, "deployment": LONG}})
    plan = plan.model_copy(update={"steps": (*weights, retire, canary_steps.VALIDATE)})
    records = [StepRecord(mark=Mark.DONE, started_at=0, ended_at=27_000) for _ in range(done)]
    current = [StepRecord(mark=Mark.FAILED if failed else Mark.HOLDING, started_at=0, applied_at=0)]
    rest = [StepRecord() for _ in range(steps - done - 1)]
    request = base.request.model_copy(update={"service": LONG, "reason": "r" * 2_000})
    return base.model_copy(
        update={"plan": plan, "step": done, "steps": (*records, *current, *rest), "request": request}
    )


@pytest.mark.parametrize("name", run.ALL)
def test_slack_takes_every_card_and_each_rung_below(name: str) -> None:
    """The card, its plain rung and its text alone are all valid."""
    for message in ladder(card_of(run.ALL[name]().rollback)):
        taken(message)


@pytest.mark.parametrize("name", run.ALL)
def test_card_has_at_most_seven_blocks(name: str) -> None:
    """UX.md allows a card seven blocks."""
    assert len(card_of(run.ALL[name]().rollback).blocks) <= 7


@given(name=NASTY, reason=NASTY)
@settings(max_examples=60)
def test_names_and_reasons_never_mention_anybody(name: str, reason: str) -> None:
    """Cards and lines hold no mention, whatever people are called or write, and Slack takes them."""
    for made in (run.planned(), run.half(), run.rejected(), run.aborted()):
        message = card_of(renamed(made.rollback, name, reason))
        taken(message)
        told = [*strings(list(message.blocks)), message.text]
        told.append(line(made.events[0], renamed(made.states[0], name, reason)) or "")
        assert [text for text in told if MENTION.search(text)] == []


@given(typed=NASTY)
@settings(max_examples=60)
def test_refusals_repeat_what_was_typed_harmlessly(typed: str) -> None:
    """What was typed comes back as text, within the limits."""
    for code in (Code.UNKNOWN_COMMAND, Code.UNKNOWN_SERVICE, Code.BAD_VALUE, Code.UNREACHABLE):
        figures: JsonObject = {"command": typed, "service": typed, "given": typed, "option": typed, "detail": typed}
        message = answers.refusal(Refusal(code=code, figures=figures))
        taken(message)
        assert not any(MENTION.search(text) for text in strings(list(message.blocks)))


@pytest.mark.parametrize("done", [0, 9, 19, 38])
def test_largest_card_keeps_within_its_budget(done: int) -> None:
    """Forty steps with names of 63 and a reason of 2,000 stay under 9,000 units, in seven blocks."""
    message = card_of(large(40, done))
    taken(message)
    assert len(message.blocks) <= 7
    assert sum(units(text) for text in strings([*message.blocks, message.text])) < BUDGET


def test_many_steps_fold_what_is_finished() -> None:
    """Finished steps fold to one row, and what is far ahead is counted."""
    rows = str(card_of(large(40, 9)).blocks[2]["text"]).split("\\n")
    assert "✓ 1 to 9 done, 4\\xa0min" in rows[0]
    assert "▶ 10 " in rows[1]
    assert "13 more: All details" in rows[-1]


def test_failed_row_is_never_folded() -> None:
    """The row that failed stands on the card however many there are."""
    assert "✕ 39 " in str(card_of(large(40, 38, failed=True)).blocks)


def test_long_names_do_not_cut_a_warning_off() -> None:
    """A step's warning at the end of its row survives names of 63."""
    rollback = large(3)
    assert "Cannot be taken back" in str(card_of(rollback).blocks)


def test_last_rung_says_how_to_go_on() -> None:
    """Text alone names the commands that stand in for the buttons."""
    last = ladder(card_of(run.planned().rollback))[-1]
    assert last.blocks == ()
    assert last.text.endswith("Buttons could not be shown. Use /rollback status rb-1042 or /rollback abort rb-1042")


def test_plain_rung_holds_no_tokens() -> None:
    """Plain text shows a time as its UTC words."""
    plain = ladder(card_of(run.planned().rollback))[1]
    assert "<!date" not in str(plain.blocks[:2])
    assert "02:41:07 UTC" in str(plain.blocks[1])


def test_message_survives_the_queue() -> None:
    """A message turned to JSON and back is the same."""
    message = card_of(run.planned().rollback)
    assert Message.from_json(message.to_json()) == message


@pytest.mark.parametrize("name", run.ALL)
def test_slack_takes_every_modal(name: str) -> None:
    """All forms and details of every state are valid views."""
    rollback = run.ALL[name]().rollback
    members = tuple(Member(person=Person(team="T1", id=f"U{i}", name=f"person {i}"), full=True) for i in range(80))
    views = [
        forms.why(rollback, action=Action.REJECT),
        forms.why(rollback, action=Action.CANCEL),
        forms.why(rollback, action=Action.WITHDRAW),
        forms.cause(rollback, text="a < b " * 400),
        forms.lesson_or_action(rollback),
        forms.details(rollback, group=Group(name=run.GROUP, members=members, read_at=0)),
    ]
    for view in views:
        check_view(view, file_ready=lambda _: True)


def test_details_name_step_parameters_and_approvers() -> None:
    """What the card cuts stands whole in All details."""
    group = Group(name=run.GROUP, members=(Member(person=run.APPROVER_1, full=True),), read_at=0)
    told = str(forms.details(run.halted().rollback, group=group))
    assert "virtual_service: game-server-vs" in told
    assert "errors / requests" in told
    assert "@approver-1" in told


def test_details_of_many_steps_fit_a_modal() -> None:
    """A hundred blocks are the most, and what is left out is counted."""
    view: Any = forms.details(large(200))
    check_view(view, file_ready=lambda _: True)
    assert len(view["blocks"]) == 100
    assert "left out" in str(view["blocks"][-1])


def test_button_value_is_read_back() -> None:
    """A button's value says rollback, full digest and event number."""
    rollback = run.half().rollback
    assert parse_value(value_of(rollback)) == ButtonValue("rb-1042", rollback.digest, 3)


@pytest.mark.parametrize(
    "value", ["", "rb-1", "rb-1|x|1", "rb-1|" + "a" * 64, "rb-1||1 ", "x|" + "a" * 64 + "|1", "|||"]
)
def test_tampered_value_is_none(value: str) -> None:
    """Anything that this bot does not make reads as nothing."""
    assert parse_value(value) is None


@given(text=NASTY, limit=st.integers(min_value=4, max_value=60))
def test_cut_keeps_the_limit_and_breaks_nothing(text: str, limit: int) -> None:
    """A cut is no longer than its limit and never ends inside an escape."""
    for cut in (cut_end(text, limit=limit), cut_middle(text, limit=limit)):
        assert units(cut) <= limit
        assert re.sub("&(?:amp|lt|gt);", "", cut).count("&") == 0


def test_cut_leaves_a_token_whole_or_out() -> None:
    """A date token is never cut in two."""
    token = Safe("at <!date^1^{time_secs}|00:00:01 UTC> and on")
    assert "<" not in cut_end(token, limit=20)
    assert cut_end(token, limit=40).count("<") == cut_end(token, limit=40).count(">")


def test_clean_takes_out_what_cannot_be_seen() -> None:
    """Control, zero-width and direction characters go; line breaks become spaces."""
    assert clean("a\u202eb\u200bc\u0000\nd\u2066") == "abc d"


def test_escaping_twice_changes_nothing() -> None:
    """Safe text stays as it is."""
    assert escape(escape("a & <b>")) == "a &amp; &lt;b&gt;"


def test_many_unknown_checks_never_push_out_what_production_looks_like() -> None:
    """The same finding is said once, three in all; the rest is under All details."""
    made = run.unverified().rollback
    dumps: list[JsonObject] = [
        run.stable_check(Verdict.UNKNOWN, saw, share=None, canary=weight).model_dump(mode="json")
        for saw in ("unreachable", "too-few", "no-data", "bad-window", "reset")
        for weight in (25, 10)
    ]
    steps = tuple(step.model_copy(update={"checks": tuple(dumps)}) for step in made.steps)
    shown = card(made.model_copy(update={"steps": steps}), now=run.at("03:16:44"), catalog_revision="41d09e")
    body: Any = shown.blocks[1]
    text = body["text"]["text"]
    assert "more: All details" in text
    assert "*Production now* all traffic on v2.0.5" in text
    assert len(text) <= 600
