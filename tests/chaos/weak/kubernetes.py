"""Clients of the API server that stand still in the middle of a write, and one that has the fence taken out."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jobs.clients import KubernetesClient
from jobs.clients.resources import Raw, Ref
from jobs.steps.claims import FENCE
from jobs.steps.patches import pointer

PAUSE = "CHAOS_PAUSE"
"""Environment variable: the file that says who stands still, and that somebody did."""
_AT = pointer("metadata", "annotations", FENCE)


class StandsStill(KubernetesClient):
    """Stops its own process, as SIGSTOP at the worst moment would, right before it sends its first weight."""

    def json_patch(
        self, ref: Ref, operations: Sequence[Mapping[str, Any]], *, manager: str, dry_run: bool = False
    ) -> Raw:
        """Stand still once in all processes together; whoever wakes it lets it send what it had in hand."""
        if any(str(operation["path"]).startswith("/spec/http") for operation in operations):
            _stand_still(Path(os.environ[PAUSE]))
        return super().json_patch(ref, operations, manager=manager, dry_run=dry_run)


class Unfenced(StandsStill):
    """Sends its writes without the fence's test, and sees no fence on what it reads."""

    def get(self, ref: Ref) -> Raw:
        """The object as if nobody had claimed it."""
        live = super().get(ref)
        live["metadata"].get("annotations", {}).pop(FENCE, None)
        return live

    def json_patch(
        self, ref: Ref, operations: Sequence[Mapping[str, Any]], *, manager: str, dry_run: bool = False
    ) -> Raw:
        """The patch without the test of the fence."""
        kept = [each for each in operations if not (each["op"] == "test" and each["path"] == _AT)]
        if len(kept) == len(operations):
            raise LookupError(f"no test of {_AT} in {operations}: this control weakens nothing")
        return super().json_patch(ref, kept, manager=manager, dry_run=dry_run)


def _stand_still(mark: Path) -> None:
    try:
        with mark.open("x") as file:
            file.write(str(os.getpid()))
    except FileExistsError:
        return
    # Sent to the process, the signal may be taken by another thread, and this one goes on for a moment: and writes.
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
