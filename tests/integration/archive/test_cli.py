"""rollbackctl audit, as an auditor runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis

from bot.domain.rollback import Rollback
from bot.store import Store, keys
from sandbox.redis import Redis as Server
from tests.integration.archive.scene import archive_of, decide, ended, lines_of, replace


@dataclass(frozen=True)
class Terminal:
    """A terminal beside a store with one rollback, which was archived."""

    redis: Redis
    rollback: Rollback
    folder: Path
    url: str

    def audit(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `rollbackctl audit` in a process of its own."""
        env = {"PATH": os.environ.get("PATH", ""), "REDIS_URL": self.url, "ROLLBACK_ARCHIVE": str(self.folder)}
        return subprocess.run(
            [sys.executable, "-m", "cli", "audit", *words],
            env={**env, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def terminal(server: Server, store: Store, redis: Redis, tmp_path: Path) -> Terminal:
    """One rollback that ended, one ledger, both archived."""
    rollback, archive = ended(store), archive_of(store, tmp_path / "archive")
    decide(store, "game-server", "on call says no")
    archive.keep(rollback.id)
    archive.keep("ledger-game-server")
    return Terminal(redis, rollback, tmp_path / "archive", server.url)


def test_everything_fits_exits_0_and_says_how_much_was_looked_at(terminal: Terminal) -> None:
    """Redis, the archive, its heads, and a head copied from a report or a file of them."""
    head = f"{terminal.rollback.id}:{terminal.rollback.seq}:{terminal.rollback.head[:12]}"
    file = terminal.folder.parent / "heads.txt"
    printed = (
        f"rb-1 · journal {terminal.rollback.id}, {terminal.rollback.seq} events, head {terminal.rollback.head[:12]}"
    )
    file.write_text(f"{head}\n\n{printed}\n")
    done = terminal.audit("verify", "--head", head, "--anchors", str(file))
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout
        == f"Everything fits: 1 rollback, 1 service's ledger, {terminal.rollback.seq + 1} events, 5 heads.\n"
    )


def test_what_does_not_fit_exits_1_and_names_the_first_event(terminal: Terminal) -> None:
    """Rollback, number, kind, time and why; for a script as JSON."""
    lines = lines_of(terminal.redis, terminal.rollback.id)
    lines[4] = lines[4].replace('"have":2', '"have":3')
    replace(terminal.redis, keys.journal(terminal.rollback.id), lines)
    done = terminal.audit("verify", "--store")
    found = json.loads(terminal.audit("verify", "--json").stdout)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{terminal.rollback.id}, event 5 (quorum, 20")
    assert "in Redis, is the first that does not fit. What it says hashes to" in done.stdout
    assert "What is before it holds" in done.stdout
    assert (found["fits"], found["findings"][0]["broken"]["seq"]) == (False, 5)


def test_a_head_from_a_report_that_does_not_fit_is_said_with_its_number(terminal: Terminal) -> None:
    """What was posted is compared as it was copied."""
    done = terminal.audit("verify", "--head", f"{terminal.rollback.id}:3:{'0' * 12}")
    assert done.returncode == 1
    assert f"{terminal.rollback.id}, event 3 " in done.stdout
    assert "anchored as 000000000000" in done.stdout


@pytest.mark.parametrize("head", ["rb-1001", "rb-1001:17:abc", "rb-1001:x:3f2a9c01b2c4", "rb-1001:17:3F2A9C01B2C4"])
def test_a_head_that_was_copied_badly_is_refused(terminal: Terminal, head: str) -> None:
    """A slip must neither pass for proof nor for a forgery."""
    done = terminal.audit("verify", "--head", head)
    assert done.returncode == 2
    assert "is no head" in done.stderr


def test_what_was_exported_is_verified_without_redis(terminal: Terminal) -> None:
    """A folder that an auditor takes away, byte for byte, with the anchored heads."""
    out = terminal.folder.parent / "taken"
    done = terminal.audit("export", "--all", "--out", str(out))
    assert done.returncode == 0, done.stderr
    away = terminal.audit("verify", str(out), REDIS_URL="redis://127.0.0.1:1/0", ROLLBACK_ARCHIVE="/nowhere")
    assert away.returncode == 0, away.stdout + away.stderr
    kept = next(out.glob("journals/*/*/*/*.jsonl"))
    kept.write_text(kept.read_text().replace("digest", "digesT", 1))
    assert terminal.audit("verify", str(out)).returncode == 1


def test_one_journal_is_printed_as_it_stands(terminal: Terminal) -> None:
    """One event a line, for jq or for reading."""
    done = terminal.audit("export", terminal.rollback.id)
    assert done.stdout.splitlines() == lines_of(terminal.redis, terminal.rollback.id)


def test_nothing_is_mixed_into_a_folder_that_is_not_empty_and_nothing_is_made_up(terminal: Terminal) -> None:
    """Both say so, and what to do."""
    mixed = terminal.audit("export", "--all", "--out", str(terminal.folder))
    unknown = terminal.audit("export", "rb-9999")
    assert (mixed.returncode, unknown.returncode) == (2, 2)
    assert "Name a new folder" in mixed.stderr
    assert "no chain of events rb-9999" in unknown.stderr
    assert terminal.audit("export").returncode == 2
    assert terminal.audit("export", "rb-1", "--all").returncode == 2


def test_an_archive_or_a_redis_that_cannot_be_read_exits_2_with_the_mend(terminal: Terminal) -> None:
    """Not looked at is not "fits"."""
    nobody = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none"}
    bucket = terminal.audit("verify", ROLLBACK_ARCHIVE="s3://rollback-archive/prod", **nobody)
    redis = terminal.audit("verify", REDIS_URL="redis://127.0.0.1:1/0")
    assert (bucket.returncode, redis.returncode) == (2, 2)
    assert "no AWS credentials" in bucket.stderr
    assert "Redis" in redis.stderr
