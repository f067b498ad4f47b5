"""Child processes through the launcher: bounded in time and output, an environment of their own, never left over."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import launcher
from jobs.launcher import TAIL_BYTES
from tests.integration.engine.test_worker import gone
from tests.integration.engine.workbench import until

PATH = {"PATH": "/usr/local/bin:/usr/bin:/bin"}


def test_a_command_gives_its_code_and_what_it_said(tmp_path: Path) -> None:
    """Both streams, the exit code, and what it was given to read."""
    found = launcher.run(["sh", "-c", "cat; echo bad >&2; exit 3"], env=PATH, cwd=tmp_path, timeout_s=20, stdin=b"in\n")
    assert (found.code, found.stdout, found.stderr, found.good) == (3, "in\n", "bad\n", False)


def test_nothing_is_inherited(tmp_path: Path) -> None:
    """The environment is the one that was given, whatever this process has."""
    os.environ["ROLLBACK_TEST_SECRET"] = "hidden"
    try:
        found = launcher.run(["env"], env={**PATH, "GIVEN": "yes"}, cwd=tmp_path, timeout_s=20)
    finally:
        del os.environ["ROLLBACK_TEST_SECRET"]
    assert "GIVEN=yes" in found.stdout
    assert "SECRET" not in found.stdout


def test_each_line_is_told_as_it_comes(tmp_path: Path) -> None:
    """Also the last one, which has no line end."""
    lines: list[str] = []
    launcher.run(
        ["sh", "-c", "echo one; echo two; printf three"], env=PATH, cwd=tmp_path, timeout_s=20, on_line=lines.append
    )
    assert lines == ["one", "two", "three"]


def test_a_command_without_end_is_killed_with_all_it_started(tmp_path: Path) -> None:
    """Its time is up: no code, and its own children are gone too."""
    found = launcher.run(["sh", "-c", "sleep 300 & echo $!; wait"], env=PATH, cwd=tmp_path, timeout_s=5)
    assert found.code is None
    assert found.seconds < 20
    until(lambda: gone(int(found.stdout)), what="the end of the child's child", within_s=2)


def test_a_child_left_behind_by_a_command_is_ended(tmp_path: Path) -> None:
    """The command ends at once and leaves something running that holds the pipe: it is not waited for."""
    found = launcher.run(["sh", "-c", "sleep 300 & echo $!"], env=PATH, cwd=tmp_path, timeout_s=60)
    assert (found.code, found.seconds < 10) == (0, True)
    until(lambda: gone(int(found.stdout)), what="its end", within_s=2)


def test_output_is_bounded(tmp_path: Path) -> None:
    """The end of a long output is kept."""
    found = launcher.run(["sh", "-c", "yes | head -c 5000000; echo end"], env=PATH, cwd=tmp_path, timeout_s=60)
    assert (len(found.stdout), found.cut, found.stdout.endswith("end\n")) == (TAIL_BYTES, True, True)


def test_a_command_that_is_not_there_says_so(tmp_path: Path) -> None:
    """Exit code 127, and its name."""
    found = launcher.run(["no-such-command"], env=PATH, cwd=tmp_path, timeout_s=20)
    assert found.code == 127
    assert "no-such-command" in found.stderr


def test_what_a_listener_raises_ends_the_command(tmp_path: Path) -> None:
    """Somebody who listens may stop it."""
    pids: list[int] = []

    def listen(line: str) -> None:
        pids.append(int(line))
        raise InterruptedError

    with pytest.raises(InterruptedError):
        launcher.run(["sh", "-c", "echo $$; sleep 300"], env=PATH, cwd=tmp_path, timeout_s=60, on_line=listen)
    until(lambda: gone(pids[0]), what="its end", within_s=2)


def test_children_die_with_whoever_started_them(tmp_path: Path) -> None:
    """SIGKILL of the caller: the command and its own children are gone within 2 s."""
    program = (
        "import sys; from pathlib import Path; from jobs import launcher; "
        "launcher.run(['sh', '-c', 'sleep 300 & echo $$ $! > pids; wait'], env={'PATH': '/usr/bin:/bin'}, "
        "cwd=Path(sys.argv[1]), timeout_s=300)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) as caller:
        file = tmp_path / "pids"
        until(lambda: file.exists() and len(file.read_text().split()) == 2, what="the children")
        pids = [int(word) for word in file.read_text().split()]
        caller.kill()
    until(lambda: all(gone(pid) for pid in pids), what="their end", within_s=2)
