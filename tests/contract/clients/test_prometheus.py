"""The Prometheus client against a real Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.catalog import Service, load
from jobs.checks.measure import age_query, read
from jobs.clients import PrometheusClient
from jobs.clients.errors import Unreachable
from sandbox.ports import free_port
from sandbox.prometheus import Prometheus
from tests.contract.clients.scene import eventually


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that scrapes another under two names, and a third target that nobody answers for."""
    server = Prometheus(tmp_path_factory.mktemp("prometheus"), {}, interval_s=1.0)
    target = f"127.0.0.1:{server.port}"
    twice = Prometheus(tmp_path_factory.mktemp("scraping"), _targets(target), interval_s=1.0)
    with server, twice:
        client = PrometheusClient(twice.url)
        eventually(lambda: len(client.vector("up == 1")) == 2 and len(client.vector("up == 0")) == 1, within_s=20)
        yield twice


def _targets(target: str) -> dict[str, str]:
    return {"one": target, "two": target, "gone": f"127.0.0.1:{free_port()}"}


@pytest.fixture
def client(prometheus: Prometheus) -> PrometheusClient:
    """The bot's client."""
    return PrometheusClient(prometheus.url)


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("vector(1)", 1.0),
        ("scalar(vector(2))", 2.0),
        ("count(up)", 3.0),
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
    assert sorted(labels["job"] for labels, _ in client.vector("up")) == ["gone", "one", "two"]


def test_a_range_is_pairs_of_time_and_value(client: PrometheusClient) -> None:
    """Seconds and numbers; no series is an empty list."""
    end = time.time()
    pairs = client.range("vector(3)", start=end - 10, end=end, step=1)
    assert len(pairs) in {10, 11, 12}
    assert {value for _, value in pairs} == {3.0}
    assert client.range("nothing_of_that_name", start=end - 10, end=end, step=1) == []


def test_a_series_without_a_number_is_kept_without_one(client: PrometheusClient) -> None:
    """0/0 and 1/0 are no number, and never reach a figure."""
    assert [value for _, value in client.vector("up * 0 / 0")] == [None, None, None]
    assert [value for _, value in client.vector("1 / (up * 0)")] == [None, None, None]
    assert client.vector("scalar(nothing_of_that_name)") == [({}, None)]


def test_a_range_leaves_out_what_is_no_number(client: PrometheusClient) -> None:
    """A share of no requests is no sample: neither healthy nor zero."""
    end = time.time()
    half = f"vector(1) / (vector(time()) > bool {end - 5:.3f})"
    pairs = client.range(half, start=end - 10, end=end, step=1)
    assert 0 < len(pairs) < 10
    assert {value for _, value in pairs} == {1.0}
    assert client.range("vector(0) / vector(0)", start=end - 10, end=end, step=1) == []


def test_a_target_that_is_down_has_no_age(client: PrometheusClient) -> None:
    """A failed scrape writes a fresh 0: nobody may take that for a fresh picture."""
    assert client.instant('time() - max(timestamp(up{job="gone"}))') is not None
    assert read(client, age_query(_watched('up{job="gone"}'))).why == "no-data"
    assert read(client, age_query(_watched('up{job="one"}'))).value is not None
    assert read(client, age_query(_watched("up"))).value is not None


def _watched(up: str) -> Service:
    service = load(Path("catalog/services.yaml")).services["game-server"]
    return service.model_copy(update={"validation": service.validation.model_copy(update={"up": up})})


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
    """Refused at once, silent within 3 s; and again as before once it answers."""
    assert client.instant("vector(1)") == 1
    assert read(PrometheusClient(f"http://127.0.0.1:{free_port()}"), "up").why == "unreachable"
    prometheus.pause()
    began = time.monotonic()
    try:
        assert read(client, "up").why == "unreachable"
        assert time.monotonic() - began < 4.5
    finally:
        prometheus.resume()
    assert client.instant("vector(1)") == 1
