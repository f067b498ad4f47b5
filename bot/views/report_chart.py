"""What the report's chart shows: marks from the rollback's steps, and the same in words for who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.plan import Step
from bot.domain.report import Report
from bot.domain.rollback import Rollback
from bot.views import units
from bot.views.chart import Chart, Mark
from bot.views.figures import Figures
from bot.views.text import unmarked
from bot.views.words import FALLBACK, Words, get

MS = 1_000
_MARKED = frozenset({"scale_up", "set_weight", "retire"})
"""Steps that change what the curve shows; the others would only crowd it."""


def chart_of(
    report: Report, rollback: Rollback, series: Sequence[tuple[float, float]], *, limit: float, language: str = FALLBACK
) -> Chart:
    """The chart of a report. `series`: (Unix seconds, share 0..1); `limit`: a share."""
    words = get(language)
    title = words("report.chart.title", service=report.service, date=units.date(report.requested_at))
    return Chart(
        title=unmarked(title),
        axis=words("report.chart.axis"),
        foot=words("report.chart.foot"),
        series=series,
        limit=limit,
        limit_label=words("report.chart.limit", limit=words.limit(limit)),
        marks=_marks(report, rollback, words),
        begin=(report.started_at or report.requested_at) / MS,
        end=report.ended_at / MS,
    )


def alt_text(report: Report, series: Sequence[tuple[float, float]], *, limit: float, language: str = FALLBACK) -> str:
    """The chart in words: from when to when, how it rose, when it fell."""
    words = get(language)
    if not series:
        return ""
    shares = [share for _, share in series]
    start, end = (words.minute(int(at * MS)) for at in (series[0][0], series[-1][0]))
    return words("report.chart.alt", start=start, end=end, story=_story(report, shares, words, limit=limit))


def _story(report: Report, shares: Sequence[float], words: Words, *, limit: float) -> str:
    peak = words.percent(max(shares))
    if report.spike_at is None:
        return words("report.chart.alt.flat", low=words.percent(min(shares)), peak=peak)
    limited = words.limit(limit)
    spike = words.clock(report.spike_at)
    rise = words("report.chart.alt.rise", first=words.percent(shares[0]), peak=peak, limit=limited, spike=spike)
    if report.recovered_at is None:
        return rise + words("report.chart.alt.not-recovered", last=words.percent(shares[-1]))
    return rise + words("report.chart.alt.recovered", limit=limited, recovered=words.clock(report.recovered_at))


def _marks(report: Report, rollback: Rollback, words: Words) -> tuple[Mark, ...]:
    marks = [Mark(report.requested_at / MS, words("report.chart.mark.asked"))]
    marks += [Mark(e.at / MS, words("report.chart.mark.halted")) for e in report.timeline if e.code == "halted"]
    for step, record in zip(rollback.plan.steps if rollback.plan else (), rollback.steps, strict=True):
        if step.kind in _MARKED and record.applied_at is not None and not record.already:
            marks.append(Mark(record.applied_at / MS, _label(step, words)))
    return tuple(marks)


def _label(step: Step, words: Words) -> str:
    weight = Figures(step.params).number("to") if step.kind == "set_weight" else None
    return unmarked(words(f"report.chart.mark.{step.kind}", weight=words.weight(weight)))
