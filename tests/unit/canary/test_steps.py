"""The pure parts of the steps: what is left to do, and the patches that do it."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.clients.objects import selector, version
from jobs.steps import patches
from jobs.steps.model import AlreadySo, AsPlanned, Done, Moved, Stuck, Waiting
from jobs.steps.moves import Moves, Share, compare
from jobs.steps.routing import VirtualServices, flows, service_of
from jobs.steps.splits import Pair
from jobs.steps.workload import arrived, floor_kept, raise_bounds, raise_replicas
from tests.unit.canary.world import (
    ADMIN,
    NAMESPACE,
    autoscaler,
    canary,
    deployment,
    destination,
    route,
    split,
    virtual_service,
)

ENTRY = canary()
BY_DESTINATION = ENTRY.model_copy(update={"route": ""})
FIND = VirtualServices().find
HPA: dict[str, Any] = {
    "name": "game-server",
    "uid": "uid-hpa",
    "min_from": 4,
    "min_to": 8,
    "max_from": 10,
    "max_to": 10,
}


def params(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Parameters of a scale_up from 4 to 8."""
    return {"uid": "uid-game-server", "from": 4, "to": 8, "hpa": None, **more}


@pytest.mark.parametrize(
    ("replicas", "look"), [(4, AsPlanned), (5, AsPlanned), (2, AsPlanned), (8, AlreadySo), (11, AlreadySo)]
)
def test_the_figure_is_a_floor(replicas: int, look: type) -> None:
    """More than that is left alone, fewer than planned is raised all the same."""
    live = deployment("game-server", tag="v1", replicas=replicas)
    assert isinstance(floor_kept(live, None, params=params()), look)


def test_another_object_or_a_new_autoscaler_is_moved() -> None:
    """Identity is the uid; an autoscaler that came since would undo replicas."""
    live = deployment("game-server", tag="v1")
    assert floor_kept(live, None, params=params(uid="other")) == Moved("stable_uid", "other", "uid-game-server")
    assert floor_kept(None, None, params=params()) == Moved("stable_uid", "uid-game-server", None)
    found = floor_kept(live, autoscaler(low=1, high=9), params=params())
    assert found == Moved("autoscaler_uid", None, "uid-hpa")


def test_an_upper_bound_lowered_below_the_floor_is_moved() -> None:
    """The floor cannot be reached any more."""
    live = deployment("game-server", tag="v1")
    found = floor_kept(live, autoscaler(low=4, high=6), params=params(hpa=HPA))
    assert found == Moved("autoscaler_max", 10, 6)


def test_only_what_is_below_the_floor_is_written() -> None:
    """Tests on the old value stand before each change."""
    assert raise_replicas(deployment("g", tag="v1", replicas=9), to=8) == []
    assert raise_bounds(autoscaler(low=9, high=10), HPA) == []
    assert raise_bounds(autoscaler(low=4, high=10), HPA) == [
        {"op": "test", "path": "/spec/minReplicas", "value": 4},
        {"op": "replace", "path": "/spec/minReplicas", "value": 8},
    ]


def test_capacity_has_arrived_when_the_floor_is_available_in_the_present_generation() -> None:
    """A status of the generation before says nothing."""
    live = deployment("game-server", tag="v1", replicas=8)
    assert isinstance(arrived(live, to=8, waited_ms=0), Done)
    live["metadata"]["generation"] = 4
    assert isinstance(arrived(live, to=8, waited_ms=0), Waiting)


def test_pods_that_cannot_be_created_are_stuck_within_seconds() -> None:
    """A quota answers at once; waiting does not help."""
    live = deployment("game-server", tag="v1", replicas=8, ready=4)
    live["status"]["conditions"] = [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}]
    assert isinstance(arrived(live, to=8, waited_ms=1_000), Waiting)
    found = arrived(live, to=8, waited_ms=6_000)
    assert isinstance(found, Stuck)
    assert (found.code, found.figures["reason"]) == ("replica-failure", "FailedCreate")


def test_a_route_is_found_by_its_destinations_when_it_has_no_name() -> None:
    """Position does not matter, and neither does the host's spelling."""
    long = "game-server.game-production.svc.cluster.local"
    nameless = route(destination("stable", 70, host=long), destination("canary", 30, host=long), name="")
    (found,) = FIND(virtual_service(ADMIN, nameless), Pair.of(BY_DESTINATION)).routes
    assert (found.index, found.name, found.canary_percent) == (1, "", 30)


def test_a_weight_patch_touches_two_weights_and_tests_everything_it_replaces() -> None:
    """Other routes, headers, retries and mirrors are not in it."""
    (read,) = FIND(virtual_service(ADMIN, split(50)), Pair.of(ENTRY)).routes
    operations = patches.guarded(uid="u", fence=17, operations=patches.weights(read, stable=75, canary=25))
    assert [(o["op"], o["path"]) for o in operations] == [
        ("test", "/metadata/uid"),
        ("test", "/metadata/annotations/rollback~1fence"),
        ("test", "/spec/http/1/name"),
        ("test", "/spec/http/1/route/0"),
        ("add", "/spec/http/1/route/0/weight"),
        ("test", "/spec/http/1/route/1"),
        ("add", "/spec/http/1/route/1/weight"),
    ]
    assert operations[1]["value"] == "17"


@pytest.mark.parametrize(("live", "look"), [(50, AsPlanned), (25, AlreadySo), (30, Moved), (0, Moved)])
def test_a_weight_is_as_planned_already_so_or_moved(live: float, look: type) -> None:
    """A doubled apply is already so; a hand on the weights is named."""
    read = FIND(virtual_service(split(live)), Pair.of(ENTRY))
    assert isinstance(compare(read, Moves(to=25, shares=(Share("primary", was=50, to=25),))), look)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("game", ("game", "ns")),
        ("game.other", ("game", "other")),
        ("game.other.svc", ("game", "other")),
        ("game.other.svc.cluster.local", ("game", "other")),
        ("game.example.com", ("game.example.com", "")),
    ],
)
def test_a_host_is_the_service_it_means(host: str, expected: tuple[str, str]) -> None:
    """Short names are of the VirtualService's own namespace."""
    assert service_of(host, namespace="ns") == expected


def test_nothing_flows_when_every_destination_that_names_the_canary_has_weight_zero() -> None:
    """A weight of 0 beside another is no traffic; alone, or with an absent host subset, it is."""
    none = virtual_service(ADMIN, split(0))
    alone = virtual_service(route(destination("canary", 0), name="x"))
    assert flows([none], Pair.of(ENTRY), namespace=NAMESPACE) == []
    assert flows([alone], Pair.of(ENTRY), namespace=NAMESPACE)[0]["percent"] == 100


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("registry.example:5000/game:v2", "v2"),
        ("game:v2@sha256:9f2c41d8aaaa", "v2"),
        ("registry.example/game@sha256:9f2c41d8aaaa", "sha256:9f2c41d8"),
        ("registry.example:5000/game", "registry.example:5000/game"),
    ],
)
def test_a_version_is_what_people_know_of_an_image(image: str, expected: str) -> None:
    """The tag, else the digest's head, else the name."""
    assert version(image) == expected


def test_a_selector_with_expressions_is_written_as_a_query() -> None:
    """Both forms select together."""
    spec = {
        "matchLabels": {"app": "game"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["a", "b"]},
            {"key": "old", "operator": "DoesNotExist"},
        ],
    }
    assert selector({"spec": {"selector": spec}}) == "app=game,tier in (a,b),!old"
