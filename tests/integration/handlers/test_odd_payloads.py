"""Signed bodies that are well-formed JSON or forms, and still not what Slack sends: refused, never a crash."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.integration.handlers.visitor import CHANNEL, FIRST, Visitor

TEAM = {"id": "T0SANDBOX"}
USER = {"id": FIRST, "team_id": "T0SANDBOX", "name": "approver"}
BUTTON = {"type": "button", "action_id": "approve", "block_id": "act", "value": "rb-1001||1", "action_ts": "1.0"}
CLICK = {
    "type": "block_actions",
    "trigger_id": "1.2.3",
    "team": TEAM,
    "user": USER,
    "channel": {"id": CHANNEL},
    "actions": [BUTTON],
}
VIEW = {
    "type": "modal",
    "id": "V1",
    "hash": "h",
    "callback_id": "reject",
    "private_metadata": "",
    "state": {"values": {}},
    "blocks": [],
}
SUBMIT = {"type": "view_submission", "team": TEAM, "user": USER, "view": VIEW}
COMMAND = {
    "command": "/rollback",
    "text": "canary game-server",
    "team_id": "T0SANDBOX",
    "user_id": FIRST,
    "channel_id": CHANNEL,
    "trigger_id": "1.2.3",
}


def without(payload: dict[str, Any], *names: str) -> dict[str, Any]:
    """The payload lacking these members."""
    return {name: value for name, value in payload.items() if name not in names}


ODD: dict[str, dict[str, Any]] = {
    "no type": {},
    "type is no text": {"type": 7},
    "a type nobody knows": {"type": "teleport", "user": USER, "team": TEAM},
    "options asked of a menu that is not there": {
        "type": "block_suggestion",
        "action_id": "version",
        "block_id": "b",
        "value": "v2",
        "user": USER,
        "team": TEAM,
    },
    "a shortcut nobody made": {"type": "shortcut", "callback_id": "start", "user": USER, "team": TEAM},
    "click without actions": without(CLICK, "actions"),
    "click with no action in the list": CLICK | {"actions": []},
    "click whose actions are no list": CLICK | {"actions": "approve"},
    "click whose action is no object": CLICK | {"actions": ["approve"]},
    "click whose action has no name": CLICK | {"actions": [without(BUTTON, "action_id")]},
    "click whose action's name is no text": CLICK | {"actions": [BUTTON | {"action_id": 5}]},
    "click by nobody": without(CLICK, "user"),
    "click by somebody without an id": CLICK | {"user": {"name": "x"}},
    "click without a trigger": without(CLICK, "trigger_id"),
    "form without a view": without(SUBMIT, "view"),
    "form whose view is no object": SUBMIT | {"view": [1]},
    "form whose view has no id": SUBMIT | {"view": without(VIEW, "id")},
    "form whose view has no type": SUBMIT | {"view": without(VIEW, "type")},
    "form whose view has no name": SUBMIT | {"view": without(VIEW, "callback_id")},
    "form by nobody": without(SUBMIT, "user"),
}


@pytest.mark.parametrize("payload", ODD.values(), ids=ODD)
def test_an_odd_interaction_is_4xx(visitor: Visitor, payload: dict[str, Any]) -> None:
    """What lacks the part that says who, where or what is refused, and nothing is stored."""
    answer = visitor.sends(urlencode({"payload": json.dumps(payload)}).encode())
    assert 400 <= answer.status_code < 500
    assert visitor.store.open_rollbacks() == []


@pytest.mark.parametrize("name", ["trigger_id", "user_id", "team_id", "channel_id"])
@pytest.mark.parametrize("left", ["missing", "empty"])
def test_a_command_that_does_not_say_who_or_where_is_400(visitor: Visitor, name: str, left: str) -> None:
    """Without its own id two commands would be taken for one: it is refused, and nothing is stored."""
    sent = without(COMMAND, name) if left == "missing" else COMMAND | {name: ""}
    assert visitor.sends(urlencode(sent).encode()).status_code == 400
    assert visitor.store.open_rollbacks() == []


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": "event_callback"},
        {"type": "event_callback", "event": "app_mention"},
        {"type": "event_callback", "event": [1]},
        {"type": "event_callback", "event": {}},
        {"type": "event_callback", "event": {"type": 5}},
        {"type": "event_callback", "event": {"type": "app_mention", "user": FIRST, "text": "@rollback help"}},
        {"type": "url_verification"},
    ],
    ids=str,
)
def test_an_odd_event_is_4xx(visitor: Visitor, event: dict[str, Any]) -> None:
    """An event that names nothing, or carries no id of its own, is refused."""
    data = json.dumps(event).encode()
    assert 400 <= visitor.sends(data, content_type="application/json").status_code < 500


def test_slacks_certificate_check_is_answered(visitor: Visitor) -> None:
    """Slack asks the address with `ssl_check=1` when a command is set up."""
    assert visitor.sends(b"ssl_check=1&token=t").status_code == 200


def test_another_apps_command_is_404(visitor: Visitor) -> None:
    """A command that this bot never listened to."""
    assert visitor.sends(urlencode(COMMAND | {"command": "/deploy"}).encode()).status_code == 404


def test_a_form_that_is_none_of_ours_is_404(visitor: Visitor) -> None:
    """A view's name that no form of the bot carries."""
    payload = SUBMIT | {"view": VIEW | {"callback_id": "pay"}}
    assert visitor.sends(urlencode({"payload": json.dumps(payload)}).encode()).status_code == 404


def test_a_button_that_is_none_of_ours_is_answered(visitor: Visitor) -> None:
    """An action's name that nobody knows changes nothing, and the clicker is told."""
    payload = CLICK | {"actions": [BUTTON | {"action_id": "x" * 255}]}
    assert visitor.sends(urlencode({"payload": json.dumps(payload)}).encode()).status_code == 200
    assert "stale-button" in str(visitor.told()["message"]["blocks"])
