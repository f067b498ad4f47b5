"""What is typed after a command's name: made safe and read as Slack's own commands are."""

from __future__ import annotations

from bot.domain.refusal import Code, Refused
from bot.durations import seconds_of
from handlers.words import LONGEST, cleaned


def spans(given: str) -> int | None:
    """How long, as people type it ("30m", "2h", "30d"), in seconds; None for nothing given.

    Raises:
        Refused: bad-value.
    """
    seconds = seconds_of(given) if given else None
    if given and seconds is None:
        raise Refused(Code.BAD_VALUE, option="for", given=given, why="for", allowed=["30m", "2h", "30d"])
    return seconds


def prose(given: str) -> str:
    """A reason in a person's own words, on one line, without what other people's terminals would not show or obey.

    Raises:
        Refused: too-long.
    """
    if len(given) > LONGEST:
        raise Refused(Code.TOO_LONG, length=len(given), limit=LONGEST)
    return cleaned(given)[0]
