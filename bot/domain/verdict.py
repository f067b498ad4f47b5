"""What a check says: Pass, Fail or Unknown, with what it saw."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from bot.domain.model import JsonObject, Value


class Verdict(StrEnum):
    """Not knowing is an answer: Unknown is neither a pass nor a fail."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Measured(Value):
    """One measurement as it was taken: what was asked, what came back, and what it was held against.

    `value` and `limit` are in `unit` ("share" is 0..1, "s" seconds, "count"); `value` is None when nothing came back.
    `part` of `whole` are the counts behind a share, where there are any. `window_s` is the range of the query.
    """

    name: str
    value: float | None
    unit: str
    query: str = ""
    limit: float | None = None
    window_s: float | None = None
    part: float | None = None
    whole: float | None = None


class Check(Value):
    """The outcome of one check. `code` names the check, `saw` is a code of the finding; views turn both into words.

    `figures` fills the wording (names, counts, texts that a system answered).
    """

    code: str
    verdict: Verdict
    saw: str
    figures: JsonObject = {}
    measured: tuple[Measured, ...] = ()


def worst(checks: Iterable[Check]) -> Verdict:
    """Fail outweighs Unknown, Unknown outweighs Pass; no check at all is Unknown."""
    verdicts = {check.verdict for check in checks}
    for verdict in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS):
        if verdict in verdicts:
            return verdict
    return Verdict.UNKNOWN
