"""Both or none: whatever refuses, dies or moves between the two writes, no configuration is left half restored."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from bot.domain.refusal import Code, Refused
from jobs.clients.errors import Forbidden, Rejected
from jobs.clients.errors import Moved as MovedError
from jobs.steps import CARRIERS, AsPlanned, Done, Moved
from jobs.steps.claims import FENCE
from jobs.steps.config_objects import KEPT
from tests.contract.clients.config_scene import (
    OLD_PASSWORD,
    TIME,
    Configured,
    Crash,
    changed_since,
    encoded,
    first,
    quoting_policy,
    taken_over,
)
from tests.contract.clients.scene import Scene, eventually, settled


@pytest.fixture
def configured(scene: Scene, tmp_path: Path) -> Configured:
    """Both objects backed up as they were deployed, and changed since."""
    return changed_since(scene, tmp_path)


def test_a_right_that_is_missing_for_the_second_is_found_before_the_first(configured: Configured) -> None:
    """The rehearsal asks for both: nothing is written at all. Planning asks so too."""
    plan, before = configured.planned(), configured.live("ConfigMap")["data"]
    configured.take_away("patch")
    with pytest.raises(Forbidden) as refused:
        first(configured.step(plan))
    assert (refused.value.verb, refused.value.resource) == ("patch", "secrets")
    with pytest.raises(Refused) as no:
        configured.planned()
    assert (no.value.refusal.code, no.value.refusal.figures["verb"]) == (Code.MISSING_RIGHT, "patch")
    assert configured.live("ConfigMap")["data"] == before
    assert KEPT not in configured.live("ConfigMap")["metadata"]["annotations"]


def test_when_the_second_may_not_be_created_the_first_is_put_back(configured: Configured) -> None:
    """A creation cannot be rehearsed: the right is missed after the ConfigMap was written."""
    configured.scene.admin.delete(configured.path("Secret"))
    configured.take_away("create")
    before = configured.live("ConfigMap")["data"]
    ctx = configured.step(configured.planned())
    with pytest.raises(Forbidden) as refused:
        first(ctx)
    assert (refused.value.verb, refused.value.resource) == ("create", "secrets")
    live = configured.live("ConfigMap")
    assert live["data"] == before
    assert live["metadata"]["annotations"] == {FENCE: "1"}
    assert configured.scene.writes(ctx.manager).count("patch configmaps/game-config") == 1 + 1 + 1
    assert not configured.there("Secret")


def test_what_a_policy_refuses_after_the_rehearsal_is_put_back_and_says_no_value(configured: Configured) -> None:
    """A rule that lets rehearsals through and quotes what it refuses: the values are out of the message."""
    quoting = "'no ' + string(object.data['DATABASE_PASSWORD']) + ' here'"
    allows = f"request.dryRun || string(object.data['DATABASE_PASSWORD']) != '{encoded(OLD_PASSWORD)}'"
    before = configured.live("ConfigMap")["data"]
    with quoting_policy(configured.scene, allows=allows, says=quoting):
        with pytest.raises(Rejected) as refused:
            eventually(lambda: _refused(configured))
        assert "no … here" in str(refused.value)
    assert configured.live("ConfigMap")["data"] == before


def test_what_is_too_large_to_be_kept_beside_is_put_back_by_who_wrote_it(configured: Configured) -> None:
    """300 KiB that do not compress fit into no annotation; the worker that wrote them still knows what was there."""
    blob = base64.b64encode(os.urandom(300 * 1024)).decode()
    configured.patch("ConfigMap", {"binaryData": {"blob": blob}})
    configured.scene.admin.delete(configured.path("Secret"))
    configured.take_away("create")
    with pytest.raises(Forbidden):
        first(configured.step(configured.planned()))
    live = configured.live("ConfigMap")
    assert live["binaryData"] == {"blob": blob}
    assert live["data"]["MAX_PLAYERS"] == "9000"


@pytest.mark.parametrize("dies_at", [0, 1, 2])
def test_a_worker_killed_before_any_write_leaves_it_to_the_next_one(configured: Configured, dies_at: int) -> None:
    """Before the first, between the two, and before the last: the next worker finishes, and each is written once."""
    plan = configured.planned()
    ctx = configured.step(plan, dies_at=dies_at)
    if dies_at < 2:
        with pytest.raises(Crash):
            first(ctx)
    else:
        first(ctx)
        with pytest.raises(Crash):
            CARRIERS["restore_config"].settle(ctx)
    half = "NEW_COMBAT_MODE" not in configured.live("ConfigMap")["data"]
    assert half == (dies_at > 0)
    after = configured.step(plan, fence=2)
    taken_over(after)
    assert isinstance(settled(after), Done)
    assert configured.live("ConfigMap")["data"]["MAX_PLAYERS"] == "1000"
    assert configured.live("Secret")["data"]["DATABASE_PASSWORD"] == encoded(OLD_PASSWORD)
    assert configured.live("ConfigMap")["metadata"]["annotations"] == {FENCE: "2"}


def test_a_worker_killed_between_leaves_no_half_when_the_rest_is_refused_to_the_next(configured: Configured) -> None:
    """The next one knows from the object itself what it held, puts it back, and says which right is missing."""
    before = configured.live("ConfigMap")["data"]
    plan = configured.planned()
    with pytest.raises(Crash):
        first(configured.step(plan, dies_at=1))
    configured.take_away("patch")
    after = configured.step(plan, fence=2)
    with pytest.raises(Forbidden):
        taken_over(after)
    assert configured.live("ConfigMap")["data"] == before
    assert isinstance(CARRIERS["restore_config"].look(after), AsPlanned)


@pytest.mark.parametrize("what", ["value", "gone", "file"])
def test_a_worker_killed_between_leaves_no_half_when_the_rest_has_moved(configured: Configured, what: str) -> None:
    """Somebody changed or deleted the Secret, or its backup is another one: the ConfigMap is put back, then Moved."""
    before = configured.live("ConfigMap")["data"]
    plan = configured.planned()
    with pytest.raises(Crash):
        first(configured.step(plan, dies_at=1))
    if what == "value":
        configured.patch("Secret", {"data": {"DATABASE_PASSWORD": encoded("somebody-else")}})
    elif what == "gone":
        configured.scene.admin.delete(configured.path("Secret"))
    else:
        (configured.folder / f"secret-{TIME}.yaml").unlink()
    after = configured.step(plan, fence=2)
    with pytest.raises(MovedError):
        taken_over(after)
    assert configured.live("ConfigMap")["data"] == before
    assert isinstance(CARRIERS["restore_config"].look(after), Moved)


def test_what_somebody_else_put_there_is_never_taken_back(configured: Configured) -> None:
    """The ConfigMap is the backup's already by another's hand: a Secret that moved halts it and writes nothing."""
    plan = configured.planned()
    configured.patch("ConfigMap", {"data": {"MAX_PLAYERS": "1000", "NEW_COMBAT_MODE": None}})
    configured.patch("Secret", {"data": {"DATABASE_PASSWORD": encoded("somebody-else")}})
    assert isinstance(CARRIERS["restore_config"].look(configured.step(plan)), Moved)
    assert configured.live("ConfigMap")["data"]["MAX_PLAYERS"] == "1000"


def _refused(configured: Configured) -> bool:
    """Try until the policy is known to the API server; what it lets through is changed again."""
    first(configured.step(configured.planned()))
    configured.change()
    return False
