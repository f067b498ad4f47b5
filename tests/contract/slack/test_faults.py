"""Slack can be made to fail, and requests can be repeated and forged."""

import http.client
import time
import urllib.error

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackRequestError

from tests.contract.slack.ends import GAME, App, Outside

LOST = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError, SlackRequestError)


def test_a_dropped_answer_hides_an_effect_that_happened(outside: Outside, client: WebClient) -> None:
    """The caller sees a broken connection; the message stands, once."""
    outside.post("faults", method="chat.postMessage", kind="drop_answer")
    with pytest.raises(LOST):
        client.chat_postMessage(channel=GAME, text="posted all the same")
    assert [m["text"] for m in outside.get(f"messages?channel={GAME}")["messages"]] == ["posted all the same"]
    assert len(outside.get("record?method=chat.postMessage")["calls"]) == 1


def test_a_hanging_call_ends_without_an_effect(outside: Outside, client: WebClient) -> None:
    """The connection is held, then closed; nothing is posted."""
    outside.post("faults", method="*", kind="hang", seconds=0.2)
    began = time.monotonic()
    with pytest.raises(LOST):
        client.chat_postMessage(channel=GAME, text="never")
    assert time.monotonic() - began >= 0.2
    assert outside.get(f"messages?channel={GAME}")["messages"] == []


def test_errors_are_injected_as_often_as_asked(outside: Outside, client: WebClient) -> None:
    """Two calls fail with the chosen code, the third passes; a cleared fault is gone."""
    outside.post("faults", method="chat.postMessage", kind="error", error="fatal_error", times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError) as error:
            client.chat_postMessage(channel=GAME, text="x")
        assert error.value.response["error"] == "fatal_error"
    assert client.chat_postMessage(channel=GAME, text="x")["ok"]
    outside.post("faults", method="chat.postMessage", kind="status", status=503)
    assert outside.delete("faults")["waiting"] == []
    assert client.chat_postMessage(channel=GAME, text="x")["ok"]


def test_an_outage_lasts_until_it_is_ended_by_name(outside: Outside, client: WebClient) -> None:
    """Every method fails at once, without an effect; another fault stays when the outage ends."""
    outside.post("faults", name="outage", method="*", kind="hang", seconds=0, lasting=True)
    outside.post("faults", name="other", method="users.info", kind="error", error="fatal_error")
    for _ in range(3):
        with pytest.raises(LOST):
            client.chat_postMessage(channel=GAME, text="never")
    assert [fault["name"] for fault in outside.delete("faults?name=outage")["waiting"]] == ["other"]
    assert client.chat_postMessage(channel=GAME, text="again")["ok"]
    assert [m["text"] for m in outside.get(f"messages?channel={GAME}")["messages"]] == ["again"]


def test_a_fault_for_a_time_ends_by_itself(outside: Outside, client: WebClient) -> None:
    """All calls of the pattern fail until the time is over."""
    began = time.monotonic()  # The server's time begins while the request for it is still being answered.
    outside.post("faults", method="chat.*,users.*", kind="status", for_s=0.3)
    while True:
        try:
            client.chat_postMessage(channel=GAME, text="x")
            break
        except SlackApiError:
            assert time.monotonic() - began < 5
    assert time.monotonic() - began >= 0.3
    assert outside.get("faults")["waiting"] == []


def test_faults_by_chance_are_the_same_for_the_same_seed(outside: Outside, client: WebClient) -> None:
    """A failing run can be replayed."""

    def run() -> list[bool]:
        outside.delete("faults")
        outside.post("faults", method="api.test", kind="error", lasting=True, probability=0.5, seed=7)
        return [passes() for _ in range(20)]

    def passes() -> bool:
        try:
            return bool(client.api_call("api.test")["ok"])
        except SlackApiError:
            return False

    first = run()
    assert first == run()
    assert set(first) == {True, False}


def test_a_delayed_call_acts_late(outside: Outside, client: WebClient) -> None:
    """It is held, and carried out all the same."""
    outside.post("faults", method="chat.postMessage", kind="delay", seconds=0.2)
    began = time.monotonic()
    assert client.chat_postMessage(channel=GAME, text="late")["ok"]
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize(("kind", "status"), [("status", 503), ("ratelimited", 429)])
def test_http_failures_are_injected_with_their_status(
    outside: Outside, client: WebClient, kind: str, status: int
) -> None:
    """A 503 and a 429 with Retry-After reach slack_sdk as such."""
    outside.post("faults", method="users.info", kind=kind, status=503, retry_after=7)
    with pytest.raises(SlackApiError) as error:
        client.users_info(user="U0BOT")
    assert error.value.response.status_code == status
    if status == 429:
        assert error.value.response.headers["Retry-After"] == "7"


def test_a_repeated_delivery_is_the_very_same_request(app: App, outside: Outside) -> None:
    """Body, timestamp and signature are those of the first time."""
    sent = outside.post("command", user="requester", channel=GAME, text="/rollback canary game-server")
    assert outside.post("repeat", delivery_id=sent["delivery_id"])["status"] == 200
    (first, first_headers), (second, second_headers) = app.next_with_headers(), app.next_with_headers()
    assert first == second
    assert first_headers["X-Slack-Signature"] == second_headers["X-Slack-Signature"]
    assert outside.post("repeat", delivery_id="dl-0")["http"] == 404


@pytest.mark.parametrize(
    "forged",
    [
        {"signature": "v0=" + "0" * 64},
        {"timestamp": str(int(time.time()) - 3600)},
        {"without": ["X-Slack-Signature"]},
        {"without": ["X-Slack-Request-Timestamp"]},
    ],
)
def test_a_forged_request_fails_verification(app: App, outside: Outside, forged: dict[str, object]) -> None:
    """A raw request is sent exactly as asked, so that an app can be tried with it."""
    assert outside.post("raw", body="command=%2Frollback", **forged)["status"] == 401
    assert app.refused == 1
    assert outside.post("raw", body="command=%2Frollback")["status"] == 200


def test_a_channel_or_person_that_does_not_exist_is_named(outside: Outside) -> None:
    """Players get a plain word on what is wrong."""
    assert outside.post("say", user="nobody", channel=GAME, text="x") == {
        "http": 404,
        "error": "Nobody here has the id or name 'nobody'.",
    }
    assert outside.post("say", user="requester", channel="#nowhere", text="x")["http"] == 404
    assert outside.post("command", user="requester", channel=GAME, text="/other")["http"] == 422
    assert outside.post("say", user="requester")["http"] == 422
