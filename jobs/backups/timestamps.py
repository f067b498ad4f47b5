"""The timestamps by which backups are named: what may stand in a file's name, their order, and their neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

TIMESTAMP: Final = re.compile(r"[0-9][0-9A-Za-z_+:-]{3,39}")
"""It begins with a digit and holds neither a dot nor a slash, so it is no path, whoever typed it."""
OURS: Final = re.compile(r"[0-9]{8}-[0-9]{6}-auto")
"""Those the bot itself gives. Only files that are named so does it ever take away."""
MOST_NEAR: Final = 3
_DIGITS: Final = 20


def of_ours(at_ms: int) -> str:
    """The timestamp of a snapshot that the bot takes at a time (Unix ms), in UTC."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y%m%d-%H%M%S}-auto"


def order(timestamp: str) -> tuple[str, str]:
    """What timestamps are sorted by: their digits, so that 20261120-0300 and 2026-11-20T03:00 are the same time."""
    digits = re.sub(r"\D", "", timestamp)
    return digits.ljust(_DIGITS, "0"), timestamp


def nearest(asked: str, known: Iterable[str]) -> tuple[list[str], list[str]]:
    """The timestamps next to one that is not there: up to three before it, up to three after it, in order."""
    ordered = sorted(set(known), key=order)
    before = [one for one in ordered if order(one) < order(asked)]
    after = [one for one in ordered if order(one) >= order(asked)]
    return before[-MOST_NEAR:], after[:MOST_NEAR]
