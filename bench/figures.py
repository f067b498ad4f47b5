"""A measured figure beside its goal, and how many of them are shown and kept."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

_WIDTH = 160


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured value. `goal` is what it must stay below, in the same unit; None: shown beside the others.

    `beside`: what it is compared with, measured in the same run where it can be.
    """

    name: str
    value: float
    unit: str
    goal: float | None = None
    beside: str = ""
    failed: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one. What did not work meets nothing."""
        return None if self.goal is None else self.value < self.goal and not self.failed

    def words(self) -> str:
        """The figure as one line."""
        goal = "" if self.goal is None else f" (goal: under {self.goal:g} {self.unit})"
        return f"{self.name}: {self.value:g} {self.unit}{goal}"


@dataclass(frozen=True)
class Unmeasured:
    """A figure that could not be had, and why."""

    name: str
    why: str


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of `values` that `percent` of them do not exceed (nearest rank).

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values to take a percentile of")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def show(figures: Sequence[Figure], unmeasured: Sequence[Unmeasured]) -> None:
    """Print what was missed, plainly and first, then the table."""
    console = Console(width=_WIDTH)
    for lost in unmeasured:
        console.print(f"NOT MEASURED  {lost.name}: {lost.why}", style="bold red", markup=False)
    for figure in figures:
        if figure.met is False:
            console.print(f"MISSED  {figure.words()}", style="bold red", markup=False)
    table = Table("figure", "value", "unit", "goal", "met", "beside", title="Figures")
    for column in (1, 3):
        table.columns[column].justify = "right"
    for figure in sorted(figures, key=_missed_first):
        goal = "" if figure.goal is None else f"< {figure.goal:g}"
        met = {True: "yes", False: "NO", None: ""}[figure.met]
        table.add_row(figure.name, f"{figure.value:g}", figure.unit, goal, met, figure.beside)
    console.print(table)


def write(figures: Sequence[Figure], file: Path) -> None:
    """Keep the figures as JSON: a list of {name, value, unit, goal, met}."""
    rows = [{"name": f.name, "value": f.value, "unit": f.unit, "goal": f.goal, "met": f.met} for f in figures]
    file.write_text(json.dumps(rows, indent=2) + "\n")


def _missed_first(figure: Figure) -> int:
    return {False: 0, True: 1, None: 1}[figure.met]
