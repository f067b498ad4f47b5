"""The way back from a canary rollback: the shares that it wrote down, route by route, and never downwards."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.model import JsonObject
from bot.domain.plan import Plan
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from bot.views import refusals
from bot.views.words import get
from jobs.clients.resources import Raw
from jobs.steps.model import AsPlanned
from jobs.steps.moves import Moves, compare, operations
from jobs.strategies import STRATEGIES
from tests.unit.canary.world import ADMIN, destination, facts, read, request, route, service, split, virtual_service

CANARY = STRATEGIES["canary"]
HEADER = [{"headers": {"x-tester": {"exact": "yes"}}}]
PLAYERS, MOBILE = split(50, name="players"), split(10, name="mobile")
TESTERS = route(destination("canary"), name="testers", match=HEADER)
ID = "rb-20261126-0001"


def planned(*routes: Raw, asked: Request | None = None) -> Plan:
    """The plan for a VirtualService with these routes."""
    found = facts(virtual_services=[virtual_service(*routes)])
    return CANARY.plan(found, asked or request(), service(route=""), "game-server")


def undoing(*then: Raw, **changes: Any) -> Request:  # noqa: ANN401 - JSON
    """Somebody takes back a rollback that had been planned for these routes."""
    undo: JsonObject = {**planned(*then).undo, "id": ID, **changes}
    return request().model_copy(update={"options": {"undo": undo}})


def weight(plan: Plan) -> JsonObject:
    """The parameters of the one step that moves traffic."""
    found = [step.params for step in plan.steps if step.kind == "set_weight"]
    assert len(found) == 1
    return found[0]


def test_one_route_gets_the_share_that_it_had() -> None:
    """From stable's version to the canary's, in one step, and the checks at the end."""
    plan = planned(ADMIN, split(10), asked=undoing(ADMIN, split(50)))
    assert [step.kind for step in plan.steps] == ["set_weight", "validate"]
    assert (plan.from_version, plan.to_version) == ("v2.0.5", "v2.1.0")
    assert (weight(plan)["from"], weight(plan)["to"], weight(plan)["stable_to"]) == (10, 50, 50)
    assert [note.code for note in plan.risks] == ["weight-back", "config-and-db-untouched"]
    assert plan.changes == ()


def test_several_routes_get_each_its_own_share_in_one_patch() -> None:
    """No route is raised to what another one had, and the card names both shares of each."""
    plan = planned(split(0, name="players"), split(0, name="mobile"), asked=undoing(PLAYERS, MOBILE))
    moves, live = Moves.planned(weight(plan)), read(split(0, name="players"), split(0, name="mobile"))
    assert isinstance(compare(live, moves), AsPlanned)
    assert [each["value"] for each in operations(live, moves) if each["op"] == "add"] == [50, 50, 90, 10]
    assert [note.code for note in plan.changes] == ["several-routes-back"]
    assert plan.changes[0].figures["routes"] == ["players (0 → 50 %)", "mobile (0 → 10 %)"]


def test_a_route_that_has_its_share_still_is_not_written() -> None:
    """As after an abort halfway: only the one that had been moved goes back."""
    plan = planned(split(10, name="players"), MOBILE, asked=undoing(PLAYERS, MOBILE))
    written = operations(read(split(10, name="players"), MOBILE), Moves.planned(weight(plan)))
    assert [each["value"] for each in written if each["op"] == "add"] == [50, 50]


def test_a_share_with_a_fraction_comes_back_exactly() -> None:
    """A third is two weights whose sum says so."""
    third = route(destination("stable", 2), destination("canary", 1))
    plan = planned(split(0), asked=undoing(third))
    written = operations(read(split(0)), Moves.planned(weight(plan)))
    assert [each["value"] for each in written if each["op"] == "add"] == [6667, 3333]


def test_testers_that_were_not_switched_yet_stay_where_they_are() -> None:
    """An abort before the last weight left their route alone."""
    plan = planned(TESTERS, split(10), asked=undoing(TESTERS, split(50)))
    assert weight(plan)["switch"] == []
    assert Moves.planned(weight(plan)).left == ("testers",)


@pytest.mark.parametrize(
    ("now", "asked", "code", "why"),
    [
        ([split(50)], undoing(split(50)), Code.ALREADY_THERE, "weight"),
        ([split(60)], undoing(split(50)), Code.ALREADY_THERE, "weight"),
        ([PLAYERS], undoing(PLAYERS, MOBILE), Code.CANNOT_UNDO, "routes-changed"),
        ([MOBILE, PLAYERS], undoing(PLAYERS, MOBILE), Code.CANNOT_UNDO, "routes-changed"),
        ([{**TESTERS, **split(0, name="testers")}], undoing(TESTERS, split(50)), Code.CANNOT_UNDO, "routes-changed"),
        (
            [route(destination("stable"), name="testers", match=HEADER), split(0)],
            undoing(TESTERS, split(50)),
            Code.CANNOT_UNDO,
            "match-switched",
        ),
        ([split(0)], undoing(split(50), routes=None), Code.CANNOT_UNDO, ""),
    ],
)
def test_what_cannot_be_put_back_is_refused_with_its_reason(
    now: list[Raw], asked: Request, code: Code, why: str
) -> None:
    """Nothing is planned, and the words name the rollback that cannot be taken back."""
    with pytest.raises(Refused) as caught:
        planned(*now, asked=asked)
    assert (caught.value.refusal.code, caught.value.refusal.figures.get("why", "")) == (code, why)
    made = refusals.figures(get(), caught.value.refusal)
    said = [part(get(), caught.value.refusal, made) for part in (refusals.happened, refusals.following)]
    assert all(said), said
