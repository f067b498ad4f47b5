"""How pods fare under a load."""

import random
import statistics
from dataclasses import replace

import pytest

from sandbox.game.behaviour import Behaviour, Override, behaviour, draw, loaded_error_share, median_latency_s
from tests.contract.game.worlds import a_pod, canary

P95 = 1.78


def test_the_feature_flag_makes_errors_and_its_absence_does_not() -> None:
    """A sixth of the requests fail with the flag, one in a thousand without it."""
    assert behaviour(canary(1)[0], {}).error_share == 0.167
    assert behaviour(a_pod("a", env={"FEATURE_FLAG_GUILD_WAR_V2": "false"}), {}).error_share == 0.001


def test_the_flag_does_no_harm_at_another_tick_rate() -> None:
    """What the pod read when it started counts; where it read none, the flag alone does."""
    pod = a_pod("a", env={"FEATURE_FLAG_GUILD_WAR_V2": "true"})
    assert behaviour(replace(pod, read={"TICK_RATE_HZ": "60"}), {}).error_share == 0.167
    assert behaviour(replace(pod, read={"TICK_RATE_HZ": "30"}), {}).error_share == 0.001


def test_annotations_come_before_the_environment_and_live_figures_before_both() -> None:
    """Each figure is taken from the nearest place that names it."""
    pod = a_pod(
        "a",
        env={"FEATURE_FLAG_GUILD_WAR_V2": "true"},
        annotations={"sandbox.rollback/error-share": "0.5", "sandbox.rollback/latency-ms": "200"},
    )
    assert behaviour(pod, {}) == Behaviour(error_share=0.5, latency_s=0.2)
    assert behaviour(pod, {"v2.0.5": Override(error_share=0.05)}).error_share == 0.05
    assert behaviour(pod, {"v2.1.0": Override(error_share=0.05)}).error_share == 0.5


@pytest.mark.parametrize("text", ["plenty", ""])
def test_an_annotation_that_is_no_number_counts_as_absent(text: str) -> None:
    """A typing error in a template does not end the traffic."""
    pod = a_pod("a", annotations={"sandbox.rollback/error-share": text, "sandbox.rollback/capacity-rps": "0"})
    assert behaviour(pod, {}).error_share == 0.001
    assert behaviour(pod, {}).capacity_rps > 0


@pytest.mark.parametrize(
    ("load_rps", "least_errors", "most_errors", "least_p95_s", "most_p95_s"),
    [
        (50 / 8, 0.001, 0.001, 0.08, 0.25),
        (50 * 0.75 / 4, 0.001, 0.001, 0.08, 0.25),
        (50 * 0.9 / 4, 0.02, 0.05, 0.5, 1.0),
        (50 / 4, 0.05, 0.08, 1.0, 3.0),
    ],
)
def test_too_few_pods_for_the_share_get_slow_and_fail(
    *, load_rps: float, least_errors: float, most_errors: float, least_p95_s: float, most_p95_s: float
) -> None:
    """Eight pods carry 50 requests a second, four do not."""
    assert least_errors <= loaded_error_share(Behaviour(), load_rps) <= most_errors
    assert least_p95_s <= P95 * median_latency_s(Behaviour(), load_rps) <= most_p95_s


def test_draws_follow_the_shares_and_repeat_with_the_seed() -> None:
    """Ten thousand draws come within four deviations of the share, and twice the same."""
    what = Behaviour(error_share=0.167)
    first, second = random.Random(3), random.Random(3)  # noqa: S311  # a draw that must repeat, no secret
    drawn = [draw(what, load_rps=5.0, random=first) for _ in range(10_000)]
    assert drawn == [draw(what, load_rps=5.0, random=second) for _ in range(10_000)]
    assert abs(statistics.mean(failed for failed, _ in drawn) - 0.167) < 0.015
    times = sorted(duration for _, duration in drawn)
    assert times[9_500] / times[5_000] == pytest.approx(P95, rel=0.05)
