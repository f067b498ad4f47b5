"""Where a request goes, for every shape of VirtualService that the API accepts."""

from dataclasses import replace

import pytest

from sandbox.game.routing import choose, has_subsets, legs, subset_of, subset_pods
from sandbox.game.world import Destination, Endpoint, Match, Route, Slice
from tests.contract.game.worlds import SERVICE, a_pod, a_virtual_service, a_world, admin_route, canary, stable

PODS = (*stable(4), *canary(4))


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        ({"stable": 50, "canary": 50}, {"stable": 0.5, "canary": 0.5}),
        ({"stable": 300, "canary": 100}, {"stable": 0.75, "canary": 0.25}),
        ({"stable": 100, "canary": 0}, {"stable": 1.0}),
        ({"stable": 100, "canary": -10}, {"stable": 1.0}),
        ({"stable": 0, "canary": 0}, {}),
        ({"stable": -5, "canary": -5}, {}),
        ({"canary": 0}, {"canary": 1.0}),
    ],
)
def test_a_share_is_a_weight_by_the_sum_of_weights(weights: dict[str, int], shares: dict[str, float]) -> None:
    """Zero and negative weights carry nothing, and a single destination carries everything."""
    world = a_world(PODS, virtual_service=a_virtual_service(weights))
    assert {leg.subset: leg.share for leg in legs(world, service=SERVICE)} == shares


def test_without_a_virtual_service_all_ready_endpoints_are_alike() -> None:
    """The Service alone sends requests to every ready endpoint, whatever its subset."""
    ways = legs(a_world(PODS, not_ready=frozenset({"stable-0"})), service=SERVICE)
    assert [len(leg.pods) for leg in ways] == [7]


def test_without_a_virtual_service_the_selector_moves_traffic_between_subsets() -> None:
    """Blue and green without a mesh: whose pods are the Service's endpoints takes everything."""
    world = a_world(PODS, not_ready=frozenset(pod.name for pod in stable(4)))
    (leg,) = legs(world, service=SERVICE)
    assert (leg.share, {subset_of(world, service=SERVICE, pod=pod) for pod in leg.pods}) == (1.0, {"canary"})


def test_a_leg_holds_only_ready_pods_of_its_subset() -> None:
    """The subset's labels and the endpoints' readiness both decide."""
    world = a_world(
        PODS,
        virtual_service=a_virtual_service({"stable": 50, "canary": 50}),
        not_ready=frozenset({"canary-1"}),
    )
    names = {leg.subset: [pod.name for pod in leg.pods] for leg in legs(world, service=SERVICE)}
    assert names["canary"] == ["canary-0", "canary-2", "canary-3"]
    assert names["stable"] == ["stable-0", "stable-1", "stable-2", "stable-3"]


def test_a_subset_without_endpoints_keeps_its_share() -> None:
    """Requests still go there and find nobody, as with Envoy."""
    world = a_world(stable(4), virtual_service=a_virtual_service({"stable": 50, "canary": 50}))
    assert [(leg.subset, leg.share, len(leg.pods)) for leg in legs(world, service=SERVICE)] == [
        ("stable", 0.5, 4),
        ("canary", 0.5, 0),
    ]


def test_a_subset_that_no_destination_rule_defines_has_no_pods() -> None:
    """An undefined subset is a cluster that does not exist."""
    assert subset_pods(a_world(PODS), service=SERVICE, subset="green") == ()


def test_an_endpoint_of_an_earlier_pod_of_the_same_name_is_not_that_pod() -> None:
    """The join is by uid, so that a recreated pod gets no traffic before its endpoint is there."""
    world = a_world(stable(1))
    stale = Slice(service=SERVICE, endpoints=(Endpoint(pod="stable-0", uid="another", ready=True),))
    assert subset_pods(replace(world, slices={"s": stale}), service=SERVICE, subset="stable") == ()


def test_a_pod_in_two_slices_counts_once() -> None:
    """While the controller moves an endpoint, it is in both slices."""
    world = a_world(stable(2))
    twice = {**world.slices, "other": next(iter(world.slices.values()))}
    assert len(subset_pods(replace(world, slices=twice), service=SERVICE, subset="stable")) == 2


@pytest.mark.parametrize(
    ("match", "path", "taken"),
    [
        (Match(how="prefix", uri="/admin", other=False), "/admin/users", True),
        (Match(how="prefix", uri="/admin", other=False), "/play", False),
        (Match(how="exact", uri="/admin", other=False), "/admin/users", False),
        (Match(how="regex", uri="/adm.n", other=False), "/admin", True),
        (Match(how="regex", uri="(", other=False), "/admin", False),
        (Match(how="prefix", uri="/", other=True), "/admin", False),
    ],
)
def test_the_first_route_that_matches_takes_the_request(match: Match, path: str, *, taken: bool) -> None:
    """Routes are tried in order; a condition that the players do not meet passes the request on."""
    special = Route(
        name="special",
        matches=(match,),
        destinations=(Destination(service=SERVICE, subset="canary", weight=100),),
    )
    service = a_virtual_service({"stable": 100}, extra=[special])
    (leg,) = legs(a_world(PODS, virtual_service=service), service=SERVICE, path=path)
    assert leg.subset == ("canary" if taken else "stable")


def test_a_request_that_no_route_takes_goes_nowhere() -> None:
    """A VirtualService whose only route wants something else leaves no way."""
    service = replace(a_virtual_service({"stable": 100}), routes=(admin_route(),))
    assert legs(a_world(PODS, virtual_service=service), service=SERVICE, path="/play") == ()


def test_the_oldest_virtual_service_of_a_host_wins() -> None:
    """Istio's rule for two VirtualServices of one host in a sidecar."""
    old = replace(a_virtual_service({"stable": 100}, created="2026-01-01"), name="z-old")
    new = replace(a_virtual_service({"canary": 100}, created="2026-02-01"), name="a-new")
    world = replace(a_world(PODS), virtual_services={"a-new": new, "z-old": old})
    assert [leg.subset for leg in legs(world, service=SERVICE)] == ["stable"]


def test_draws_fall_on_legs_by_their_shares() -> None:
    """The unit interval is cut at the shares, and its end belongs to the last leg."""
    ways = legs(a_world(PODS, virtual_service=a_virtual_service({"stable": 75, "canary": 25})), service=SERVICE)
    drawn = [leg.subset for draw in (0.0, 0.749, 0.751, 0.9999999) if (leg := choose(ways, draw))]
    assert drawn == ["stable", "stable", "canary", "canary"]
    assert choose((), 0.5) is None


def test_a_pod_outside_every_subset_has_none() -> None:
    """Series are named after the first subset whose labels a pod carries."""
    world = a_world(PODS)
    assert subset_of(world, service=SERVICE, pod=PODS[-1]) == "canary"
    assert subset_of(world, service=SERVICE, pod=a_pod("x", track="blue")) == "none"


def test_only_a_destination_rule_makes_subsets() -> None:
    """Another service's rule makes none."""
    assert has_subsets(a_world(PODS), service=SERVICE)
    assert not has_subsets(a_world(PODS), service="match-server")
