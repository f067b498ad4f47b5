"""Judging what the pods answered to their own health command. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.model import Json, JsonObject
from bot.domain.verdict import Check, Measured, Verdict

NAMES = 5


@dataclass(frozen=True)
class Answered:
    """One pod's answer: the command's exit code; None where it could not be run or did not end.

    `why`: why there is no code, or with the code the last thing that the command said; "" where it is well.
    """

    pod: str
    code: int | None
    why: str = ""


def healthy(answers: Sequence[Answered], *, command: Sequence[str], wanted: int) -> Check:
    """Pass when all the pods there should be are well. One that could not be asked is Unknown, not unwell."""
    ill = [one for one in answers if one.code not in (0, None)]
    silent = [one for one in answers if one.code is None]
    good = len(answers) - len(ill) - len(silent)
    names: list[Json] = [one.pod for one in (ill or silent)[:NAMES]]
    figures: JsonObject = {
        "command": shlex.join(command),
        "good": good,
        "pods": max(len(answers), wanted),
        "names": names,
        "why": next((one.why for one in ill or silent if one.why), ""),
    }
    verdict, saw = _judged(good, ill=len(ill), silent=len(silent), wanted=wanted)
    measured = Measured(name="healthy_pods", value=good, unit="count", query=shlex.join(command), limit=wanted)
    return Check(code="pod_health", verdict=verdict, saw=saw, figures=figures, measured=(measured,))


def _judged(good: int, *, ill: int, silent: int, wanted: int) -> tuple[Verdict, str]:
    if ill:
        return Verdict.FAIL, "unhealthy"
    if silent:
        return Verdict.UNKNOWN, "not-asked"
    return (Verdict.PASS, "healthy") if good >= wanted else (Verdict.FAIL, "too-few")
