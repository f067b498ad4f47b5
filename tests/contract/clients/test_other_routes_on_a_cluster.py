"""Routes of the Gateway API that are only read, on a real API server: none is missed before the canary is deleted."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import Any, Final

import pytest

from bot.domain.refusal import Code, Refused
from bot.views import commands
from jobs.clients.resources import GRPC_ROUTE, TCP_ROUTE, TLS_ROUTE, UDP_ROUTE, Kind
from jobs.steps import CARRIERS, AsPlanned, Moved
from sandbox.cluster import rbac_objects
from sandbox.toolchain.build import tool
from tests.contract.clients.scene import ISTIO, Scene, entry, eventually
from tests.contract.clients.test_gateway_on_a_cluster import GATEWAY
from tests.contract.clients.test_planning_on_a_cluster import MOST_REQUESTS, counting
from tests.contract.clients.vendors import BACKENDS, gateway_objects
from tests.contract.manifests.rights import lists, refusal, without

KINDS: Final[dict[str, Kind]] = {
    "grpc_route": GRPC_ROUTE,
    "tls_route": TLS_ROUTE,
    "tcp_route": TCP_ROUTE,
    "udp_route": UDP_ROUTE,
}


def lay(scene: Scene, kind: Kind, service: str = BACKENDS["canary"]) -> None:
    """A route of that kind to a Service; of a gateway's that is not there."""
    named = {"hostnames": ["chat.example.com"]} if kind is TLS_ROUTE else {}
    route = {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "metadata": {"name": "chat", "namespace": scene.namespace},
        "spec": {
            "parentRefs": [{"name": "public"}],
            "rules": [{"backendRefs": [{"name": service, "port": 9}]}],
            **named,
        },
    }
    scene.admin.apply([route])


def stopped(scene: Scene) -> Refused:
    """The refusal that planning ends with."""
    with pytest.raises(Refused) as caught:
        scene.observe_and_plan()
    return caught.value


def all_to_stable(scene: Scene) -> None:
    """The VirtualService's weights as the last step leaves them."""
    http = scene.virtual_service()["spec"]["http"]
    for route in http:
        for each in route["route"]:
            if len(route["route"]) > 1:
                each["weight"] = 100 if each["destination"]["subset"] == "stable" else 0
    scene.admin.patch(ISTIO.format(scene.namespace), {"spec": {"http": http}})


@pytest.mark.parametrize("figure", KINDS)
def test_a_route_of_another_kind_to_the_canary_refuses_the_plan_and_holds_the_drain(
    vendors: Scene, figure: str
) -> None:
    """Laid after the approval it stops the drain and the deletion; once it leads to stable, both go on."""
    kind, place = KINDS[figure], {figure: "chat", "protocol": figure.removesuffix("_route")}
    plan = vendors.observe_and_plan()
    drain, retire = vendors.step(plan, "drain"), vendors.step(plan, "retire")
    all_to_stable(vendors)
    assert isinstance(CARRIERS["drain"].look(drain), AsPlanned)
    lay(vendors, kind)
    no = stopped(vendors).refusal
    assert (no.code, {key: no.figures[key] for key in place}) == (Code.ROUTE_SHARED, place)
    there: list[Any] = [{**place, "route": "#1", "index": 0, "percent": 100.0, "mirror": False}]
    assert CARRIERS["drain"].look(drain) == Moved("canary_traffic", [], there)
    assert CARRIERS["retire"].look(retire) == Moved("canary_traffic", [], there)
    lay(vendors, kind, BACKENDS["stable"])
    assert isinstance(CARRIERS["drain"].look(drain), AsPlanned)
    assert CARRIERS["retire"].look(retire) == Moved("canary_requests", 0, None)
    assert vendors.observe_and_plan().steps
    assert vendors.writes() == []


def test_the_commands_for_a_person_list_routes_of_every_kind(vendors: Scene) -> None:
    """As kubectl prints them: a line for each route, with its backends."""
    plan = vendors.observe_and_plan()
    for kind in KINDS.values():
        lay(vendors, kind)
    text = commands.shell(commands.listed(plan, service=vendors.service, prometheus_url="http://127.0.0.1:9090"))
    lines = [line for line in text.splitlines() if line.startswith(("kinds=", "printf '%s"))]
    env = {
        "PATH": f"{tool('kubectl').parent}:/usr/local/bin:/usr/bin:/bin",
        "KUBECONFIG": str(vendors.cluster.kubeconfig("admin")),
        "HOME": str(vendors.cluster.folder),
    }
    done = subprocess.run(
        ["sh", "-e"], input="\n".join(lines), env=env, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    listed = done.stdout.splitlines()
    assert len(listed) == len(KINDS)
    assert all(line.startswith("chat: [") and f'"name":"{BACKENDS["canary"]}"' in line for line in listed)


def test_planning_a_canary_takes_at_most_16_requests(vendors: Scene) -> None:
    """Whoever carries it, and as many when routes of all kinds stand there."""
    counted, client = counting(vendors)
    counted.observe_and_plan()
    bare = dict(client.sent)
    for kind in KINDS.values():
        lay(vendors, kind, BACKENDS["stable"])
        assert bare[f"list {kind.name}"] == 1
    client.sent.clear()
    counted.observe_and_plan()
    assert client.sent == bare
    assert sum(bare.values()) <= MOST_REQUESTS


def test_planning_a_canary_behind_a_gateway_takes_at_most_16_requests(vendors: Scene) -> None:
    """Two Services more are read, and no DestinationRule."""
    vendors.cluster.apply(gateway_objects(vendors.namespace))
    counted, client = counting(replace(vendors, service=entry(vendors.namespace, **GATEWAY)))
    counted.observe_and_plan()
    assert "list DestinationRule" not in client.sent
    assert client.sent["get Service"] == 3
    assert client.sent.total() <= MOST_REQUESTS


def test_a_kind_that_may_not_be_read_refuses_the_plan(vendors: Scene) -> None:
    """Not knowing is no proof: the missing right is named."""
    right = lists(GRPC_ROUTE)
    vendors.cluster.apply(without(rbac_objects(namespace=vendors.namespace), right))
    eventually(lambda: refusal(right.call, vendors.clients.kubernetes, vendors.namespace), within_s=30)
    no = stopped(vendors).refusal
    assert no.code is Code.MISSING_RIGHT
    assert (no.figures["verb"], no.figures["resource"]) == ("list", GRPC_ROUTE.resource)
