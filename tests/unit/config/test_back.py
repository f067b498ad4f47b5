"""Which backup a config rollback is taken back to: the newest that holds just what was live, and no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.catalog import Service, load
from bot.domain.people import Person
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from jobs.backups.document import file_name
from jobs.clients import Backups
from jobs.strategies import config_back
from jobs.strategies.config_facts import Piece
from tests.unit.config.texts import CONFIG, CONFIG_MAP, NAMESPACE, SECRET, SECRETS, config_map, secret

ENTRY: Service = load(Path("catalog/services.yaml")).services["match-server"]
OLD, NEW, NEWEST = "20261120-0300", "20261121-030000-auto", "20261122-0300"
HELD = {"ConfigMap": config_map().content.digest, "Secret": secret().content.digest}
OTHER = CONFIG_MAP.replace('"1000"', '"2000"')


def found(folder: Path, held: dict[str, Any] | None) -> str:
    """The time that is chosen for a rollback whose objects held this."""
    assert ENTRY.config is not None
    section = ENTRY.config.model_copy(update={"config_map": CONFIG, "secret": SECRETS, "folder": str(folder)})
    by = Person(team="T1", id="U1", name="ann")
    undo = {"strategy": "config", "id": "rb-7"} | ({} if held is None else {"held": held})
    request = Request(service="match-server", strategy="config", by=by, channel="C1", options={"undo": undo})
    return config_back.timestamp(Backups(), ENTRY, section, request)


def put(folder: Path, time: str, **texts: str) -> None:
    """A backup of each kind that is given."""
    for kind, text in texts.items():
        (folder / file_name(kind, time)).write_text(text)


def refused(folder: Path, held: dict[str, Any] | None) -> tuple[Code, dict[str, Any]]:
    """Why none is chosen."""
    with pytest.raises(Refused) as no:
        found(folder, held)
    return no.value.refusal.code, no.value.refusal.figures


def test_the_newest_of_those_that_hold_it_is_chosen(tmp_path: Path) -> None:
    """Whoever made it, and however its time is written; what holds something else is passed over."""
    put(tmp_path, OLD, ConfigMap=CONFIG_MAP, Secret=SECRET)
    put(tmp_path, NEW, ConfigMap=CONFIG_MAP, Secret=SECRET)
    put(tmp_path, NEWEST, ConfigMap=OTHER, Secret=SECRET)
    (tmp_path / "notes.txt").write_text("no backup")
    assert found(tmp_path, HELD) == NEW


def test_one_that_would_restore_more_or_less_is_passed_over(tmp_path: Path) -> None:
    """A rollback of the ConfigMap alone is not taken back with a Secret, nor one of both by half."""
    put(tmp_path, OLD, ConfigMap=CONFIG_MAP, Secret=SECRET)
    put(tmp_path, NEW, ConfigMap=CONFIG_MAP)
    assert found(tmp_path, {"ConfigMap": HELD["ConfigMap"]}) == NEW
    assert found(tmp_path, HELD) == OLD


def test_what_cannot_be_opened_is_passed_over(tmp_path: Path) -> None:
    """A file that is no backup any more hides none of the others."""
    put(tmp_path, OLD, ConfigMap=CONFIG_MAP, Secret=SECRET)
    put(tmp_path, NEW, ConfigMap="{", Secret=SECRET)
    assert found(tmp_path, HELD) == OLD


@pytest.mark.parametrize("held", [HELD, {}, None, {"ConfigMap": HELD["ConfigMap"]}])
def test_without_one_it_is_refused_and_the_folder_is_named(tmp_path: Path, held: dict[str, Any] | None) -> None:
    """Also when nothing was written down: no backup is guessed."""
    put(tmp_path, OLD, ConfigMap=OTHER, Secret=SECRET)
    code, figures = refused(tmp_path, held)
    assert code is Code.CANNOT_UNDO
    assert (figures["why"], figures["id"], figures["folder"]) == ("no-backup", "rb-7", str(tmp_path))


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """Not that nothing was kept: nobody could look."""
    assert refused(tmp_path / "gone", HELD)[0] is Code.UNREACHABLE


def test_an_object_that_was_created_leaves_no_way_back() -> None:
    """A deletion is nothing that anybody approved."""
    item = {"metadata": {"name": CONFIG, "namespace": NAMESPACE, "uid": "u"}, "data": {"MAX_PLAYERS": "1000"}}
    there = Piece("ConfigMap", CONFIG, item, config_map(), "a.yaml", "f" * 64)
    gone = Piece("Secret", SECRETS, None, secret(), "b.yaml", "f" * 64)
    assert config_back.left([there]) == {"strategy": "config", "held": {"ConfigMap": HELD["ConfigMap"]}}
    assert config_back.left([there, gone]) == {}
