"""Clicks, forms and mentions through the sandbox Slack: each is acknowledged at once, judged, and answered."""

from __future__ import annotations

import time
from typing import Any

import pytest

from bot.domain.events import Kind, NewEvent
from bot.domain.rollback import Rollback
from bot.views import words
from bot.views.blocks import actions
from bot.views.buttons import Action, button, value_of
from tests.integration.handlers.visitor import BYSTANDER, CHANNEL, FIRST, REQUESTER, SECOND, Visitor
from tests.integration.service.builders import command


def expired(visitor: Visitor) -> tuple[Rollback, dict[str, Any]]:
    """A rollback that nobody approved in time, with its card."""
    rollback, _ = visitor.planned()
    over = NewEvent(kind=Kind.EXPIRED, data={"have": 0, "need": 2})
    written = visitor.store.transition(visitor.store.load(rollback.id), [over], command_id=command())
    return written, visitor.posts_card(written)


def test_two_approvals_start_it(visitor: Visitor) -> None:
    """Two people press Approve on one card: approved, and the runner is woken."""
    rollback, message = visitor.planned()
    visitor.clicks(message, "Approve", user=FIRST)
    visitor.clicks(message, "Approve", user=SECOND)
    visitor.until(rollback, "approved")
    assert [a.person.id for a in visitor.store.load(rollback.id).rollback.approvals] == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("user", "code"), [(REQUESTER, "requester-excluded"), (BYSTANDER, "not-approver")], ids=["requester", "bystander"]
)
def test_a_click_that_does_not_count_is_answered(visitor: Visitor, user: str, code: str) -> None:
    """Only the clicker reads why, beside the card."""
    rollback, message = visitor.planned()
    visitor.clicks(message, "Approve", user=user)
    told = visitor.told()
    assert (told["user"], told["channel"]) == (user, CHANNEL)
    assert code in str(told["message"]["blocks"])
    assert visitor.store.load(rollback.id).rollback.approvals == ()


def test_a_double_click_is_told_that_it_counts(visitor: Visitor) -> None:
    """The second click of the same person changes nothing."""
    rollback, message = visitor.planned()
    visitor.clicks(message, "Approve", user=FIRST)
    visitor.clicks(message, "Approve", user=FIRST)
    assert "already-counted" in str(visitor.told()["message"]["blocks"])
    assert len(visitor.store.load(rollback.id).rollback.approvals) == 1


@pytest.mark.parametrize("value", ["", "rb-1|x|1", "rb-1001", "rb-1001||1' OR 1", "x" * 2_000])
def test_a_tampered_value_is_refused(visitor: Visitor, value: str) -> None:
    """A value that no card of ours carries decides nothing."""
    rollback, message = visitor.planned()
    visitor.clicks(message, "Approve", user=FIRST, value=value)
    assert "stale-button" in str(visitor.told()["message"]["blocks"])
    assert visitor.state(rollback) == "planned"


def test_another_digest_is_refused(visitor: Visitor) -> None:
    """A yes to a plan that is not the one that stands."""
    rollback, message = visitor.planned()
    visitor.clicks(message, "Approve", user=FIRST, value=f"{rollback.id}|{'0' * 64}|{rollback.seq}")
    assert "plan-changed" in str(visitor.told()["message"]["blocks"])


def test_a_click_on_a_superseded_card_names_the_new_plan(visitor: Visitor) -> None:
    """The card was not redrawn yet: the clicker learns what moved and where the new plan stands."""
    rollback, message = visitor.planned()
    moved = NewEvent(kind=Kind.SUPERSEDED, data={"moved": {"canary_weight": [50, 30]}, "successor": "rb-1002"})
    visitor.store.transition(visitor.store.load(rollback.id), [moved], command_id=command())
    visitor.clicks(message, "Approve", user=FIRST)
    told = visitor.told()["message"]
    assert "plan-changed" in str(told["blocks"])
    assert "rb-1002" in told["text"]
    assert "30" in told["text"]


def test_abort_on_a_halted_card_asks_the_runner(visitor: Visitor) -> None:
    """It stays halted until the runner has claimed what it wrote; a second press is told that it was asked."""
    rollback = halted(visitor)
    message = visitor.posts_card(rollback)
    visitor.clicks(message, "Abort", user=FIRST)
    until_asked(visitor, rollback)
    assert visitor.state(rollback) == "halted"
    visitor.clicks(message, "Abort", user=SECOND)
    assert "stale-button" in str(visitor.told()["message"]["blocks"])


def halted(visitor: Visitor) -> Rollback:
    """A rollback that stopped at its first step."""
    rollback, _ = visitor.planned()
    events = [
        NewEvent(kind=Kind.QUORUM, data={"have": 2, "need": 2}),
        NewEvent(kind=Kind.STARTED, data={"have": 2}),
        NewEvent(kind=Kind.STEP_STARTED, data={"step": 0, "attempt": 1, "fence": 1}),
        NewEvent(kind=Kind.HALTED, data={"step": 0, "code": "check-failed", "checks": [], "production": {}}),
    ]
    return visitor.store.transition(visitor.store.load(rollback.id), events, command_id=command())


def until_asked(visitor: Visitor, rollback: Rollback) -> None:
    """Wait until somebody's wish to stop is stored."""
    deadline = time.monotonic() + 3
    while visitor.store.load(rollback.id).rollback.abort_by is None:
        assert time.monotonic() < deadline, "nobody's abort was stored"
        time.sleep(0.01)


def test_reject_asks_why_and_ends_it(visitor: Visitor) -> None:
    """The button opens a form; the form's submit is the no."""
    rollback, message = visitor.planned()
    view = visitor.opens(message, "Reject", user=FIRST)
    assert visitor.state(rollback) == "planned"
    visitor.outside.submit(FIRST, view["id"], {"why": {"why": "v2.1.1 is 2 min away"}})
    visitor.until(rollback, "rejected")
    assert visitor.store.load(rollback.id).rollback.last["why"] == "v2.1.1 is 2 min away"


def test_a_bystanders_reject_stays_in_the_form(visitor: Visitor) -> None:
    """The no that does not count is answered where it was written."""
    rollback, message = visitor.planned()
    view = visitor.opens(message, "Reject", user=BYSTANDER)
    answer = visitor.outside.submit(BYSTANDER, view["id"], {"why": {"why": "no"}})
    assert "you are not in game-server-approvers" in str(answer)
    assert visitor.state(rollback) == "planned"


def test_cancel_takes_a_request_back(visitor: Visitor) -> None:
    """While planning, its requester cancels."""
    rollback = visitor.asks()
    view = visitor.opens(visitor.posts_card(rollback), "Cancel", user=REQUESTER)
    visitor.outside.submit(REQUESTER, view["id"], {"why": {"why": ""}})
    visitor.until(rollback, "aborted")


def test_all_details_opens_a_form(visitor: Visitor) -> None:
    """Anybody may read the plan."""
    rollback, message = visitor.planned()
    form = visitor.opens(message, "All details", user=BYSTANDER)
    assert rollback.id in form["title"]["text"]
    assert form["blocks"]


def test_plan_again_asks_anew(visitor: Visitor) -> None:
    """An expired rollback is planned again in the clicker's name, and needs new approvals."""
    old, message = expired(visitor)
    visitor.clicks(message, "Plan again", user=FIRST)
    assert "rb-1002" in visitor.told()["message"]["text"]
    (new,) = visitor.store.open_rollbacks()
    assert (new.request.replaces, new.request.by.id, new.approvals) == (old.id, FIRST, ())


def test_a_mention_in_a_thread_is_answered_there(visitor: Visitor) -> None:
    """Slash commands do not work in threads; a mention does."""
    rollback, message = visitor.planned()
    visitor.outside.post(
        "say", user=REQUESTER, channel=CHANNEL, thread_ts=message["ts"], text=f"@rollback status {rollback.id}"
    )
    told = visitor.told()
    assert (told["user"], told["thread_ts"]) == (REQUESTER, message["ts"])
    assert "Approval needed" in told["message"]["text"]


def reported(visitor: Visitor, *blocks: dict[str, Any]) -> tuple[Rollback, dict[str, Any]]:
    """A rollback that was aborted half way, and a message with the report's buttons (or these blocks)."""
    rollback, _ = visitor.planned()
    steps = [
        NewEvent(kind=Kind.QUORUM, data={"have": 2, "need": 2}),
        NewEvent(kind=Kind.STARTED, data={"have": 2}),
        NewEvent(kind=Kind.ABORTED, data={"step": 0, "touched": True, "production": {}}),
    ]
    written = visitor.store.transition(visitor.store.load(rollback.id), steps, command_id=command())
    row = [button(words.get("en"), action, value=value_of(written)) for action in (Action.CAUSE, Action.LESSON)]
    return written, visitor.posts("report", [*blocks, actions(row, block_id="act")])


def annotated(visitor: Visitor, rollback: Rollback) -> list[tuple[str, dict[str, Any]]]:
    """Who added what, in order."""
    journal = visitor.store.journal(rollback.id)
    return [(event.by.id, dict(event.data)) for event in journal if event.kind is Kind.ANNOTATED and event.by]


def test_a_cause_is_added_with_its_writers_name(visitor: Visitor) -> None:
    """The form saves what was typed; who opened it earlier sees a newer text before writing over it."""
    rollback, message = reported(visitor)
    late = visitor.opens(message, "Add root cause", user=FIRST)
    first = visitor.opens(message, "Add root cause", user=SECOND)
    visitor.outside.submit(SECOND, first["id"], {"cause": {"cause": "nil guild"}})
    assert annotated(visitor, rollback) == [(SECOND, {"what": "cause", "text": "nil guild"})]
    answer = visitor.outside.submit(FIRST, late["id"], {"cause": {"cause": "something else"}})
    assert "nil guild" in str(answer)
    assert len(annotated(visitor, rollback)) == 1


def test_a_lesson_and_an_action_are_two_entries(visitor: Visitor) -> None:
    """One form, two events; the action carries its owner and its date."""
    rollback, message = reported(visitor)
    form = visitor.opens(message, "Add lesson or action", user=FIRST)
    fields = {
        "lesson": {"lesson": "alert earlier"},
        "action": {"action": "lower the trigger"},
        "owner": {"owner": SECOND},
        "due": {"due": "2026-12-01"},
    }
    visitor.outside.submit(FIRST, form["id"], fields)
    lesson, action = [data for _, data in annotated(visitor, rollback)]
    assert lesson == {"what": "lesson", "text": "alert earlier"}
    assert (action["text"], action["owner"], action["due"]) == ("lower the trigger", SECOND, "2026-12-01")


def test_a_tick_is_written_as_the_difference(visitor: Visitor) -> None:
    """The whole set comes in as that person saw it; only what they changed is written."""
    options = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("a1", "a2")]
    boxes = {"type": "checkboxes", "action_id": "tick", "options": options, "initial_options": options[:1]}
    text = {"type": "mrkdwn", "text": "Action items"}
    rollback, message = reported(
        visitor, {"type": "section", "block_id": "tick:rb-1001:6", "text": text, "accessory": boxes}
    )
    answer = visitor.outside.post(
        "click", user=FIRST, channel=CHANNEL, ts=message["ts"], action_id="tick", value=["a1", "a2"]
    )
    assert answer["error"] is None
    until_written(visitor, rollback)
    assert annotated(visitor, rollback) == [(FIRST, {"what": "done", "id": "a2"})]


def until_written(visitor: Visitor, rollback: Rollback) -> None:
    """Wait until somebody has added something."""
    deadline = time.monotonic() + 3
    while not annotated(visitor, rollback):
        assert time.monotonic() < deadline, "nothing was written"
        time.sleep(0.01)


def test_whoever_presses_many_times_is_told_once(visitor: Visitor) -> None:
    """The same answer to the same person a moment later is not queued: nobody's card waits behind it."""
    rollback, message = visitor.planned()
    for _ in range(10):
        visitor.clicks(message, "Approve", user=BYSTANDER)
    visitor.clicks(message, "Approve", user=REQUESTER)  # Clicks are answered in order: the others' are by then.
    deadline = time.monotonic() + 3
    while visitor.told()["user"] != REQUESTER:
        assert time.monotonic() < deadline, "the requester was not told"
        time.sleep(0.01)
    assert [answer["user"] for answer in visitor.jobs("say")] == [BYSTANDER, REQUESTER]
    assert visitor.state(rollback) == "planned"
