"""Locks, holds and versions marked bad: whatever somebody does to a ledger, `rollbackctl audit verify` names it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis

from bot.domain.audit import Broken, Why
from bot.domain.model import JsonObject
from bot.store import Store, keys
from jobs.auditing import Sources, audit
from jobs.clients.archive import Folder
from sandbox.redis import Redis as Server
from tests.integration.archive.scene import archive_of, decide, replace, stream
from tests.unit.audit.chains import sealed

SERVICE, OTHER = "game-server", "chat-server"
LEDGER = keys.ledger(SERVICE)
REASONS = ("on call says no", "database move", "a release")


@dataclass(frozen=True)
class Scene:
    """Two services about which three things were decided each, all of it archived."""

    store: Store
    redis: Redis
    folder: Path

    def found(self, *, archived: bool = True) -> dict[str, Broken]:
        """What an audit finds, by chain; of Redis alone where nothing is archived."""
        place = Folder(self.folder) if archived else None
        return {one.chain: one.broken for one in audit(Sources(store=self.store, place=place)).findings}

    def lines(self) -> list[str]:
        """The ledger as it stands in Redis."""
        return stream(self.redis, LEDGER)


@pytest.fixture
def scene(store: Store, redis: Redis, tmp_path: Path) -> Scene:
    """Everything fits yet."""
    archive = archive_of(store, tmp_path / "archive")
    for service in (SERVICE, OTHER):
        for reason in REASONS:
            decide(store, service, reason)
        archive.keep(f"ledger-{service}")
    return Scene(store, redis, tmp_path / "archive")


def _edit(scene: Scene) -> None:
    replace(scene.redis, LEDGER, [line.replace("database move", "database moVe") for line in scene.lines()])


def _remove(scene: Scene) -> None:
    scene.redis.xdel(LEDGER, "2-0")


def _truncate(scene: Scene) -> None:
    scene.redis.xdel(LEDGER, "3-0")


def _swap(scene: Scene) -> None:
    mine, theirs = scene.lines(), stream(scene.redis, keys.ledger(OTHER))
    replace(scene.redis, LEDGER, theirs)
    replace(scene.redis, keys.ledger(OTHER), mine)


def _rewrite(scene: Scene) -> None:
    """Entry 2 and all after it, hashes included: by itself the chain fits, and only the standing's head does not."""
    bodies: list[JsonObject] = [json.loads(line) for line in scene.lines()]
    bodies[1]["data"] = {"reason": "nobody said no", "until": None}
    replace(scene.redis, LEDGER, sealed(bodies))


def _erase(scene: Scene) -> None:
    """The lock stays; what it was decided by is gone."""
    scene.redis.delete(LEDGER)


def test_ledgers_that_nobody_touched_fit(scene: Scene) -> None:
    """With the archive, and alone."""
    assert scene.found() == scene.found(archived=False) == {}


@pytest.mark.parametrize(
    ("tamper", "archived", "alone"),
    [
        (_edit, (2, Why.CONTENT), (2, Why.CONTENT)),
        (_remove, (2, Why.NUMBER), (2, Why.NUMBER)),
        (_truncate, (3, Why.MISSING), (3, Why.MISSING)),
        (_swap, (1, Why.DIFFERS), (3, Why.RECORD)),
        (_rewrite, (2, Why.DIFFERS), (3, Why.RECORD)),
        (_erase, (1, Why.MISSING), (1, Why.MISSING)),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else None,
)
def test_the_first_entry_that_does_not_fit_is_named(
    scene: Scene, tamper: Callable[[Scene], None], archived: tuple[int, Why], alone: tuple[int, Why]
) -> None:
    """By number and why, with the archive and of Redis alone."""
    tamper(scene)
    for with_archive, expected in ((True, archived), (False, alone)):
        broken = scene.found(archived=with_archive)[f"ledger-{SERVICE}"]
        assert (broken.seq, broken.why) == expected


@pytest.mark.parametrize(("tamper", "said"), [(_edit, "event 2 (locked, 20"), (_erase, "event 1, in Redis")])
def test_the_command_says_so_and_exits_1(
    scene: Scene, server: Server, tamper: Callable[[Scene], None], said: str
) -> None:
    """As an auditor runs it on Redis alone: a changed ledger is as bad as a changed journal."""
    tamper(scene)
    done = subprocess.run(
        [sys.executable, "-m", "cli", "audit", "verify", "--store"],
        env={"PATH": os.environ.get("PATH", ""), "REDIS_URL": server.url},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.startswith(f"ledger-{SERVICE}, {said}")
