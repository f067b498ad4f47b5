"""The Prometheus client against a real Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from jobs.checks.measure import read
from jobs.clients import PrometheusClient
from jobs.clients.errors import Unreachable
from sandbox.ports import free_port
from sandbox.prometheus import Prometheus
from tests.contract.clients.scene import eventually


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that scrapes itself under two names."""
    server = Prometheus(tmp_path_factory.mktemp("prometheus"), {}, interval_s=1.0)
    target = f"127.0.0.1:{server.port}"
    twice = Prometheus(tmp_path_factory.mktemp("scraping"), {"one": target, "two": target}, interval_s=1.0)
    with server, twice:
        client = PrometheusClient(twice.url)
        eventually(lambda: len(client.vector("up == 1")) == 2, within_s=20)
        yield twice


@pytest.fixture
def client(prometheus: Prometheus) -> PrometheusClient:
    """The bot's client."""
    return PrometheusClient(prometheus.url)


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("vector(1)", 1.0),
        ("scalar(vector(2))", 2.0),
        ("sum(up)", 2.0),
        ("nothing_of_that_name", None),
        ("up", None),
        ("vector(0) / vector(0)", None),
        ("vector(1) / vector(0)", None),
    ],
)
def test_one_number_or_none(client: PrometheusClient, query: str, value: float | None) -> None:
    """Empty, several series, NaN and infinity are no number."""
    assert client.instant(query) == value


def test_every_series_with_its_labels(client: PrometheusClient) -> None:
    """For checks that name who is down."""
    assert sorted(labels["job"] for labels, _ in client.vector("up")) == ["one", "two"]


def test_a_range_is_pairs_of_time_and_value(client: PrometheusClient) -> None:
    """Seconds and numbers; no series is an empty list."""
    end = time.time()
    pairs = client.range("vector(3)", start=end - 10, end=end, step=1)
    assert len(pairs) in {10, 11, 12}
    assert {value for _, value in pairs} == {3.0}
    assert client.range("nothing_of_that_name", start=end - 10, end=end, step=1) == []


def test_the_age_of_a_sample_is_told_by_its_own_timestamp(client: PrometheusClient) -> None:
    """That is how a stopped scrape is noticed."""
    age = client.instant('time() - max(timestamp(up{job="one"}))')
    assert age is not None
    assert 0 <= age < 3


def test_a_query_that_is_wrong_is_unreachable_with_what_prometheus_said(client: PrometheusClient) -> None:
    """An answer that is no answer."""
    with pytest.raises(Unreachable, match="parse error"):
        client.instant("sum(")


def test_nobody_there_and_nobody_answering_are_unreachable_in_bounded_time(
    prometheus: Prometheus, client: PrometheusClient
) -> None:
    """Refused at once, silent within 3 s; and reachable() says so without raising."""
    assert client.reachable()
    assert not PrometheusClient(f"http://127.0.0.1:{free_port()}").reachable()
    prometheus.pause()
    began = time.monotonic()
    try:
        assert read(client, "up").why == "unreachable"
        assert time.monotonic() - began < 4.5
    finally:
        prometheus.resume()
    assert client.reachable()
