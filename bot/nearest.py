"""Names that are one typing slip away: suggested to people, never acted on."""

from __future__ import annotations

from collections.abc import Iterable


def one_edit(given: str, known: Iterable[str]) -> tuple[str, ...]:
    """The known names that differ by one letter added, left out, replaced or swapped with its neighbour, in order."""
    return tuple(sorted({name for name in known if name != given and _one_edit_apart(given, name)}))


def _one_edit_apart(left: str, right: str) -> bool:
    if abs(len(left) - len(right)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    rest_left, rest_right = left[start:], right[start:]
    swapped = rest_left[:2] == rest_right[1::-1] and len(rest_left) > 1 and rest_left[2:] == rest_right[2:]
    return swapped or rest_left[1:] == rest_right[1:] or rest_left[1:] == rest_right or rest_left == rest_right[1:]
