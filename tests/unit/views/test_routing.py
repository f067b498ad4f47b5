"""Routes, gateways and ScaledObjects in words: on cards, in refusals, and as commands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.model import Json, JsonObject
from bot.domain.plan import Note, Plan, Shown, Step
from bot.domain.refusal import Code, Refusal
from bot.domain.rollback import Mark
from bot.views import answers, commands, steps
from bot.views.words import get
from tests.unit.views import canary_steps
from tests.unit.views import factory as run
from tests.unit.views.reading import shown, text_of, texts
from tests.unit.views.test_commands import ENTRY, patches, runs

TESTERS: JsonObject = {"name": "testers", "label": "testers"}
KEDA: JsonObject = {
    "kind": "ScaledObject",
    "name": "web",
    "uid": "k",
    "min_from": 0,
    "min_to": 8,
    "max_from": 100,
    "max_to": 100,
}


def weight(was: float, to: float, **params: Json) -> Step:
    """A weight step with these parameters besides."""
    made = canary_steps.set_weight(was, to)
    return made.model_copy(update={"params": {**made.params, **params}})


def words(step: Step, plan: Plan | None = None) -> str:
    """A step as planned, with plain spaces."""
    return str(steps.planned(get(), step, plan or run.plan())).replace("\u00a0", " ")


def refused(code: Code, **figures: Json) -> str:
    """The words of a refusal, with plain spaces."""
    block: Any = answers.refusal(Refusal(code=code, figures={"service": "game-server", **figures})).blocks[0]
    return text_of(block)


def test_a_step_names_the_routes_that_it_switches() -> None:
    """With the last weight, or alone where no route splits."""
    told = words(weight(10, 0, switch=[TESTERS]))
    assert told == "Canary weight 10 → 0 %, testers to stable; hold 30 s; stable must not get worse"
    alone = words(weight(0, 0, switch=[TESTERS, {"name": "", "label": "#3"}]))
    assert alone == "Route testers, #3 from canary to stable; hold 30 s; stable must not get worse"
    assert words(weight(10, 0, switch=[])) == "Canary weight 10 → 0 %; hold 30 s; stable must not get worse"


def test_the_card_says_which_routes_go_together_and_which_are_switched() -> None:
    """Two people approve what happens to testers too."""
    notes = (
        Note(code="several-routes", figures={"name": "vs", "routes": ["players (50 %)", "mobile (10 %)"]}),
        Note(code="match-routes", figures={"kind": "VirtualService", "name": "vs", "routes": ["testers"]}),
    )
    body = texts(shown(run.planned(run.plan(changes=notes)).rollback))[1]
    assert "routes moved together, each only downwards: players (50 %), mobile (10 %)" in body
    assert "route testers sends all that it matches to the canary; with weight 0 it goes to stable" in body


def test_a_scaled_object_is_named_with_its_own_bound() -> None:
    """As planned, half done, and with the command that puts it back."""
    back = canary_steps.DRAIN.model_copy(update={"kind": "autoscaler_back", "params": KEDA})
    plan = run.plan(steps=(canary_steps.scale_up(hpa=KEDA), *run.plan().steps[1:6], back, canary_steps.VALIDATE))
    rows = texts(shown(run.planned(plan).rollback))[2]
    assert rows.startswith("○ 1 Raise minReplicaCount of ScaledObject web 0 → 8; wait until 8 pods are Available\n")
    assert "○ 7 Put minReplicaCount of ScaledObject web back, 8 → 0\n" in rows
    halted = texts(shown(run.halted(plan).rollback))
    assert "ScaledObject web minReplicaCount 8 (was 0)" in halted[1]
    command = 'patch scaledobject web --type=merge -p \'{"spec":{"minReplicaCount":0}}\'`'
    assert command in halted[2]


@pytest.mark.parametrize(
    ("keep", "kept"), [(False, "deleted, 4 pods gone; ScaledObject bad stays"), (True, "kept, and")]
)
def test_a_paused_scaled_object_is_named_when_the_canary_is_gone(*, keep: bool, kept: str) -> None:
    """It stays, paused at 0, and somebody has to know."""
    retired = canary_steps.RETIRE.model_copy(update={"params": {**canary_steps.RETIRE.params, "keep": keep}})
    record = (
        run.planned().rollback.steps[0].model_copy(update={"mark": Mark.DONE, "figures": {"pods": 4, "paused": "bad"}})
    )
    told = str(steps.finished(get(), retired, record, run.plan())).replace("\u00a0", " ")
    assert kept in told
    assert told.endswith("paused at 0")


RISKS: list[tuple[str, JsonObject, str]] = [
    ("keda-idle", {"name": "web", "idle": 1}, "ScaledObject web keeps 1 pods while its triggers are quiet"),
    ("keda-stays-paused", {"name": "bad", "deployment": "game-server-canary"}, "ScaledObject bad stays paused at 0"),
    (
        "ambient-unknown",
        {"kind": "VirtualService", "name": "vs", "namespace": "game-production"},
        "in an ambient mesh VirtualService vs would be ignored",
    ),
]


@pytest.mark.parametrize(("code", "figures", "told"), RISKS, ids=[code for code, _, _ in RISKS])
def test_each_risk_has_words(code: str, figures: JsonObject, told: str) -> None:
    """What could go wrong stands on the card."""
    plan = run.plan(risks=(Note(code=code, figures=figures),))
    assert told in " ".join(texts(shown(run.planned(plan).rollback)))


REFUSALS: list[tuple[str, Code, JsonObject, str]] = [
    (
        "TCP",
        Code.ROUTE_SHARED,
        {"virtual_service": "vs", "protocol": "tcp", "route": "#1", "percent": 100, "mirror": False},
        (
            "VirtualService vs sends TCP there (route #1), which I do not move. Nothing was changed. "
            "Point that TCP route at stable yourself, then Plan again"
        ),
    ),
    (
        "TLS",
        Code.ROUTE_SHARED,
        {"virtual_service": "vs", "protocol": "tls", "route": "#1", "percent": 100, "mirror": False},
        "VirtualService vs passes TLS through to it (route #1), which I do not move.",
    ),
    (
        "a TLSRoute",
        Code.ROUTE_SHARED,
        {"tls_route": "chat", "protocol": "tls", "route": "#1", "percent": 100, "mirror": False},
        "TLSRoute chat passes TLS through to it (route #1), which I do not move.",
    ),
    (
        "a TCPRoute",
        Code.ROUTE_SHARED,
        {"tcp_route": "chat", "protocol": "tcp", "route": "#1", "percent": 100, "mirror": False},
        "TCPRoute chat sends TCP there (route #1), which I do not move.",
    ),
    (
        "a UDPRoute",
        Code.ROUTE_SHARED,
        {"udp_route": "moves", "protocol": "udp", "route": "#1", "percent": 50, "mirror": False},
        (
            "UDPRoute moves sends UDP there (route #1), which I do not move. Nothing was changed. "
            "Point that UDP route at stable yourself, then Plan again"
        ),
    ),
    (
        "a GRPCRoute",
        Code.ROUTE_SHARED,
        {"grpc_route": "chat", "protocol": "grpc", "route": "rooms", "percent": 5, "mirror": False},
        (
            "GRPCRoute chat, route rooms, leads to the canary too: it sends 5 % there. I do not move gRPC routes. "
            "Nothing was changed. Point that gRPC route at stable yourself, then Plan again"
        ),
    ),
    (
        "a GRPCRoute that mirrors",
        Code.ROUTE_SHARED,
        {"grpc_route": "chat", "protocol": "grpc", "route": "#1", "percent": 0, "mirror": True},
        "GRPCRoute chat, route #1, leads to the canary too: it mirrors requests there.",
    ),
    (
        "another HTTP route",
        Code.ROUTE_SHARED,
        {"virtual_service": "vs", "protocol": "http", "route": "beta", "percent": 100, "mirror": False},
        "VirtualService vs, route beta, leads to the canary too: it sends 100 % there.",
    ),
    (
        "an HTTPRoute",
        Code.ROUTE_SHARED,
        {"http_route": "game", "protocol": "http", "route": "beta", "percent": 5, "mirror": False},
        "HTTPRoute game, route beta, leads to the canary too: it sends 5 % there.",
    ),
    (
        "a Service that takes both",
        Code.ROUTE_SHARED,
        {"why": "backend", "http_route": "game", "name": "game-server-stable"},
        "Service game-server-stable, stable's backend, selects the canary's pods too.",
    ),
    (
        "no rule",
        Code.NO_ROUTE,
        {"http_route": "game", "route": "", "host": ""},
        "HTTPRoute game has no route with both Services as backends.",
    ),
    (
        "no route",
        Code.NO_ROUTE,
        {"virtual_service": "vs", "route": "primary", "host": "game-server"},
        "VirtualService vs has no route to game-server with both subsets (the catalog names route `primary`).",
    ),
    (
        "ambient",
        Code.NO_ROUTE,
        {"why": "ambient", "virtual_service": "vs", "namespace": "game-production"},
        "VirtualService vs does nothing: the mesh is ambient, and neither namespace game-production nor the Service",
    ),
    (
        "weights",
        Code.BAD_WEIGHTS,
        {"http_route": "game", "route": "#1", "weights": [0, 0]},
        "Route #1 of HTTPRoute game has weights 0 and 0",
    ),
    (
        "two of a name",
        Code.AMBIGUOUS_ROUTE,
        {"virtual_service": "vs", "route": "x", "routes": ["x", "x"]},
        "In VirtualService vs these routes fit: x, x.",
    ),
    (
        "a paused ScaledObject",
        Code.PAUSED,
        {"why": "scaled-object", "scaled_object": "web"},
        "ScaledObject web is paused: KEDA would bring no more pods.",
    ),
    (
        "above a ScaledObject's maximum",
        Code.ABOVE_MAX,
        {"autoscaler": "web", "kind": "ScaledObject", "needed": 8, "max": 6},
        "Stable needs 8 pods, ScaledObject web allows 6.",
    ),
]


@pytest.mark.parametrize(("code", "figures", "told"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_a_refusal_names_what_it_is_about_and_what_to_do(code: Code, figures: JsonObject, told: str) -> None:
    """VirtualService or HTTPRoute, HPA or ScaledObject, by their own names."""
    said = refused(code, **figures)
    assert told in said
    assert "unknown" not in said


STABLE: JsonObject = {"name": "game-stable", "port": 80, "weight": 50}
CANARY: JsonObject = {"name": "game-canary", "port": 80, "weight": 50}


def gateway(index: int, was: int) -> JsonObject:
    """Where a rule of an HTTPRoute stands."""
    at = f"/spec/rules/{index}"
    return {
        "path": at,
        "name": "",
        "stable": {"path": f"{at}/backendRefs/0", "entry": {**STABLE, "weight": 100 - was}},
        "canary": {"path": f"{at}/backendRefs/1", "entry": {**CANARY, "weight": was}},
    }


def by_hand(*shares: tuple[float, float, float], switch: bool = False) -> Plan:
    """A plan for two rules: from, first weight and last weight of each."""

    def moved(nth: int) -> list[Json]:
        return [
            {"name": "", "label": f"#{n}", "from": share[nth], "to": share[nth + 1]} for n, share in enumerate(shares)
        ]

    more: JsonObject = {"virtual_service": "", "http_route": "game", "namespace": "game-production"}
    match: JsonObject = {
        "path": "/spec/rules/2",
        "name": "testers",
        "canary": {"path": "/spec/rules/2/backendRefs/0", "entry": {"name": "game-canary", "port": 80}},
        "field": "/name",
        "to": "game-stable",
    }
    planned = (
        weight(50, 25, **more, routes=moved(0)),
        weight(25, 0, **more, routes=moved(1), switch=[TESTERS] if switch else []),
    )
    places: list[Json] = [gateway(index, round(share[0])) for index, share in enumerate(shares)]
    facts = {"route_places": Shown(value=places), "match_places": Shown(value=[match])}
    return run.plan(steps=planned, shown=facts)


def test_the_commands_of_a_weight_move_each_rule_as_the_bot_would() -> None:
    """One that has less already is left out until its turn comes, and is tested as it was read."""
    first, last = patches(by_hand((50, 25, 0), (10, 10, 0)))
    assert [each["path"] for each in first if each["op"] == "add"] == [
        "/spec/rules/0/backendRefs/0/weight",
        "/spec/rules/0/backendRefs/1/weight",
    ]
    tested = {str(each["path"]): each["value"] for each in last if each["op"] == "test"}
    assert tested["/spec/rules/0/backendRefs/1"] == {**CANARY, "weight": 25}
    assert tested["/spec/rules/1/backendRefs/1"] == {**CANARY, "weight": 10}
    assert [each["value"] for each in last if each["op"] == "add"] == [100, 0, 100, 0]


def test_the_commands_write_a_weight_that_goes_up_too() -> None:
    """A rollback that is taken back by hand."""
    first, _ = patches(by_hand((10, 50, 50)))
    assert [each["path"] for each in first if each["op"] == "add"] == [
        "/spec/rules/0/backendRefs/0/weight",
        "/spec/rules/0/backendRefs/1/weight",
    ]


def test_the_commands_switch_testers_with_the_last_weight() -> None:
    """The match stands untouched, and a person sees what it leads to afterwards."""
    plan = by_hand((50, 25, 0), (10, 10, 0), switch=True)
    _, last = patches(plan)
    assert last[-2:] == [
        {"op": "test", "path": "/spec/rules/2/backendRefs/0", "value": {"name": "game-canary", "port": 80}},
        {"op": "replace", "path": "/spec/rules/2/backendRefs/0/name", "value": "game-stable"},
    ]
    assert any("{.spec.rules[2].backendRefs[0].name}" in word for words_ in runs(plan) for word in words_)


def test_the_commands_of_a_drain_ask_the_kind_that_routes() -> None:
    """By Service where the sides are Services, and no sooner than the proxies have heard."""
    pair: JsonObject = {"stable": "stable", "canary": "canary", "stable_service": "s", "canary_service": "game-canary"}
    more: JsonObject = {"namespace": "game-production", "pair": pair, "window_s": 30, "quiet_s": 35}
    drain = canary_steps.DRAIN.model_copy(update={"params": {**canary_steps.DRAIN.params, **more}})
    text = commands.shell(commands.listed(run.plan(steps=(drain,)), service=ENTRY, prometheus_url="http://p"))
    assert "names Service game-canary with a weight above 0" in text
    assert "virtualservices" not in text
    assert "Wait 35 s" in text.replace("\u00a0", " ")


def test_the_commands_of_a_drain_list_every_kind_of_route_that_the_server_knows() -> None:
    """In a mesh too, beside its own routes: kubectl would stop at a kind that is not there."""
    pair: JsonObject = {"canary": "canary", "stable_service": "", "canary_service": "game-server-canary"}
    params: JsonObject = {"namespace": "game-production", "pair": pair, "window_s": 30}
    drain = canary_steps.DRAIN.model_copy(update={"params": params})
    text = commands.shell(commands.listed(run.plan(steps=(drain,)), service=ENTRY, prometheus_url="http://p"))
    assert "get virtualservices.networking.istio.io" in text
    assert "kinds=$(kubectl api-resources --api-group=gateway.networking.k8s.io" in text
    assert "| xargs -I KIND kubectl -n game-production get KIND" in text
    assert "names Service game-server-canary with a weight above 0" in text


def test_the_commands_write_a_scaled_object_s_bounds_and_pause_the_canary_s() -> None:
    """A bound that need not stand there is set, not tested; putting it back tests the one that was set."""
    back = canary_steps.DRAIN.model_copy(
        update={"kind": "autoscaler_back", "params": {**KEDA, "namespace": "game-production"}}
    )
    retire = canary_steps.RETIRE.model_copy(
        update={"params": {**canary_steps.RETIRE.params, "pair": {}, "scaler": {"name": "bad", "uid": "b"}}}
    )
    words_ = runs(run.plan(steps=(canary_steps.scale_up(hpa=KEDA), retire, back)))
    merged = [json.loads(each[-1]) for each in words_ if "--type=merge" in each]
    assert merged == [
        {"metadata": {"uid": "k"}, "spec": {"minReplicaCount": 8}},
        {"metadata": {"uid": "b", "annotations": {"autoscaling.keda.sh/paused-replicas": "0"}}},
    ]
    put_back = next(
        json.loads(each[-1]) for each in words_ if "scaledobjects.keda.sh" in each and "--type=json" in each
    )
    assert put_back[1:] == [
        {"op": "test", "path": "/spec/minReplicaCount", "value": 8},
        {"op": "replace", "path": "/spec/minReplicaCount", "value": 0},
    ]
