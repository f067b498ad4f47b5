"""What the pods' own answers mean together."""

from __future__ import annotations

import pytest

from bot.domain.verdict import Verdict
from jobs.checks.pod_health import Answered, healthy

WELL = [Answered(pod=f"pod-{number}", code=0) for number in range(3)]
ILL = Answered(pod="pod-ill", code=7, why="exit 7: connection refused")
SILENT = Answered(pod="pod-silent", code=None, why="no end in time")


@pytest.mark.parametrize(
    ("answers", "wanted", "verdict", "saw", "why"),
    [
        (WELL, 3, Verdict.PASS, "healthy", ""),
        ([*WELL, ILL], 4, Verdict.FAIL, "unhealthy", "exit 7: connection refused"),
        ([*WELL, SILENT], 4, Verdict.UNKNOWN, "not-asked", "no end in time"),
        ([*WELL, SILENT, ILL], 5, Verdict.FAIL, "unhealthy", "exit 7: connection refused"),
        (WELL, 4, Verdict.FAIL, "too-few", ""),
    ],
)
def test_one_unwell_pod_fails_and_one_that_was_not_asked_is_unknown(
    answers: list[Answered], wanted: int, verdict: Verdict, saw: str, why: str
) -> None:
    """With what the first of them said."""
    check = healthy(answers, command=["curl", "-s", "http://localhost:8080/health"], wanted=wanted)
    assert (check.verdict, check.saw, check.figures["why"]) == (verdict, saw, why)
    assert check.figures["good"] == 3
