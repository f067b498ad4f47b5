"""Several routes, testers, TCP and an ambient mesh, on a real API server."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.refusal import Code, Refused
from jobs.steps import CARRIERS, AlreadySo, AsPlanned, Done, Moved
from tests.contract.clients.rules import grant
from tests.contract.clients.scene import ISTIO, Scene, entry, eventually, settled

NAMESPACES = "/api/v1/namespaces/{}"
TESTERS: dict[str, Any] = {
    "name": "testers",
    "match": [{"headers": {"x-tester": {"exact": "yes"}}}, {"uri": {"regex": "^/beta(/.*)?$"}, "ignoreUriCase": True}],
    "mirror": {"host": "recorder"},
    "timeout": "1.5s",
    "route": [
        {"destination": {"host": "game-server", "subset": "canary"}, "headers": {"request": {"add": {"x-by": "test"}}}}
    ],
}
MOBILE: dict[str, Any] = {
    "name": "mobile",
    "match": [{"uri": {"prefix": "/mobile"}}],
    "fault": {"delay": {"percentage": {"value": 0.1}, "fixedDelay": "1s"}},
    "route": [
        {"destination": {"host": "game-server", "subset": "stable"}, "weight": 90},
        {"destination": {"host": "game-server", "subset": "canary"}, "weight": 10},
    ],
}


@pytest.fixture
def several(scene: Scene) -> Scene:
    """The game with a route more that splits, and one for testers; the catalog names no route."""
    http = scene.virtual_service()["spec"]["http"]
    change = {"spec": {"http": [TESTERS, *http[:1], MOBILE, *http[1:]]}}
    scene.admin.patch(ISTIO.format(scene.namespace), change)
    return replace(scene, service=entry(scene.namespace, route=""))


def routes(scene: Scene) -> dict[str, Any]:
    """The live HTTP routes by name."""
    return {route["name"]: route for route in scene.virtual_service()["spec"]["http"]}


def shares(scene: Scene) -> dict[str, int]:
    """The canary's live weight by route, of those that split."""
    return {name: route["route"][1]["weight"] for name, route in routes(scene).items() if len(route["route"]) > 1}


def carry_weights(scene: Scene) -> list[dict[str, int]]:
    """All weight steps of one plan, as the runner would carry them out; the shares after each."""
    plan, seen = scene.observe_and_plan(), []
    for index, step in enumerate(plan.steps):
        if step.kind == "set_weight":
            ctx = scene.context(plan, index, fence=index)
            weight = CARRIERS["set_weight"]
            assert isinstance(weight.look(ctx), AsPlanned)
            weight.claim(ctx)
            weight.apply(ctx)
            assert isinstance(settled(ctx), Done)
            assert isinstance(weight.look(ctx), AlreadySo)
            seen.append(shares(scene))
    return seen


def test_all_routes_go_down_together_and_nothing_else_of_the_object_changes(several: Scene) -> None:
    """One write a weight; matches, faults, retries and headers survive byte for byte, and testers go to stable last."""
    before = several.virtual_service()["spec"]
    assert carry_weights(several) == [
        {"mobile": 10, "primary": 25},
        {"mobile": 10, "primary": 10},
        {"mobile": 0, "primary": 0},
    ]
    assert several.writes() == ["patch virtualservices/game-server-vs"] * 6
    wanted = copy.deepcopy(before)
    for route in wanted["http"]:
        if route["name"] == "testers":
            route["route"][0]["destination"]["subset"] = "stable"
        elif len(route["route"]) > 1:
            route["route"][0]["weight"], route["route"][1]["weight"] = 100, 0
    after = several.virtual_service()["spec"]
    for spec in (wanted, after):
        for route in spec["http"]:
            for each in route["route"]:
                each.setdefault("weight", 0)
    assert after == wanted


def test_nothing_leads_to_the_canary_after_the_last_weight(several: Scene) -> None:
    """Testers included: only then may it be drained and deleted."""
    plan = several.observe_and_plan()
    drain = several.step(plan, "drain")
    assert isinstance(CARRIERS["drain"].look(drain), Moved)
    carry_weights(several)
    assert isinstance(CARRIERS["drain"].look(drain), AsPlanned)


def test_a_tester_s_route_that_somebody_changes_is_moved_and_not_overwritten(several: Scene) -> None:
    """Between the plan and the last weight."""
    plan = several.observe_and_plan(fast="yes")
    ctx = several.step(plan, "set_weight")
    http = several.virtual_service()["spec"]["http"]
    http[0]["name"] = "insiders"
    several.admin.patch(ISTIO.format(several.namespace), {"spec": {"http": http}})
    assert CARRIERS["set_weight"].look(ctx) == Moved("match_routes", ["testers"], ["insiders"])
    assert several.writes() == []


def test_a_route_inserted_before_the_others_is_read_afresh(several: Scene) -> None:
    """Places in the object are no part of the plan."""
    plan = several.observe_and_plan(fast="yes")
    ctx = several.step(plan, "set_weight")
    http = several.virtual_service()["spec"]["http"]
    extra = {**http[1], "name": "extra", "match": [{"uri": {"prefix": "/extra"}}]}
    several.admin.patch(ISTIO.format(several.namespace), {"spec": {"http": [extra, *http]}})
    CARRIERS["set_weight"].claim(ctx)
    CARRIERS["set_weight"].apply(ctx)
    assert shares(several) == {"mobile": 0, "primary": 0}
    assert routes(several)["testers"]["route"][0]["destination"]["subset"] == "stable"


def test_tcp_to_the_canary_is_refused(scene: Scene) -> None:
    """With the object and the route to look at."""
    tcp = {"match": [{"port": 9000}], "route": [{"destination": {"host": "game-server", "subset": "canary"}}]}
    scene.admin.patch(ISTIO.format(scene.namespace), {"spec": {"tcp": [tcp]}})
    with pytest.raises(Refused) as caught:
        scene.observe_and_plan()
    assert caught.value.refusal.code is Code.ROUTE_SHARED
    figures = caught.value.refusal.figures
    assert (figures["protocol"], figures["virtual_service"]) == ("tcp", "game-server-vs")


def test_an_ambient_mesh_without_a_waypoint_is_refused_where_the_namespace_may_be_read(scene: Scene) -> None:
    """Without that right it is a risk on the card; with a waypoint somebody obeys the weights."""
    home = NAMESPACES.format(scene.namespace)
    scene.admin.patch(home, {"metadata": {"labels": {"istio.io/dataplane-mode": "ambient"}}})
    known = {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"], "resourceNames": [scene.namespace]}
    grant(scene.cluster, scene.namespace, [known])
    with pytest.raises(Refused) as caught:
        scene.observe_and_plan()
    assert (caught.value.refusal.code, caught.value.refusal.figures["why"]) == (Code.NO_ROUTE, "ambient")
    scene.admin.patch(home, {"metadata": {"labels": {"istio.io/use-waypoint": "waypoint"}}})
    assert scene.observe_and_plan().steps


def test_a_namespace_that_may_not_be_read_is_said_on_the_card(scene: Scene) -> None:
    """A right that is missing for a look alone stops no rollback."""
    role = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{scene.namespace}/roles/rollback-bot"
    rules = [rule for rule in scene.admin.get(role)["rules"] if "namespaces" not in rule["resources"]]
    scene.admin.patch(role, {"rules": rules})
    # The API server hears of a changed Role by a watch of its own.
    eventually(lambda: "ambient-unknown" in [note.code for note in scene.observe_and_plan().risks])
