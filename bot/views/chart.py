"""The chart of a report: the error rate over time as a PNG, with the rollback's steps marked and the limit labelled."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT, DPI = 1080, 540, 200
"""Pixels, and pixels an inch: the labels are still readable when a phone shows it a third as wide."""
INK, FAINT, WARN = "#1d1c1d", "#8a8a8a", "#b3261e"
ROW: Final = 0.085
"""Height of one row of labels, as a share of the chart's height."""
ROWS: Final = 6
"""Labels that would cover each other stand in rows of their own, at most so many."""
PLOT_PX, CHARACTER_PX = 820, 13
"""Roughly how wide the plot is, and a character of a label."""


@dataclass(frozen=True)
class Mark:
    """A moment on the chart: Unix seconds and a short label."""

    at: float
    label: str


@dataclass(frozen=True)
class Chart:
    """What is drawn. `series`: (Unix seconds, share 0..1). `limit` is a share. Labels are plain text.

    `begin`, `end` bound the rollback itself (Unix seconds); that span is shaded.
    """

    title: str
    axis: str
    foot: str
    series: Sequence[tuple[float, float]]
    limit: float
    limit_label: str
    marks: Sequence[Mark]
    begin: float
    end: float


def png(chart: Chart) -> bytes:
    """Draw it: 1080 by 540 pixels.

    matplotlib is imported here: it costs 0.6 s, and only the narrator draws.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - as the docstring says
    from matplotlib.figure import Figure  # noqa: PLC0415 - as the docstring says

    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    _draw(figure, chart)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _draw(figure: Figure, chart: Chart) -> None:
    axes = figure.add_subplot()
    times = [_day(at) for at, _ in chart.series]
    shares = [share * 100 for _, share in chart.series]
    rows = _rows(chart)
    top = max([*shares, chart.limit * 100]) * 1.1 / (1 - ROW * (max(rows, default=0) + 1))
    begin, end = _day(chart.begin), _day(chart.end)
    axes.axvspan(begin, end, facecolor="#eeeeee", hatch="///", edgecolor="#dddddd", linewidth=0)
    axes.plot(times, shares, color=INK, linewidth=2, zorder=3)
    axes.axhline(chart.limit * 100, color=WARN, linestyle="--", linewidth=1.5, zorder=2)
    _label_limit(axes, chart)
    for mark, row in zip(_ordered(chart), rows, strict=True):
        _mark(axes, mark, top * (0.99 - ROW * row), leftwards=_leftwards(chart, mark))
    axes.set_ylim(0, top)
    axes.margins(x=0.01)
    _style(axes, chart)


def _ordered(chart: Chart) -> list[Mark]:
    return sorted(chart.marks, key=lambda mark: mark.at)


def _span(chart: Chart) -> tuple[float, float]:
    times = [at for at, _ in chart.series] + [mark.at for mark in chart.marks] + [chart.begin, chart.end]
    return min(times), max(times)


def _width(chart: Chart, mark: Mark) -> float:
    """Seconds of the axis that a label covers."""
    first, last = _span(chart)
    return (len(mark.label) + 2) * CHARACTER_PX * max(last - first, 1) / PLOT_PX


def _leftwards(chart: Chart, mark: Mark) -> bool:
    """Near the right edge a label stands to the left of its line."""
    return mark.at + _width(chart, mark) > _span(chart)[1]


def _rows(chart: Chart) -> list[int]:
    """The row of each mark's label, in order of time: the first row in which it covers no other."""
    taken: list[list[tuple[float, float]]] = [[] for _ in range(ROWS)]
    rows: list[int] = []
    for mark in _ordered(chart):
        width = _width(chart, mark)
        begin = mark.at - width if _leftwards(chart, mark) else mark.at
        row = next((r for r in range(ROWS) if all(begin >= e or begin + width <= s for s, e in taken[r])), ROWS - 1)
        taken[row].append((begin, begin + width))
        rows.append(row)
    return rows


def _label_limit(axes: Axes, chart: Chart) -> None:
    """To the right of the plot, where no error rate can run through it."""
    axes.annotate(
        chart.limit_label,
        xy=(1, chart.limit * 100),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        color=WARN,
        fontsize=8.5,
        fontweight="bold",
    )


def _mark(axes: Axes, mark: Mark, height: float, *, leftwards: bool) -> None:
    axes.vlines(_day(mark.at), 0, height, color=FAINT, linestyle=":", linewidth=1.2, zorder=1)
    axes.annotate(
        mark.label,
        xy=(_day(mark.at), height),
        xytext=(-3 if leftwards else 3, 0),
        textcoords="offset points",
        ha="right" if leftwards else "left",
        va="top",
        fontsize=8,
        color=INK,
        bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.9},
        zorder=4,
    )


def _style(axes: Axes, chart: Chart) -> None:
    from matplotlib.dates import AutoDateLocator, DateFormatter  # noqa: PLC0415 - see png()
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415 - see png()

    axes.set_title(chart.title, loc="left", fontsize=10.5, fontweight="bold", color=INK)
    axes.set_ylabel(chart.axis, fontsize=8, color=INK)
    axes.set_xlabel(chart.foot, fontsize=8, color=INK)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
    axes.xaxis.set_major_locator(AutoDateLocator(tz=UTC, minticks=2, maxticks=6))  # type: ignore[no-untyped-call]  # not typed there
    near = bool(chart.series) and chart.series[-1][0] - chart.series[0][0] < 600  # noqa: PLR2004 - ten minutes
    clock = "%H:%M:%S" if near else "%H:%M"
    axes.xaxis.set_major_formatter(DateFormatter(clock, tz=UTC))  # type: ignore[no-untyped-call]  # not typed there
    axes.tick_params(labelsize=8, colors=INK)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _day(seconds: float) -> float:
    """A time as matplotlib's axes count it: days since 1970."""
    return seconds / 86_400
