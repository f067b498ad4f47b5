"""A folder of backups on a real file system: what is read, what is not, and what is never written over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs.backups.document import LARGEST_FILE, of_kind
from jobs.backups.timestamps import OURS, TIMESTAMP, nearest, of_ours, order
from jobs.clients.backups import BackupFolder
from jobs.clients.errors import Rejected

FILE = "configmap-20261120-0300.yaml"


def test_a_file_is_read_whole_and_one_that_is_not_there_is_none(tmp_path: Path) -> None:
    """Bytes as they are; of one that is too large just enough to see that it is."""
    folder = BackupFolder(tmp_path)
    (tmp_path / FILE).write_bytes(b"a: \xff")
    assert folder.read(FILE) == b"a: \xff"
    assert folder.read("secret-20261120-0300.yaml") is None
    (tmp_path / FILE).write_bytes(b"x" * 5_000_000)
    assert len(folder.read(FILE) or b"") == LARGEST_FILE + 1


@pytest.mark.parametrize("name", ["../x.yaml", "/etc/passwd", "a/b.yaml", "..", ".hidden", "", "a\nb", "x" * 300])
def test_a_name_that_is_a_path_is_refused(tmp_path: Path, name: str) -> None:
    """Whoever made it up: reading, writing and removing stay in the folder."""
    folder = BackupFolder(tmp_path / "backups")
    for call in (folder.read, folder.remove):
        with pytest.raises(Rejected):
            call(name)
    with pytest.raises(Rejected):
        folder.put(name, "x")


def test_links_are_followed_inside_the_folder_and_not_out_of_it(tmp_path: Path) -> None:
    """A mounted volume may be made of links; one that leads elsewhere is refused."""
    inside, outside = tmp_path / "backups", tmp_path / "outside.yaml"
    inside.mkdir()
    (inside / "data.yaml").write_text("inside")
    outside.write_text("outside")
    (inside / FILE).symlink_to(inside / "data.yaml")
    (inside / "secret-1.yaml").symlink_to(outside)
    assert BackupFolder(inside).read(FILE) == b"inside"
    with pytest.raises(Rejected, match="leads out of its folder"):
        BackupFolder(inside).read("secret-1.yaml")


def test_what_is_no_plain_file_holds_nobody_up(tmp_path: Path) -> None:
    """A pipe without a writer, and a folder."""
    os.mkfifo(tmp_path / FILE)
    (tmp_path / "secret-1.yaml").mkdir()
    for name in (FILE, "secret-1.yaml"):
        with pytest.raises(Rejected):
            BackupFolder(tmp_path).read(name)


def test_a_folder_that_is_not_there_is_said_with_the_mend(tmp_path: Path) -> None:
    """Reading a file finds none; listing says that the folder is missing."""
    folder = BackupFolder(tmp_path / "nowhere")
    assert folder.read(FILE) is None
    with pytest.raises(Rejected, match=r"nowhere.*config\.folder"):
        folder.names()


def test_a_file_is_written_once(tmp_path: Path) -> None:
    """What is there is never written over, nothing half stays behind, and only its owners may read it."""
    folder = BackupFolder(tmp_path)
    folder.put(FILE, "first")
    with pytest.raises(Rejected):
        folder.put(FILE, "second")
    assert (folder.names(), folder.read(FILE)) == ([FILE], b"first")
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert (tmp_path / FILE).stat().st_mode & 0o007 == 0
    folder.remove(FILE)
    folder.remove(FILE)
    assert folder.names() == []


@pytest.mark.parametrize(
    "given", ["20261120-0300", "2026-11-20T03:00:00Z", "20261120030000", "1795143600", "2026-11-20"]
)
def test_timestamps_as_people_write_them(given: str) -> None:
    """And the files that carry them."""
    assert TIMESTAMP.fullmatch(given)
    assert of_kind(f"configmap-{given}.yaml", "ConfigMap") == given
    assert of_kind(f"secret-{given}.yaml", "ConfigMap") == ""


@pytest.mark.parametrize(
    "given", ["", "x", "latest", "../20261120", "2026/11/20", "2026.11", "20261120\n", "2" * 41, "20261120 "]
)
def test_what_is_no_timestamp(given: str) -> None:
    """Nothing with a dot or a slash in it, so no path."""
    assert not TIMESTAMP.fullmatch(given)


def test_neighbours_are_found_however_they_are_written() -> None:
    """Up to three before and three after, in order of time."""
    known = [
        "20261118-0300",
        "2026-11-19T03:00:00Z",
        "20261121-0300",
        "20261116-0300",
        "20261117-0300",
        "20261122-0300",
    ]
    before, after = nearest("20261120-0300", known)
    assert before == ["20261117-0300", "20261118-0300", "2026-11-19T03:00:00Z"]
    assert after == ["20261121-0300", "20261122-0300"]
    assert nearest("20261120-0300", []) == ([], [])


def test_the_bots_own_timestamps_are_told_from_others() -> None:
    """Only what is named so is ever taken away."""
    ours = of_ours(1_795_317_242_000)
    assert ours == "20261122-031402-auto"
    assert OURS.fullmatch(ours)
    assert TIMESTAMP.fullmatch(ours)
    assert not OURS.fullmatch("20261122-031402")
    assert order(ours) > order("20261122-0300")
