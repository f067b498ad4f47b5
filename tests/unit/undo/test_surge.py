"""How many pods a rollout makes before others go, and how many may be away, as each controller rounds."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.strategies.surge import Surge, surge


def rolling(**given: object) -> dict[str, Any]:
    """A strategy with these bounds."""
    return {"type": "RollingUpdate", "rollingUpdate": dict(given)}


@pytest.mark.parametrize(
    ("strategy", "of", "expected"),
    [
        (rolling(maxSurge="25%", maxUnavailable="25%"), 4, Surge(1, 1)),
        (rolling(maxSurge="25%", maxUnavailable="25%"), 3, Surge(1, 0)),
        (rolling(maxSurge="25%", maxUnavailable="25%"), 10, Surge(3, 2)),
        (rolling(maxSurge=2, maxUnavailable=0), 4, Surge(2, 0)),
        (rolling(maxSurge=0, maxUnavailable="50%"), 5, Surge(0, 2)),
        (rolling(maxSurge=0, maxUnavailable="10%"), 5, Surge(0, 1)),
        (rolling(maxSurge="0%", maxUnavailable=9), 5, Surge(0, 5)),
        ({}, 4, Surge(1, 1)),
        ({"type": "Recreate"}, 7, Surge(0, 7)),
    ],
)
def test_a_deployment_rounds_what_comes_up_and_what_is_away_down(
    strategy: dict[str, Any], of: int, expected: Surge
) -> None:
    """As deployment_util does; both rounded to nothing still lets one pod go."""
    assert surge("Deployment", {"spec": {"strategy": strategy}}, of=of) == expected


@pytest.mark.parametrize(
    ("kind", "strategy", "of", "expected"),
    [
        ("DaemonSet", {}, 30, Surge(0, 1)),
        ("DaemonSet", rolling(maxUnavailable="10%"), 25, Surge(0, 3)),
        ("DaemonSet", rolling(maxSurge="10%", maxUnavailable=0), 25, Surge(3, 0)),
        ("StatefulSet", {}, 5, Surge(0, 1)),
        ("StatefulSet", rolling(maxUnavailable="50%"), 5, Surge(0, 2)),
        ("StatefulSet", rolling(maxUnavailable="10%"), 5, Surge(0, 1)),
    ],
)
def test_daemon_sets_and_stateful_sets_let_pods_go_first(
    kind: str, strategy: dict[str, Any], of: int, expected: Surge
) -> None:
    """Unless a DaemonSet is told to make new ones first."""
    assert surge(kind, {"spec": {"updateStrategy": strategy}}, of=of) == expected


def test_at_least_one_is_replaced_at_a_time() -> None:
    """An estimate divides by it."""
    assert Surge(0, 0).at_once == 1
    assert Surge(2, 1).at_once == 3
