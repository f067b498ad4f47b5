"""An HTTPRoute carries the canary: every step on a real API server, under simulated traffic."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from bot.domain.refusal import Code, Refused
from bot.domain.verdict import Verdict
from jobs.clients.errors import Moved as MovedError
from jobs.steps import CARRIERS, AlreadySo, AsPlanned, Fenced, Moved
from jobs.steps.claims import FENCE
from jobs.strategies.two_sides import canary as production
from tests.contract.clients.playing import carried, playing
from tests.contract.clients.scene import APPS, ISTIO, Scene, entry
from tests.contract.clients.vendors import BACKENDS, ROUTE, gateway_objects

GATEWAY: dict[str, Any] = {
    "virtual_service": "",
    "host": "",
    "route": "",
    "http_route": "game-server",
    "stable": {"deployment": "game-server", "subset": "stable", "service": BACKENDS["stable"]},
    "canary": {"deployment": "game-server-canary", "subset": "canary", "service": BACKENDS["canary"]},
}


@pytest.fixture
def gateway(vendors: Scene) -> Scene:
    """The game behind an HTTPRoute; its VirtualService is not the bot's concern any more."""
    vendors.cluster.apply(gateway_objects(vendors.namespace))
    return Scene(
        vendors.cluster, vendors.namespace, vendors.clients, entry(vendors.namespace, **GATEWAY), vendors.admin
    )


def rules(scene: Scene) -> dict[str, Any]:
    """The live rules by name."""
    live = scene.admin.get(ROUTE.format(scene.namespace))
    return {rule["name"]: rule for rule in live["spec"]["rules"]}


def weights(scene: Scene) -> list[int]:
    """Live weights of the rule that splits: stable, canary."""
    return [each["weight"] for each in rules(scene)["players"]["backendRefs"]]


def by_hand(scene: Scene, *, stable: int, canary: int) -> None:
    """Somebody else changes the weights."""
    spec = scene.admin.get(ROUTE.format(scene.namespace))["spec"]
    spec["rules"][1]["backendRefs"][0]["weight"], spec["rules"][1]["backendRefs"][1]["weight"] = stable, canary
    scene.admin.patch(ROUTE.format(scene.namespace), {"spec": {"rules": spec["rules"]}})


def as_the_gateway_does(scene: Scene) -> None:
    """What a gateway's controller would: the simulated proxies only read VirtualServices, so they are told by one."""
    stable, canary = weights(scene)
    http = scene.virtual_service()["spec"]["http"]
    split = next(route for route in http if route.get("name") == "primary")
    split["route"][0]["weight"], split["route"][1]["weight"] = stable, canary
    scene.admin.patch(ISTIO.format(scene.namespace), {"spec": {"http": http}})


def test_a_canary_behind_a_gateway_is_taken_back_step_by_step(gateway: Scene, tmp_path: Path) -> None:
    """Capacity, weights, drain, deletion, validation: the very same steps, every check passing."""
    before = copy.deepcopy(rules(gateway))
    with playing(gateway, tmp_path, **GATEWAY) as played:
        scene = played.scene
        plan = scene.observe_and_plan()
        assert [step.params["to"] for step in plan.steps if step.kind == "set_weight"] == [25, 10, 0]
        checks = []
        for index in range(len(plan.steps)):
            checks += carried(scene, plan, index, written=lambda: as_the_gateway_does(scene))
        assert [check for check in checks if check.verdict is Verdict.FAIL] == []
        # While testers stay, how much of it is theirs is not known; the last weight and the validation are.
        unknown = [check for check in checks if check.verdict is Verdict.UNKNOWN]
        assert {check.saw for check in unknown} <= {"several-routes"}
        seen = production(scene.clients, scene.service, plan)
        assert (seen["canary_weight"], seen["canary_deleted"], seen["stable_ready"]) == (0, True, 8)
    after = rules(gateway)
    assert after["testers"]["backendRefs"][0]["name"] == BACKENDS["stable"]
    assert [each["weight"] for each in after["players"]["backendRefs"]] == [100, 0]
    after["testers"]["backendRefs"][0]["name"] = BACKENDS["canary"]
    for each, weight in zip(after["players"]["backendRefs"], (50, 50), strict=True):
        each["weight"] = weight
    assert after == before


def test_weights_are_claimed_written_and_tested_as_in_a_mesh(gateway: Scene) -> None:
    """Two writes under the step's manager; a doubled apply and an older fence change nothing."""
    plan = gateway.observe_and_plan()
    old, new = gateway.step(plan, "set_weight", fence=7), gateway.step(plan, "set_weight", fence=8)
    weight = CARRIERS["set_weight"]
    weight.claim(old)
    weight.claim(new)
    with pytest.raises(Fenced):
        weight.claim(old)
    with pytest.raises(MovedError):
        weight.apply(old)
    assert weights(gateway) == [50, 50]
    weight.apply(new)
    assert weights(gateway) == [75, 25]
    assert isinstance(weight.look(new), AlreadySo)
    with pytest.raises(MovedError):
        weight.apply(new)
    assert gateway.writes(new.manager) == ["patch httproutes/game-server"] * 2
    assert gateway.admin.get(ROUTE.format(gateway.namespace))["metadata"]["annotations"][FENCE] == "8"


def test_weights_changed_by_hand_are_moved(gateway: Scene) -> None:
    """Planned 50, now 30; and back again it is as planned."""
    ctx = gateway.step(gateway.observe_and_plan(), "set_weight")
    by_hand(gateway, stable=70, canary=30)
    assert CARRIERS["set_weight"].look(ctx) == Moved("canary_weight", 50, 30.0)
    by_hand(gateway, stable=1, canary=1)
    assert isinstance(CARRIERS["set_weight"].look(ctx), AsPlanned)


def test_nothing_is_retired_while_any_kind_of_route_leads_there(gateway: Scene) -> None:
    """A VirtualService to the canary's own Service counts as much as the HTTPRoute."""
    plan = gateway.observe_and_plan()
    retire = gateway.step(plan, "retire")
    by_hand(gateway, stable=100, canary=0)
    found = CARRIERS["retire"].look(retire)
    assert isinstance(found, Moved)
    assert isinstance(found.now, list)
    assert [place["route"] for place in found.now if isinstance(place, dict)] == ["testers"]
    weight = gateway.context(plan, 3)
    CARRIERS["set_weight"].claim(weight)
    CARRIERS["set_weight"].apply(weight)
    assert CARRIERS["retire"].look(retire) == Moved("canary_requests", 0, None)
    other = {"route": [{"destination": {"host": BACKENDS["canary"]}}]}
    gateway.admin.patch(ISTIO.format(gateway.namespace), {"spec": {"http": [other]}})
    found = CARRIERS["retire"].look(retire)
    assert isinstance(found, Moved)
    assert found.name == "canary_traffic"


def test_a_stable_service_that_takes_the_canary_s_pods_too_is_refused(gateway: Scene) -> None:
    """Weights would move nothing."""
    path = f"/api/v1/namespaces/{gateway.namespace}/services/{BACKENDS['stable']}"
    gateway.admin.patch(path, {"spec": {"selector": {"track": None}}})
    with pytest.raises(Refused) as caught:
        gateway.observe_and_plan()
    assert caught.value.refusal.code is Code.ROUTE_SHARED
    assert caught.value.refusal.figures["why"] == "backend"


def test_a_mesh_s_canary_is_not_deleted_while_an_http_route_leads_to_its_service(vendors: Scene) -> None:
    """The catalog names the VirtualService; somebody's HTTPRoute goes to the canary all the same."""
    vendors.cluster.apply(gateway_objects(vendors.namespace))
    with pytest.raises(Refused) as caught:
        vendors.observe_and_plan()
    assert caught.value.refusal.code is Code.ROUTE_SHARED
    assert caught.value.refusal.figures["http_route"] == "game-server"
    assert vendors.deployment("game-server-canary")["spec"]["replicas"] == 4
    assert vendors.admin.get(APPS.format(vendors.namespace, "game-server"))["spec"]["replicas"] == 4
