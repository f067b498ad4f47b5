"""The guards that the bench takes out of plans: each changes what it names, and nothing else."""

from __future__ import annotations

import pytest

from bench import weak
from bot.domain.model import JsonObject
from bot.domain.plan import Effect, Step

BOTH: JsonObject = {"app": "lobby"}
GREEN: JsonObject = {**BOTH, "version": "green"}
BLUE: JsonObject = {**BOTH, "version": "blue"}


def step(kind: str, params: JsonObject | None = None, *, hold_s: float = 0) -> Step:
    """A step with these parameters."""
    return Step.model_validate({"kind": kind, "params": params or {}, "effect": Effect.CAS, "hold_s": hold_s})


SWITCH = (
    step("scale_up"),
    step("select", {"code": "both", "from": GREEN, "to": BOTH}),
    step("switch_route", hold_s=6),
    step("select", {"code": "good", "from": BOTH, "to": BLUE}),
    step("see_version", hold_s=6),
    step("drain"),
    step("retire"),
)


def test_without_widening_the_selector_goes_straight_to_the_good_side_before_the_route() -> None:
    """From what is live now, in one write."""
    narrowed = weak.narrowed_at_once(SWITCH)
    assert [each.kind for each in narrowed] == ["scale_up", "select", "switch_route", "see_version", "drain", "retire"]
    assert narrowed[1].params == {"code": "good", "from": GREEN, "to": BLUE}


def test_without_propagation_only_the_wait_after_the_route_is_gone() -> None:
    """The steps and their order stay."""
    hurried = weak.without_propagation(SWITCH)
    assert [each.kind for each in hurried] == [each.kind for each in SWITCH]
    assert [each.hold_s for each in hurried] == [0, 0, 0, 0, 6, 0, 0]


def test_without_drain_only_that_step_is_gone() -> None:
    """All others are the very same."""
    assert weak.without_drain(SWITCH) == [each for each in SWITCH if each.kind != "drain"]


@pytest.mark.parametrize("guard", weak.GUARDS.values(), ids=list(weak.GUARDS))
def test_every_guard_takes_something_out(guard: weak.Guard) -> None:
    """A control that weakens nothing shows nothing."""
    assert tuple(guard.change(SWITCH)) != SWITCH
