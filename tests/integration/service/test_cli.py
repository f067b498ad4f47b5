"""rollbackctl as an operator runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.store import Store, StoreUnaccepted, connect
from sandbox.redis import Redis as Server


def rollbackctl(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one command in a process of its own."""
    env = {"PATH": os.environ.get("PATH", ""), **environment}
    return subprocess.run(
        [sys.executable, "-m", "cli", *words], env=env, capture_output=True, text=True, check=False, timeout=30
    )


def test_the_shipped_catalog_is_checked() -> None:
    """Without a file it is the one of ROLLBACK_CATALOG, by default the example."""
    done = rollbackctl("catalog", "check")
    assert done.returncode == 0, done.stderr
    assert "services: game-server" in done.stdout


def test_problems_of_a_catalog_exit_2(tmp_path: Path) -> None:
    """Each problem on a line of its own, with file and line."""
    file = tmp_path / "services.yaml"
    file.write_text(Path("catalog/services.yaml").read_text().replace("need: 2", "need: 1"))
    done = rollbackctl("catalog", "check", str(file))
    assert done.returncode == 2
    assert done.stderr.startswith(f"{file}:")


def test_the_schema_is_printed() -> None:
    """Editors take it as it is."""
    assert json.loads(rollbackctl("catalog", "schema").stdout)["title"] == "Catalog"


def test_an_empty_store_is_accepted_once(server: Server) -> None:
    """The first time gives it an epoch, the second keeps it."""
    with connect(server.url) as redis:
        redis.flushall()
        with pytest.raises(StoreUnaccepted):
            Store(redis).epoch()
        first = rollbackctl("store", "accept", REDIS_URL=server.url)
        assert first.returncode == 0, first.stderr
        epoch = Store(redis).epoch()
        assert epoch in rollbackctl("store", "accept", REDIS_URL=server.url).stdout


def test_a_store_that_does_not_answer_exits_2() -> None:
    """Nothing was accepted, and the variable to look at is named."""
    done = rollbackctl("store", "accept", REDIS_URL="redis://127.0.0.1:1/0")
    assert done.returncode == 2
    assert "REDIS_URL" in done.stderr
