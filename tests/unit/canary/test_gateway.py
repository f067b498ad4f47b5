"""An HTTPRoute of the Gateway API carries the canary: the same steps, two Services instead of two subsets."""

from __future__ import annotations

from typing import Any

import pytest

from bot.catalog import Service
from bot.domain.plan import moved
from bot.domain.refusal import Code, Refused
from jobs.clients.resources import Raw
from jobs.steps.gateway import HttpRoutes
from jobs.steps.moves import Moves, operations
from jobs.steps.splits import Pair
from jobs.strategies import STRATEGIES
from jobs.strategies.canary import binding
from tests.unit.canary.world import NAMESPACE, deployment, facts, objects, request, service

CANARY = STRATEGIES["canary"]
EVERYTHING = [{"path": {"type": "PathPrefix", "value": "/"}}]
HEADER = [{"headers": [{"name": "x-tester", "type": "Exact", "value": "yes"}], **EVERYTHING[0]}]
STABLE, BAD = "game-server-stable", "game-server-canary"


def entry(**canary: Any) -> Service:  # noqa: ANN401 - the catalog's fields
    """The shipped example's entry with an HTTPRoute."""
    return service(
        **{
            "virtual_service": "",
            "host": "",
            "route": "",
            "http_route": "game-server",
            "stable": {"deployment": "game-server", "subset": "stable", "service": STABLE},
            "canary": {"deployment": "game-server-canary", "subset": "canary", "service": BAD},
            **canary,
        }
    )


PAIR = Pair.planned(
    {"pair": {"host": "", "stable": "stable", "canary": "canary", "canary_service": BAD, "stable_service": STABLE}}
)


def backend(name: str, weight: int | None = 1, **more: Any) -> Raw:  # noqa: ANN401 - JSON
    """One backend as the API server gives it, its defaults filled in; None: no weight, as other servers may."""
    given = {} if weight is None else {"weight": weight}
    return {"group": "", "kind": "Service", "name": name, "port": 8080, **given, **more}


def rule(*backends: Raw, name: str = "", matches: Any = None, **more: Any) -> Raw:  # noqa: ANN401 - JSON
    """One rule; without a match it takes everything, as the API server writes it down."""
    named = {"name": name} if name else {}
    return {**named, "backendRefs": list(backends), "matches": matches or EVERYTHING, **more}


def split(canary: int, **more: Any) -> Raw:  # noqa: ANN401 - JSON
    """A rule with `canary` percent on the canary."""
    return rule(backend(STABLE, 100 - canary), backend(BAD, canary), **more)


def http_route(*rules: Raw, name: str = "game-server", parent: str = "Gateway") -> Raw:
    """An HTTPRoute with these rules."""
    return {
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": f"uid-{name}"},
        "spec": {"parentRefs": [{"kind": parent, "name": "public"}], "rules": list(rules)},
    }


def backends(**selectors: dict[str, str]) -> dict[str, Raw]:
    """Both Services, by role, with what they select."""
    chosen = {"stable": {"app": "game-server", "track": "stable"}, "canary": {"track": "canary"}, **selectors}
    return {role: {"spec": {"selector": selector}} for role, selector in chosen.items()}


def seen(*rules: Raw, **changes: Any) -> Any:  # noqa: ANN401 - facts
    """What the strategy saw of an HTTPRoute with these rules."""
    bad = deployment("game-server-canary", tag="v2.1.0")
    bad["spec"]["template"]["metadata"] = {"labels": {"app": "game-server", "track": "canary"}}
    found = {"virtual_services": [], "http_routes": [http_route(*rules)], "backends": backends(), "canary": bad}
    return facts(**{**found, **changes})


def planned(*rules: Raw, **changes: Any) -> Any:  # noqa: ANN401 - a plan
    """The plan for an HTTPRoute with these rules."""
    return CANARY.plan(seen(*rules, **changes), request(), entry(), "game-server")


def refusal(found: Any, **canary: Any) -> tuple[Code, dict[str, Any]]:  # noqa: ANN401 - as seen() and entry()
    """Why it is refused."""
    with pytest.raises(Refused) as caught:
        CANARY.plan(found, request(), entry(**canary), "game-server")
    return caught.value.refusal.code, caught.value.refusal.figures


def weights(plan: Any) -> list[Any]:  # noqa: ANN401 - a plan
    """The parameters of each weight step."""
    return [step.params for step in plan.steps if step.kind == "set_weight"]


def test_the_steps_are_those_of_a_mesh() -> None:
    """One kind of step for every vendor; sides are told by subset in metrics and by Service in routes."""
    plan = planned(split(50))
    kinds = ["scale_up", "set_weight", "set_weight", "set_weight", "drain", "retire", "validate"]
    assert [step.kind for step in plan.steps] == kinds
    assert [(step["from"], step["to"]) for step in weights(plan)] == [(50, 25), (25, 10), (10, 0)]
    first = weights(plan)[0]
    assert (first["http_route"], "virtual_service" in first) == ("game-server", False)
    assert first["pair"]["canary"] == "canary"
    assert first["pair"]["canary_service"] == BAD
    assert "HTTPRoute/game-production/game-server" in plan.targets


@pytest.mark.parametrize(
    ("stable", "canary", "percent"), [(3, 1, 25), (None, None, 50), (1, 0, 0), (0, 5, 100), (None, 3, 75)]
)
def test_weights_are_shares_of_their_sum_and_1_where_none_is_named(
    stable: int | None, canary: int | None, percent: float
) -> None:
    """The Gateway API's rule, and its default."""
    live = http_route(rule(backend(STABLE, stable), backend(BAD, canary)))
    assert HttpRoutes().find(live, PAIR).canary_percent == percent


def test_a_weight_patch_touches_two_weights_and_tests_both_backends() -> None:
    """Matches, filters and time-outs are not in it."""
    filters = [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"add": [{"name": "a", "value": "b"}]}}]
    live = split(50, name="primary", filters=filters, timeouts={"request": "3s"})
    moves = Moves.planned(weights(planned(live))[0])
    made = operations(HttpRoutes().find(http_route(live), PAIR), moves)
    assert [(each["op"], each["path"]) for each in made] == [
        ("test", "/spec/rules/0/name"),
        ("test", "/spec/rules/0/backendRefs/0"),
        ("add", "/spec/rules/0/backendRefs/0/weight"),
        ("test", "/spec/rules/0/backendRefs/1"),
        ("add", "/spec/rules/0/backendRefs/1/weight"),
    ]
    assert [each["value"] for each in made if each["op"] == "add"] == [75, 25]


def test_testers_go_to_stable_s_service_with_the_last_weight() -> None:
    """Their match is kept: one name is replaced."""
    testers = rule(backend(BAD), name="testers", matches=HEADER)
    moves = Moves.planned(weights(planned(testers, split(50)))[-1])
    made = operations(HttpRoutes().find(http_route(testers, split(10)), PAIR), moves)
    assert made[-1] == {"op": "replace", "path": "/spec/rules/0/backendRefs/0/name", "value": STABLE}
    assert made[-2]["value"] == testers["backendRefs"][0]


def mirror(service_name: str) -> Raw:
    """A filter that copies requests to a Service."""
    return {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": service_name, "port": 8080}}}


REFUSALS: list[tuple[str, tuple[Raw, ...], dict[str, Any], Code]] = [
    ("no rule splits", (rule(backend(STABLE)),), {}, Code.NO_ROUTE),
    ("no such HTTPRoute", (split(50),), {"http_routes": []}, Code.NO_ROUTE),
    ("everything to the canary", (rule(backend(BAD)),), {}, Code.NO_ROUTE),
    ("everything to the canary beside a split", (split(50), rule(backend(BAD))), {}, Code.ROUTE_SHARED),
    ("a third backend", (rule(backend(STABLE), backend(BAD), backend("beta")),), {}, Code.ROUTE_SHARED),
    ("a backend of another namespace", (rule(backend(STABLE), backend(BAD), backend(BAD, namespace="x")),), {},
     Code.ROUTE_SHARED),
    ("the canary twice", (rule(backend(STABLE), backend(BAD), backend(BAD)),), {}, Code.AMBIGUOUS_ROUTE),
    ("all weights zero", (split(0, name="x") | {"backendRefs": [backend(STABLE, 0), backend(BAD, 0)]},), {},
     Code.BAD_WEIGHTS),
    ("a mirror to the canary", (split(50, filters=[mirror(BAD)]),), {}, Code.ROUTE_SHARED),
    ("stable's Service is missing", (split(50),), {"backends": {**backends(), "stable": None}}, Code.NO_WORKLOAD),
    ("stable's Service takes both", (split(50),), {"backends": backends(stable={"app": "game-server"})},
     Code.ROUTE_SHARED),
    ("another HTTPRoute", (split(50),), {"http_routes": [http_route(split(50)), http_route(split(5), name="b")]},
     Code.ROUTE_SHARED),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "changes", "code"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_what_cannot_be_taken_back_is_refused_with_its_reason(
    rules: tuple[Raw, ...], changes: dict[str, Any], code: Code
) -> None:
    """The same gates as in a mesh, with the same codes."""
    assert refusal(seen(*rules, **changes))[0] is code


def test_a_named_rule_is_the_one_that_is_moved() -> None:
    """Another that splits is refused; two of the name are, too."""
    one, two = split(50, name="primary"), split(10, name="mobile")
    assert refusal(seen(one, two), route="primary")[0] is Code.ROUTE_SHARED
    assert refusal(seen(one, one), route="primary")[0] is Code.AMBIGUOUS_ROUTE
    plan = CANARY.plan(seen(one), request(), entry(route="primary"), "game-server")
    assert [each["name"] for each in weights(plan)[0]["routes"]] == ["primary"]


def test_a_virtual_service_that_leads_to_the_canary_s_service_is_refused_too() -> None:
    """Whoever routes, nothing may lead there at the deletion."""
    meshed = {
        "metadata": {"name": "vs", "namespace": NAMESPACE, "uid": "u"},
        "spec": {"http": [{"route": [{"destination": {"host": BAD}}]}]},
    }
    code, figures = refusal(seen(split(50), virtual_services=[meshed]))
    assert (code, figures["virtual_service"]) == (Code.ROUTE_SHARED, "vs")


def test_in_an_ambient_mesh_only_a_gateway_s_route_is_obeyed_without_a_waypoint() -> None:
    """A Service as parent means the clients' own proxies."""
    ambient = {"metadata": {"name": NAMESPACE, "labels": {"istio.io/dataplane-mode": "ambient"}}}
    assert planned(split(50), namespace=ambient).steps
    meshed = seen(http_routes=[http_route(split(50), parent="Service")], namespace=ambient)
    assert refusal(meshed)[1]["why"] == "ambient"


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, set()),
        ({"http_routes": [http_route(split(30))]}, {"canary_weight"}),
        ({"http_routes": []}, {"http_route_uid", "route", "destinations", "canary_weight"}),
        ({"backends": backends(stable={"app": "other"})}, {"stable_backend"}),
    ],
)
def test_backends_and_shares_are_bound(changes: dict[str, Any], names: set[str]) -> None:
    """What an approval rests on is named when it moves."""
    found = seen(split(50))
    now = objects(
        **{
            "virtual_services": [],
            "http_routes": [http_route(split(50))],
            "backends": backends(),
            "canary": found.objects.canary,
            **changes,
        }
    )
    assert set(moved(planned(split(50)), binding=binding(now, entry()), shown={})) == names
