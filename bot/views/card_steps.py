"""Slot B3: the steps as rows. Finished ones fold when there are more than twenty; a failed row never does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.plan import Plan
from bot.domain.rollback import Mark, StepRecord
from bot.views import steps
from bot.views.text import Safe, cut_end, join, units
from bot.views.words import Words

ROWS = 20
ROW_LIMIT = 110
NAMES = (30, 22, 14)
"""Names are cut further before a row is: what stands at its end may be a warning."""
LIMIT = 2_400
MARKS = {
    Mark.TO_DO: "○",
    Mark.RUNNING: "▶",
    Mark.HOLDING: "▶",
    Mark.DONE: "✓",
    Mark.SKIPPED: "↷",
    Mark.FAILED: "✕",
    Mark.UNKNOWN: "?",
}


@dataclass(frozen=True)
class _Row:
    index: int
    record: StepRecord
    text: Safe


def rows(words: Words, plan: Plan, records: Sequence[StepRecord], *, left_out: Safe | None = None) -> Safe:
    """All rows of the card, within 20 rows and 2,400 units; `left_out` is said after them."""
    made = [_row(words, plan, index, _record(records, index)) for index in range(len(plan.steps))]
    room = LIMIT - (units(left_out) + 1 if left_out else 0)
    shown = _folded(words, made) if len(made) > ROWS else [row.text for row in made]
    while len(shown) > 1 and units("\n".join(shown)) > room:
        shown = [*shown[:-2], Safe("…")]
    return join("\n", (*shown, left_out or Safe()))


def _row(words: Words, plan: Plan, index: int, record: StepRecord) -> _Row:
    titles = (steps.row(words, plan.steps[index], record, plan, names=names) for names in NAMES)
    title = next((title for title in titles if units(title) <= ROW_LIMIT), None)
    if title is None:
        title = cut_end(steps.row(words, plan.steps[index], record, plan, names=NAMES[-1]), limit=ROW_LIMIT)
    return _Row(index, record, Safe(f"{MARKS[record.mark]} {index + 1} {title}"))


def _record(records: Sequence[StepRecord], index: int) -> StepRecord:
    return records[index] if index < len(records) else StepRecord()


def _folded(words: Words, made: Sequence[_Row]) -> list[Safe]:
    """Fold what is finished, keep what failed or is unknown, cut what is far ahead."""
    finished = [row for row in made if row.record.mark in (Mark.DONE, Mark.SKIPPED)]
    rest = [row for row in made if row not in finished]
    head: list[Safe] = []
    if finished:
        head = [_fold(words, finished)]
    room = ROWS - len(head)
    if len(rest) <= room:
        return [*head, *(row.text for row in rest)]
    kept = _within(rest, room - 1)
    return [*head, *(row.text for row in kept), words("steps.more", n=len(rest) - len(kept))]


def _within(rest: Sequence[_Row], room: int) -> list[_Row]:
    told = [row for row in rest if row.record.mark in (Mark.FAILED, Mark.UNKNOWN)][:room]
    ahead = [row for row in rest if row not in told][: room - len(told)]
    return sorted([*told, *ahead], key=lambda row: row.index)


def _fold(words: Words, finished: Sequence[_Row]) -> Safe:
    took = words.duration(sum(steps.seconds(row.record) or 0 for row in finished))
    if len(finished) == 1:
        return words("steps.folded.one", took=took)
    return words("steps.folded", first=finished[0].index + 1, last=finished[-1].index + 1, took=took)
