"""A Deployment that KEDA scales: its ScaledObject is written, what KEDA makes of it never. KEDA itself does not run."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.clients.errors import Moved as MovedError
from jobs.clients.resources import AUTOSCALER, Ref
from jobs.steps import CARRIERS, AlreadySo, AsPlanned, Done, Moved, Waiting
from jobs.steps.claims import FENCE
from jobs.steps.keda import PAUSED_REPLICAS
from jobs.strategies import reading
from jobs.strategies.two_sides import canary as production
from tests.contract.clients.scene import APPS, SCALERS, Scene, autoscaler, settled
from tests.contract.clients.vendors import SCALED, scaled_object


def live(scene: Scene, name: str) -> dict[str, Any]:
    """A live ScaledObject."""
    return scene.admin.get(SCALED.format(scene.namespace, name))


def scaled(scene: Scene, name: str, target: str, **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Put a ScaledObject there; as it is then."""
    scene.cluster.apply([scaled_object(scene.namespace, name, target, **spec)])
    return live(scene, name)


def made_by_keda(scene: Scene, owner: dict[str, Any]) -> None:
    """The autoscaler that KEDA would make of a ScaledObject."""
    hpa = autoscaler(scene.namespace, low=4, high=100)
    reference = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "controller": True, "name": "web"}
    hpa["metadata"]["ownerReferences"] = [{**reference, "uid": owner["metadata"]["uid"]}]
    scene.admin.create(SCALERS.format(scene.namespace), hpa)


@pytest.mark.parametrize("spec", [{"minReplicaCount": 4, "maxReplicaCount": 20}, {}], ids=["named", "not named"])
def test_its_minimum_is_raised_and_put_back(vendors: Scene, spec: dict[str, int]) -> None:
    """One that is not named counts as KEDA's 0. The autoscaler that KEDA made is not touched, nor are replicas."""
    made_by_keda(vendors, scaled(vendors, "web", "game-server", **spec))
    plan = vendors.observe_and_plan()
    up, back = vendors.step(plan, "scale_up"), vendors.step(plan, "autoscaler_back", fence=2)
    assert isinstance(CARRIERS["scale_up"].look(up), AsPlanned)
    CARRIERS["scale_up"].claim(up)
    CARRIERS["scale_up"].apply(up)
    assert live(vendors, "web")["spec"]["minReplicaCount"] == 8
    assert isinstance(CARRIERS["scale_up"].settle(up), Waiting)
    # KEDA would raise its autoscaler's bound, and that the replicas.
    vendors.admin.patch(APPS.format(vendors.namespace, "game-server"), {"spec": {"replicas": 8}})
    assert isinstance(settled(up, within_s=40), Done)
    assert isinstance(CARRIERS["scale_up"].look(up), AlreadySo)
    seen = production(vendors.clients, vendors.service, plan)["autoscaler"]
    least, most = spec.get("minReplicaCount", 0), spec.get("maxReplicaCount", 100)
    assert seen == {"name": "web", "min": 8, "max": most, "min_was": least, "max_was": most}
    assert isinstance(CARRIERS["autoscaler_back"].look(back), AsPlanned)
    CARRIERS["autoscaler_back"].claim(back)
    CARRIERS["autoscaler_back"].apply(back)
    assert live(vendors, "web")["spec"]["minReplicaCount"] == least
    assert isinstance(CARRIERS["autoscaler_back"].look(back), AlreadySo)
    assert set(vendors.writes()) == {"patch scaledobjects/web"}


def test_a_minimum_that_somebody_changed_in_between_is_refused_by_the_api_server(vendors: Scene) -> None:
    """Also one that was not there when it was read."""
    scaled(vendors, "web", "game-server")
    up = vendors.step(vendors.observe_and_plan(), "scale_up")
    CARRIERS["scale_up"].claim(up)
    vendors.admin.patch(SCALED.format(vendors.namespace, "web"), {"spec": {"minReplicaCount": 2}})
    with pytest.raises(MovedError):
        CARRIERS["scale_up"].apply(up)
    assert live(vendors, "web")["spec"]["minReplicaCount"] == 2


def test_a_scaled_object_that_appears_after_the_plan_is_moved(vendors: Scene) -> None:
    """Replicas are never written under one, nor is the canary taken away under one that nobody approved to pause."""
    plan = vendors.observe_and_plan()
    up, retire = vendors.step(plan, "scale_up"), vendors.step(plan, "retire")
    scaled(vendors, "web", "game-server", minReplicaCount=4)
    found = CARRIERS["scale_up"].look(up)
    assert isinstance(found, Moved)
    assert found.name == "autoscaler_uid"
    scaled(vendors, "bad", "game-server-canary")
    found = CARRIERS["retire"].look(retire)
    assert isinstance(found, Moved)
    assert (found.name, found.planned) == ("canary_autoscaler", None)


def test_the_canary_s_scaled_object_is_paused_before_the_canary_goes_and_stays_so(vendors: Scene) -> None:
    """Fence first, then the pause, then the pods; the Deployment is deleted, the ScaledObject is not."""
    scaled(vendors, "bad", "game-server-canary", minReplicaCount=2)
    ctx = vendors.step(vendors.observe_and_plan(), "retire")
    retire = CARRIERS["retire"]
    retire.claim(ctx)
    assert retire.apply(ctx) == {"pods": 4, "paused": "bad"}
    assert settled(ctx) == Done({"deleted": True, "pods_left": 0})
    marks = live(vendors, "bad")["metadata"]["annotations"]
    assert (marks[PAUSED_REPLICAS], marks[FENCE]) == ("0", "1")
    assert vendors.writes() == [
        "patch deployments/game-server-canary",
        "patch scaledobjects/bad",
        "patch scaledobjects/bad",
        "patch deployments/game-server-canary",
        "delete deployments/game-server-canary",
    ]


def test_a_repeated_retirement_pauses_once(vendors: Scene) -> None:
    """A worker that takes over in the middle finds the mark and goes on; pods that KEDA still brings are waited for."""
    scaled(vendors, "bad", "game-server-canary")
    plan = vendors.observe_and_plan()
    first, second = vendors.step(plan, "retire", fence=1), vendors.step(plan, "retire", fence=2)
    retire = CARRIERS["retire"]
    retire.claim(first)
    retire.apply(first)
    retire.claim(second)
    retire.apply(second)
    assert vendors.writes().count("patch scaledobjects/bad") == 3
    vendors.admin.patch(APPS.format(vendors.namespace, "game-server-canary"), {"spec": {"replicas": 1}})
    assert isinstance(retire.settle(second), Waiting)


def test_without_a_plan_for_it_the_live_scaled_object_is_paused(vendors: Scene) -> None:
    """Blue-green's plan does not name it: the step looks itself, also where the Deployment is kept."""
    scaled(vendors, "bad", "game-server-canary")
    plan = vendors.observe_and_plan()
    index = next(i for i, step in enumerate(plan.steps) if step.kind == "retire")
    params = {**{k: v for k, v in plan.steps[index].params.items() if k != "scaler"}, "keep": True}
    steps = (*plan.steps[:index], plan.steps[index].model_copy(update={"params": params}), *plan.steps[index + 1 :])
    ctx = vendors.context(plan.model_copy(update={"steps": steps}), index)
    CARRIERS["retire"].claim(ctx)
    CARRIERS["retire"].apply(ctx)
    assert settled(ctx) == Done({"deleted": False, "pods_left": 0})
    assert live(vendors, "bad")["metadata"]["annotations"][PAUSED_REPLICAS] == "0"


def test_autoscalers_are_read_with_keda_s_own_for_every_way_back(vendors: Scene) -> None:
    """What blue-green reads too: the ScaledObject in an autoscaler's shape, and not the one that KEDA made."""
    made_by_keda(vendors, scaled(vendors, "web", "game-server", minReplicaCount=4))
    found = reading.all_of(vendors.clients.kubernetes, AUTOSCALER, vendors.namespace)()
    assert [(each["kind"], each["metadata"]["name"]) for each in found] == [("ScaledObject", "web")]
    assert found[0]["spec"]["scaleTargetRef"]["kind"] == "Deployment"
    hpa = vendors.clients.kubernetes.get(Ref(AUTOSCALER, vendors.namespace, "game-server"))
    assert FENCE not in (hpa["metadata"].get("annotations") or {})
