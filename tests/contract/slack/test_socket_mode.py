"""Socket Mode as slack_sdk's own client meets it: addresses, hello, envelopes, answers, and sockets that die."""

import queue
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from socket import SHUT_RDWR
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from sandbox.slack import SlackServer, create_server, default_config
from sandbox.slack.config import AppConfig
from tests.contract.slack.ends import GAME, REQUESTER, Outside

Json = dict[str, Any]
TOKEN = AppConfig().app_token


class Socket:
    """One slack_sdk client: keeps what it received, acknowledges as `answer` says (None: not at all)."""

    def __init__(self, url: str) -> None:
        self.received: queue.Queue[SocketModeRequest] = queue.Queue()
        self.frames: queue.Queue[Json] = queue.Queue()
        self.answer: Callable[[SocketModeRequest], Json | None] = lambda _request: {}
        web = WebClient(base_url=f"{url}/api/", retry_handlers=[])
        self.client = SocketModeClient(app_token=TOKEN, web_client=web, ping_interval=0.2)
        self.client.socket_mode_request_listeners.append(self._take)
        self.client.message_listeners.append(lambda _client, message, _raw: self.frames.put(message))
        self.client.connect()

    def next(self) -> SocketModeRequest:
        """The next envelope."""
        return self.received.get(timeout=30)

    def close(self) -> None:
        """Close at once, once nothing opens another one: slack_sdk's closing waits for its reader, which this wakes."""
        self.client.auto_reconnect_enabled = False
        self.client.current_app_monitor.shutdown()  # type: ignore[no-untyped-call]  # the library has no types
        session = self.client.current_session
        if session is not None and session.sock is not None:
            with suppress(OSError):  # gone already
                session.sock.shutdown(SHUT_RDWR)
        self.client.close()

    def _take(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        self.received.put(request)
        payload = self.answer(request)
        if payload is not None:
            client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload or None))


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    """Run a sandbox Slack whose app is in Socket Mode."""
    timings = {"ack": 1.5, "event_retries": (0.0, 0.05, 0.05), "link_close": 0.2}
    app = AppConfig(socket_mode=True).model_dump()
    with create_server(default_config(timings=timings, app=app)) as server:
        yield server


@pytest.fixture
def outside(slack: SlackServer) -> Outside:
    """Give the players' side."""
    return Outside(slack.url)


@pytest.fixture
def sockets(slack: SlackServer) -> Iterator[Callable[[], Socket]]:
    """Open web sockets, which are closed at the end."""
    opened: list[Socket] = []

    def connect() -> Socket:
        opened.append(Socket(slack.url))
        until(lambda: not opened[-1].frames.empty())  # Slack has said hello: before, it knows of no web socket
        return opened[-1]

    yield connect
    for socket in opened:
        socket.close()


def until(reached: Callable[[], bool], *, within_s: float = 5) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + within_s
    while not reached():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.01)


def command(outside: Outside) -> Json:
    """Type a command."""
    return outside.post("command", user="requester", channel=GAME, text="/rollback status")


def test_an_address_is_given_for_the_app_level_token_alone(slack: SlackServer) -> None:
    """The bot's token is of the wrong type; any other is invalid; a token outside the header does not count."""
    web = WebClient(base_url=f"{slack.url}/api/", retry_handlers=[])
    assert web.apps_connections_open(app_token=TOKEN)["url"].startswith("ws://127.0.0.1:")
    for token, code in [("xoxb-sandbox", "not_allowed_token_type"), ("xapp-other", "invalid_auth")]:
        with pytest.raises(SlackApiError) as error:
            web.apps_connections_open(app_token=token)
        assert error.value.response["error"] == code
    with pytest.raises(SlackApiError) as error:
        WebClient(token=TOKEN, base_url=f"{slack.url}/api/").auth_test()
    assert error.value.response["error"] == "not_allowed_token_type"


def test_an_address_is_good_for_one_connection(slack: SlackServer) -> None:
    """A ticket that was used is refused with 403."""
    web = WebClient(base_url=f"{slack.url}/api/")
    url = web.apps_connections_open(app_token=TOKEN)["url"]
    with connect(url), pytest.raises(InvalidStatus) as refused, connect(url):
        pass
    assert refused.value.response.status_code == 403


def test_a_connection_begins_with_hello(sockets: Callable[[], Socket]) -> None:
    """It names the app, how many connections there are, and how long this one lasts."""
    hello = sockets().frames.get(timeout=5)
    assert (hello["type"], hello["num_connections"]) == ("hello", 1)
    assert hello["connection_info"] == {"app_id": "A0SANDBOX"}
    assert hello["debug_info"]["approximate_connection_time"] > 0


def test_a_command_is_an_envelope_and_its_acknowledgement_may_answer(
    outside: Outside, sockets: Callable[[], Socket]
) -> None:
    """The payload is the form of HTTP as JSON; the words in the acknowledgement are shown to the person."""
    socket = sockets()
    socket.answer = lambda _request: {"text": "nothing is running"}
    sent = command(outside)
    request = socket.next()
    assert (request.type, request.accepts_response_payload) == ("slash_commands", True)
    assert (request.payload["command"], request.payload["text"]) == ("/rollback", "status")
    assert {"trigger_id", "response_url", "user_id", "channel_id", "team_id"} <= set(request.payload)
    assert (sent["error"], sent["status"]) == (None, 200)
    whispers = outside.get(f"ephemerals?user={REQUESTER}")["messages"]
    assert whispers[-1]["text"] == "nothing is running"


def test_a_click_and_a_form_are_envelopes(slack: SlackServer, outside: Outside, sockets: Callable[[], Socket]) -> None:
    """Interactive payloads come as over HTTP; a form's acknowledgement may name what is wrong with a field."""
    socket = sockets()
    bot = WebClient(token="xoxb-sandbox", base_url=f"{slack.url}/api/")
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    posted = bot.chat_postMessage(channel=GAME, text="card", blocks=[{"type": "actions", "elements": [button]}])
    outside.post("click", user="requester", channel=GAME, ts=posted["ts"], action_id="go")
    click = socket.next()
    assert (click.type, click.payload["type"], click.accepts_response_payload) == (
        "interactive",
        "block_actions",
        False,
    )
    field = {"type": "plain_text_input", "action_id": "why"}
    label = {"type": "plain_text", "text": "Why"}
    view: Json = {"type": "modal", "title": label, "submit": label, "callback_id": "f", "blocks": []}
    view["blocks"] = [{"type": "input", "block_id": "b", "label": label, "element": field}]
    shown = bot.views_open(trigger_id=click.payload["trigger_id"], view=view)["view"]
    socket.answer = lambda _request: {"response_action": "errors", "errors": {"b": "too short"}}
    answer = outside.post("submit", user="requester", view_id=shown["id"], state={"b": {"why": "x"}})
    form = socket.next()
    assert (form.payload["type"], form.accepts_response_payload) == ("view_submission", True)
    assert answer["errors"] == {"b": "too short"}


def test_an_unacknowledged_command_fails_before_the_persons_eyes(
    outside: Outside, sockets: Callable[[], Socket]
) -> None:
    """After the deadline Slack says so itself, and does not send it again."""
    socket = sockets()
    socket.answer = lambda _request: None
    assert command(outside)["error"] == "operation_timeout"
    assert "operation_timeout" in outside.get(f"ephemerals?user={REQUESTER}")["messages"][-1]["text"]
    assert len(outside.get("links")["sent"]) == 1


def test_without_a_web_socket_a_command_fails_at_once(outside: Outside) -> None:
    """There is nobody to send it to."""
    began = time.monotonic()
    assert command(outside)["error"] == "dispatch_failed"
    assert time.monotonic() - began < 1


def test_an_unacknowledged_event_comes_three_times_more_and_says_so(
    outside: Outside, sockets: Callable[[], Socket]
) -> None:
    """The same event id, with retry_attempt 0 to 3 and the reason."""
    socket = sockets()
    socket.answer = lambda request: None if request.retry_attempt != 3 else {}
    outside.post("home", user="requester")
    seen = [socket.next() for _ in range(4)]
    assert {request.type for request in seen} == {"events_api"}
    assert len({request.payload["event_id"] for request in seen}) == 1
    assert [request.retry_attempt for request in seen] == [0, 1, 2, 3]
    assert [request.retry_reason for request in seen] == ["", "timeout", "timeout", "timeout"]


def test_each_envelope_goes_to_one_of_several_web_sockets(outside: Outside, sockets: Callable[[], Socket]) -> None:
    """Two connections take turns; nothing comes twice."""
    first, second = sockets(), sockets()
    until(lambda: len(outside.get("links")["links"]) == 2)
    for _ in range(4):
        command(outside)
    assert (first.received.qsize(), second.received.qsize()) == (2, 2)


def test_the_eleventh_web_socket_is_sent_away(slack: SlackServer) -> None:
    """At most ten are open; the next is told too_many_websockets and closed."""
    web = WebClient(base_url=f"{slack.url}/api/")
    with ExitStack() as opened:
        urls = [web.apps_connections_open(app_token=TOKEN)["url"] for _ in range(11)]
        first = [str(opened.enter_context(connect(url)).recv(timeout=5)) for url in urls]
    assert all('"hello"' in frame for frame in first[:10])
    assert "too_many_websockets" in first[10]


def test_with_socket_mode_off_a_connection_is_told_link_disabled() -> None:
    """An app whose switch is off gets an address and no envelopes."""
    with create_server(default_config()) as slack:
        url = WebClient(base_url=f"{slack.url}/api/").apps_connections_open(app_token=TOKEN)["url"]
        with connect(url) as socket:
            assert "link_disabled" in str(socket.recv(timeout=5))


def test_a_lost_envelope_comes_over_another_web_socket(outside: Outside, sockets: Callable[[], Socket]) -> None:
    """The socket it went over dies first; the other one gets it, and the person sees no error."""
    first, second = sockets(), sockets()
    until(lambda: len(outside.get("links")["links"]) == 2)
    outside.post("links", do="lose_envelope")
    assert command(outside)["error"] is None
    assert first.received.qsize() + second.received.qsize() == 1
    assert [one["lost"] for one in outside.get("links")["sent"]] == [True, False]


def test_after_a_lost_acknowledgement_the_same_envelope_comes_again(
    outside: Outside, sockets: Callable[[], Socket]
) -> None:
    """The app worked on it, Slack does not know: one envelope id, received twice."""
    first, second = sockets(), sockets()
    until(lambda: len(outside.get("links")["links"]) == 2)
    outside.post("links", do="lose_ack")
    assert command(outside)["error"] is None
    ids = [one.next().envelope_id for one in (first, second)]
    assert ids[0] == ids[1]


@pytest.mark.parametrize("do", ["drop", "freeze", "warning", "refresh_requested"])
def test_a_web_socket_that_ends_is_replaced_by_the_client(
    outside: Outside, sockets: Callable[[], Socket], do: str
) -> None:
    """Cut, silent, or told to refresh: slack_sdk connects anew, and envelopes flow."""
    socket = sockets()
    until(lambda: len(outside.get("links")["links"]) == 1)
    socket.frames.get(timeout=5)
    session = socket.client.current_session
    assert session is not None
    until(lambda: session.last_ping_pong_time is not None)  # slack_sdk gives up only what once answered
    old = outside.get("links")["links"][0]["id"]
    assert outside.post("links", do=do)["hit"] == 1
    until(lambda: any(link["id"] != old for link in outside.get("links")["links"]), within_s=15)
    until(lambda: old not in {link["id"] for link in outside.get("links")["links"]}, within_s=15)
    assert command(outside)["error"] is None


def test_any_text_can_be_sent_as_a_frame(outside: Outside, sockets: Callable[[], Socket]) -> None:
    """So that an app can be tried with frames that are no envelopes."""
    socket = sockets()
    socket.frames.get(timeout=5)
    assert outside.post("raw", body='{"type": "unheard_of", "n": 1}')["error"] is None
    assert socket.frames.get(timeout=5) == {"type": "unheard_of", "n": 1}
