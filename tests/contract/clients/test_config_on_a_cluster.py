"""A ConfigMap and a Secret put back on a real control plane: as backed up, both or none, by nobody else's leave."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from bot.domain.refusal import Code, Refusal, Refused
from bot.domain.verdict import Verdict
from jobs.clients.errors import Moved as MovedError
from jobs.steps import CARRIERS, AlreadySo, AsPlanned, Done, Fenced, Moved, Stuck
from jobs.steps.claims import FENCE
from jobs.strategies import STRATEGIES
from tests.contract.clients.config_scene import (
    NEW_PASSWORD,
    OLD_PASSWORD,
    TIME,
    Configured,
    changed_since,
    encoded,
    first,
    quoting_policy,
)
from tests.contract.clients.scene import Scene, eventually, settled


@pytest.fixture
def configured(scene: Scene, tmp_path: Path) -> Configured:
    """Both objects backed up as they were deployed, and changed since."""
    return changed_since(scene, tmp_path)


def test_raw_output_of_kubectl_is_restored_whole(configured: Configured) -> None:
    """Values as backed up, keys added since gone, labels and annotations untouched; a claim and a patch each."""
    configured.patch("ConfigMap", {"metadata": {"labels": {"team": "game"}, "annotations": {"note": "kept"}}})
    assert "resourceVersion" in (configured.folder / f"configmap-{TIME}.yaml").read_text()
    ctx = configured.step(configured.planned())
    first(ctx)
    assert isinstance(settled(ctx), Done)
    config_map, secret = configured.live("ConfigMap"), configured.live("Secret")
    assert config_map["data"]["MAX_PLAYERS"] == "1000"
    assert "NEW_COMBAT_MODE" not in config_map["data"]
    assert secret["data"]["DATABASE_PASSWORD"] == encoded(OLD_PASSWORD)
    assert "EXTRA_TOKEN" not in secret["data"]
    assert config_map["metadata"]["labels"] == {"team": "game"}
    assert config_map["metadata"]["annotations"] == {"note": "kept", FENCE: "1"}
    assert isinstance(CARRIERS["restore_config"].look(ctx), AlreadySo)
    writes = [write for write in configured.scene.writes() if "deployments" not in write]
    assert writes.count("patch secrets/game-secrets") == 1 + 1
    (check,) = CARRIERS["config_live"].check(configured.step(configured.planned(), "config_live"))
    assert check.verdict is Verdict.PASS


def test_the_plan_says_each_key_and_no_secret_value(configured: Configured) -> None:
    """ConfigMap values where they are short; of the Secret only which keys come, go and change, and digests."""
    plan = configured.planned()
    told = {(note.code, note.figures["entry"]): note.figures for note in plan.changes}
    assert told["config-changed", "MAX_PLAYERS"]["before"] == "9000"
    assert told["config-changed", "MAX_PLAYERS"]["after"] == "1000"
    assert ("config-removed", "NEW_COMBAT_MODE") in told
    assert set(told["config-changed.hidden", "DATABASE_PASSWORD"]) == {"name", "entry"}
    assert ("config-removed.hidden", "EXTRA_TOKEN") in told
    whole = plan.model_dump_json()
    for value in (OLD_PASSWORD, NEW_PASSWORD, "x-t-r-a"):
        assert value not in whole
        assert encoded(value) not in whole
    raw = (configured.folder / f"secret-{TIME}.yaml").read_bytes()
    assert plan.binding["secret_backup"] == hashlib.sha256(raw).hexdigest()
    kinds = [step.kind for step in plan.steps]
    assert kinds == ["restore_config", "rollout", "config_live", "validate"]


def test_binding_moves_with_objects_and_files_alone(configured: Configured) -> None:
    """A label moves nothing; a value, another file and a file that is gone do."""
    plan, config = configured.planned(), STRATEGIES["config"]

    def bound() -> set[str]:
        found, _ = config.bind(configured.clients, plan, configured.service)
        return {name for name in found if found[name] != plan.binding.get(name)}

    configured.patch("Secret", {"metadata": {"labels": {"team": "game"}}})
    assert bound() == set()
    configured.patch("ConfigMap", {"data": {"MAX_PLAYERS": "1"}})
    assert bound() == {"config_map_data"}
    file = configured.folder / f"secret-{TIME}.yaml"
    file.write_text(file.read_text() + "\n")
    assert bound() == {"config_map_data", "secret_backup"}
    file.unlink()
    assert bound() == {"config_map_data", "secret_backup"}


def test_binary_values_come_back_and_go(configured: Configured) -> None:
    """An object that held text alone, then bytes alone: both members are put back as they were."""
    blob = base64.b64encode(bytes(range(256))).decode()
    configured.patch("ConfigMap", {"data": None, "binaryData": {"MAX_PLAYERS": blob}})
    configured.back_up("20261121-0300")
    configured.patch("ConfigMap", {"data": {"MAX_PLAYERS": "1"}, "binaryData": None})
    ctx = configured.step(configured.planned("20261121-0300"))
    first(ctx)
    assert isinstance(settled(ctx), Done)
    live = configured.live("ConfigMap")
    assert (live.get("data"), live["binaryData"]) == (None, {"MAX_PLAYERS": blob})
    ctx = configured.step(configured.planned(), fence=2)
    first(ctx)
    assert configured.live("ConfigMap").get("binaryData") is None
    assert configured.live("ConfigMap")["data"]["MAX_PLAYERS"] == "1000"


def test_an_immutable_object_is_refused(configured: Configured) -> None:
    """Kubernetes would refuse it anyhow; it is said before anybody is asked."""
    configured.patch("Secret", {"immutable": True})
    with pytest.raises(Refused) as no:
        configured.planned()
    assert (no.value.refusal.code, no.value.refusal.figures["why"]) == (Code.CONFIG_FIXED, "immutable")


def test_absent_objects_are_created_as_backed_up(configured: Configured) -> None:
    """With labels and type, without uid and version of then; the mark of the step is gone in the end."""
    configured.patch("ConfigMap", {"metadata": {"labels": {"team": "game"}}})
    configured.back_up()
    for kind in ("ConfigMap", "Secret"):
        configured.scene.admin.delete(configured.path(kind))
    ctx = configured.step(configured.planned())
    first(ctx)
    assert isinstance(settled(ctx), Done)
    config_map, secret = configured.live("ConfigMap"), configured.live("Secret")
    assert config_map["metadata"]["labels"] == {"team": "game"}
    assert config_map["data"]["MAX_PLAYERS"] == "9000"
    assert (secret["type"], secret["data"]["DATABASE_PASSWORD"]) == ("Opaque", encoded(NEW_PASSWORD))
    assert config_map["metadata"]["annotations"] == {FENCE: "1"}


def test_a_higher_fence_stops_claim_and_write(configured: Configured) -> None:
    """A worker that was stopped and wakes changes nothing once somebody else has claimed."""
    plan = configured.planned()
    late, newer = configured.step(plan, fence=4), configured.step(plan, fence=5)
    carrier = CARRIERS["restore_config"]
    assert isinstance(carrier.look(late), AsPlanned)
    carrier.claim(late)
    carrier.claim(newer)
    with pytest.raises(MovedError):
        carrier.apply(late)
    with pytest.raises(Fenced):
        carrier.claim(late)
    assert configured.live("ConfigMap")["data"]["MAX_PLAYERS"] == "9000"


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_data_that_moved_since_is_not_written_over(configured: Configured, kind: str) -> None:
    """Before the look it is Moved; between look and write the patch itself is refused, and nothing is half."""
    ctx = configured.step(configured.planned())
    carrier = CARRIERS["restore_config"]
    assert isinstance(carrier.look(ctx), AsPlanned)
    carrier.claim(ctx)
    configured.patch(kind, {"data": {"MAX_PLAYERS": encoded("7")}})
    with pytest.raises(MovedError) as refused:
        carrier.apply(ctx)
    assert NEW_PASSWORD not in str(refused.value)
    look = carrier.look(ctx)
    assert isinstance(look, Moved)
    assert look.name.endswith("_data")
    assert "NEW_COMBAT_MODE" in configured.live("ConfigMap")["data"]
    assert "EXTRA_TOKEN" in configured.live("Secret")["data"]


def test_what_a_policy_would_refuse_is_said_before_anybody_is_asked(configured: Configured) -> None:
    """In the server's words, without the value that it quotes."""
    quoting = "'no ' + string(object.data['DATABASE_PASSWORD']) + ' here'"
    allows = f"string(object.data['DATABASE_PASSWORD']) != '{encoded(OLD_PASSWORD)}'"
    with quoting_policy(configured.scene, allows=allows, says=quoting):
        refusal = eventually(lambda: _not_planned(configured))
    assert refusal is not None
    assert refusal.code is Code.WOULD_BE_REFUSED
    assert "no … here" in str(refusal.figures["said"])


def test_a_change_right_after_it_is_seen(configured: Configured) -> None:
    """What is read back is what counts: Stuck in the step, Fail in the check after the rollout."""
    plan = configured.planned()
    ctx = configured.step(plan)
    first(ctx)
    configured.patch("Secret", {"data": {"DATABASE_PASSWORD": encoded("somebody-else")}})
    stuck = settled(ctx)
    assert isinstance(stuck, Stuck)
    assert (stuck.code, stuck.figures["names"]) == ("config-changed", ["Secret game-secrets"])
    (check,) = CARRIERS["config_live"].check(configured.step(plan, "config_live"))
    assert (check.verdict, check.figures["names"]) == (Verdict.FAIL, ["Secret game-secrets"])


def _not_planned(configured: Configured) -> Refusal | None:
    """Why it is not planned; None while the API server does not know of the policy yet."""
    try:
        configured.planned()
    except Refused as refused:
        return refused.refusal
    return None
