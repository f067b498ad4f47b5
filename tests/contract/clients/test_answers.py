"""What each odd answer of a server means to the clients; the server is a real one that answers as told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from jobs.clients import KubernetesClient, Probe, PrometheusClient
from jobs.clients.errors import Ambiguous, ClientError, Forbidden, Moved, Rejected, Temporary, Unreachable
from jobs.clients.resources import DEPLOYMENT, Ref
from sandbox.ports import free_port

REF = Ref(DEPLOYMENT, "ns", "web")


class Told(ThreadingHTTPServer):
    """Answers every request with one status and body, and counts them."""

    status: int = 200
    body: bytes = b"{}"
    cut: bool = False
    seen: int = 0


class Answering(BaseHTTPRequestHandler):
    """Whatever the server was told; `cut` announces more than it sends."""

    server: Told

    def do_GET(self) -> None:
        """Answer."""
        self.server.seen += 1
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body) + 100 * self.server.cut))
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(self.server.body)
        self.close_connection = self.server.cut

    do_PATCH = do_GET  # noqa: N815 - the base class finds it by this name
    do_DELETE = do_GET  # noqa: N815 - as above

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Told]:
    """A server on a free loopback port."""
    with Told(("127.0.0.1", 0), Answering) as told:
        thread = threading.Thread(target=told.serve_forever)
        thread.start()
        yield told
        told.shutdown()
        thread.join()


@pytest.fixture
def client(server: Told, tmp_path: Path) -> KubernetesClient:
    """The bot's client, pointed at it."""
    config = {
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(config))
    return KubernetesClient.connect(file)


ANSWERS: list[tuple[int, type[ClientError], type[ClientError]]] = [
    (400, Rejected, Rejected),
    (401, Forbidden, Forbidden),
    (403, Forbidden, Forbidden),
    (409, Moved, Moved),
    (422, Moved, Moved),
    (429, Temporary, Temporary),
    (500, Unreachable, Ambiguous),
    (502, Unreachable, Ambiguous),
    (504, Unreachable, Ambiguous),
]


@pytest.mark.parametrize(("status", "read", "write"), ANSWERS, ids=[str(a[0]) for a in ANSWERS])
def test_a_status_means_something_else_to_a_write_than_to_a_read(
    server: Told, client: KubernetesClient, status: int, read: type[ClientError], write: type[ClientError]
) -> None:
    """A gateway's 5xx may stand before a write that went through; each request is sent once."""
    server.status = status
    with pytest.raises(ClientError) as found:
        client.get(REF)
    assert type(found.value) is read
    with pytest.raises(ClientError) as found:
        client.json_patch(REF, [{"op": "test", "path": "/x", "value": 1}], manager="m")
    assert type(found.value) is write
    with pytest.raises(ClientError) as found:
        client.delete(REF, uid="u", resource_version="1")
    assert type(found.value) is write
    assert server.seen == 3


@pytest.mark.parametrize(("body", "cut"), [(b"not json", False), (b"[]", False), (b'{"kind":', True)])
def test_an_answer_that_cannot_be_read_leaves_a_write_ambiguous(
    server: Told, client: KubernetesClient, *, body: bytes, cut: bool
) -> None:
    """The status said yes, the rest is lost."""
    server.body, server.cut = body, cut
    with pytest.raises(Unreachable):
        client.get(REF)
    with pytest.raises(Ambiguous):
        client.merge_patch(REF, {"metadata": {}}, manager="m")
    assert server.seen == 2


@pytest.mark.parametrize(
    "result",
    [
        '[{"metric": {}, "histogram": [1, {"count": "1"}]}]',
        "[1]",
        "[{}]",
        "7",
        '[{"metric": {}, "value": [1, "many"]}]',
    ],
)
def test_an_answer_of_another_shape_is_no_figure(server: Told, result: str) -> None:
    """A native histogram, or anything that is no number, is no answer: never a crash, never a zero."""
    server.body = f'{{"status": "success", "data": {{"resultType": "vector", "result": {result}}}}}'.encode()
    client = PrometheusClient(f"http://127.0.0.1:{server.server_port}")
    for ask in (client.instant, client.vector):
        with pytest.raises(Unreachable):
            ask("up")


@pytest.mark.parametrize(("status", "good"), [(200, True), (204, True), (302, False), (404, False), (503, False)])
def test_only_a_2xx_is_a_good_answer(server: Told, status: int, *, good: bool) -> None:
    """A redirect is not followed: it may lead to a login page that answers 200."""
    server.status, server.body = status, b""
    answer = Probe().get(f"http://127.0.0.1:{server.server_port}/health")
    assert (answer.status, answer.good, answer.error) == (status, good, "")
    assert server.seen == 1


def test_no_answer_says_why() -> None:
    """No connection, and a name that does not exist."""
    assert Probe().get(f"http://127.0.0.1:{free_port()}/health").error == "no connection"
    assert Probe().get("http://no-such-name.invalid/health").error == "no such name"


def test_a_server_that_says_nothing_times_out() -> None:
    """Within about two seconds."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as silent:
        answer = Probe().get(f"http://127.0.0.1:{silent.server_port}/health")
    assert (answer.status, answer.error) == (None, "timed out")
    assert answer.ms < 4_000
