"""The worker's memory at rest, as the kernel counts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.figures import Figure
from bench.site import Site
from bench.waiting import until

GOAL_MB = 120.0
_REST_S = 30.0
_KB = 1000 / 1024
"""Megabytes of a million bytes; the kernel counts in 1024 bytes and calls them kB."""
_BARE = "import kubernetes.client, rq, slack_sdk; print(open('/proc/self/smaps_rollup').read())"


def measure(site: Site) -> list[Figure]:
    """The process that works queue `rollbacks`, with no job under way."""
    pid = site.stack.product.processes["worker"].pid
    until(lambda: not _children(pid), within_s=_REST_S, what="a worker at rest")
    seen = _megabytes(Path(f"/proc/{pid}/smaps_rollup").read_text())
    bare = _megabytes(subprocess.run([sys.executable, "-c", _BARE], check=True, capture_output=True, text=True).stdout)
    return [
        Figure(
            name="worker_rss",
            value=seen["Rss"],
            unit="MB",
            goal=GOAL_MB,
            beside=f"python with kubernetes, rq and slack_sdk imported and nothing done: {bare['Rss']:g} MB",
        ),
        Figure(name="worker_pss", value=seen["Pss"], unit="MB", beside="pages shared with others counted by share"),
    ]


def _children(pid: int) -> str:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().strip()


def _megabytes(rollup: str) -> dict[str, float]:
    """Rss and Pss of a smaps_rollup, in MB."""
    rows = [line.split() for line in rollup.splitlines()]
    return {
        row[0].rstrip(":"): round(int(row[1]) / _KB / 1000, 1) for row in rows if row and row[0] in {"Rss:", "Pss:"}
    }
