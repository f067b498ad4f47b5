"""How long, as people type it: "30m", "2h", "30d". Pure."""

from __future__ import annotations

import re
from typing import Final

_FOR: Final = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_SECONDS: Final = {"m": 60, "h": 3_600, "d": 86_400}
LONGEST_S: Final = 365 * 86_400


def seconds_of(text: str) -> int | None:
    """Minutes, hours or days in seconds; None for what is none of these, or more than a year."""
    found = _FOR.fullmatch(text.strip().lower())
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    return seconds if 0 < seconds <= LONGEST_S else None
