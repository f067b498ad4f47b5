"""The chart is a picture of the right size, and its words say the same."""

from __future__ import annotations

import struct

import pytest

from bot.domain.report import Found, build
from bot.views.chart import HEIGHT, WIDTH, Chart, png
from bot.views.report_chart import alt_text, chart_of
from tests.unit.report.journal import Journal, aborted, at, succeeded

LIMIT = 0.05


def series() -> list[tuple[float, float]]:
    """0.1 % until 02:54, then 8.4 %, under the limit from 03:14:48 on; every 12 s from 02:40 to 03:27."""
    start, spike, fall = (at(clock) / 1000 for clock in ("02:40:00", "02:54:00", "03:14:48"))
    times = [start + 12 * n for n in range((47 * 5) + 1)]
    return [(t, 0.084 if spike <= t < fall else 0.001) for t in times]


@pytest.mark.parametrize("journal", [succeeded(), aborted()], ids=["succeeded", "aborted"])
def test_the_chart_is_a_png_of_the_size_it_says(journal: Journal) -> None:
    """1080 by 540 pixels, for a run that went well and for one that halted."""
    rollback = journal.ended()
    picture = png(chart_of(build(rollback, journal.events), rollback, series(), limit=LIMIT))
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("span_s", [20, 119, 164, 599, 3_000, 7_300, 90_000])
def test_any_span_of_time_has_ticks_that_fit(span_s: int) -> None:
    """Seconds or a day: no warning of the drawing library that it found no interval, which is an error here."""
    times = [1_795_461_220 + span_s * n / 40 for n in range(41)]
    line = [(t, 0.05) for t in times]
    chart = Chart("t", "share", "UTC", line, LIMIT, "limit 5 %", [], begin=times[5], end=times[30])
    assert len(png(chart)) > 1_000


def test_the_steps_that_change_the_curve_are_marked() -> None:
    """The request, the pods, each weight and the deletion, each where it was applied."""
    journal = succeeded()
    chart = chart_of(build(journal.ended(), journal.events), journal.ended(), series(), limit=LIMIT)
    assert [mark.label.replace("\u00a0", " ") for mark in chart.marks] == [
        "asked",
        "scaled",
        "canary 25 %",
        "canary 10 %",
        "canary 0 %",
        "deleted",
    ]
    assert chart.marks[2].at == at("03:14:25") / 1000


def test_the_alternative_text_tells_the_curve() -> None:
    """Who cannot see the chart reads when it rose and when it fell."""
    journal = succeeded()
    report = build(journal.ended(), journal.events, found=Found(spike_at=at("02:54:00")))
    assert alt_text(report, series(), limit=LIMIT).replace("\u00a0", " ") == (
        "Error rate 02:40 to 03:27 UTC: rises from 0.1 % to 8.4 %, over 5 % from 02:54:00, "
        "under 5 % again from 03:14:48; rollback steps marked"
    )


def test_a_curve_that_never_rose_is_told_as_such() -> None:
    """No spike found, no rise told."""
    journal = succeeded()
    flat = [(t, 0.001) for t, _ in series()]
    told = alt_text(build(journal.ended(), journal.events), flat, limit=LIMIT)
    assert "between 0.1" in told
    assert "rises" not in told
