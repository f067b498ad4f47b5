"""Several routes at once: those that split, those that send testers to the canary, and those that are not moved."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.plan import moved
from bot.domain.refusal import Code, Refused
from jobs.clients.resources import Raw
from jobs.steps.model import AlreadySo, AsPlanned, Moved
from jobs.steps.moves import Moves, Share, arrived, compare, leading, operations
from jobs.strategies import STRATEGIES
from jobs.strategies.canary import binding
from tests.unit.canary.world import (
    ADMIN,
    destination,
    facts,
    objects,
    read,
    request,
    route,
    service,
    split,
    virtual_service,
)

CANARY = STRATEGIES["canary"]
HEADER = [{"headers": {"x-tester": {"exact": "yes"}}}]
PLAYERS = split(50, name="players")
MOBILE = {**split(10, name="mobile"), "match": [{"uri": {"prefix": "/mobile"}}], "retries": {"attempts": 2}}
TESTERS = route(destination("canary"), name="testers", match=HEADER, timeout="3s")


def planned(*routes: Raw, named: str = "", asked: Any = None) -> Any:  # noqa: ANN401 - a plan
    """The plan for a VirtualService with these routes."""
    found = facts(virtual_services=[virtual_service(*routes)])
    return CANARY.plan(found, asked or request(), service(route=named), "game-server")


def refusal(*routes: Raw, named: str = "", **changes: Any) -> tuple[Code, dict[str, Any]]:  # noqa: ANN401 - as objects()
    """Why a VirtualService with these routes is refused."""
    found = facts(virtual_services=[virtual_service(*routes)], **changes)
    with pytest.raises(Refused) as caught:
        CANARY.plan(found, request(), service(route=named), "game-server")
    return caught.value.refusal.code, caught.value.refusal.figures


def weights(plan: Any) -> list[Any]:  # noqa: ANN401 - a plan
    """The parameters of each weight step."""
    return [step.params for step in plan.steps if step.kind == "set_weight"]


def test_every_route_that_splits_is_moved_with_the_same_weight_and_only_downwards() -> None:
    """The plan is made from the highest; a route that has less already stays where it is."""
    steps = weights(planned(ADMIN, PLAYERS, MOBILE))
    assert [(step["from"], step["to"]) for step in steps] == [(50, 25), (25, 10), (10, 0)]
    assert [[(each["from"], each["to"]) for each in step["routes"]] for step in steps] == [
        [(50, 25), (10, 10)],
        [(25, 10), (10, 10)],
        [(10, 0), (10, 0)],
    ]


def test_one_patch_moves_them_all_and_tests_each() -> None:
    """Matches, retries and all else of a route are not in it; one that stays is not written."""
    plan = planned(ADMIN, PLAYERS, MOBILE)
    first, _, last = (Moves.planned(step) for step in weights(plan))
    paths = [each["path"] for each in operations(read(ADMIN, PLAYERS, MOBILE), first) if each["op"] != "test"]
    assert paths == ["/spec/http/1/route/0/weight", "/spec/http/1/route/1/weight"]
    both = operations(read(ADMIN, split(10, name="players"), MOBILE), last)
    assert [each["path"] for each in both if each["op"] == "test"] == [
        "/spec/http/1/name",
        "/spec/http/1/route/0",
        "/spec/http/1/route/1",
        "/spec/http/2/name",
        "/spec/http/2/route/0",
        "/spec/http/2/route/1",
    ]
    assert [each["value"] for each in both if each["op"] == "add"] == [100, 0, 100, 0]


def test_a_weight_that_is_no_whole_percent_is_written_in_finer_parts() -> None:
    """Taking a rollback back goes to the share there was, such as a third; both kinds of route take whole numbers."""
    moves = Moves(to=33.33, shares=(Share("primary", was=0, to=33.33),))
    made = operations(read(split(0)), moves)
    assert [each["value"] for each in made if each["op"] == "add"] == [6667, 3333]
    there = read(route(destination("stable", 6667), destination("canary", 3333)))
    assert arrived(there, moves)


def test_with_a_name_in_the_catalog_another_route_that_splits_is_refused() -> None:
    """The owner said which route may be written."""
    code, figures = refusal(ADMIN, PLAYERS, MOBILE, named="players")
    assert (code, figures["route"], figures["percent"]) == (Code.ROUTE_SHARED, "mobile", 10)


@pytest.mark.parametrize("named", ["", "players"])
def test_testers_go_to_stable_with_the_last_weight_whether_a_route_is_named_or_not(named: str) -> None:
    """Until then they stay on the canary; the card says so."""
    plan = planned(TESTERS, PLAYERS, named=named)
    steps = weights(plan)
    assert [[each["label"] for each in step["switch"]] for step in steps] == [[], [], ["testers"]]
    assert [[each["label"] for each in step["left"]] for step in steps] == [["testers"], ["testers"], []]
    assert {note.code: note.figures for note in plan.changes}["match-routes"]["routes"] == ["testers"]


def test_switching_testers_writes_one_subset_and_keeps_their_match() -> None:
    """Name and destination are tested; nothing else is touched."""
    last = Moves.planned(weights(planned(TESTERS, PLAYERS))[-1])
    made = operations(read(TESTERS, split(10, name="players")), last)
    assert made[-3:] == [
        {"op": "test", "path": "/spec/http/0/name", "value": "testers"},
        {"op": "test", "path": "/spec/http/0/route/0", "value": TESTERS["route"][0]},
        {"op": "replace", "path": "/spec/http/0/route/0/destination/subset", "value": "stable"},
    ]


def test_testers_alone_are_one_step_to_weight_zero() -> None:
    """A canary that only testers see has no share to move, and still nothing may lead there when it is deleted."""
    steps = weights(planned(TESTERS, route(destination("stable"), name="rest")))
    assert [(step["from"], step["to"], step["routes"]) for step in steps] == [(0, 0, [])]
    assert [each["label"] for each in steps[0]["switch"]] == ["testers"]


@pytest.mark.parametrize("match", [None, [{"uri": {"prefix": "/"}}], [*HEADER, {"name": "all"}]])
def test_a_route_that_sends_every_request_to_the_canary_is_not_taken_for_testers(match: Any) -> None:  # noqa: ANN401 - JSON
    """Everything at once, with the last weight, is no step that anybody planned."""
    everything = route(destination("canary"), name="everything", **({"match": match} if match else {}))
    assert refusal(PLAYERS, everything)[0] is Code.ROUTE_SHARED
    assert refusal(everything)[0] is Code.NO_ROUTE


@pytest.mark.parametrize(
    ("live", "look"),
    [
        ((TESTERS, split(50), MOBILE), AsPlanned),
        ((TESTERS, split(25), MOBILE), AlreadySo),
        ((TESTERS, split(25), {**MOBILE, **split(5, name="mobile")}), Moved),
        ((TESTERS, split(30), MOBILE), Moved),
        ((TESTERS, split(50)), Moved),
        ((TESTERS, MOBILE, split(50)), Moved),
    ],
)
def test_each_route_is_compared_with_its_own_share(live: tuple[Raw, ...], look: type) -> None:
    """A hand on any of them is named; one more, one less, or another order is another plan."""
    moves = Moves.planned(weights(planned(TESTERS, split(50), MOBILE))[0])
    assert isinstance(compare(read(*live), moves), look)


def test_the_last_weight_is_there_when_nobody_is_sent_to_the_canary_any_more() -> None:
    """Weights at 0 with testers still there is half of it; testers put back by hand is everything."""
    moves = Moves.planned(weights(planned(TESTERS, split(50)))[-1])
    half, whole = read(TESTERS, split(0)), read({**TESTERS, "route": [destination("stable")]}, split(0))
    assert isinstance(compare(half, moves), AsPlanned)
    assert (arrived(half, moves), leading(half, moves)) == (False, 100)
    assert isinstance(compare(whole, moves), AlreadySo)
    assert (arrived(whole, moves), leading(whole, moves)) == (True, 0)
    other = {**TESTERS, "name": "beta"}
    assert compare(read(other, split(0)), moves) == Moved("match_routes", ["testers"], ["beta"])


@pytest.mark.parametrize(
    ("live", "names"),
    [
        ((TESTERS, split(50), MOBILE), set()),
        ((TESTERS, split(50), {**MOBILE, **split(5, name="mobile")}), {"route_weights"}),
        ((TESTERS, split(30), MOBILE), {"canary_weight", "route_weights"}),
        ((split(50), MOBILE), {"match_routes"}),
    ],
)
def test_every_share_and_every_match_is_bound(live: tuple[Raw, ...], names: set[str]) -> None:
    """An approval does not outlive a route that somebody moved."""
    now = binding(objects(virtual_services=[virtual_service(*live)]), service(route=""))
    assert set(moved(planned(TESTERS, split(50), MOBILE), binding=now, shown={})) == names


@pytest.mark.parametrize("protocol", ["tcp", "tls"])
def test_tcp_and_tls_to_the_canary_are_refused(protocol: str) -> None:
    """They have no weights that are moved here, and would still lead there at the deletion."""
    meshed = virtual_service(split(50))
    meshed["spec"][protocol] = [{"route": [{"destination": {"host": "game-server", "subset": "canary"}}]}]
    with pytest.raises(Refused) as caught:
        CANARY.plan(facts(virtual_services=[meshed]), request(), service(), "game-server")
    assert caught.value.refusal.code is Code.ROUTE_SHARED
    assert caught.value.refusal.figures["protocol"] == protocol


AMBIENT = {"istio.io/dataplane-mode": "ambient"}
WAYPOINT = {"istio.io/use-waypoint": "waypoint"}


def labelled(namespace: dict[str, str], of_service: dict[str, str], **gateways: object) -> dict[str, Any]:
    """The demo with these labels, and a VirtualService for these gateways."""
    meshed = virtual_service(split(50))
    meshed["spec"].update(gateways)
    found = objects()
    return {
        "namespace": {"metadata": {"name": "game-production", "labels": namespace}},
        "service": {**(found.service or {}), "metadata": {"name": "game-server", "labels": of_service}},
        "virtual_services": [meshed],
    }


@pytest.mark.parametrize(
    ("namespace", "of_service", "refused"),
    [
        ({}, {}, False),
        (AMBIENT, {}, True),
        ({}, AMBIENT, True),
        ({**AMBIENT, **WAYPOINT}, {}, False),
        (AMBIENT, WAYPOINT, False),
        ({**AMBIENT, **WAYPOINT}, {"istio.io/use-waypoint": "none"}, True),
    ],
)
def test_an_ambient_mesh_without_a_waypoint_is_refused(
    namespace: dict[str, str], of_service: dict[str, str], *, refused: bool
) -> None:
    """Nobody would obey the weights; the Service's own label outdoes its namespace's."""
    found = facts(**labelled(namespace, of_service))
    if not refused:
        assert CANARY.plan(found, request(), service(), "game-server").steps
        return
    with pytest.raises(Refused) as caught:
        CANARY.plan(found, request(), service(), "game-server")
    assert (caught.value.refusal.code, caught.value.refusal.figures["why"]) == (Code.NO_ROUTE, "ambient")


def test_an_ingress_gateway_obeys_in_an_ambient_mesh_too() -> None:
    """It is a proxy of its own; only the clients' own proxies are missing."""
    found = facts(**labelled(AMBIENT, {}, gateways=["istio-ingress/public"]))
    assert CANARY.plan(found, request(), service(), "game-server").steps
    with pytest.raises(Refused):
        CANARY.plan(
            facts(**labelled(AMBIENT, {}, gateways=["istio-ingress/public", "mesh"])), request(), service(), "g"
        )


def test_a_namespace_that_may_not_be_read_is_a_risk_and_no_refusal() -> None:
    """Not knowing stops no move away from risk; it is said."""
    plan = CANARY.plan(facts(namespace=None), request(), service(), "game-server")
    assert "ambient-unknown" in [note.code for note in plan.risks]
    assert "ambient-unknown" not in [note.code for note in planned(split(50)).risks]


@pytest.mark.parametrize(
    ("hold_s", "drain_s", "propagation_s", "quiet_s"), [(30, 30, 5, 5), (30, 10, 5, 0), (10, 30, 5, 25), (3, 3, 5, 5)]
)
def test_a_drain_s_window_begins_after_the_proxies_have_heard_of_the_last_weight(
    hold_s: float, drain_s: float, propagation_s: float, quiet_s: float
) -> None:
    """Window and propagation since the last write, of which the hold has passed already."""
    entry = service(hold_s=hold_s, drain_s=drain_s, propagation_s=propagation_s)
    plan = CANARY.plan(facts(), request(), entry, "game-server")
    (drain,) = [step for step in plan.steps if step.kind == "drain"]
    assert drain.params["quiet_s"] == quiet_s


def test_without_a_weight_to_write_the_drain_waits_for_all_of_it() -> None:
    """Nobody knows when the weight was set by hand."""
    plan = CANARY.plan(facts(canary_percent=0), request(), service(), "game-server")
    (drain,) = [step for step in plan.steps if step.kind == "drain"]
    assert drain.params["quiet_s"] == 35
