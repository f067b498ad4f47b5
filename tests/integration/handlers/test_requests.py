"""Signed requests over HTTP: what comes in, what stays out, and what a repeated request does."""

from __future__ import annotations

import json
import time
from urllib.parse import urlencode

import pytest
import requests

from bot.views.buttons import value_of
from sandbox.redis import Redis as Server
from sandbox.slack.delivery import signature
from tests.integration.handlers.visitor import CATALOG, CHANNEL, FIRST, REQUESTER, Visitor

COMMAND = {
    "command": "/rollback",
    "text": "canary game-server",
    "team_id": "T0SANDBOX",
    "user_id": REQUESTER,
    "user_name": "requester",
    "channel_id": CHANNEL,
    "channel_name": "game-server",
    "trigger_id": "1.2.3",
}


def body(**changes: str) -> bytes:
    """A slash command's body."""
    return urlencode(COMMAND | changes).encode()


def test_a_command_is_stored_before_it_is_acknowledged(visitor: Visitor) -> None:
    """When the ack is there, the rollback is: Slack does not send a command again."""
    delivery = visitor.types("canary game-server to=v2.0.5 reason=“error spike”")
    (rollback,) = visitor.store.open_rollbacks()
    assert rollback.id in delivery["ack_body"]
    assert rollback.request.reason == "error spike"
    assert rollback.request.version == "v2.0.5"
    assert (rollback.request.by.key, rollback.request.channel) == (f"T0SANDBOX/{REQUESTER}", CHANNEL)


def test_the_very_same_request_again_has_no_second_effect(visitor: Visitor) -> None:
    """Inside five minutes a signature can be replayed: it gets the same answer."""
    first = visitor.types("canary game-server")
    again = visitor.outside.post("repeat", delivery_id=first["delivery_id"])
    assert (again["status"], again["ack_body"]) == (200, first["ack_body"])
    assert len(visitor.store.open_rollbacks()) == 1


def test_the_same_command_signed_anew_is_one_rollback(visitor: Visitor) -> None:
    """A trigger id is one command, however often it is delivered."""
    past = str(int(time.time()) - 5)
    assert visitor.sends(body()).status_code == 200
    assert visitor.sends(body(), timestamp=past).status_code == 200
    assert len(visitor.store.open_rollbacks()) == 1


def test_the_very_same_request_after_a_restart_gives_the_same_rollback(visitor: Visitor, restarted: Visitor) -> None:
    """The process that answered is gone; the store still knows the command."""
    at = str(int(time.time()))
    first, again = (who.sends(body(), timestamp=at).json()["text"] for who in (visitor, restarted))
    assert "rb-1001" in first
    assert again == first
    assert [r.id for r in visitor.store.open_rollbacks()] == ["rb-1001"]


def test_the_very_same_click_after_a_restart_is_no_second_click(visitor: Visitor, restarted: Visitor) -> None:
    """It counts once, and its person is not told that they pressed twice."""
    rollback, message = visitor.planned()
    payload = {
        "type": "block_actions",
        "trigger_id": "9.9.9",
        "team": {"id": "T0SANDBOX"},
        "user": {"id": FIRST, "team_id": "T0SANDBOX", "name": "approver"},
        "channel": {"id": CHANNEL},
        "message": {"ts": message["ts"]},
        "actions": [
            {"type": "button", "action_id": "approve", "block_id": "b", "value": value_of(rollback), "action_ts": "1.0"}
        ],
    }
    data, at = urlencode({"payload": json.dumps(payload)}).encode(), str(int(time.time()))
    assert visitor.sends(data, timestamp=at).status_code == 200
    until_counted(visitor, rollback.id)
    assert restarted.sends(data, timestamp=at).status_code == 200
    other = payload | {"trigger_id": "9.9.10"}
    restarted.sends(urlencode({"payload": json.dumps(other)}).encode())
    assert "already-counted" in str(visitor.told()["message"]["blocks"])
    assert len(visitor.jobs("say")) == 1
    assert len(visitor.store.load(rollback.id).rollback.approvals) == 1


def until_counted(visitor: Visitor, rollback_id: str) -> None:
    """Wait until a yes is stored."""
    deadline = time.monotonic() + 3
    while not visitor.store.load(rollback_id).rollback.approvals:
        assert time.monotonic() < deadline, "no yes was counted"
        time.sleep(0.01)


def test_a_replayed_dry_run_is_one_job(visitor: Visitor) -> None:
    """What carries no command id is held back by the signature."""
    first = visitor.types("plan canary game-server")
    visitor.outside.post("repeat", delivery_id=first["delivery_id"])
    (job,) = visitor.jobs("preview", queue="rollbacks")
    assert job["request"]["service"] == "game-server"
    assert visitor.store.open_rollbacks() == []


@pytest.mark.parametrize("shift", [-400, 400])
def test_an_expired_signature_is_401(visitor: Visitor, shift: int) -> None:
    """Right secret, wrong time."""
    assert visitor.sends(body(), timestamp=str(int(time.time()) + shift)).status_code == 401


@pytest.mark.parametrize("timestamp", ["soon", "1e9", "12.5", "9" * 100])
def test_a_timestamp_that_is_no_number_is_401(visitor: Visitor, timestamp: str) -> None:
    """Never 500: the signature fits, the time is nonsense."""
    assert visitor.sends(body(), timestamp=timestamp).status_code == 401


def test_a_tampered_body_is_401(visitor: Visitor) -> None:
    """Another service under the old signature."""
    at = str(int(time.time()))
    signed = signature(visitor.secret, at, body())
    assert visitor.sends(body(text="status"), timestamp=at, signed=signed).status_code == 401
    assert visitor.store.open_rollbacks() == []


def test_another_apps_secret_is_401(visitor: Visitor) -> None:
    """A well-formed signature with a secret that is not ours."""
    at = str(int(time.time()))
    assert visitor.sends(body(), timestamp=at, signed=signature("other", at, body())).status_code == 401


def test_no_signature_at_all_is_401(visitor: Visitor) -> None:
    """Somebody found the address, also with a body that Slack would never send."""
    for data in (body(), b"", b"{", b"\xff\xfe", b'{"type": "url_verification", "challenge": "x"}', b"ssl_check=1"):
        assert requests.post(f"{visitor.web}/slack/events", data=data, timeout=5).status_code == 401


@pytest.mark.parametrize(
    "data",
    [b"{", b"{]", b"payload=%5B1%5D", b"payload=nonsense", b"payload=3", b"[" * 100_000],
    ids=lambda data: data[:12],
)
def test_a_signed_body_that_is_no_payload_is_400(visitor: Visitor, data: bytes) -> None:
    """Never 500."""
    content_type = "application/json" if data[:1] in b"{[" else "application/x-www-form-urlencoded"
    assert visitor.sends(data, content_type=content_type).status_code == 400


def test_a_body_over_a_megabyte_is_413(visitor: Visitor) -> None:
    """There is an end to what is read."""
    assert visitor.sends(b"x" * 1_000_001).status_code == 413


def test_slacks_url_verification_is_answered(visitor: Visitor) -> None:
    """Setting the address up in Slack works."""
    data = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    answer = visitor.sends(data, content_type="application/json")
    assert (answer.status_code, answer.json()["challenge"]) == (200, "abc")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Roll a service back"),
        ("help", "Roll a service back"),
        ("--help", "Roll a service back"),
        ("status", "Nothing"),
        ("canery game-server", "canery is no command of mine"),
        ("canary game-sever", "Did you mean game-server"),
        ("../x", "is no command of mine"),
        ("canary <!channel>", "No service is named"),
        ("x" * 10_000, "Too long (10,000). At most 2,000."),
        ("abort rb-9999", "I know no rollback rb-9999"),
        ("report game-server", "no rollback of game-server"),
    ],
)
def test_a_command_is_answered_in_its_ack(visitor: Visitor, text: str, says: str) -> None:
    """Whatever is typed, the asker reads something that helps, and nothing is stored."""
    answer = json.loads(visitor.types(text)["ack_body"])
    assert answer["response_type"] == "ephemeral"
    assert says in answer["text"]
    assert "<!channel>" not in json.dumps(answer)
    assert visitor.store.open_rollbacks() == []


def test_health_readiness_and_metrics(visitor: Visitor) -> None:
    """Up is not ready: ready is a store that can be read and that somebody accepted."""
    visitor.types("status")
    assert requests.get(f"{visitor.web}/healthz", timeout=5).status_code == 200
    assert requests.get(f"{visitor.web}/readyz", timeout=5).status_code == 200
    metrics = requests.get(f"{visitor.web}/metrics", timeout=5).text
    assert 'rollback_slack_requests_total{kind="command",status="200"}' in metrics
    visitor.raw.config_set("maxmemory", "30mb")
    assert "needs more than 36" in requests.get(f"{visitor.web}/readyz", timeout=5).text
    visitor.raw.config_set("maxmemory", "0")
    visitor.raw.delete("rollback:epoch")
    answer = requests.get(f"{visitor.web}/readyz", timeout=5)
    assert answer.status_code == 503
    assert "store accept" in answer.text


def test_without_redis_the_asker_is_told_in_time(visitor: Visitor, server: Server) -> None:
    """Redis gone, then Redis hanging: the ack comes within Slack's 3 s and says that nothing was started."""
    server.kill()
    try:
        assert "I cannot read my own records" in visitor.types("canary game-server")["ack_body"]
        assert requests.get(f"{visitor.web}/readyz", timeout=5).status_code == 503
        assert requests.get(f"{visitor.web}/healthz", timeout=5).status_code == 200
    finally:
        server.start()
    server.pause()
    try:
        assert "I cannot read my own records" in visitor.types("canary game-server")["ack_body"]
    finally:
        server.resume()


def test_from_a_direct_message_the_card_goes_to_the_services_channel(visitor: Visitor) -> None:
    """No rollback happens where its people cannot see it."""
    answer = visitor.sends(body(channel_id="D0REQUESTER", channel_name="directmessage"))
    assert answer.status_code == 200
    (rollback,) = visitor.store.open_rollbacks()
    assert rollback.request.channel == CATALOG.services["game-server"].channel
