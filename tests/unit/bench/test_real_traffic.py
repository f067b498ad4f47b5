"""Requests that are counted on a real data plane: here an HTTP server that does not answer all of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from bench.real_traffic import Load, measure
from sandbox.ports import free_port
from tests.answering import Handler, answering

EVERY = 10


class _Lossy(Handler):
    protocol_version = "HTTP/1.1"
    _numbers = itertools.count(1)

    def do_GET(self) -> None:
        """Every tenth request is answered by 503."""
        self.send_response(503 if next(self._numbers) % EVERY == 0 else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def lossy() -> Iterator[str]:
    """Its address."""
    with answering(_Lossy) as address:
        yield f"{address}/"


def test_every_request_is_sent_and_each_loss_counted(lossy: str) -> None:
    """Whoever sends which of them."""
    [figure] = measure(Load(lossy, requests=100, per_second=200))
    assert figure.value == 10
    assert figure.met is False
    assert "100 requests" in figure.beside
    assert figure.beside.endswith("lost: HTTP 503 10")


def test_nobody_there_is_a_loss_of_all() -> None:
    """It is no error of the bench."""
    [figure] = measure(Load(f"http://127.0.0.1:{free_port()}/", requests=20, per_second=200))
    assert figure.value == 20
    assert figure.beside.endswith("lost: no connection 20")


@pytest.mark.parametrize("url", ["", "game.example.com/health", "http:///health", "file:///etc/hosts"])
def test_what_is_no_address_is_said_before_anything_is_sent(url: str) -> None:
    """And counted as no loss."""
    with pytest.raises(ValueError, match="is no address"):
        Load(url, requests=1, per_second=1)


@pytest.mark.parametrize(("requests", "per_second"), [(0, 1), (100_001, 1), (1, 0), (1, 201)])
def test_loops_are_bounded(requests: int, per_second: float) -> None:
    """In number and in pace."""
    with pytest.raises(ValueError, match="can be sent"):
        Load("http://127.0.0.1/", requests, per_second)
