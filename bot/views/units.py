"""Figures as people read them. A no-break space stands between number and unit; times are UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.views.text import Safe

NBSP = "\u00a0"
MINUTE, HOUR, DAY = 60, 3_600, 86_400
_SMALL = 0.0005


def percent(share: float) -> str:
    """A measured share (0..1) with one decimal: "8.4 %"; "0 %" only when it is nothing, else "under 0.1 %"."""
    if 0 < share < _SMALL:
        return f"under{NBSP}0.1{NBSP}%"
    return f"{share * 100:.1f}{NBSP}%" if share else f"0{NBSP}%"


def limit_percent(share: float) -> str:
    """A share that somebody chose (a limit, a weight), without needless decimals: "5 %", "0.5 %"."""
    return f"{round(share * 100, 2):g}{NBSP}%"


def weight(value: float) -> str:
    """A weight in percent: "25 %"."""
    return f"{round(value, 1):g}{NBSP}%"


def count(value: float) -> str:
    """A count with thousands apart: "1,500"."""
    return f"{round(value):,}"


def duration(seconds: float) -> str:
    """Seconds as "1.8 s", "22 s", "2 min 42 s", "5 min", "1 h 5 min", "24 h", "3 days"."""
    whole = round(seconds)
    if seconds < 10 and abs(seconds - whole) >= 0.05:  # noqa: PLR2004 - below ten seconds a decimal says something
        return f"{seconds:.1f}{NBSP}s"
    if whole < MINUTE:
        return f"{whole}{NBSP}s"
    if whole < HOUR:
        return _pair(whole // MINUTE, "min", whole % MINUTE, "s")
    if whole <= DAY:
        return _pair(whole // HOUR, "h", whole % HOUR // MINUTE, "min")
    return f"{whole // DAY}{NBSP}days"


def _pair(big: int, big_unit: str, small: int, small_unit: str) -> str:
    return f"{big}{NBSP}{big_unit}" + (f"{NBSP}{small}{NBSP}{small_unit}" if small else "")


def seconds(value: float) -> str:
    """A latency in seconds: "0.21 s"."""
    return f"{value:.2f}".rstrip("0").rstrip(".") + f"{NBSP}s"


def clock(at: int) -> str:
    """Redis milliseconds as "03:14:02", UTC."""
    return f"{_utc(at):%H:%M:%S}"


def minute(at: int) -> str:
    """Redis milliseconds as "03:14", UTC."""
    return f"{_utc(at):%H:%M}"


def date(at: int) -> str:
    """Redis milliseconds as "2026-11-22", UTC."""
    return f"{_utc(at):%Y-%m-%d}"


def token(at: int) -> Safe:
    """A time that Slack shows in the reader's zone; it costs no edit when time passes."""
    return Safe(f"<!date^{at // 1000}^{{time_secs}}|{clock(at)} UTC>")


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1000, tz=UTC)
