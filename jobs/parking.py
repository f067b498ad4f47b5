"""Parking: a process that was asked to stop finishes what is under way and hands over the rest."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Parking:
    """Whether this process was asked to stop.

    A plain flag, because it is set in a signal handler, where a lock could be waited for for ever.
    """

    asked: bool = False

    def ask(self) -> None:
        """Park after what is under way: the runner's turn, the narrator's call, the journal being archived."""
        self.asked = True
