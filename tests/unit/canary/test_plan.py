"""What is planned from which facts."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.plan import moved
from bot.domain.refusal import Code, Refused
from jobs.strategies import STRATEGIES
from jobs.strategies.canary import binding
from tests.unit.canary.world import (
    ADMIN,
    autoscaler,
    deployment,
    destination,
    facts,
    objects,
    request,
    route,
    seen,
    service,
    split,
    traffic,
    virtual_service,
)

CANARY = STRATEGIES["canary"]


def planned(found: Any = None, asked: Any = None, **canary: Any) -> Any:  # noqa: ANN401 - built by world
    """The plan for the demo's facts, or those given."""
    return CANARY.plan(found or facts(), asked or request(), service(**canary), "game-server")


def weights(plan: Any) -> list[tuple[float, float]]:  # noqa: ANN401 - a plan
    """From and to of each weight step."""
    return [(s.params["from"], s.params["to"]) for s in plan.steps if s.kind == "set_weight"]


@pytest.mark.parametrize(
    ("live", "moves", "left_out"),
    [
        (100, [(100, 75), (75, 50), (50, 25), (25, 10), (10, 0)], []),
        (50, [(50, 25), (25, 10), (10, 0)], [75, 50]),
        (30, [(30, 25), (25, 10), (10, 0)], [75, 50]),
        (10, [(10, 0)], [75, 50, 25, 10]),
        (5, [(5, 0)], [75, 50, 25, 10]),
        (0, [], [75, 50, 25, 10, 0]),
    ],
)
def test_only_weights_below_the_live_one_are_planned(
    live: float, moves: list[tuple[float, float]], left_out: list[int]
) -> None:
    """A rollback never raises the canary, and says which weights it left out."""
    plan = planned(facts(canary_percent=live))
    assert weights(plan) == moves
    notes = {note.code: note.figures for note in plan.left_out}
    assert notes.get("weights-not-below", {"weights": []})["weights"] == left_out


def test_steps_stand_in_the_order_capacity_traffic_drain_delete_validate() -> None:
    """DESIGN.md's principle 9."""
    kinds = [step.kind for step in planned().steps]
    assert kinds == ["scale_up", "set_weight", "set_weight", "set_weight", "drain", "retire", "validate"]


def test_the_last_weight_judges_the_whole_service_and_the_others_judge_stable() -> None:
    """The whole service's figures are not judged until weight 0."""
    checks = [step.check for step in planned().steps if step.kind == "set_weight"]
    assert checks == ["stable_not_worse", "stable_not_worse", "error_rate_at_most"]


def test_only_the_deletion_is_destructive_and_nobody_can_waive_it() -> None:
    """Skipping is for checks of weights."""
    steps = planned().steps
    assert [s.kind for s in steps if s.destructive] == ["retire"]
    assert {s.kind for s in steps if s.skippable} == {"set_weight"}


def test_fast_goes_to_zero_at_once() -> None:
    """fast=yes plans one weight, and says which ones it does not stop at."""
    plan = planned(asked=request(fast="yes"))
    assert weights(plan) == [(50, 0)]
    assert {note.code: note.figures["weights"] for note in plan.left_out}["fast"] == [25, 10]


def test_weights_are_read_as_shares_of_their_sum() -> None:
    """Istio accepts 300 and 100; that is 25 percent."""
    mixed = virtual_service(route(destination("stable", 300), destination("canary", 100)))
    plan = planned(facts(virtual_services=[mixed]))
    assert weights(plan) == [(25, 10), (10, 0)]
    assert plan.shown["canary_weight"].value == 25


def test_capacity_is_stable_s_own_plus_the_canary_s_desired_replicas() -> None:
    """Spec, not ready: a crash-looping canary still needs its share carried."""
    crashing = deployment("game-server-canary", tag="v2.1.0", replicas=3, ready=0)
    scale = planned(facts(canary=crashing)).steps[0]
    assert (scale.params["from"], scale.params["to"], scale.params["hpa"]) == (4, 7, None)


def test_the_catalog_s_own_figure_for_stable_wins() -> None:
    """stable_replicas is what its owner measured."""
    assert planned(stable_replicas=6).steps[0].params["to"] == 6


def test_under_an_autoscaler_its_lower_bound_is_raised_and_put_back() -> None:
    """Never spec.replicas under an autoscaler; the old values stand in the plan."""
    plan = planned(facts(autoscalers=[autoscaler(low=4, high=10)]))
    scale, back = plan.steps[0], next(s for s in plan.steps if s.kind == "autoscaler_back")
    assert scale.params["hpa"] == {
        "kind": "HorizontalPodAutoscaler",
        "name": "game-server",
        "uid": "uid-hpa",
        "min_from": 4,
        "min_to": 8,
        "max_from": 10,
        "max_to": 10,
    }
    assert back.params["min_from"] == 4
    assert [s.kind for s in plan.steps[-3:]] == ["retire", "autoscaler_back", "validate"]
    assert "HorizontalPodAutoscaler/game-production/game-server" in plan.targets


def test_an_autoscaler_that_keeps_enough_already_is_not_put_back() -> None:
    """What is not changed is not restored."""
    plan = planned(facts(autoscalers=[autoscaler(low=8, high=10)]))
    assert "autoscaler_back" not in [s.kind for s in plan.steps]


def test_more_than_the_autoscaler_allows_is_refused_or_raised_by_the_catalog() -> None:
    """allow_above_max is the owner's word."""
    found = facts(autoscalers=[autoscaler(low=4, high=6)])
    assert refusal(found) == (
        Code.ABOVE_MAX,
        {"autoscaler": "game-server", "kind": "HorizontalPodAutoscaler", "needed": 8, "max": 6},
    )
    plan = planned(found, allow_above_max=True)
    assert plan.steps[0].params["hpa"]["max_to"] == 8
    assert "autoscaler-max-raised" in [note.code for note in plan.risks]


def test_versions_are_the_images_tags() -> None:
    """Labels people know."""
    plan = planned()
    assert (plan.from_version, plan.to_version) == ("v2.1.0", "v2.0.5")


def test_prometheus_being_away_is_a_risk_and_no_refusal() -> None:
    """Unknown does not stop a move away from risk."""
    away = traffic(None, None, None, why="unreachable")
    plan = planned(facts(figures=seen(stable=away, canary=away, whole=away, age_s=None)))
    assert "prometheus-unknown" in [note.code for note in plan.risks]
    assert plan.shown["stable_error_share"].value is None


def test_a_hold_too_short_for_the_scrape_interval_is_named_as_a_risk() -> None:
    """Its checks will be Unknown."""
    assert "bad-window" in [note.code for note in planned(hold_s=10).risks]


def test_tools_that_may_write_back_are_named() -> None:
    """Helm and Argo CD do not stop a rollback; they may undo it."""
    stable = deployment("game-server", tag="v2.0.5")
    stable["metadata"]["annotations"] = {"meta.helm.sh/release-name": "game"}
    notes = {note.code: note.figures for note in planned(facts(stable=stable)).risks}
    assert notes["managed-by"]["by"] == "Helm"


def refusal(found: Any, asked: Any = None, **canary: Any) -> tuple[Code, dict[str, Any]]:  # noqa: ANN401 - as planned()
    """The code and figures that planning refuses with."""
    with pytest.raises(Refused) as caught:
        planned(found, asked, **canary)
    return caught.value.refusal.code, caught.value.refusal.figures


def flagger() -> dict[str, Any]:
    """A VirtualService that Flagger moves."""
    owned = virtual_service(ADMIN, split(50))
    owned["metadata"]["ownerReferences"] = [{"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "uid": "x"}]
    return owned


REFUSALS: list[tuple[str, dict[str, Any], Code]] = [
    ("no stable Deployment", {"stable": None}, Code.NO_WORKLOAD),
    ("no canary Deployment", {"canary": None}, Code.NO_CANARY),
    ("no VirtualService", {"virtual_services": []}, Code.NO_ROUTE),
    ("the named route is missing", {"virtual_services": [virtual_service(ADMIN)]}, Code.NO_ROUTE),
    ("two routes of that name", {"virtual_services": [virtual_service(split(50), split(20))]}, Code.AMBIGUOUS_ROUTE),
    (
        "a negative weight",
        {"virtual_services": [virtual_service(route(destination("stable", 110), destination("canary", -10)))]},
        Code.BAD_WEIGHTS,
    ),
    (
        "all weights zero",
        {"virtual_services": [virtual_service(route(destination("stable", 0), destination("canary", 0)))]},
        Code.BAD_WEIGHTS,
    ),
    (
        "a third destination",
        {
            "virtual_services": [
                virtual_service(
                    route(destination("stable", 50), destination("canary", 30), destination("beta", 20)),
                )
            ]
        },
        Code.ROUTE_SHARED,
    ),
    (
        "another route to the canary",
        {"virtual_services": [virtual_service(split(50), route(destination("canary"), name="beta"))]},
        Code.ROUTE_SHARED,
    ),
    (
        "another VirtualService to the host without a subset",
        {"virtual_services": [virtual_service(split(50)), virtual_service(route(destination(None)), name="other")]},
        Code.ROUTE_SHARED,
    ),
    (
        "a mirror to the canary",
        {
            "virtual_services": [
                virtual_service(split(50), route(destination("stable"), name="m", mirror={"host": "game-server"}))
            ]
        },
        Code.ROUTE_SHARED,
    ),
    ("stable has no Ready pod", {"stable": deployment("game-server", tag="v1", ready=0)}, Code.STABLE_NOT_READY),
    ("stable is paused", {"stable": deployment("game-server", tag="v1", paused=True)}, Code.PAUSED),
    ("Flagger moves the weights", {"virtual_services": [flagger()]}, Code.OWNED_ELSEWHERE),
]


@pytest.mark.parametrize(("changes", "code"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_what_cannot_be_taken_back_is_refused_with_its_reason(changes: dict[str, Any], code: Code) -> None:
    """Each gate answers with its own code."""
    assert refusal(facts(**changes))[0] is code


def test_no_canary_says_what_stable_runs() -> None:
    """0 pods and weight 0: the card offers the way back on stable."""
    empty = deployment("game-server-canary", tag="v2.1.0", replicas=0)
    code, figures = refusal(facts(pods=0, canary=empty, canary_percent=0))
    assert code is Code.NO_CANARY
    assert figures == {"deployment": "game-server-canary", "pods": 0, "weight": 0, "stable_version": "v2.0.5"}


def test_a_canary_without_pods_that_still_has_weight_is_taken_back() -> None:
    """Requests are going nowhere: that is when it is needed most."""
    empty = deployment("game-server-canary", tag="v2.1.0", replicas=0)
    assert weights(planned(facts(pods=0, canary=empty)))[-1] == (10, 0)


def test_a_version_that_stable_does_not_run_is_refused() -> None:
    """to= cannot make a canary rollback deploy something."""
    assert refusal(facts(), request(version="v2.0.4")) == (Code.BAD_VERSION, {"asked": "v2.0.4", "running": "v2.0.5"})
    assert planned(asked=request(version="v2.0.5")).to_version == "v2.0.5"


def test_the_digest_stands_while_replicas_readiness_and_rates_move() -> None:
    """A crash-looping canary between two approvals asks nobody again."""
    plan = planned()
    entry = service()
    flapping = objects(canary=deployment("game-server-canary", tag="v2.1.0", replicas=4, ready=1))
    assert moved(plan, binding=binding(flapping, entry), shown={}) == {}


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"canary_percent": 30}, {"canary_weight"}),
        ({"stable": deployment("game-server", tag="v2.0.6")}, {"stable_template"}),
        ({"canary": None}, {"canary_uid", "canary_template"}),
        ({"autoscalers": [autoscaler(low=1, high=9)]}, {"autoscaler_uid", "autoscaler_max"}),
        ({"destination_rules": []}, {"stable_subset", "canary_subset"}),
        ({"service": None}, {"selector"}),
        ({"virtual_services": []}, {"virtual_service_uid", "route", "destinations", "canary_weight"}),
    ],
)
def test_a_binding_fact_that_moves_is_named(changes: dict[str, Any], names: set[str]) -> None:
    """Superseded says what moved, and what was as planned is not listed."""
    found = moved(planned(), binding=binding(objects(**changes), service()), shown={})
    assert set(found) == names


def test_weights_with_the_same_shares_are_the_same_plan() -> None:
    """300 and 300 are 50 percent each, so nothing moved."""
    same = virtual_service(ADMIN, route(destination("stable", 300), destination("canary", 300)))
    assert moved(planned(), binding=binding(objects(virtual_services=[same]), service()), shown={}) == {}


def test_two_plans_from_the_same_facts_have_one_digest() -> None:
    """Planning is pure."""
    assert planned().digest == planned().digest
    assert planned().digest != planned(facts(canary_percent=30)).digest
