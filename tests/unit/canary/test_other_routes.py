"""Routes of the Gateway API that are never moved, for gRPC, TLS, TCP and UDP: they are read all the same."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.refusal import Code, Refused
from jobs.clients.resources import Raw
from jobs.steps import routers
from jobs.strategies import STRATEGIES
from tests.unit.canary.test_gateway import BAD, PAIR, STABLE, backend, http_route, mirror, refusal, seen
from tests.unit.canary.test_gateway import split as shared
from tests.unit.canary.world import NAMESPACE, facts, request, service, split, virtual_service

KINDS = [("grpc_route", "grpc"), ("tls_route", "tls"), ("tcp_route", "tcp"), ("udp_route", "udp")]
FIGURES = [figure for figure, _ in KINDS]


def route(*backends: Raw, name: str = "chat", **rule: Any) -> Raw:  # noqa: ANN401 - JSON
    """A route of any of these kinds with one rule."""
    return {"metadata": {"name": name, "namespace": NAMESPACE}, "spec": {"rules": [{"backendRefs": backends, **rule}]}}


def leading(figure: str, *routes: Raw) -> list[Any]:
    """Where routes of a kind lead to the canary."""
    return routers.flows({figure: routes}, PAIR, namespace=NAMESPACE)


@pytest.mark.parametrize(("figure", "protocol"), KINDS)
def test_each_place_is_named_by_kind_name_and_protocol(figure: str, protocol: str) -> None:
    """A share, whatever the weights add up to; the route's own name, or its place."""
    found = leading(figure, route(backend(STABLE, 3), backend(BAD, 1)), route(backend(BAD, None), name="b"))
    place = {"protocol": protocol, "route": "#1", "index": 0, "mirror": False}
    assert found == [{figure: "chat", "percent": 25, **place}, {figure: "b", "percent": 100, **place}]


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize(
    "elsewhere",
    [
        backend(STABLE),
        backend(BAD, 0),
        backend(BAD, namespace="another"),
        backend(BAD, kind="ServiceImport", group="multicluster.x-k8s.io"),
    ],
    ids=["stable", "weight 0", "another namespace", "no Service"],
)
def test_what_leads_elsewhere_is_no_place(figure: str, elsewhere: Raw) -> None:
    """As with HTTPRoutes: only a Service of the route's own namespace, with a weight."""
    assert leading(figure, route(elsewhere)) == []


def test_a_grpc_route_without_backends_leads_nowhere_and_a_mirror_leads_there() -> None:
    """Both are allowed in a GRPCRoute."""
    assert leading("grpc_route", {"metadata": {"name": "chat"}, "spec": {}}) == []
    (place,) = leading("grpc_route", route(backend(STABLE), filters=[mirror(BAD)]))
    assert (place["percent"], place["mirror"]) == (0, True)


@pytest.mark.parametrize(("figure", "protocol"), KINDS)
def test_a_plan_is_refused_while_one_leads_there(figure: str, protocol: str) -> None:
    """An HTTPRoute carries the canary, and has the very same name."""
    routing = {"http_route": [http_route(shared(50))], figure: [route(backend(BAD), name="game-server")]}
    code, figures = refusal(seen(routing=routing))
    assert (code, figures[figure], figures["protocol"]) == (Code.ROUTE_SHARED, "game-server", protocol)


@pytest.mark.parametrize("figure", FIGURES)
def test_a_mesh_s_plan_is_refused_too(figure: str) -> None:
    """A VirtualService carries the canary; by its own Service the canary is reached all the same."""
    routing = {"virtual_service": [virtual_service(split(50))], figure: [route(backend(BAD))]}
    with pytest.raises(Refused) as caught:
        STRATEGIES["canary"].plan(facts(routing=routing), request(), service(), "game-server")
    assert caught.value.refusal.code is Code.ROUTE_SHARED
    assert caught.value.refusal.figures[figure] == "chat"


def test_one_that_leads_to_stable_refuses_nothing() -> None:
    """They may stand beside the canary."""
    routing = {"virtual_service": [virtual_service(split(50))], **{each: [route(backend(STABLE))] for each in FIGURES}}
    assert STRATEGIES["canary"].plan(facts(routing=routing), request(), service(), "game-server").steps
