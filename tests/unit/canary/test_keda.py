"""A ScaledObject of KEDA's is an autoscaler whose bounds are written, and what would bring the canary back."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.plan import moved
from bot.domain.refusal import Code, Refused
from jobs.clients.resources import Raw
from jobs.steps import keda
from jobs.steps.model import AlreadySo, AsPlanned, Moved
from jobs.steps.workload import floor_kept, raise_bounds
from jobs.strategies import STRATEGIES
from jobs.strategies.canary import binding
from tests.unit.canary.world import autoscaler, deployment, facts, objects, request, scaled_object, service

CANARY = STRATEGIES["canary"]
BAD = "game-server-canary"


def planned(*scaled: Raw, made: tuple[Raw, ...] = (), **canary: Any) -> Any:  # noqa: ANN401 - a plan
    """The plan with these ScaledObjects, and the autoscalers that KEDA made of them."""
    found = facts(autoscalers=keda.instead(scaled, made))
    return CANARY.plan(found, request(), service(**canary), "game-server")


def step(plan: Any, kind: str) -> Any:  # noqa: ANN401 - a plan's step
    """The parameters of the first step of a kind."""
    return next(each.params for each in plan.steps if each.kind == kind)


def annotated(**marks: str) -> Raw:
    """A ScaledObject of stable with annotations of KEDA's."""
    made = scaled_object(minReplicaCount=4)
    made["metadata"]["annotations"] = {
        f"autoscaling.keda.sh/{name.replace('_', '-')}": on for name, on in marks.items()
    }
    return made


def test_the_autoscaler_that_keda_makes_is_never_the_one_that_is_written() -> None:
    """KEDA would write it back; its ScaledObject takes its place, and others stay."""
    own, made = scaled_object(minReplicaCount=2), autoscaler(low=2, high=100)
    made["metadata"]["ownerReferences"] = [{"kind": "ScaledObject", "uid": own["metadata"]["uid"], "controller": True}]
    foreign = autoscaler(low=1, high=2)
    assert [each["metadata"]["uid"] for each in keda.instead([own], [made, foreign])] == [
        "uid-so-game-server",
        "uid-hpa",
    ]
    assert step(planned(own, made=(made,)), "scale_up")["hpa"] == {
        "kind": "ScaledObject",
        "name": "game-server",
        "uid": "uid-so-game-server",
        "min_from": 2,
        "min_to": 8,
        "max_from": 100,
        "max_to": 100,
    }


def test_its_minimum_is_raised_and_put_back() -> None:
    """As an autoscaler's; the reservation names what is written."""
    plan = planned(scaled_object(minReplicaCount=4, maxReplicaCount=10))
    assert [each.kind for each in plan.steps[-3:]] == ["retire", "autoscaler_back", "validate"]
    back = step(plan, "autoscaler_back")
    assert (back["kind"], back["min_from"]) == ("ScaledObject", 4)
    assert "ScaledObject/game-production/game-server" in plan.targets
    assert not [each for each in plan.targets if each.startswith("HorizontalPodAutoscaler/")]


@pytest.mark.parametrize(
    ("spec", "operations"),
    [
        (
            {"minReplicaCount": 4},
            [
                {"op": "test", "path": "/spec/minReplicaCount", "value": 4},
                {"op": "replace", "path": "/spec/minReplicaCount", "value": 8},
            ],
        ),
        (
            {},
            [
                {"op": "test", "path": "/spec/minReplicaCount", "value": None},
                {"op": "add", "path": "/spec/minReplicaCount", "value": 8},
            ],
        ),
        ({"minReplicaCount": 9}, []),
    ],
)
def test_only_a_minimum_below_the_floor_is_written(spec: dict[str, Any], operations: list[dict[str, Any]]) -> None:
    """One that is not named counts as KEDA's 0, and must still not be named when it is written."""
    live = scaled_object(**spec)
    assert raise_bounds(live, step(planned(live), "scale_up")["hpa"]) == operations


def test_the_maximum_is_raised_only_where_the_catalog_lets_it() -> None:
    """KEDA's 100 where it names none."""
    tight = scaled_object(minReplicaCount=1, maxReplicaCount=6)
    with pytest.raises(Refused) as caught:
        planned(tight)
    assert caught.value.refusal.code is Code.ABOVE_MAX
    assert caught.value.refusal.figures["kind"] == "ScaledObject"
    plan = planned(tight, allow_above_max=True)
    paths = [each["path"] for each in raise_bounds(tight, step(plan, "scale_up")["hpa"]) if each["op"] == "replace"]
    assert paths == ["/spec/maxReplicaCount", "/spec/minReplicaCount"]


def test_the_floor_is_looked_for_in_the_scaled_object() -> None:
    """Another one, or none, is another plan."""
    live, stable = scaled_object(minReplicaCount=4), deployment("game-server", tag="v2.0.5")
    params = step(planned(live), "scale_up")
    assert isinstance(floor_kept(stable, keda.as_autoscaler(live), params=params), AsPlanned)
    there = keda.as_autoscaler(scaled_object(minReplicaCount=8))
    assert isinstance(floor_kept(stable, there, params=params), AlreadySo)
    assert floor_kept(stable, autoscaler(low=4, high=10), params=params) == Moved(
        "autoscaler_uid", "uid-so-game-server", "uid-hpa"
    )


@pytest.mark.parametrize(
    ("marks", "refused"),
    [
        ({}, False),
        ({"paused": "false"}, False),
        ({"paused": "true"}, True),
        ({"paused": "yes"}, True),
        ({"paused_replicas": "4"}, True),
        ({"paused_scale_in": "true"}, False),
    ],
)
def test_a_paused_stable_is_refused(marks: dict[str, str], *, refused: bool) -> None:
    """KEDA would bring no pods, whatever the minimum; anything but a clear no pauses, as KEDA reads it."""
    if not refused:
        assert planned(annotated(**marks)).steps
        return
    with pytest.raises(Refused) as caught:
        planned(annotated(**marks))
    assert (caught.value.refusal.code, caught.value.refusal.figures["why"]) == (Code.PAUSED, "scaled-object")


def test_the_canary_s_scaled_object_is_paused_first_and_the_card_says_that_it_stays_so() -> None:
    """It would bring the pods back from 0; Kubernetes' own autoscaler leaves 0 alone."""
    plan = planned(scaled_object(name="bad", target=BAD))
    assert step(plan, "retire")["scaler"] == {"name": "bad", "uid": "uid-so-bad"}
    assert "ScaledObject/game-production/bad" in plan.targets
    notes = {note.code: note.figures for note in plan.risks}
    assert notes["keda-stays-paused"] == {"name": "bad", "deployment": BAD}
    assert step(planned(), "retire")["scaler"] is None


def test_a_pause_tests_the_mark_that_it_replaces() -> None:
    """None before, another number before, or there already."""
    path = "/metadata/annotations/autoscaling.keda.sh~1paused-replicas"
    bare = scaled_object()
    assert keda.pause(bare) == [
        {"op": "test", "path": path, "value": None},
        {"op": "add", "path": path, "value": "0"},
    ]
    assert keda.pause(annotated(paused_replicas="3")) == [
        {"op": "test", "path": path, "value": "3"},
        {"op": "replace", "path": path, "value": "0"},
    ]
    assert keda.pause(annotated(paused_replicas="0")) == []


def test_pods_that_keda_keeps_low_while_idle_are_a_risk() -> None:
    """The minimum does not count while the triggers are quiet."""
    notes = {note.code: note.figures for note in planned(scaled_object(minReplicaCount=4, idleReplicaCount=1)).risks}
    assert notes["keda-idle"] == {"name": "game-server", "idle": 1}
    assert "keda-idle" not in [note.code for note in planned(scaled_object(minReplicaCount=4)).risks]


def test_a_scaled_object_that_comes_after_the_plan_moves_it() -> None:
    """The digest binds which one scales stable, and its maximum, and which one would scale the canary."""
    now = objects(autoscalers=keda.instead([scaled_object(minReplicaCount=4)], []))
    assert set(moved(planned(), binding=binding(now, service()), shown={})) == {"autoscaler_uid", "autoscaler_max"}
    now = objects(autoscalers=keda.instead([scaled_object(name="bad", target=BAD)], []))
    assert set(moved(planned(), binding=binding(now, service()), shown={})) == {"canary_autoscaler_uid"}
