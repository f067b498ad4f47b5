"""Waiting for a condition, never for time to pass."""

from __future__ import annotations

import time
from collections.abc import Callable

LOOK_S = 0.05


def until(condition: Callable[[], bool], *, within_s: float, what: str, every_s: float = LOOK_S) -> None:
    """Look until the condition holds.

    Raises:
        TimeoutError: it did not in time; the message says `what` did not come.
    """
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {within_s:g} s")
        time.sleep(every_s)
