"""What every step has in common that only reads: nothing to compare, nothing to claim, nothing to write."""

from __future__ import annotations

from bot.domain.model import JsonObject
from jobs.steps.model import AsPlanned, Context, Done, Look, Settled


class Reads:
    """A step that is asked anew each time, and waits for nothing. What one does differently it says itself."""

    def look(self, ctx: Context) -> Look:
        """It is never there already."""
        del ctx
        return AsPlanned()

    def claim(self, ctx: Context) -> None:
        """Nothing is written."""
        del ctx

    def apply(self, ctx: Context) -> JsonObject:
        """Nothing is written."""
        del ctx
        return {}

    def settle(self, ctx: Context) -> Settled:
        """There is nothing to wait for."""
        del ctx
        return Done()
