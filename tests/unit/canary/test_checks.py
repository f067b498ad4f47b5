"""What is Pass, Fail and Unknown after a weight was set."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.catalog.queries import filled
from bot.domain.verdict import Check, Verdict
from jobs.checks.canary import Live, Move, error_rate_at_most, stable_not_worse
from jobs.checks.measure import Seen, fits
from tests.unit.canary.world import seen, service, traffic

LIMITS = service().limits
TO_25 = Move(from_percent=50, to_percent=25, pods=8)
TO_0 = Move(from_percent=10, to_percent=0, pods=8)


def arrived(*, age_s: float | None = 1, window_fits: bool = True) -> Seen:
    """Figures of a hold at 25 percent that went well."""
    return seen(stable=traffic(1125, 1), canary=traffic(375, 62), age_s=age_s, window_fits=window_fits)


def judged(
    figures: Seen, *, move: Move = TO_25, live: Live | None = None, before: float | None = 0.001
) -> dict[str, Check]:
    """The checks of a weight step by code."""
    judge = error_rate_at_most if move.to_percent == 0 else stable_not_worse
    now = live or Live(percent=move.to_percent, ready=8)
    return {c.code: c for c in judge(figures, move, now, limits=LIMITS, before=before)}


def test_everything_as_wanted_passes_every_check() -> None:
    """Stable as before, pods ready, weight held, traffic arrived."""
    found = judged(arrived())
    assert {c.verdict for c in found.values()} == {Verdict.PASS}
    assert set(found) == {"stable_not_worse", "p95", "pods_ready", "weight_held", "seen_share"}


def test_stable_that_makes_more_errors_than_before_fails_with_its_counts() -> None:
    """4.2 % against 0.1 % before."""
    check = judged(seen(stable=traffic(1125, 47), canary=traffic(375, 62)))["stable_not_worse"]
    assert (check.verdict, check.saw) == (Verdict.FAIL, "worse")
    assert (check.measured[0].part, check.measured[0].whole) == (47, 1125)
    assert check.measured[0].limit == pytest.approx(0.006)


@pytest.mark.parametrize(
    ("figures", "before", "saw"),
    [
        (arrived(age_s=None), 0.001, "unreachable"),
        (arrived(age_s=60), 0.001, "stale-data"),
        (arrived(window_fits=False), 0.001, "bad-window"),
        (seen(stable=traffic(19, 19), canary=traffic(6, 0)), 0.001, "few-requests"),
        (seen(stable=traffic(1125, None), canary=traffic(375, 62)), 0.001, "no-data"),
        (seen(stable=traffic(225, 2), canary=traffic(75, 2)), 0.001, "few-errors"),
        (arrived(), None, "no-baseline"),
    ],
)
def test_what_cannot_be_known_about_stable_is_unknown(figures: Seen, before: float | None, saw: str) -> None:
    """No data is neither healthy nor zero."""
    check = judged(figures, before=before)["stable_not_worse"]
    assert (check.verdict, check.saw) == (Verdict.UNKNOWN, saw)


def test_without_a_before_stable_still_fails_above_the_service_s_own_limit() -> None:
    """It cannot pass, but it can be plainly bad."""
    check = judged(seen(stable=traffic(1125, 112), canary=traffic(375, 62)), before=None)["stable_not_worse"]
    assert check.verdict is Verdict.FAIL


@pytest.mark.parametrize(("was", "to"), [(100, 75), (75, 50), (50, 25), (25, 10), (10, 0), (5, 0), (50, 0), (12, 10)])
@pytest.mark.parametrize("requests", [40, 300, 1500, 15000])
def test_traffic_that_stays_where_it_was_never_passes(was: float, to: float, requests: int) -> None:
    """A frozen data plane: the weight moves in the API, and requests do not follow."""
    frozen = seen(canary=traffic(requests * was / 100, 0), stable=traffic(requests * (100 - was) / 100, 0))
    check = judged(frozen, move=Move(from_percent=was, to_percent=to, pods=8))["seen_share"]
    assert check.verdict is not Verdict.PASS


@pytest.mark.parametrize(("was", "to"), [(100, 75), (75, 50), (50, 25), (25, 10), (10, 0), (50, 0)])
def test_traffic_that_followed_passes_in_a_hold_of_30_s(was: float, to: float) -> None:
    """With two seconds of lag between the API and the proxies."""
    share = (to + (was - to) * 2 / 30) / 100
    followed = seen(canary=traffic(1500 * share, 0), stable=traffic(1500 * (1 - share), 0))
    assert judged(followed, move=Move(from_percent=was, to_percent=to, pods=8))["seen_share"].verdict is Verdict.PASS


def test_pods_short_of_the_plan_fail() -> None:
    """All planned pods must be Ready."""
    check = judged(arrived(), live=Live(percent=25, ready=7))["pods_ready"]
    assert check.verdict is Verdict.FAIL


@pytest.mark.parametrize("now", [50.0, None])
def test_a_weight_that_somebody_moved_back_fails(now: float | None) -> None:
    """The live object is the first of the two verifications."""
    assert judged(arrived(), live=Live(percent=now, ready=8))["weight_held"].verdict is Verdict.FAIL


def test_slow_stable_fails() -> None:
    """p95 is judged against the catalog's limit, in seconds."""
    slow = seen(stable=traffic(1125, 1, p95=1.4), canary=traffic(375, 62))
    assert judged(slow)["p95"].verdict is Verdict.FAIL


def test_at_weight_zero_the_whole_service_is_judged() -> None:
    """The canary's errors count from here on."""
    stable, canary = traffic(1500, 2), traffic(0, 0)
    good = judged(seen(stable=stable, canary=canary, whole=traffic(1500, 2)), move=TO_0)
    bad = judged(seen(stable=stable, canary=canary, whole=traffic(1500, 126)), move=TO_0)
    assert good["error_rate_at_most"].verdict is Verdict.PASS
    assert bad["error_rate_at_most"].verdict is Verdict.FAIL
    assert good["seen_share"].verdict is Verdict.PASS


def test_the_canary_s_and_the_whole_service_s_figures_are_attached_while_weight_is_left() -> None:
    """Shown, and not judged."""
    figures = judged(arrived())["stable_not_worse"].figures
    assert figures["whole_error_share"] == pytest.approx(0.084)
    assert figures["seen_canary_share"] == pytest.approx(0.25)
    assert (figures["canary"], figures["stable"], figures["before"]) == (25, 75, 0.001)


def test_expressions_are_filled_with_subset_and_window() -> None:
    """The window is written in whole milliseconds."""
    text = filled('sum(increase(r{subset="$subset"}[$window]))', subset="stable", window_s=7.5)
    assert text == 'sum(increase(r{subset="stable"}[7500ms]))'


def test_a_window_holds_at_least_six_scrapes() -> None:
    """REQUIREMENTS.md R3."""
    metrics = service().metrics
    assert fits(metrics, window_s=30)
    assert not fits(metrics, window_s=29)


COUNTS = st.one_of(st.none(), st.floats(min_value=0, max_value=1e12, allow_nan=False))


SIDE = st.tuples(COUNTS, COUNTS, COUNTS)


@example(sides=((5e-324, 1.0, 0.2),) * 3, before=0.0)
@example(sides=((0.0, 0.0, None),) * 3, before=0.0)
@given(sides=st.tuples(SIDE, SIDE, SIDE), before=st.one_of(st.none(), st.floats(min_value=0, max_value=1)))
def test_no_figure_is_ever_infinite_or_no_number(
    sides: tuple[tuple[float | None, float | None, float | None], ...], before: float | None
) -> None:
    """Whatever counts come, what is written into the journal is JSON; 0/0 is no figure and never a pass."""
    whole, stable, canary = (traffic(requests, errors, p95) for requests, errors, p95 in sides)
    figures = seen(whole=whole, stable=stable, canary=canary)
    for move in (TO_25, TO_0):
        for check in judged(figures, move=move, before=before).values():
            json.dumps(check.model_dump(mode="json"), allow_nan=False)
    if not figures.stable.requests.value:
        assert judged(figures, before=before)["stable_not_worse"].verdict is Verdict.UNKNOWN


SEVERAL = Move(from_percent=50, to_percent=25, pods=8, span=(10, 100), seen_before=0.5)


@pytest.mark.parametrize(
    ("canary", "move", "verdict", "saw"),
    [
        (500, SEVERAL, Verdict.PASS, "arrived"),
        (750, SEVERAL, Verdict.UNKNOWN, "several-routes"),
        (1000, replace(SEVERAL, span=(10, 25)), Verdict.FAIL, "not-arrived"),
        (300, replace(SEVERAL, span=(10, 25)), Verdict.PASS, "arrived"),
        (300, replace(SEVERAL, seen_before=None), Verdict.UNKNOWN, "no-baseline"),
        (0, SEVERAL, Verdict.PASS, "arrived"),
        (1500, replace(SEVERAL, seen_before=1.0), Verdict.UNKNOWN, "several-routes"),
    ],
)
def test_where_routes_differ_the_share_must_have_fallen(canary: int, move: Move, verdict: Verdict, saw: str) -> None:
    """How many requests take which route is not known; what has not fallen may be right all the same, and no pass."""
    figures = seen(stable=traffic(1500 - canary, 1), canary=traffic(canary, 0))
    check = judged(figures, move=move)["seen_share"]
    assert (check.verdict, check.saw) == (verdict, saw)
