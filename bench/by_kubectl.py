"""The same undo with kubectl, one command after the other, as somebody at a terminal would do it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from sandbox.cluster import Cluster
from sandbox.toolchain.build import tool

SCRIPT: Final = Path(__file__).with_name("undo.sh")
_WITHIN_S = 300.0


@dataclass(frozen=True)
class ByHand:
    """Seconds of each phase by name, in order: history, undo, rollout, pods (and image), health."""

    phases: dict[str, float]

    @property
    def total(self) -> float:
        """Seconds in all."""
        return sum(self.phases.values())

    def __str__(self) -> str:
        return ", ".join(f"{name} {seconds:.1f}" for name, seconds in self.phases.items())


def undo(
    cluster: Cluster, folder: Path, *, deployment: str, revision: int, image: str, pods: int, health: Sequence[str]
) -> ByHand:
    """Run the script; what it took.

    Raises:
        subprocess.SubprocessError: a command failed, or it took too long.
        RuntimeError: not every pod answered.
    """
    stamps = folder / "stamps"
    stamps.unlink(missing_ok=True)
    done = subprocess.run(
        [str(SCRIPT), str(stamps), deployment, str(revision), image, *health],
        env=environment(cluster, folder),
        capture_output=True,
        text=True,
        check=True,
        timeout=_WITHIN_S,
    )
    answered = sum(line.startswith("healthy ") for line in done.stdout.splitlines())
    if answered != pods:
        raise RuntimeError(f"kubectl asked {answered} pods of {pods}: {done.stdout[-400:]} {done.stderr[-400:]}")
    return ByHand(phases(stamps.read_text()))


def warm(cluster: Cluster, folder: Path, *, deployment: str) -> None:
    """Let kubectl read the API's discovery, which it keeps in its home, as that of its user long has.

    Raises:
        subprocess.SubprocessError: it failed, or took too long.
    """
    command = [str(tool("kubectl")), "get", f"deployment/{deployment}"]
    subprocess.run(command, env=environment(cluster, folder), capture_output=True, check=True, timeout=_WITHIN_S)


def environment(cluster: Cluster, folder: Path) -> dict[str, str]:
    """What kubectl is run with."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "KUBECONFIG": str(cluster.kubeconfig("admin")),
        "KUBECTL": str(tool("kubectl")),
    }


def phases(stamps: str) -> dict[str, float]:
    """Seconds of each phase, from lines of a phase's name and the Unix time of its end, the first of the beginning."""
    ends = [(name, float(at)) for name, at in (line.split() for line in stamps.splitlines())]
    return {name: at - before for (_, before), (name, at) in pairwise(ends)}
