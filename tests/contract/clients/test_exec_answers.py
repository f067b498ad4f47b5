"""What each odd end of a command means; a WebSocket server says what a kubelet would, since none runs here."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
import yaml
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from jobs.clients import KubernetesClient
from jobs.clients.execute import Ran
from jobs.clients.resources import POD, Ref

POD_REF = Ref(POD, "ns", "web-1")
OUT, ERROR, VERDICT = b"\x01", b"\x02", b"\x03"


class Told:
    """What the server says to whoever connects, and what it was asked."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.status: HTTPStatus | None = None
        self.stays = threading.Event()
        self.stays.set()
        self.asked: list[str] = []

    def greet(self, connection: ServerConnection, request: Request) -> Response | None:
        """Accept, or answer with the status."""
        self.asked.append(request.path)
        if self.status is None:
            return None
        answer = connection.respond(self.status, "no\n")
        answer.headers["Location"] = f"ws://{request.headers['Host']}/elsewhere"
        return answer

    def say(self, connection: ServerConnection) -> None:
        """Send the frames, and close once it may."""
        for frame in self.frames:
            connection.send(frame)
        self.stays.wait(20)


@pytest.fixture
def told() -> Told:
    """Nothing yet."""
    return Told()


@pytest.fixture
def server(told: Told) -> Iterator[Server]:
    """A server on a free loopback port."""
    with serve(told.say, "127.0.0.1", 0, process_request=told.greet) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        told.stays.set()
        made.shutdown()
        thread.join()


@pytest.fixture
def client(server: Server, tmp_path: Path) -> KubernetesClient:
    """The bot's client, pointed at it."""
    port = server.socket.getsockname()[1]
    config = {
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(config))
    return KubernetesClient.connect(file)


def failure(message: str, *, code: str = "") -> bytes:
    """A verdict; with a code as a kubelet words one."""
    causes = {"details": {"causes": [{"reason": "ExitCode", "message": code}]}} if code else {}
    return VERDICT + json.dumps({"metadata": {}, "status": "Failure", "message": message, **causes}).encode()


RUNTIME = "Internal error occurred: error executing command in container: "
OCI = "failed to exec in container: OCI runtime exec failed: exec failed: unable to start container process: exec: "
SUCCESS = VERDICT + b'{"metadata":{},"status":"Success"}'
ENDS = {
    "success": ([OUT, OUT + b"ok", SUCCESS], Ran(0, out="ok")),
    "the verdict overtakes the output": ([SUCCESS, OUT + b"late"], Ran(0, out="late")),
    "the verdict comes in pieces": ([SUCCESS[:9], VERDICT + SUCCESS[9:]], Ran(0)),
    "a kubelet's exit code": (
        [ERROR + b"down", failure("command terminated with non-zero exit code: exit status 3", code="3")],
        Ran(3, error="down"),
    ),
    "killed for memory": ([failure("command terminated with non-zero exit code", code="137")], Ran(137)),
    "a shell finds no command": ([failure("command terminated", code="127")], Ran(127, missing=True)),
    "the runtime finds no command": (
        [failure(f'{RUNTIME}{OCI}"nope": executable file not found in $PATH: unknown')],
        Ran(
            None,
            missing=True,
            why="error executing command in container: " + OCI + '"nope": executable file not found in $PATH: unknown',
        ),
    ),
    "the container is gone": (
        [failure('Internal error occurred: unable to upgrade connection: container not found ("web")')],
        Ran(None, why='unable to upgrade connection: container not found ("web")'),
    ),
    "the exit code is no number": ([failure("what", code="many")], Ran(None, why="what")),
    "closed without a verdict": ([OUT + b"so far"], Ran(None, out="so far", why="closed without a verdict")),
    "a verdict that is none": ([VERDICT + b"{"], Ran(None, why="closed without a verdict")),
    "a verdict of another shape": ([VERDICT + b"[]"], Ran(None, why="closed without a verdict")),
    "a channel nobody knows": ([b"\xff\x01", b"\x09x", SUCCESS], Ran(0)),
}


@pytest.mark.parametrize(("frames", "ran"), ENDS.values(), ids=list(ENDS))
def test_how_a_command_ended_is_read_off_what_was_said(
    client: KubernetesClient, told: Told, frames: list[bytes], ran: Ran
) -> None:
    """An end that nobody told is no exit code."""
    told.frames = frames
    assert client.run(POD_REF, "web", ["true"], timeout_s=30) == ran


def test_a_server_that_does_not_hang_up_is_not_waited_for(client: KubernetesClient, told: Told) -> None:
    """With the verdict there, only what may still be on its way is waited for."""
    told.frames = [OUT + b"ok", SUCCESS]
    told.stays.clear()
    began = time.monotonic()
    assert client.run(POD_REF, "web", ["true"], timeout_s=60) == Ran(0, out="ok")
    assert time.monotonic() - began < 15


def test_a_redirect_is_not_followed(client: KubernetesClient, told: Told) -> None:
    """It would be handed the token."""
    told.status = HTTPStatus.FOUND
    assert client.run(POD_REF, "web", ["true"], timeout_s=30).code is None
    assert len(told.asked) == 1


def test_a_node_that_cannot_be_reached_is_no_answer(client: KubernetesClient, told: Told) -> None:
    """A gateway's 5xx may stand before a command that runs."""
    told.status = HTTPStatus.BAD_GATEWAY
    ran = client.run(POD_REF, "web", ["true"], timeout_s=30)
    assert (ran.code, ran.why.startswith("HTTP 502")) == (None, True)
