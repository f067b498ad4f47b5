"""A sandbox Slack, an app that answers as each test says, and slack_sdk between them."""

import json
import threading
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from flask import Flask, Response
from flask import request as received
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from werkzeug.serving import make_server

from sandbox.slack import SlackServer, create_server, default_config
from tests.contract.slack.ends import App, Outside


@pytest.fixture
def app() -> Iterator[App]:
    """Run an app that verifies every signature with slack_sdk."""
    state = App()
    flask = Flask("receiver")
    verifier = SignatureVerifier("sandbox-signing-secret")

    @flask.post("/slack/events")
    def receive() -> Response:
        raw = received.get_data()
        if not verifier.is_valid_request(raw, dict(received.headers)):
            state.refused += 1
            return Response("bad signature", 401)
        if received.mimetype == "application/json":
            payload = json.loads(raw)
        else:
            form = {name: values[0] for name, values in parse_qs(raw.decode(), keep_blank_values=True).items()}
            payload = json.loads(form["payload"]) if "payload" in form else form
        state.received.put((payload, dict(received.headers)))
        status, text = state.reply(payload)
        kind = "application/json" if text.startswith("{") else "text/plain"
        return Response(text, status, content_type=kind)

    server = make_server("127.0.0.1", 0, flask, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/slack/events"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def slack(request: pytest.FixtureRequest) -> Iterator[SlackServer]:
    """Run a sandbox Slack with Slack's own limits; repetitions of an event come soon, and so does what a test names."""
    timings = {"event_retries": (0.0, 0.05, 0.05), **getattr(request, "param", {})}
    with create_server(default_config(timings=timings)) as server:
        yield server


@pytest.fixture
def outside(slack: SlackServer, app: App) -> Outside:
    """Give the players' side, with the app connected."""
    player = Outside(slack.url)
    player.post("app", request_url=app.url)
    return player


@pytest.fixture
def client(slack: SlackServer) -> WebClient:
    """Give slack_sdk's client for the sandbox; it repeats nothing."""
    return WebClient(token="xoxb-sandbox", base_url=f"{slack.url}/api/", retry_handlers=[])
