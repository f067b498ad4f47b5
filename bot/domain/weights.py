"""A share of traffic as a route's two weights: whole numbers, relative to their sum."""

from __future__ import annotations

WHOLE = 100.0
_FINE = 100
"""Parts of a percent that can be planned."""


def as_weights(percent: float) -> tuple[int, int]:
    """The weights of stable and canary that give the canary `percent`: 33.33 % is 6667 and 3333."""
    scale = 1 if float(percent).is_integer() else _FINE
    canary = round(percent * scale)
    return round(WHOLE * scale) - canary, canary
