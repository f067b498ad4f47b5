"""What setup says while it works."""

import sys
import time


class SetupError(RuntimeError):
    """Setup cannot go on; the message says what is missing and what to do about it."""


class Progress:
    """One piece of long work: says what it is, how far it is and how long it took.

    On a terminal one line is rewritten; elsewhere a line is written every 15 seconds, so that a log stays readable.
    """

    _TERMINAL_S = 0.5
    _LOG_S = 15.0

    def __init__(self, title: str) -> None:
        self._title = title
        self._started = self._said = time.monotonic()
        self._live = sys.stdout.isatty()

    def start(self, note: str = "") -> None:
        """Say that the work begins."""
        print(f"setup: {self._title}{f' ({note})' if note else ''}", flush=True)

    def show(self, how_far: str) -> None:
        """Say how far the work is, if it is time to say so again."""
        now = time.monotonic()
        if now - self._said < (self._TERMINAL_S if self._live else self._LOG_S):
            return
        self._said = now
        line = f"setup:   {self._title}: {how_far}, {now - self._started:.0f} s"
        print(f"\r\033[K{line}" if self._live else line, end="" if self._live else "\n", flush=True)

    def done(self) -> None:
        """Say how long the work took."""
        line = f"setup:   {self._title}: done in {time.monotonic() - self._started:.0f} s"
        print(f"\r\033[K{line}" if self._live else line, flush=True)
