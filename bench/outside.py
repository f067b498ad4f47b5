"""What a person waits for at the terminal: `make check`, and `make demo` until its page is ready."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from bench.figures import Figure

ROOT = Path(__file__).resolve().parent.parent
GOAL_CHECK_S, GOAL_READY_S = 60.0, 20.0
_CHECK_S, _DEMO_S, _STOP_S = 300.0, 120.0, 30.0


def check() -> list[Figure]:
    """`make check`, all of it."""
    began = time.monotonic()
    done = subprocess.run(
        ["make", "check"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_CHECK_S,
    )
    passed = done.returncode == 0
    words = "it passed" if passed else f"it did NOT pass: {done.stdout.strip().splitlines()[-1:]}"
    took = round(time.monotonic() - began, 1)
    return [Figure(name="make_check", value=took, unit="s", goal=GOAL_CHECK_S, beside=words, failed=not passed)]


def demo() -> list[Figure]:
    """`make demo` with everything built, until the line that says Ready.

    Raises:
        RuntimeError: it ended without that line.
    """
    began = time.monotonic()
    child = subprocess.Popen(
        ["make", "demo"],
        cwd=ROOT,
        env={**os.environ, "PLAY": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    watchdog = threading.Timer(_DEMO_S, _interrupt, [child])
    watchdog.start()
    try:
        lines: list[str] = []
        ready = None
        for line in child.stdout or []:
            lines.append(line.strip())
            if line.startswith("Ready"):
                ready = time.monotonic() - began
        child.wait(timeout=_STOP_S)
    finally:
        watchdog.cancel()
        _interrupt(child)
    if ready is None:
        raise RuntimeError(f"`make demo` never said Ready; it said: {lines[-5:]}")
    phases = "; ".join(line for line in lines if " s  " in line)
    return [Figure(name="make_demo_ready", value=round(ready, 1), unit="s", goal=GOAL_READY_S, beside=phases)]


def _interrupt(child: subprocess.Popen[str]) -> None:
    """End the session that was started for it, if it still runs; its own children go with it."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGTERM)
