"""Snapshots of a live configuration: taken when it has changed, sealed, restored from, and taken away when old."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import yaml

from bot.domain.refusal import Code, Refused
from jobs.backups.document import file_name
from jobs.backups.sealing import Seal, new_key
from jobs.backups.timestamps import of_ours
from jobs.clients import Backups
from jobs.clients.errors import NotFound, Rejected
from jobs.snapshots.taking import take
from tests.contract.clients.config_scene import NEW_PASSWORD, Configured, encoded, first
from tests.contract.clients.scene import Scene

KEY, OTHER = new_key(), new_key()
MINUTES = itertools.count(1_795_317_242_000, 60_000)


@pytest.fixture
def configured(scene: Scene, tmp_path: Path) -> Configured:
    """A folder without a backup, and a key."""
    made = Configured(scene, tmp_path, keys=(KEY,))
    made.change()
    return made


def taken(configured: Configured, *, keys: tuple[str, ...] = (KEY,), keep: int = 20) -> str:
    """Take a snapshot a minute after the last one; its timestamp, "" when nothing was written."""
    service = configured.service
    assert service.config is not None
    section = service.config.model_copy(update={"snapshots_keep": keep})
    at = of_ours(next(MINUTES))
    kubernetes, backups = configured.scene.clients.kubernetes, Backups(Seal(keys))
    done = take(kubernetes, backups, service.model_copy(update={"config": section}), timestamp=at)
    return at if done else ""


def files(configured: Configured) -> list[str]:
    """What lies in the folder."""
    return sorted(path.name for path in configured.folder.iterdir())


def test_it_is_taken_when_something_has_changed_and_not_otherwise(configured: Configured) -> None:
    """Both objects whenever either has; a label, a fence or the time change nothing."""
    first_time = taken(configured)
    assert files(configured) == [file_name("ConfigMap", first_time), file_name("Secret", first_time)]
    configured.patch("ConfigMap", {"metadata": {"labels": {"team": "game"}, "annotations": {"rollback/fence": "7"}}})
    assert taken(configured) == ""
    configured.patch("Secret", {"data": {"EXTRA_TOKEN": encoded("another")}})
    second = taken(configured)
    assert file_name("ConfigMap", second) in files(configured)
    assert configured.scene.writes() == []


def test_no_value_of_a_secret_lies_in_the_folder(configured: Configured) -> None:
    """The ConfigMap can be read by people, the Secret by the bot alone."""
    at = taken(configured)
    whole = "".join(path.read_text() for path in configured.folder.iterdir())
    assert NEW_PASSWORD not in whole
    assert encoded(NEW_PASSWORD) not in whole
    config_map = yaml.safe_load((configured.folder / file_name("ConfigMap", at)).read_text())
    assert config_map["data"]["MAX_PLAYERS"] == "9000"
    assert config_map["metadata"]["annotations"] == {"rollback/snapshot": "whole"}


def test_a_snapshot_is_restored_like_any_backup(configured: Configured) -> None:
    """Sealed by the bot, opened by the bot; with a key added in front of the one it was sealed with."""
    at = taken(configured)
    configured.patch("Secret", {"data": {"DATABASE_PASSWORD": encoded("worse")}})
    configured.patch("ConfigMap", {"data": {"MAX_PLAYERS": "1"}})
    rotated = Configured(configured.scene, configured.folder, keys=(OTHER, KEY))
    first(rotated.step(rotated.planned(at)))
    assert configured.live("Secret")["data"]["DATABASE_PASSWORD"] == encoded(NEW_PASSWORD)
    assert configured.live("ConfigMap")["data"]["MAX_PLAYERS"] == "9000"


@pytest.mark.parametrize(("keys", "why"), [((), "no-key"), ((OTHER,), "wrong-key")])
def test_what_does_not_open_is_refused(configured: Configured, keys: tuple[str, ...], why: str) -> None:
    """Without a key and with another one: said so, with the file."""
    at = taken(configured)
    with pytest.raises(Refused) as no:
        Configured(configured.scene, configured.folder, keys=keys).planned(at)
    figures = no.value.refusal.figures
    assert (no.value.refusal.code, figures["why"], figures["file"]) == (Code.BAD_BACKUP, why, file_name("Secret", at))


def test_without_a_key_the_config_map_alone_is_kept_and_put_back(configured: Configured) -> None:
    """The file says that it stands alone; the plan leaves the Secret as it is and says why. A key makes it whole."""
    at = taken(configured, keys=())
    assert files(configured) == [file_name("ConfigMap", at)]
    assert taken(configured, keys=()) == ""
    configured.patch("ConfigMap", {"data": {"MAX_PLAYERS": "1"}})
    plan = configured.planned(at)
    assert [note.code for note in plan.left_out] == ["secret-not-kept"]
    assert not any(name.startswith("secret") for name in plan.binding)
    first(configured.step(plan))
    assert configured.live("ConfigMap")["data"]["MAX_PLAYERS"] == "9000"
    assert taken(configured)


def test_a_backup_of_others_with_one_file_missing_is_not_whole(configured: Configured) -> None:
    """Only the bot's own snapshots may stand alone."""
    configured.back_up("20261120-0300")
    (configured.folder / "secret-20261120-0300.yaml").unlink()
    with pytest.raises(Refused) as no:
        configured.planned("20261120-0300")
    assert (no.value.refusal.code, no.value.refusal.figures["why"]) == (Code.NO_BACKUP, "half")


def test_the_nearest_ones_are_named_when_there_is_none_of_that_time(configured: Configured) -> None:
    """Whole ones alone, whoever made them."""
    for time in ("20261119-0300", "20261121-0300", "20261122-0300"):
        configured.back_up(time)
    (configured.folder / "secret-20261121-0300.yaml").unlink()
    with pytest.raises(Refused) as no:
        configured.planned("20261120-0300")
    figures = no.value.refusal.figures
    assert (figures["earlier"], figures["later"]) == (["20261119-0300"], ["20261122-0300"])
    with pytest.raises(Refused) as bad:
        configured.planned("../20261119-0300")
    assert bad.value.refusal.code is Code.BAD_VALUE


def test_the_newest_ones_are_kept_and_what_others_made_is_never_touched(configured: Configured) -> None:
    """Two of four; a person's backup and a stray file stay, however old."""
    configured.back_up("20200101-0000")
    (configured.folder / "notes.txt").write_text("ours")
    made = []
    for number in range(4):
        configured.patch("ConfigMap", {"data": {"MAX_PLAYERS": str(number)}})
        made.append(taken(configured, keep=2))
    kept = [file_name(kind, at) for kind in ("ConfigMap", "Secret") for at in (*made[2:], "20200101-0000")]
    assert files(configured) == sorted([*kept, "notes.txt"])


def test_an_object_that_is_gone_leaves_no_half_snapshot(configured: Configured) -> None:
    """No file is written of the other one either."""
    configured.scene.admin.delete(configured.path("Secret"))
    with pytest.raises(NotFound):
        taken(configured)
    assert files(configured) == []


def test_a_folder_that_is_gone_is_named(configured: Configured) -> None:
    """With the place in the catalog that has to be mended."""
    configured.folder.rmdir()
    with pytest.raises(Rejected, match=r"config\.folder"):
        taken(configured)
