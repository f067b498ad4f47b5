"""A folder as the archive, on this machine's real file system."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from jobs.clients.archive import Folder, place
from jobs.clients.errors import Forbidden, Rejected

NOBODY = 65_534
NAME = "journals/2026/11/rb-1/000001-000002.jsonl"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A place whose folder is not there yet."""
    return Folder(tmp_path / "archive")


def test_an_object_is_read_back_as_it_was_written(folder: Folder) -> None:
    """Text, line ends and all; what is not there is None."""
    folder.put(NAME, "é one\r\ntwo\n")
    assert folder.get(NAME) == "é one\r\ntwo\n"
    assert folder.get("journals/none") is None


def test_names_are_listed_below_a_prefix(folder: Folder) -> None:
    """Sorted, and nothing where nothing was written yet."""
    assert folder.names() == []
    assert folder.names("heads/") == []
    for name in ("heads/rb-1/000002.json", NAME, "heads/rb-1/000001.json"):
        folder.put(name, "x")
    assert folder.names("heads/") == ["heads/rb-1/000001.json", "heads/rb-1/000002.json"]
    assert len(folder.names()) == 3


def test_the_same_text_twice_changes_nothing_and_another_text_is_refused(folder: Folder) -> None:
    """An object is written once."""
    folder.put(NAME, "one")
    folder.put(NAME, "one")
    with pytest.raises(Rejected, match="says something else"):
        folder.put(NAME, "two")
    assert folder.get(NAME) == "one"


def test_of_many_writers_of_one_name_one_wins_whole(folder: Folder) -> None:
    """Real processes at once: the object is one of the texts, and each other writer is told."""
    with multiprocessing.get_context("fork").Pool(4) as pool:
        told = pool.starmap(_told, [(folder, f"{number}" * 50_000) for number in range(8)])
    found = folder.get(NAME)
    assert told.count("") == 1
    assert found is not None
    assert (len(found), len(set(found))) == (50_000, 1)
    assert folder.names() == [NAME]


def test_no_half_written_file_is_left_and_none_is_listed(folder: Folder, tmp_path: Path) -> None:
    """What a killed writer left under its temporary name is nobody's object."""
    folder.put(NAME, "one")
    (tmp_path / "archive" / "journals" / ".left.1234").write_text("ha")
    assert folder.names() == [NAME]
    assert [path.name for path in (tmp_path / "archive" / NAME).parent.iterdir()] == ["000001-000002.jsonl"]


def test_a_missing_parent_is_not_made(tmp_path: Path) -> None:
    """A disk that is not mounted must not become a folder on another one."""
    with pytest.raises(Rejected, match="Make the folder"):
        Folder(tmp_path / "not" / "mounted").put(NAME, "x")
    assert not (tmp_path / "not").exists()


def test_a_file_in_the_way_is_named(tmp_path: Path, folder: Folder) -> None:
    """Where a folder belongs stands a file."""
    folder.put("heads/a.json", "x")
    (tmp_path / "archive" / "journals").write_text("in the way")
    with pytest.raises(Rejected, match="what stands in its way"):
        folder.put(NAME, "x")


def test_a_symbolic_link_inside_is_not_followed(tmp_path: Path, folder: Folder) -> None:
    """Neither for writing nor for reading: it may lead anywhere."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "journals").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Rejected, match="symbolic link"):
        folder.put(NAME, "x")
    with pytest.raises(Rejected, match="symbolic link"):
        folder.get(NAME)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a//b", "a/./b", "", ".hidden", "a/.b"])
def test_a_name_that_leads_out_of_the_folder_is_refused(folder: Folder, name: str) -> None:
    """Names come from ids and services; none of them leads elsewhere."""
    with pytest.raises(Rejected, match="no name"):
        folder.put(name, "x")


def test_a_folder_that_may_not_be_written_names_verb_and_folder(tmp_path: Path) -> None:
    """The right that is missing, said by the system to somebody who is not root."""
    root = tmp_path / "archive"
    root.mkdir()
    for path in (root, *root.parents):
        if path.is_relative_to(tmp_path.parent.parent.parent):
            path.chmod(0o555 if path == root else 0o755)
    with multiprocessing.get_context("fork").Pool(1, initializer=_become_nobody) as pool:
        said = pool.apply(_told, (Folder(root), "x"))
    assert said.startswith(f"Forbidden: Not allowed to write file {root}/{NAME}")


def test_an_object_that_is_no_text_is_refused(tmp_path: Path, folder: Folder) -> None:
    """Somebody changed it: that is said, not passed on."""
    folder.put(NAME, "x")
    (tmp_path / "archive" / NAME).write_bytes(b"\xff\xfe")
    with pytest.raises(Rejected, match="is no text"):
        folder.get(NAME)


def test_an_address_of_another_kind_is_refused() -> None:
    """A slip in ROLLBACK_ARCHIVE is said at the start, and makes no odd folder."""
    with pytest.raises(Rejected, match="ROLLBACK_ARCHIVE"):
        place("https://example.com/archive")
    assert place("some/folder").address == str(Path("some/folder").absolute())


def _told(folder: Folder, text: str) -> str:
    try:
        folder.put(NAME, text)
    except (Rejected, Forbidden) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _become_nobody() -> None:
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
