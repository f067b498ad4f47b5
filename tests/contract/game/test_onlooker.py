"""What the onlooker of a played rollback makes of the objects it reads, and what the people type."""

from typing import Any

import pytest

from sandbox.onlooker import percent_of, ready_versions
from sandbox.play import Played, command


def a_raw_pod(version: str, *, ready: bool = True, **metadata: str) -> dict[str, Any]:
    """A pod of match-server as the API shows it."""
    return {
        "metadata": {"name": "a", "uid": "u", **metadata},
        "spec": {"containers": [{"name": "match-server", "image": f"registry.example/match-server:{version}"}]},
        "status": {"conditions": [{"type": "Ready", "status": str(ready)}]},
    }


def a_virtual_service(*routes: tuple[str, int | None]) -> dict[str, Any]:
    """A VirtualService with a route to each subset, its weight None where it has none."""
    written = [
        {"destination": {"host": "lobby", "subset": subset}} | ({} if weight is None else {"weight": weight})
        for subset, weight in routes
    ]
    return {"spec": {"http": [{"route": written}]}}


def test_only_pods_that_are_ready_and_stay_count() -> None:
    """Those on their way out serve no longer."""
    pods = [
        a_raw_pod("v1.9.0"),
        a_raw_pod("v1.8.2"),
        a_raw_pod("v1.8.2"),
        a_raw_pod("v1.8.2", ready=False),
        a_raw_pod("v1.9.0", deletionTimestamp="2026-11-22T03:16:00Z"),
    ]
    assert ready_versions(pods) == {"v1.8.2": 2, "v1.9.0": 1}


@pytest.mark.parametrize(
    ("routes", "percent"),
    [
        ([("green", 100)], 100),
        ([("blue", 100)], 0),
        ([("green", 100), ("blue", 300)], 25),
        ([("blue", 0), ("green", 0)], 0),
        ([("green", None), ("blue", 100)], 0),
    ],
)
def test_a_subsets_percent_is_its_weight_by_the_sum(routes: list[tuple[str, int | None]], percent: int) -> None:
    """Routes without weights are not counted: they carry another path."""
    assert percent_of(a_virtual_service(*routes), "green") == percent


@pytest.mark.parametrize(
    ("strategy", "service", "to", "typed"),
    [
        ("canary", "game-server", "", '/rollback canary game-server reason="error spike on canary"'),
        ("kubernetes", "match-server", "", '/rollback kubernetes match-server reason="error spike on v1.9.0"'),
        ("config", "match-server", "T", '/rollback config match-server to=T reason="error spike on v1.9.0"'),
    ],
)
def test_the_requester_types_what_the_strategy_has_to_know(strategy: str, service: str, to: str, typed: str) -> None:
    """A canary needs no version; a configuration is named by its backup's timestamp."""
    assert command(Played(strategy=strategy, service=service, to=to)) == typed
