"""Each step's claim, write and proof on a real API server."""

from __future__ import annotations

import pytest

from jobs.clients.errors import Moved as MovedError
from jobs.clients.errors import NotFound
from jobs.clients.resources import DEPLOYMENT, VIRTUAL_SERVICE, Ref
from jobs.steps import CARRIERS, AlreadySo, AsPlanned, Done, Fenced, Moved, Stuck
from jobs.steps.claims import FENCE, carried
from jobs.steps.routing import VirtualServices
from jobs.steps.splits import Pair
from jobs.strategies import STRATEGIES
from jobs.strategies.two_sides import canary as production
from tests.contract.clients.scene import APPS, ISTIO, SCALERS, Scene, autoscaler, settled


def carry(scene: Scene, kind: str, *, fence: int = 1) -> None:
    """Look, claim, apply and settle the first step of a kind, as the runner would."""
    ctx = scene.step(scene.observe_and_plan(), kind, fence=fence)
    carrier = CARRIERS[kind]
    assert isinstance(carrier.look(ctx), AsPlanned)
    carrier.claim(ctx)
    carrier.apply(ctx)
    assert isinstance(settled(ctx), Done)


def set_weights(scene: Scene, *, stable: int, canary: int) -> None:
    """Somebody else changes the weights by hand."""
    index = next(i for i, r in enumerate(scene.virtual_service()["spec"]["http"]) if r.get("name") == "primary")
    scene.admin.patch(
        ISTIO.format(scene.namespace),
        [
            {"op": "replace", "path": f"/spec/http/{index}/route/0/weight", "value": stable},
            {"op": "replace", "path": f"/spec/http/{index}/route/1/weight", "value": canary},
        ],
        kind="json",
    )


def test_a_plan_is_made_from_live_objects(scene: Scene) -> None:
    """Versions, capacity, weights, pods by owner, when the canary was deployed; Prometheus away is a risk."""
    plan = scene.observe_and_plan()
    assert (plan.from_version, plan.to_version) == ("v2.1.0", "v2.0.5")
    assert [s.kind for s in plan.steps][:2] == ["scale_up", "set_weight"]
    assert plan.shown["canary_pods"].value == 4
    assert str(plan.shown["replica_set"].value).startswith("game-server-canary-")
    assert isinstance(plan.shown["deployed_at"].value, int)
    assert str(plan.shown["stable_digest"].value).startswith("sha256:")
    assert "prometheus-unknown" in [note.code for note in plan.risks]
    assert scene.writes() == []


def test_binding_read_again_is_as_planned_while_pods_come_and_go(scene: Scene) -> None:
    """Nothing moved: not by status, not by replicas."""
    plan = scene.observe_and_plan()
    scene.admin.patch(APPS.format(scene.namespace, "game-server-canary"), {"spec": {"replicas": 3}})
    binding, shown = STRATEGIES["canary"].bind(scene.clients, plan, scene.service)
    assert binding == plan.binding
    assert shown["needed"].value == 7


def test_scale_up_raises_replicas_and_waits_until_they_are_available(scene: Scene) -> None:
    """Two writes: the claim and the change, both under the step's field manager."""
    carry(scene, "scale_up")
    live = scene.deployment("game-server")
    assert (live["spec"]["replicas"], live["metadata"]["annotations"][FENCE]) == (8, "1")
    assert scene.writes("rb-1042/1/1") == ["patch deployments/game-server"] * 2


def test_under_an_autoscaler_only_its_bound_is_written(scene: Scene) -> None:
    """The controller itself brings the replicas; the bound goes back afterwards."""
    scene.cluster.apply([autoscaler(scene.namespace, low=4, high=10)])
    plan = scene.observe_and_plan()
    up, back = scene.step(plan, "scale_up"), scene.step(plan, "autoscaler_back", fence=2)
    CARRIERS["scale_up"].claim(up)
    CARRIERS["scale_up"].apply(up)
    assert isinstance(settled(up, within_s=40), Done)
    assert isinstance(CARRIERS["scale_up"].look(up), AlreadySo)
    assert set(scene.writes()) == {"patch horizontalpodautoscalers/game-server"}
    CARRIERS["autoscaler_back"].claim(back)
    CARRIERS["autoscaler_back"].apply(back)
    assert settled(back) == Done({"min": 4, "max": 10})
    assert isinstance(CARRIERS["autoscaler_back"].look(back), AlreadySo)


def test_an_autoscaler_that_appears_after_the_plan_is_moved(scene: Scene) -> None:
    """Replicas are never written under one."""
    ctx = scene.step(scene.observe_and_plan(), "scale_up")
    scene.admin.create(SCALERS.format(scene.namespace), autoscaler(scene.namespace, low=4, high=10))
    found = CARRIERS["scale_up"].look(ctx)
    assert isinstance(found, Moved)
    assert found.name == "autoscaler_uid"


def test_a_quota_that_forbids_pods_is_stuck_within_15_s(scene: Scene) -> None:
    """The reason comes from the controller's own condition."""
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "full", "namespace": scene.namespace},
        "spec": {"hard": {"pods": "8"}},
    }
    scene.cluster.apply([quota])
    # The sandbox runs no quota controller, so what is used is written as that would have counted it.
    path = f"/api/v1/namespaces/{scene.namespace}/resourcequotas/full/status"
    scene.admin.patch(path, {"status": {"hard": {"pods": "8"}, "used": {"pods": "8"}}})
    ctx = scene.step(scene.observe_and_plan(), "scale_up")
    CARRIERS["scale_up"].claim(ctx)
    CARRIERS["scale_up"].apply(ctx)
    found = settled(ctx, within_s=15)
    assert isinstance(found, Stuck)
    assert (found.code, found.figures["reason"]) == ("replica-failure", "FailedCreate")


def test_a_weight_is_moved_and_everything_else_survives_untouched(scene: Scene) -> None:
    """Routes, matches, headers, retries, hosts: byte for byte."""
    before = scene.virtual_service()["spec"]
    carry(scene, "set_weight")
    assert scene.weights() == {"stable": 75, "canary": 25}
    after = scene.virtual_service()["spec"]
    for spec in (before, after):
        for route in spec["http"]:
            for entry in route["route"]:
                entry.pop("weight", None)
    assert after == before


def test_a_doubled_apply_is_already_so_and_writes_nothing(scene: Scene) -> None:
    """The runner looks before it repeats; an apply without a look is refused by its own tests."""
    plan = scene.observe_and_plan()
    ctx = scene.step(plan, "set_weight")
    weight = CARRIERS["set_weight"]
    weight.claim(ctx)
    weight.apply(ctx)
    written = len(scene.writes())
    assert weight.look(ctx) == AlreadySo({"canary": 25.0, "stable": 75.0})
    with pytest.raises(MovedError):
        weight.apply(ctx)
    weight.claim(ctx)
    assert len(scene.writes()) == written


def test_weights_changed_by_hand_are_moved(scene: Scene) -> None:
    """Planned 50, now 30."""
    ctx = scene.step(scene.observe_and_plan(), "set_weight")
    set_weights(scene, stable=70, canary=30)
    assert CARRIERS["set_weight"].look(ctx) == Moved("canary_weight", 50.0, 30.0)


def test_a_patch_built_on_an_older_read_is_refused_by_the_api_server(scene: Scene) -> None:
    """Between read and write the weights move: HTTP 422, and nothing is written."""
    from jobs.steps import patches  # noqa: PLC0415 - pytest would collect `patches.test` as a test

    ctx = scene.step(scene.observe_and_plan(), "set_weight")
    CARRIERS["set_weight"].claim(ctx)
    ref = Ref(VIRTUAL_SERVICE, scene.namespace, "game-server-vs")
    (route,) = VirtualServices().find(scene.clients.kubernetes.get(ref), Pair.planned(ctx.step.params)).routes
    operations = patches.guarded(uid=ctx.text("uid"), fence=1, operations=patches.weights(route, stable=75, canary=25))
    set_weights(scene, stable=70, canary=30)
    with pytest.raises(MovedError):
        scene.clients.kubernetes.json_patch(ref, operations, manager=ctx.manager)
    assert scene.weights() == {"stable": 70, "canary": 30}


def test_a_higher_fence_stops_claim_and_write(scene: Scene) -> None:
    """Whoever was taken over changes nothing any more."""
    plan = scene.observe_and_plan()
    old, new = scene.step(plan, "set_weight", fence=7), scene.step(plan, "set_weight", fence=8)
    weight = CARRIERS["set_weight"]
    weight.claim(old)
    weight.claim(new)
    with pytest.raises(Fenced):
        weight.claim(old)
    with pytest.raises(MovedError):
        weight.apply(old)
    assert scene.weights() == {"stable": 50, "canary": 50}
    refs = [Ref(VIRTUAL_SERVICE, scene.namespace, "game-server-vs"), Ref(DEPLOYMENT, scene.namespace, "game-server")]
    assert [carried(scene.clients.kubernetes.get(ref), ref, mine=8) for ref in refs] == [8, 0]


def test_an_object_made_anew_is_not_the_one_that_was_planned(scene: Scene) -> None:
    """Same name, other uid: refused at the look and at the claim."""
    ctx = scene.step(scene.observe_and_plan(), "set_weight")
    live = scene.virtual_service()
    scene.admin.delete(ISTIO.format(scene.namespace))
    fresh = {**live, "metadata": {"name": "game-server-vs", "namespace": scene.namespace}}
    scene.cluster.apply([fresh])
    found = CARRIERS["set_weight"].look(ctx)
    assert isinstance(found, Moved)
    assert found.name == "virtual_service_uid"
    with pytest.raises(MovedError):
        CARRIERS["set_weight"].claim(ctx)


@pytest.mark.parametrize(
    ("side", "deployment", "kind"),
    [("stable", "game-server", "set_weight"), ("canary", "game-server-canary", "retire")],
)
def test_another_version_deployed_since_the_approval_is_moved(
    scene: Scene, side: str, deployment: str, kind: str
) -> None:
    """No traffic goes to, and nothing is deleted of, a pod template that nobody approved."""
    ctx = scene.step(scene.observe_and_plan(), kind)
    labels = {"spec": {"template": {"metadata": {"labels": {"build": "another"}}}}}
    scene.admin.patch(APPS.format(scene.namespace, deployment), labels)
    found = CARRIERS[kind].look(ctx)
    assert isinstance(found, Moved)
    assert found.name == f"{side}_template"
    assert not scene.writes()


def test_nothing_is_retired_while_a_route_leads_there(scene: Scene) -> None:
    """The proof stands before the deletion."""
    ctx = scene.step(scene.observe_and_plan(), "retire")
    found = CARRIERS["retire"].look(ctx)
    assert isinstance(found, Moved)
    assert found.name == "canary_traffic"


def test_nothing_is_retired_while_prometheus_cannot_prove_it_drained(scene: Scene) -> None:
    """Unknown destroys nothing."""
    ctx = scene.step(scene.observe_and_plan(), "retire")
    set_weights(scene, stable=100, canary=0)
    assert CARRIERS["retire"].look(ctx) == Moved("canary_requests", 0, None)


def test_a_canary_is_scaled_to_zero_and_then_deleted(scene: Scene) -> None:
    """Claim, scale, wait for the pods, delete exactly that version; the second look finds it gone."""
    plan = scene.observe_and_plan()
    ctx = scene.step(plan, "retire")
    set_weights(scene, stable=100, canary=0)
    retire = CARRIERS["retire"]
    retire.claim(ctx)
    assert retire.apply(ctx) == {"pods": 4}
    assert settled(ctx) == Done({"deleted": True, "pods_left": 0})
    with pytest.raises(NotFound):
        scene.clients.kubernetes.get(Ref(DEPLOYMENT, scene.namespace, "game-server-canary"))
    assert isinstance(retire.look(ctx), AlreadySo)
    written = scene.writes()
    assert written == ["patch deployments/game-server-canary"] * 2 + ["delete deployments/game-server-canary"]


def test_a_canary_that_somebody_scales_up_again_is_not_deleted(scene: Scene) -> None:
    """Stuck, with how many pods it has now."""
    plan = scene.observe_and_plan()
    ctx = scene.step(plan, "retire")
    CARRIERS["retire"].claim(ctx)
    CARRIERS["retire"].apply(ctx)
    scene.admin.patch(APPS.format(scene.namespace, "game-server-canary"), {"spec": {"replicas": 2}})
    assert settled(ctx) == Stuck("scaled-back", {"replicas": 2})


def test_production_is_told_with_null_for_what_nobody_knows(scene: Scene) -> None:
    """Weights, versions and pods are known, Prometheus is not."""
    plan = scene.observe_and_plan()
    seen = production(scene.clients, scene.service, plan)
    assert (seen["canary_weight"], seen["stable_version"], seen["canary_version"]) == (50, "v2.0.5", "v2.1.0")
    assert (seen["stable_ready"], seen["canary_deleted"], seen["error_share"]) == (4, False, None)
