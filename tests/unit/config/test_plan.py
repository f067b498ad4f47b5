"""From what was seen to a plan, or to the reason why there is none. Nothing is read here."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.catalog import Service, load
from bot.domain.model import JsonObject
from bot.domain.people import Person
from bot.domain.plan import LIVE, Plan
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from jobs.backups.document import Backup
from jobs.checks.measure import Reading, Traffic, Whole
from jobs.strategies.config import RESTARTED_AT, Config
from jobs.strategies.config_facts import ConfigFacts, Piece
from jobs.strategies.workload import Live
from tests.unit.config.texts import CONFIG, HIDDEN, NAMESPACE, SECRETS, b64, config_map, secret

TIME = "20261120-0300"
AT = datetime(2026, 11, 22, 3, 14, 2, tzinfo=UTC)
ENTRY: Service = load(Path("catalog/services.yaml")).services["match-server"]
SERVICE = ENTRY.model_copy(
    update={"config": ENTRY.config.model_copy(update={"config_map": CONFIG, "secret": SECRETS})} if ENTRY.config else {}
)
CONTAINER: dict[str, Any] = {
    "name": "match-server",
    "image": "registry.example/match-server:v1.9.0",
    "env": [{"name": "MAX", "valueFrom": {"configMapKeyRef": {"name": CONFIG, "key": "MAX_PLAYERS"}}}],
    "envFrom": [{"secretRef": {"name": SECRETS}}],
}


def live(kind: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - members of an object
    """The object as it stands: another value, and a key that the backup has not."""
    name, data = (CONFIG, {"MAX_PLAYERS": "9000", "NEW": "on"}) if kind == "ConfigMap" else (SECRETS, {"OLD": b64("x")})
    meta = {"name": name, "namespace": NAMESPACE, "uid": f"uid-{name}"}
    made: dict[str, Any] = {"kind": kind, "metadata": meta, "data": data}
    made |= {"type": "Opaque"} if kind == "Secret" else {}
    return {**made, **more, "metadata": {**meta, **more.get("metadata", {})}}


def piece(backup: Backup, item: dict[str, Any] | None) -> Piece:
    """An object with its backup."""
    return Piece(backup.kind, backup.name, item, backup, f"{backup.kind.lower()}-{TIME}.yaml", "f" * 64)


def facts(*pieces: Piece, container: dict[str, Any] | None = None, left_alone: tuple[str, ...] = ()) -> ConfigFacts:
    """Everything as it is on a good day, but for what is given."""
    spec = {"containers": [container or CONTAINER]}
    item = {
        "metadata": {"name": "match-server", "namespace": NAMESPACE, "uid": "uid-w", "generation": 1},
        "spec": {"replicas": 4, "template": {"metadata": {"labels": {"app": "m"}}, "spec": spec}},
        "status": {"replicas": 4, "readyReplicas": 4, "observedGeneration": 1},
    }
    nothing = Reading(value=None, query="", why="no-data")
    seen = Whole(Traffic(nothing, nothing, nothing), window_s=30)
    given = pieces or (piece(config_map(), live("ConfigMap")), piece(secret(), live("Secret")))
    workload = Live(kind="Deployment", item=item, pods=(), seen=seen)
    return ConfigFacts(live=workload, pieces=given, left_alone=left_alone, timestamp=TIME, at=AT)


def planned(seen: ConfigFacts) -> Plan:
    """The plan for these facts."""
    by = Person(team="T1", id="U1", name="ann")
    asked = Request(service="match-server", strategy="config", by=by, channel="C1", version=TIME)
    return Config().plan(seen, asked, SERVICE, "match-server")


def refused(seen: ConfigFacts) -> tuple[Code, JsonObject]:
    """Why there is no plan."""
    with pytest.raises(Refused) as no:
        planned(seen)
    return no.value.refusal.code, no.value.refusal.figures


def test_both_objects_then_the_restart_then_another_look() -> None:
    """One step writes both; the template differs by the mark of a restart alone; labels say from now to then."""
    plan = planned(facts())
    kinds = [step.kind for step in plan.steps]
    assert kinds == ["restore_config", "rollout", "pod_health", "config_live", "validate"]
    assert (plan.from_version, plan.to_version) == (LIVE, TIME)
    template: Any = plan.steps[1].params["template"]
    assert template["metadata"]["annotations"] == {RESTARTED_AT: "2026-11-22T03:14:02Z"}
    assert template["spec"]["containers"] == [CONTAINER]
    assert set(plan.targets) == {
        f"Deployment/{NAMESPACE}/match-server",
        f"ConfigMap/{NAMESPACE}/{CONFIG}",
        f"Secret/{NAMESPACE}/{SECRETS}",
    }
    assert not plan.leaves_a_version
    assert {name for name in plan.binding if name.startswith("secret_")} == {
        "secret_uid",
        "secret_data",
        "secret_backup",
    }


def test_no_value_of_a_secret_is_in_the_plan() -> None:
    """Neither as it is nor as Kubernetes writes it; neither the old one nor the new one."""
    text = planned(facts()).model_dump_json()
    assert HIDDEN not in text
    assert b64(HIDDEN) not in text
    assert b64("x") not in text


@pytest.mark.parametrize(
    ("key", "was", "now", "code"),
    [
        ("MODE", "ranked", "casual", "config-changed"),
        ("MODE", None, "casual", "config-added"),
        ("MODE", "ranked", None, "config-removed"),
        ("DB_PASSWORD", "a", "b", "config-changed.hidden"),
        ("MODE", "postgres://u:p@db/x", "casual", "config-changed.hidden"),
        ("MODE", "x" * 41, "casual", "config-changed.hidden"),
        ("MODE", "a\nb", "casual", "config-changed.hidden"),
    ],
)
def test_a_config_maps_values_are_shown_where_they_are_short_and_no_secret(
    key: str, was: str | None, now: str | None, code: str
) -> None:
    """Of everything else only the key is."""
    values = {"MAX_PLAYERS": "1000"}
    text = "\n".join(f"  {k}: {v!r}" for k, v in {**values, **({key: now} if now else {})}.items())
    backup = config_map(f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {CONFIG}\ndata:\n{text}\n")
    item = live("ConfigMap", data={**values, **({key: was} if was else {})})
    (note,) = planned(facts(piece(backup, item))).changes
    assert (note.code, note.figures["entry"]) == (code, key)
    if code.endswith("hidden"):
        assert "before" not in note.figures
        assert "after" not in note.figures


def test_an_object_that_is_gone_is_created_and_said_so() -> None:
    """One note for all of it; its uid and its data are bound as absent."""
    plan = planned(facts(piece(config_map(), None)))
    (note,) = plan.changes
    assert (note.code, note.figures) == ("config-created", {"name": f"ConfigMap {CONFIG}", "keys": 1})
    assert (plan.binding["config_map_uid"], plan.binding["config_map_data"]) == (None, None)


def test_what_is_there_already_is_left_out_and_the_pods_are_restarted_all_the_same() -> None:
    """Restored by hand, or by a rollback that was aborted: the pods may still run with what was there before."""
    same = live("ConfigMap", data={"MAX_PLAYERS": "1000"})
    plan = planned(facts(piece(config_map(), same)))
    assert [note.code for note in plan.left_out] == ["config-same"]
    assert "rollout" in [step.kind for step in plan.steps]
    left = planned(facts(piece(config_map(), live("ConfigMap")), left_alone=(f"Secret {SECRETS}",)))
    assert [note.code for note in left.left_out] == ["secret-not-kept"]


def test_an_object_that_the_workload_does_not_name_is_a_risk() -> None:
    """Its restart would show nothing of it: maybe the catalog names the wrong one."""
    plain = {name: value for name, value in CONTAINER.items() if name not in ("env", "envFrom")}
    codes = [note.code for note in planned(facts(container=plain)).risks]
    assert codes.count("config-unused") == 2
    assert "config-unused" not in [note.code for note in planned(facts()).risks]


def hashed(name: str) -> dict[str, Any]:
    """The container with a ConfigMap that kustomize has named."""
    return {**CONTAINER, "env": [], "envFrom": [{"configMapRef": {"name": name}}]}


OWNER = {
    "apiVersion": "external-secrets.io/v1",
    "kind": "ExternalSecret",
    "name": "game",
    "uid": "u",
    "controller": True,
}


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (facts(piece(config_map(), live("ConfigMap", immutable=True))), "immutable"),
        (facts(piece(secret(), live("Secret", type="kubernetes.io/tls"))), "type"),
        (facts(container=hashed(f"{CONFIG}-5f7d9c8b2t")), "hashed"),
    ],
)
def test_what_cannot_be_changed_in_its_place_is_refused(seen: ConfigFacts, why: str) -> None:
    """Immutable, of another type, or one of many with a hash in its name."""
    code, figures = refused(seen)
    assert (code, figures["why"]) == (Code.CONFIG_FIXED, why)


@pytest.mark.parametrize(
    "metadata",
    [
        {"ownerReferences": [OWNER]},
        {"annotations": {"argocd.argoproj.io/tracking-id": "game:x"}},
        {"labels": {"helm.toolkit.fluxcd.io/name": "game"}},
    ],
)
def test_what_somebody_else_would_write_back_is_refused(metadata: dict[str, Any]) -> None:
    """A controller that makes the Secret from elsewhere, or a tool that syncs it."""
    code, _ = refused(facts(piece(secret(), live("Secret", metadata=metadata))))
    assert code is Code.OWNED_ELSEWHERE


def test_a_backup_without_a_key_that_pods_need_is_refused() -> None:
    """They would not start with it; the key and the workload are named."""
    backup = config_map(f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {CONFIG}\ndata:\n  OTHER: a\n")
    code, figures = refused(facts(piece(backup, live("ConfigMap"))))
    assert (code, figures["why"], figures["keys"]) == (Code.BAD_BACKUP, "lacks-keys", ["MAX_PLAYERS"])


def test_names_that_only_look_alike_are_no_hash() -> None:
    """A hash has ten letters, none of which is a vowel, and stands behind this very name."""
    for name in (f"{CONFIG}-canary", f"{CONFIG}-5f7d9c8b2", f"{CONFIG}-5f7d9c8b2e", "other-config-5f7d9c8b2t"):
        assert planned(facts(container=hashed(name))).steps
