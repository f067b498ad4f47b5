"""The pure parts of the figures of undo, switching and planning."""

from __future__ import annotations

from typing import Any

import pytest

from bench import planning, switching, undo
from bench.by_kubectl import ByHand, phases
from bench.planning import Planned
from bench.pods import SURGE, shaped, share
from bench.switching import RUNS, Run, Seen, counted, ending_soon
from bench.undo import ByBot, Size
from bench.weak import GUARDS
from bot.domain.events import GENESIS, Event, Kind, NewEvent, chained

DEPLOYMENT: dict[str, Any] = {
    "kind": "Deployment",
    "metadata": {"name": "lobby-blue"},
    "spec": {"replicas": 2, "template": {"spec": {"terminationGracePeriodSeconds": 5}}},
}


def event(kind: Kind, at: int, **data: object) -> Event:
    """An event of the journal."""
    return chained(NewEvent.model_validate({"kind": kind, "data": data}), seq=1, at=at, prev=GENESIS)


def journal(verdict: str) -> list[Event]:
    """A rollout seen at 3.5 s and pods asked until 4 s, Unix time."""
    check = {"code": "pod_health", "verdict": verdict}
    return [
        event(Kind.STEP_APPLIED, 3_500, step=0),
        event(Kind.STEP_DONE, 3_600, step=0, checks=[]),
        event(Kind.STEP_APPLIED, 3_650, step=1),
        event(Kind.STEP_DONE, 4_000, step=1, checks=[check]),
    ]


def test_the_bots_phases_are_one_after_the_other_and_its_own_time_leaves_out_the_rollout() -> None:
    """From the click to the last answer, without the PATCH to the last pod Available."""
    times = undo.times_of(journal("pass"), clicked=1.0, patched=1.25, available=3.0)
    assert (times.dispatch, times.rollout, times.seen, times.health) == (0.25, 1.75, 0.5, 0.5)
    assert (times.total, times.own) == (3.0, 1.25)


@pytest.mark.parametrize("verdict", ["fail", "unknown"])
def test_an_undo_whose_pods_are_not_all_well_is_not_measured(verdict: str) -> None:
    """A bot that asks fewer pods would be faster."""
    with pytest.raises(RuntimeError, match="not all well"):
        undo.times_of(journal(verdict), clicked=1.0, patched=1.25, available=3.0)


def test_the_ratio_is_that_of_the_medians() -> None:
    """One turn that was disturbed does not move it."""
    bots = [ByBot(dispatch=0.1, rollout=1.0, seen=0.1, health=each) for each in (0.3, 0.3, 9.0)]
    hands = [ByHand({"rollout": 1.0, "health": each}) for each in (2.0, 2.0, 50.0)]
    ratio, own, *_ = undo.figures_of(Size(pods=20, turns=3, ratio=0.4, own_s=0.6), bots, hands)
    assert (ratio.value, ratio.met) == (0.5, False)
    assert (own.value, own.met) == (0.5, True)


def test_a_phase_of_the_script_lasts_from_the_line_before_to_its_own() -> None:
    """The first line is the beginning and no phase."""
    assert phases("begin 10.5\nundo 11.0\nhealth 13.5\n") == {"undo": 0.5, "health": 2.5}


@pytest.mark.parametrize("size", [3, 100, 500])
def test_pods_of_two_sides_come_to_the_size_that_was_asked_for(size: int) -> None:
    """Neither side is without pods."""
    shares = share(size, ("stable", "canary"))
    assert sum(shares.values()) == size
    assert min(shares.values()) > 0
    assert share(size, ("only",)) == {"only": size}


def test_only_the_deployments_named_are_changed_and_what_is_shipped_stays() -> None:
    """Replicas and the pace of a rollout, and nothing of the template."""
    service = {"kind": "Service", "metadata": {"name": "lobby"}}
    assert shaped(service, {"lobby": 9}) is service
    assert shaped(DEPLOYMENT, {"other": 9}) is DEPLOYMENT
    changed = shaped(DEPLOYMENT, {"lobby-blue": 9})
    assert changed["spec"] == {**DEPLOYMENT["spec"], "replicas": 9, "strategy": SURGE}
    assert DEPLOYMENT["spec"]["replicas"] == 2


def test_pods_end_soon_after_they_are_deleted() -> None:
    """Only a Deployment's, and what is shipped stays."""
    assert ending_soon(DEPLOYMENT)["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == switching.GRACE_S
    assert DEPLOYMENT["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 5
    assert ending_soon({"kind": "Service"}) == {"kind": "Service"}


def test_lost_is_what_each_proxy_answered_with_503_since_the_run_began() -> None:
    """What was lost before, and what a version got wrong itself, do not count."""
    before = [{"requests": 10, "no_endpoint": 5, "refused": 1}, {"requests": 20, "no_endpoint": 0, "refused": 0}]
    after = [{"requests": 15, "no_endpoint": 5, "refused": 3}, {"requests": 26, "no_endpoint": 1, "refused": 0}]
    seen = counted(before, after, state="succeeded")
    assert (seen.requests, seen.no_endpoint, seen.refused, seen.lost) == (11, (0, 1), (2, 0), 3)


@pytest.mark.parametrize(
    ("requests", "lost", "state", "met"),
    [
        (3_000, 0, "succeeded", True),
        (3_000, 1, "succeeded", False),
        (2_999, 0, "succeeded", False),
        (3_000, 0, "halted", False),
    ],
)
def test_the_goal_is_no_request_of_enough_in_a_run_that_succeeded(
    requests: int, lost: int, state: str, *, met: bool
) -> None:
    """Few requests, and a run that stopped half-way, prove nothing."""
    figure = switching.figure(RUNS[0], Seen(state, requests, (lost,), (0,)))
    assert figure.met is met
    assert "simulated data plane" in figure.beside


def test_a_guard_that_no_run_shows_is_told() -> None:
    """One run that loses something is enough for a guard; without any it stands in the figures."""
    quiet, loud = Seen("succeeded", 4_000, (0,), (0,)), Seen("succeeded", 4_000, (7,), (0,))
    runs = [Run("a", "canary", "game-server", guard="drain"), Run("b", "canary", "game-server", guard="drain")]
    (shown,) = switching.silent([(RUNS[0], quiet), (runs[0], quiet), (runs[1], loud)])
    assert (shown.value, shown.met) == (0, True)
    (silent,) = switching.silent([(runs[0], quiet)])
    assert (silent.value, silent.met) == (1, False)
    assert "NOT SHOWN: drain" in silent.beside
    assert "NOTHING LOST" in switching.figure(runs[0], quiet).beside


def test_every_guard_is_taken_out_in_some_run() -> None:
    """And each strategy is run whole beside it."""
    assert {run.guard for run in RUNS} == {"", *GUARDS}
    assert all(run.way == GUARDS[run.guard].strategy for run in RUNS if run.guard)
    assert {run.way for run in RUNS if not run.guard} == {guard.strategy for guard in GUARDS.values()}


def planned(pods: int, *requests: int) -> Planned:
    """Rounds of a plan."""
    return Planned(pods, requests, queries=3, times=(100.0, 200.0, 300.0), cpu_ms=50.0, bare_ms=20.0)


def test_planning_asks_as_much_whatever_the_size() -> None:
    """At most 16 requests, and the same number at each size."""
    count, *times = planning.figures_of("canary", [planned(3, 16, 16), planned(500, 16)])
    assert (count.value, count.met) == (16, True)
    assert [(figure.value, figure.goal) for figure in times] == [(200.0, None), (200.0, planning.GOAL_MS)]
    grown = planning.figures_of("canary", [planned(3, 8), planned(500, 9)])[0]
    assert (grown.value, grown.met) == (9, False)
    assert planning.figures_of("canary", [planned(3, 17)])[0].met is False
