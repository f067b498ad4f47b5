"""Planning a blue-green rollback: which side is which, in which order, and what is refused. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.catalog import Service, load
from bot.domain.people import Person
from bot.domain.plan import Plan
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from jobs.steps import keda
from jobs.strategies.blue_green import BlueGreen, BlueGreenFacts
from jobs.strategies.blue_green_facts import Members, Objects

NAMESPACE, NAME = "game-production", "lobby"


def entry(**changes: Any) -> Service:  # noqa: ANN401 - fields of the blue_green section
    """The shipped lobby; keyword arguments change its blue_green section."""
    service = load(Path("catalog/services.yaml")).services[NAME]
    assert service.blue_green is not None
    changed = type(service.blue_green).model_validate({**service.blue_green.model_dump(), **changes})
    return service.model_copy(update={"blue_green": changed})


def deployment(side: str, tag: str, *, replicas: int = 4, **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - a spec's fields
    """One side's Deployment; its name says nothing about its side."""
    labels = {"app": NAME, "version": side}
    container = {"name": NAME, "image": f"registry.example/lobby:{tag}"}
    return {
        "metadata": {"name": f"d-{tag}", "namespace": NAMESPACE, "uid": f"uid-{tag}", "generation": 1},
        "spec": {
            "replicas": replicas,
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            **spec,
        },
        "status": {"observedGeneration": 1, "readyReplicas": replicas},
    }


def service_object(selector: dict[str, str]) -> dict[str, Any]:
    """The Service."""
    return {"metadata": {"name": NAME, "namespace": NAMESPACE, "uid": "uid-svc"}, "spec": {"selector": selector}}


def destination(subset: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a destination's fields
    """A destination of the mesh."""
    return {"destination": {"host": NAME, "subset": subset}, **more}


def virtual_service(*routes: dict[str, Any]) -> dict[str, Any]:
    """The VirtualService."""
    meta = {"name": "lobby-vs", "namespace": NAMESPACE, "uid": "uid-vs"}
    return {"metadata": meta, "spec": {"hosts": [NAME], "http": list(routes)}}


RULE = {
    "metadata": {"name": NAME, "namespace": NAMESPACE},
    "spec": {
        "host": NAME,
        "subsets": [{"name": "g", "labels": {"version": "green"}}, {"name": "b", "labels": {"version": "blue"}}],
    },
}
GREEN, BLUE = deployment("green", "v3.2.0"), deployment("blue", "v3.1.4", replicas=2)
ROUTE = {"name": "all", "timeout": "5s", "route": [destination("g", weight=100)]}


def facts(**changes: Any) -> BlueGreenFacts:  # noqa: ANN401 - fields of Objects and Members
    """Green live, blue beside it with half the pods."""
    found = {
        "service": service_object({"app": NAME, "version": "green"}),
        "deployments": [GREEN, BLUE],
        "virtual_services": [virtual_service(ROUTE)],
        "destination_rules": [RULE],
        "autoscalers": [],
    }
    members: dict[str, Any] = {"slices": [], "pods": [], "sets": []}
    members |= {name: changes.pop(name) for name in list(changes) if name in members}
    return BlueGreenFacts(objects=Objects(**{**found, **changes}), members=Members(**members), seen=None)


def planned(found: BlueGreenFacts | None = None, *, asked: str = "", service: Service | None = None) -> Plan:
    """The plan of these facts."""
    by = Person(team="T1", id="U1", name="ann")
    request = Request(service=NAME, strategy="blue-green", by=by, channel="C1", version=asked)
    return BlueGreen().plan(found or facts(), request, service or entry(), NAME)


def refused(found: BlueGreenFacts | None = None, *, asked: str = "", service: Service | None = None) -> Refused:
    """The refusal that planning ends with."""
    with pytest.raises(Refused) as no:
        planned(found, asked=asked, service=service)
    return no.value


def kinds(plan: Plan) -> list[str]:
    """The kinds of its steps, in order."""
    return [step.kind for step in plan.steps]


def test_with_a_mesh_the_selector_is_widened_before_the_route_moves_and_narrowed_after() -> None:
    """Capacity first, deletion last; each write knows what it replaces."""
    plan = planned()
    assert kinds(plan) == [
        "scale_up",
        "select",
        "switch_route",
        "select",
        "see_version",
        "drain",
        "retire",
        "validate",
    ]
    widen, switch, narrow = plan.steps[1:4]
    assert widen.params["to"] == {"app": NAME}
    assert narrow.params["from"] == {"app": NAME}
    assert narrow.params["to"] == {"app": NAME, "version": "blue"}
    changes: Any = switch.params["changes"]
    assert [change["after"] for change in changes] == [[destination("b", weight=100)]]
    assert (plan.steps[0].params["from"], plan.steps[0].params["to"]) == (2, 4)
    assert (plan.from_version, plan.to_version) == ("v3.2.0", "v3.1.4")


def test_without_a_mesh_one_patch_of_the_selector_moves_the_traffic() -> None:
    """There is no route to wait for."""
    plan = planned(facts(virtual_services=[]), service=entry(virtual_service="", host=""))
    assert kinds(plan) == ["scale_up", "select", "see_version", "drain", "retire", "validate"]
    assert (plan.steps[1].params["weight_from"], plan.steps[1].params["weight_to"]) == (100, 0)


def test_every_route_that_led_to_the_bad_side_is_moved_and_all_else_stays() -> None:
    """Matches, headers and other hosts stay as they are; where both sides share a route, their weights are added up."""
    other = {"name": "other", "route": [{"destination": {"host": "elsewhere"}}]}
    testers = {"name": "testers", "match": [{"headers": {"x": {"exact": "1"}}}], "route": [destination("g")]}
    split = {"name": "split", "route": [destination("b", weight=10), destination("g", weight=90)]}
    switch = planned(facts(virtual_services=[virtual_service(other, testers, split)])).steps[2]
    changes: Any = switch.params["changes"]
    assert [(each["index"], each["name"]) for each in changes] == [(1, "testers"), (2, "split")]
    assert changes[0]["after"] == [destination("b")]
    assert changes[1]["after"] == [destination("b", weight=100)]


def test_a_side_that_is_kept_is_scaled_to_zero_and_can_be_gone_back_to() -> None:
    """No step is destructive then, and the way back stands in the plan."""
    plan = planned(service=entry(keep_at_zero=True))
    assert not any(step.destructive for step in plan.steps)
    assert plan.undo == {"strategy": "blue-green"}
    assert planned().undo == {}


@pytest.mark.parametrize(
    ("changes", "code", "why"),
    [
        ({"service": None}, Code.NO_WORKLOAD, None),
        ({"service": service_object({"app": NAME})}, Code.NO_SIDE, "selector"),
        ({"service": service_object({"version": "green"})}, Code.NO_SIDE, "selector"),
        ({"service": service_object({"app": NAME, "version": "red"})}, Code.NO_SIDE, "nothing"),
        ({"deployments": [GREEN]}, Code.NO_SIDE, "other"),
        ({"deployments": [GREEN, BLUE, deployment("red", "v3.0.0")]}, Code.MANY_SIDES, None),
        ({"deployments": [GREEN, deployment("green", "v3.2.1"), BLUE]}, Code.MANY_SIDES, None),
        ({"deployments": [GREEN, deployment("blue", "v3.1.4", paused=True)]}, Code.PAUSED, None),
        ({"destination_rules": []}, Code.NO_SUBSET, None),
        ({"virtual_services": []}, Code.NO_ROUTE, None),
        ({"virtual_services": [virtual_service({"route": [destination("b")]})]}, Code.NO_ROUTE, None),
        (
            {"virtual_services": [virtual_service({**ROUTE, "mirror": destination("g")["destination"]})]},
            Code.ROUTE_SHARED,
            None,
        ),
    ],
)
def test_what_cannot_be_switched_is_refused_with_the_reason(
    changes: dict[str, Any], code: Code, why: str | None
) -> None:
    """Each names what was found; nothing is guessed."""
    no = refused(facts(**changes)).refusal
    assert no.code is code
    assert no.figures.get("why") == why


def test_a_version_picks_one_of_several_other_sides() -> None:
    """Which side is meant is said, never guessed."""
    three = facts(deployments=[GREEN, BLUE, deployment("red", "v3.0.0")])
    assert planned(three, asked="v3.1.4").to_version == "v3.1.4"
    assert refused(asked="v9.9.9").refusal.figures["why"] == "version"


def test_a_selector_whose_endpoints_are_others_is_being_switched_by_somebody() -> None:
    """The side is told by who serves, too."""
    endpoint = {"targetRef": {"uid": "somebody"}, "conditions": {"ready": True}}
    assert refused(facts(slices=[{"endpoints": [endpoint]}])).refusal.figures["why"] == "endpoints"


def test_binding_facts_do_not_move_with_counts() -> None:
    """Replicas and readiness may change between two approvals; selector, routes and templates may not."""
    before = planned().binding
    scaled = [deployment("green", "v3.2.0", replicas=7), BLUE]
    assert planned(facts(deployments=scaled)).binding == before
    moved = virtual_service({**ROUTE, "route": [destination("g", weight=50)]})
    assert planned(facts(virtual_services=[moved])).binding != before


def test_scaled_objects_are_raised_on_the_good_side_and_paused_on_the_bad_one() -> None:
    """KEDA would write its own autoscaler back, and bring the bad side's pods back from 0."""

    def scaled(name: str) -> dict[str, Any]:
        meta = {"name": f"so-{name}", "namespace": NAMESPACE, "uid": f"uid-so-{name}"}
        spec = {"scaleTargetRef": {"name": name}, "minReplicaCount": 2, "maxReplicaCount": 10}
        return keda.as_autoscaler({"metadata": meta, "spec": spec})

    plan = planned(facts(autoscalers=[scaled("d-v3.1.4"), scaled("d-v3.2.0")]))
    hpa: Any = plan.steps[0].params["hpa"]
    assert (hpa["kind"], hpa["min_from"], hpa["min_to"]) == ("ScaledObject", 2, 4)
    retire = next(step for step in plan.steps if step.kind == "retire")
    assert retire.params["scaler"] == {"name": "so-d-v3.2.0", "uid": "uid-so-d-v3.2.0"}
    assert {f"ScaledObject/{NAMESPACE}/so-d-{tag}" for tag in ("v3.1.4", "v3.2.0")} <= set(plan.targets)
    assert "keda-stays-paused" in [note.code for note in plan.risks]
