"""The product as processes: each stops cleanly, and `honcho start` runs and ends all of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sandbox.ports import free_port
from sandbox.processes import Process, responds
from sandbox.stack import Stack

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", ["web", "worker", "long", "narrator", "watch"])
def test_a_process_stops_cleanly_on_sigterm(production: Stack, name: str) -> None:
    """Exit code 0 within 5 s, and it can be started again."""
    process = production.product.processes[name]
    try:
        assert process.stop(grace_s=5) == 0
    finally:
        production.product.start_one(name)
        production.product.wait_until_ready()


def test_honcho_runs_the_product_and_ends_it(production: Stack, tmp_path: Path) -> None:
    """The Procfile stands on its own: ready within 30 s, gone after SIGTERM."""
    port = free_port()
    environment = {**production.product.environment, "PORT": str(port)}
    honcho = Process(
        [sys.executable, "-m", "honcho", "-d", ROOT, "-f", ROOT / "Procfile", "start"],
        log=tmp_path / "honcho.log",
        env=environment,
    )
    try:
        honcho.wait_until(lambda: responds(f"http://127.0.0.1:{port}/readyz"), within_s=30)
        assert responds(f"http://127.0.0.1:{port}/healthz")
        assert responds(f"http://127.0.0.1:{port}/metrics")
    finally:
        honcho.stop(grace_s=15)
    assert not responds(f"http://127.0.0.1:{port}/healthz")
