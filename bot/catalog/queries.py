"""The catalog's expressions as they are asked."""

from __future__ import annotations


def filled(expression: str, *, subset: str, window_s: float) -> str:
    """An expression of the catalog with its subset and window (in whole ms) put in."""
    return expression.replace("$subset", subset).replace("$window", f"{round(window_s * 1000)}ms")
