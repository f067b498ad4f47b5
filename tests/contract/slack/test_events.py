"""Events reach the app in the background, and again when it does not acknowledge."""

import queue
from typing import Any

import pytest
from slack_sdk import WebClient

from tests.contract.slack.blocks import section
from tests.contract.slack.ends import GAME, REQUESTER, App, Outside

Json = dict[str, Any]


def test_a_mention_in_a_thread_is_told_with_its_thread(app: App, outside: Outside, client: WebClient) -> None:
    """app_mention carries who, what and where; in a channel without the app nothing is told."""
    parent = client.chat_postMessage(channel=GAME, text="card")["ts"]
    outside.post("say", user="requester", channel="without-the-app", text="@rollback status")
    outside.post("say", user="requester", channel=GAME, text="@rollback status", thread_ts=parent)
    envelope = app.next()
    event = envelope["event"]
    assert (envelope["type"], event["type"], event["user"]) == ("event_callback", "app_mention", REQUESTER)
    assert (event["text"], event["thread_ts"], event["channel"]) == ("<@U0BOT> status", parent, GAME)


def test_opening_home_is_told_and_what_is_published_is_shown(app: App, outside: Outside, client: WebClient) -> None:
    """app_home_opened leads to views.publish, per person."""
    outside.post("home", user="requester")
    event = app.next()["event"]
    assert (event["type"], event["tab"], event["user"]) == ("app_home_opened", "home", REQUESTER)
    client.views_publish(user_id=REQUESTER, view={"type": "home", "blocks": [section("hello")]})
    assert outside.get("home?user=requester")["view"]["blocks"][0]["text"]["text"] == "hello"
    assert outside.get("home?user=approver-1")["view"] is None


def test_an_event_is_repeated_three_times_and_says_so(app: App, outside: Outside) -> None:
    """The same event id comes back with X-Slack-Retry-Num 1 to 3, and then no more."""
    app.reply = lambda _: (500, "broken")
    outside.post("home", user="requester")
    seen = [app.next_with_headers() for _ in range(4)]
    assert len({payload["event_id"] for payload, _ in seen}) == 1
    assert [headers.get("X-Slack-Retry-Num") for _, headers in seen] == [None, "1", "2", "3"]
    assert {headers.get("X-Slack-Retry-Reason") for _, headers in seen[1:]} == {"http_error"}
    with pytest.raises(queue.Empty):
        app.received.get(timeout=0.3)


def test_the_request_url_is_verified_with_a_challenge(app: App, outside: Outside) -> None:
    """url_verification is sent when asked for."""
    app.reply = lambda payload: (200, payload.get("challenge", ""))
    answer = outside.post("app", request_url=app.url, verify=True)["verification"]
    assert answer["ack_body"] == app.next()["challenge"]
