"""The figure of how late holds are acted on: from a hold's end to the event that judged it."""

from __future__ import annotations

from bench.lateness import lateness
from bot.domain.events import GENESIS, Event, Kind, NewEvent, chained


def _event(kind: Kind, at: int, **data: int) -> Event:
    return chained(NewEvent.model_validate({"kind": kind, "data": data}), seq=1, at=at, prev=GENESIS)


def test_only_real_holds_count_and_each_once() -> None:
    """A step without a hold has no lateness; a halted one was judged too; what is still held is not counted."""
    events = [
        _event(Kind.STEP_APPLIED, 1_000, step=0, hold_until=1_000),
        _event(Kind.STEP_DONE, 1_900, step=0),
        _event(Kind.STEP_APPLIED, 2_000, step=1, hold_until=32_000),
        _event(Kind.STEP_DONE, 32_250, step=1),
        _event(Kind.STEP_APPLIED, 33_000, step=2, hold_until=63_000),
        _event(Kind.HALTED, 64_500, step=2),
        _event(Kind.STEP_APPLIED, 65_000, step=3, hold_until=95_000),
    ]
    assert lateness(events) == [0.25, 1.5]
