"""`python -m sandbox play` when the bot says no: one JSON object that says so, and exit code 1."""

import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from sandbox.play import Played

ROOT = Path(__file__).parents[3]


def test_a_command_that_is_refused_at_once_ends_with_1() -> None:
    """Nobody waits for a card that does not come; the requester's answer stands in its place."""
    argv = [sys.executable, "-m", "sandbox", "play", "teleport", "match-server", "--to", "v1", "--json"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 1, done.stderr
    played = json.loads(done.stdout)
    assert set(played) == {each.name for each in fields(Played)}
    assert (played["state"], played["strategy"], played["service"], played["to"]) == (
        "Refused",
        "teleport",
        "match-server",
        "v1",
    )
    assert "teleport" in played["card"]
    assert not played["card"].startswith("{")
    assert played["approvals"] == []
    assert "Deploying match-server" in done.stderr
    assert "Deploying lobby" not in done.stderr


def test_a_service_that_the_sandbox_does_not_know_is_named_before_anything_starts() -> None:
    """The mend is in the answer."""
    argv = [sys.executable, "-m", "sandbox", "play", "canary", "nowhere", "--json"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "match-server" in done.stderr
