"""The digest binds what a plan depends on, and nothing that moves by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.model import JsonObject
from bot.domain.plan import Shown, moved
from tests.unit.domain.examples import PLAN


@given(value=st.integers(0, 1000), tolerance=st.none() | st.floats(0, 2))
def test_what_is_only_shown_does_not_move_the_digest(value: int, tolerance: float | None) -> None:
    """Replicas, rates and lag change all the time; the approvals stand."""
    other = PLAN.model_copy(update={"shown": {"replicas": Shown(value=value, tolerance=tolerance)}})
    assert other.digest == PLAN.digest


def test_steps_binding_facts_entry_and_service_each_move_the_digest() -> None:
    """An approval of one plan is none of another."""
    changes: list[dict[str, object]] = [
        {"steps": PLAN.steps[:1]},
        {"binding": {**PLAN.binding, "uid": "b"}},
        {"entry": "f" * 64},
        {"service": "game"},
    ]
    digests = {PLAN.model_copy(update=change).digest for change in changes}
    assert len(digests | {PLAN.digest}) == 5


def test_a_binding_fact_that_moved_is_named_with_both_values() -> None:
    """What the superseded card says comes from here."""
    now: JsonObject = {**PLAN.binding, "weights": [70, 30]}
    assert moved(PLAN, binding=now, shown=PLAN.shown) == {"weights": ([50, 50], [70, 30])}


def test_a_binding_fact_that_is_gone_or_new_has_moved() -> None:
    """Absence counts as a difference."""
    assert set(moved(PLAN, binding={"uid": "a", "extra": 1}, shown={})) == {"weights", "extra"}


def test_a_shown_number_asks_again_only_beyond_its_tolerance() -> None:
    """Four replicas with a tolerance of a half may be six, not seven; a rate without one may be anything."""
    drifted = {"replicas": Shown(value=6), "error_share": Shown(value=0.9)}
    assert moved(PLAN, binding=PLAN.binding, shown=drifted) == {}
    doubled = {"replicas": Shown(value=7)}
    assert moved(PLAN, binding=PLAN.binding, shown=doubled) == {"replicas": (4, 7)}
