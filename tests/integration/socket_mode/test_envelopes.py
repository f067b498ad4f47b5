"""Envelopes at a real web process: stored before acknowledged, and nothing twice however often one comes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.integration.handlers.visitor import CHANNEL, FIRST, REQUESTER, Visitor
from tests.integration.socket_mode.conftest import Web, Webs, until

ODD_FRAMES = {
    "no JSON": "{",
    "a list": "[1]",
    "a number": "7",
    "no type": "{}",
    "a type that is no text": '{"type": 7}',
    "a type nobody knows": '{"type": "teleport"}',
    "an envelope without payload": '{"type": "interactive", "envelope_id": "e1"}',
    "a payload that is a list": '{"type": "interactive", "envelope_id": "e2", "payload": [1]}',
    "a payload that is text": '{"type": "interactive", "envelope_id": "e3", "payload": "x"}',
    "an id that is no text": '{"type": "interactive", "envelope_id": 5, "payload": {}}',
    "a payload without id": '{"type": "interactive", "payload": {}}',
    "nested without end": '{"type": "interactive", "envelope_id": "e4", "payload": ' + "[" * 5_000 + "]" * 5_000 + "}",
}
ODD_PAYLOADS = {
    "a click without actions": ("interactive", {"type": "block_actions", "trigger_id": "1", "user": {"id": FIRST}}),
    "a form without a view": ("interactive", {"type": "view_submission", "user": {"id": FIRST}}),
    "an event without id": ("events_api", {"type": "event_callback", "event": {"type": "app_mention"}}),
    "a command by nobody": ("slash_commands", {"command": "/rollback", "text": "status"}),
    "another app's command": (
        "slash_commands",
        {"command": "/deploy", "trigger_id": "1", "team_id": "T", "user_id": FIRST, "channel_id": CHANNEL},
    ),
    "nothing": ("slash_commands", {}),
    "an envelope of a new kind": ("hologram", {"x": 1}),
}


def test_a_command_is_stored_before_it_is_acknowledged(visitor: Visitor) -> None:
    """When the acknowledgement is there, the rollback is, and the person reads its number."""
    delivery = visitor.types("canary game-server reason=“error spike”")
    (rollback,) = visitor.store.open_rollbacks()
    assert rollback.id in delivery["ack_body"]
    assert (rollback.request.by.key, rollback.request.reason) == (f"T0SANDBOX/{REQUESTER}", "error spike")


def test_a_lost_envelope_is_one_rollback(visitor: Visitor, webs: Webs) -> None:
    """Its web socket died on the way; the next one brings it, and the person sees no error."""
    webs.outside.post("links", do="lose_envelope")
    visitor.types("canary game-server")
    assert len(visitor.store.open_rollbacks()) == 1
    assert [one["lost"] for one in webs.sent()][-2:] == [True, False]


def test_a_lost_acknowledgement_is_one_rollback(visitor: Visitor, webs: Webs) -> None:
    """The command was stored; the same envelope comes again, and is answered with the same rollback."""
    webs.outside.post("links", do="lose_ack")
    delivery = visitor.types("canary game-server")
    (rollback,) = visitor.store.open_rollbacks()
    assert rollback.id in delivery["ack_body"]
    first, again = webs.sent()[-2:]
    assert first["envelope_id"] == again["envelope_id"]
    assert first["link"] != again["link"]


def test_a_click_that_comes_twice_counts_once_and_nobody_is_told_of_a_second(visitor: Visitor, webs: Webs) -> None:
    """Slack did not hear that the yes was taken: it is no second click."""
    rollback, message = visitor.planned()
    webs.outside.post("links", do="lose_ack")
    visitor.clicks(message, "Approve", user=FIRST)
    until(lambda: len(visitor.store.load(rollback.id).rollback.approvals) == 1, within_s=3)
    visitor.clicks(message, "Approve", user=FIRST)
    assert "already-counted" in str(visitor.told()["message"]["blocks"])
    assert len(visitor.jobs("say")) == 1
    assert len(visitor.store.load(rollback.id).rollback.approvals) == 1


def test_a_dry_run_that_comes_twice_is_one_job(visitor: Visitor, webs: Webs) -> None:
    """What carries no command id is held back by its payload."""
    webs.outside.post("links", do="lose_ack")
    visitor.types("plan canary game-server")
    assert len(visitor.jobs("preview", queue="rollbacks")) == 1


def test_a_mention_whose_acknowledgement_was_lost_is_answered_once(visitor: Visitor, webs: Webs) -> None:
    """Slack repeats events under another attempt; the event is the same."""
    webs.outside.post("links", do="lose_ack")
    before = len(webs.sent())
    webs.outside.post("say", user=REQUESTER, channel=CHANNEL, text="@rollback status")
    until(lambda: len(webs.sent()) == before + 2 and len(visitor.jobs("say")) >= 1, within_s=10)
    visitor.types("status")
    assert len(visitor.jobs("say")) == 1


def test_an_odd_frame_is_passed_over(visitor: Visitor, web: Web, webs: Webs) -> None:
    """None is acknowledged, none leaves a traceback, and the next command is taken."""
    errors = sent_together(webs, ODD_FRAMES)
    assert set(errors.values()) == {None, "operation_timeout"}, errors
    visitor.types("status")
    assert "Traceback" not in web.log.read_text()


def test_an_odd_payload_is_not_acknowledged(visitor: Visitor, web: Web, webs: Webs) -> None:
    """What lacks the part that says who, where or what has no effect and leaves no traceback."""
    frames = {
        name: json.dumps({"type": kind, "envelope_id": name, "payload": payload, "accepts_response_payload": True})
        for name, (kind, payload) in ODD_PAYLOADS.items()
    }
    errors = sent_together(webs, frames)
    assert set(errors.values()) == {"operation_timeout"}, errors
    assert visitor.store.open_rollbacks() == []
    assert "Traceback" not in web.log.read_text()


def sent_together(webs: Webs, frames: Mapping[str, str]) -> dict[str, str | None]:
    """Send these frames at once; by name, the error that Slack would show."""
    with ThreadPoolExecutor(len(frames)) as pool:
        asked = {name: pool.submit(webs.raw, frame) for name, frame in frames.items()}
        return {name: answer.result()["error"] for name, answer in asked.items()}


def test_the_http_address_says_that_it_is_not_used(web: Web) -> None:
    """Somebody who set the wrong address in Slack reads why; what operators ask stays on HTTP."""
    answer = requests.post(f"{web.url}/slack/events", data=b"command=%2Frollback", timeout=5)
    assert answer.status_code == 404
    assert "Socket Mode (SLACK_APP_TOKEN is set)" in answer.text
    for path in ("healthz", "readyz", "metrics"):
        assert requests.get(f"{web.url}/{path}", timeout=5).ok
