"""A plan as commands for a person: every kind of step has some, and a shell reads them as they are meant."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from bot.catalog import Service, load
from bot.domain.model import JsonObject
from bot.domain.plan import Effect, Plan, Shown, Step
from bot.views import commands
from bot.views.commands_steps import KINDS
from jobs.steps import CARRIERS

ENTRY: Service = load(Path("catalog/services.yaml")).services["game-server"]
SHARE: JsonObject = {"name": "it's primary", "label": "it's primary", "from": 50, "to": 25}
STABLE: JsonObject = {"destination": {"host": "game-server", "subset": "stable"}, "weight": 50}
BEGINNINGS = ("# ", "kubectl ", "curl ", "version=", "kinds=", "printf ", "sha256sum ", "for look in ", "for pod in ")
CANARY: JsonObject = {"destination": {"host": "game-server", "subset": "canary"}, "weight": 50}
PAIR: JsonObject = {
    "host": "game-server",
    "stable": "stable",
    "canary": "canary",
    "route": "",
    "canary_service": "game-server-canary",
}
HPA: JsonObject = {"name": "game-server", "uid": "h", "min_from": 4, "min_to": 8, "max_from": 12, "max_to": 12}
RESTORED: JsonObject = {
    "folder": "/backups/it's",
    "objects": [
        {
            "kind": kind,
            "name": f"game-{file}",
            "uid": file,
            "before_sha256": "b",
            "after_sha256": "a",
            "file": f"{file}-20261120-0300.yaml",
            "file_sha256": "f",
            "sealed": kind == "Secret",
            "members": ["data"],
            "members_before": ["data", "binaryData"],
        }
        for kind, file in (("ConfigMap", "configmap"), ("Secret", "secret"))
    ],
}
PARAMS: dict[str, JsonObject] = {
    "restore_config": RESTORED,
    "config_live": RESTORED,
    "scale_up": {"deployment": "game-server", "uid": "s", "from": 4, "to": 8, "hpa": None},
    "set_weight": {
        "virtual_service": "game-server-vs",
        "uid": "v",
        "route": "it's primary",
        "pair": PAIR,
        "stable_deployment": "game-server",
        "from": 50,
        "to": 25,
        "stable_to": 75,
        "routes": [SHARE],
        "pods": 8,
    },
    "drain": {"deployment": "game-server-canary", "pair": PAIR, "window_s": 30},
    "retire": {"deployment": "game-server-canary", "uid": "c", "pods": 4, "pair": PAIR},
    "autoscaler_back": HPA,
    "select": {
        "service": "game-server",
        "uid": "s",
        "from": {"app": "game-server", "version": "green"},
        "to": {"app": "game-server", "version": "blue"},
    },
    "switch_route": {
        "virtual_service": "game-server-vs",
        "uid": "v",
        "changes": [{"index": 0, "name": "it's primary", "before": [CANARY], "after": [STABLE]}],
    },
    "see_version": {"url": "https://game.example.com/api/v1/version", "version": "v2.0.5", "times": 5},
    "rollout": {
        "kind": "StatefulSet",
        "name": "game-server",
        "uid": "s",
        "template": {"metadata": {"labels": {"app": "it's"}}, "spec": {"containers": []}},
    },
    "pod_health": {
        "kind": "Deployment",
        "name": "game-server",
        "container": "game-server",
        "command": ["curl", "-s", "http://localhost:8080/health"],
        "pods": 8,
    },
    "validate": {"deployment": "game-server", "image": "registry.example/game-server:v2.0.5", "pods": 8},
}


def step(kind: str, changed: JsonObject | None = None, *, check: str = "") -> Step:
    """A step of this kind as a canary's plan holds it."""
    params: JsonObject = {"namespace": "game-production", **PARAMS.get(kind, {}), **(changed or {})}
    return Step(kind=kind, params=params, effect=Effect.CAS, hold_s=30, check=check)


def plan(*planned: Step, before: float | None = 0.001) -> Plan:
    """A plan of these steps; `before`: stable's error share when it was planned."""
    place: JsonObject = {
        "path": "/spec/http/1",
        "name": "it's primary",
        "stable": {"path": "/spec/http/1/route/0", "entry": STABLE},
        "canary": {"path": "/spec/http/1/route/1", "entry": CANARY},
    }
    return Plan(
        strategy="canary",
        service="game-server",
        from_version="v2.1.0",
        to_version="v2.0.5",
        steps=planned,
        binding={},
        shown={"route_places": Shown(value=[place]), "stable_error_share": Shown(value=before)},
        entry="e" * 64,
        targets=(),
        budget_s=300,
    )


def runs(made: Plan) -> list[list[str]]:
    """The commands as a shell splits them."""
    groups = commands.listed(made, service=ENTRY, prometheus_url="http://127.0.0.1:9090/")
    return [shlex.split(line.command) for group in groups for line in group if isinstance(line, commands.Run)]


def patches(made: Plan) -> list[list[JsonObject]]:
    """The JSON patches, in order."""
    return [json.loads(words[-1]) for words in runs(made) if "--type=json" in words]


def test_every_kind_that_the_bot_carries_out_has_commands() -> None:
    """A new kind of step without commands would leave a person alone on the worst night."""
    assert set(KINDS) == set(CARRIERS)


@pytest.mark.parametrize("kind", sorted(CARRIERS))
def test_each_kind_prints_commands_that_a_shell_can_read(kind: str) -> None:
    """Every line is a command or a comment on one line."""
    text = commands.shell(commands.listed(plan(step(kind)), service=ENTRY, prometheus_url="http://127.0.0.1:9090"))
    lines = [line for line in text.splitlines() if line]
    assert all(line.startswith(BEGINNINGS) for line in lines)
    assert len([line for line in lines if not line.startswith("#")]) >= 2
    assert all(line.count("(") == line.count(")") for line in lines)


def test_an_unknown_kind_is_named_and_nothing_is_printed() -> None:
    """Half a list is a trap."""
    with pytest.raises(commands.UnknownStep, match="flush_cache"):
        commands.listed(plan(step("scale_up"), step("flush_cache")), service=ENTRY, prometheus_url="http://p")


def test_a_step_without_what_it_needs_is_named() -> None:
    """A plan that does not say where its route stands gives no patch that only looks right."""
    lost = plan(step("set_weight")).model_copy(update={"shown": {}})
    with pytest.raises(commands.UnknownStep, match="route_places"):
        commands.listed(lost, service=ENTRY, prometheus_url="http://p")


def test_a_weight_tests_the_route_as_the_step_before_leaves_it() -> None:
    """The first patch tests what was read, the second what the first has written; names are quoted for the shell."""
    first, second = patches(
        plan(step("set_weight"), step("set_weight", {"to": 0, "routes": [{**SHARE, "from": 25, "to": 0}]}))
    )
    assert {"op": "test", "path": "/metadata/uid", "value": "v"} in first
    assert {"op": "test", "path": "/spec/http/1/name", "value": "it's primary"} in first
    assert {"op": "test", "path": "/spec/http/1/route/1", "value": CANARY} in first
    assert {"op": "test", "path": "/spec/http/1/route/1", "value": {**CANARY, "weight": 25}} in second
    assert {"op": "add", "path": "/spec/http/1/route/0/weight", "value": 100} in second


def test_enough_pods_need_no_patch() -> None:
    """What is there already is only looked at."""
    assert patches(plan(step("scale_up", {"from": 8}))) == []


def test_under_an_autoscaler_only_its_bounds_are_written() -> None:
    """The autoscaler would write replicas back."""
    (raised,) = patches(plan(step("scale_up", {"hpa": HPA})))
    assert raised == [
        {"op": "test", "path": "/metadata/uid", "value": "h"},
        {"op": "test", "path": "/spec/minReplicas", "value": 4},
        {"op": "replace", "path": "/spec/minReplicas", "value": 8},
    ]


def test_the_limit_is_what_the_bot_would_hold_it_against() -> None:
    """Before plus what the catalog allows; without a before, the service's own limit, and it says so."""
    judged = step("set_weight", check="stable_not_worse")
    known = commands.shell(commands.listed(plan(judged), service=ENTRY, prometheus_url="http://p"))
    assert "at most 0.006 " in known
    unknown = commands.shell(commands.listed(plan(judged, before=None), service=ENTRY, prometheus_url="http://p"))
    assert "at most 0.05 " in unknown
    assert "what it was before is unknown" in unknown


def test_the_deletion_comes_after_everything_else() -> None:
    """Also after the validation that follows it in the plan."""
    words = runs(plan(step("retire"), step("validate")))
    assert "--raw" in words[-1]
    assert not any("--raw" in earlier for earlier in words[:-1])


def test_the_warnings_name_the_lock() -> None:
    """Two people read, and the lock is a command to copy."""
    told = " ".join(commands.warnings(plan(step("scale_up")), at="03:12:04"))
    assert "two people" in told
    assert "rollbackctl lock game-server --reason 'rollback by hand'" in told
    assert "03:12:04 UTC" in told
