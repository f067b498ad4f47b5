"""How a pod behaves under a load: its error share and its latency. Pure.

A pod takes its figures from its annotations, else from its environment, else from the defaults:

- `sandbox.rollback/error-share`   share of its requests that fail while it is not overloaded, 0 to 1
- `sandbox.rollback/latency-ms`    median answer time of an idle pod, milliseconds
- `sandbox.rollback/capacity-rps`  requests a second that it takes before it is overloaded

A pod with FAULTY_FLAG on fails some requests, unless the ConfigMap that it read says another rate than FAULTY_TICKS.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from sandbox.game.world import Pod

PREFIX = "sandbox.rollback/"
FAULTY_FLAG = "FEATURE_FLAG_GUILD_WAR_V2"
FAULTY_TICKS = ("TICK_RATE_HZ", "60")
FAULTY_ERROR_SHARE = 0.167
SPREAD = 0.35  # sigma of the log-normal answer time: the 95th percentile is 1.78 times the median
ERRORS_PER_EXCESS = 0.25  # at 1.25 times its capacity a pod fails 6 % of its requests
SLOWDOWN_PER_EXCESS = 40.0  # at 1.25 times its capacity a pod is 11.5 times slower
WORST_ERROR_SHARE = 0.95
WORST_SLOWDOWN = 60.0
LEAST_CAPACITY_RPS = 0.01


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a pod does by itself: error share (0 to 1), median answer time (seconds), capacity (requests a second)."""

    error_share: float = 0.001
    latency_s: float = 0.08
    capacity_rps: float = 10.0


@dataclass(frozen=True, slots=True)
class Override:
    """Figures set live for a version, in Behaviour's units; None leaves the pod's own."""

    error_share: float | None = None
    latency_s: float | None = None
    capacity_rps: float | None = None


def behaviour(pod: Pod, overrides: Mapping[str, Override]) -> Behaviour:
    """What a pod does now: what is set live for its version, before what its own template says."""
    base = Behaviour()
    ticks, too_many = FAULTY_TICKS
    faulty = pod.env.get(FAULTY_FLAG, "").lower() == "true" and pod.read.get(ticks, too_many) == too_many
    live = overrides.get(pod.version, Override())
    error_share = _annotated(pod, "error-share", FAULTY_ERROR_SHARE if faulty else base.error_share)
    latency_s = _annotated(pod, "latency-ms", base.latency_s * 1000) / 1000
    capacity_rps = max(_annotated(pod, "capacity-rps", base.capacity_rps), LEAST_CAPACITY_RPS)
    return Behaviour(
        error_share=error_share if live.error_share is None else live.error_share,
        latency_s=latency_s if live.latency_s is None else live.latency_s,
        capacity_rps=capacity_rps if live.capacity_rps is None else live.capacity_rps,
    )


def loaded_error_share(what: Behaviour, load_rps: float) -> float:
    """Share of requests (0 to 1) that fail at a load in requests a second."""
    return min(WORST_ERROR_SHARE, what.error_share + ERRORS_PER_EXCESS * _excess(what, load_rps))


def median_latency_s(what: Behaviour, load_rps: float) -> float:
    """Median answer time in seconds at a load in requests a second: half as slow again when full, far worse beyond."""
    used = min(load_rps / what.capacity_rps, 1.0)
    slowdown = 1 + 0.5 * used**4 + SLOWDOWN_PER_EXCESS * _excess(what, load_rps)
    return what.latency_s * min(slowdown, WORST_SLOWDOWN)


def draw(what: Behaviour, *, load_rps: float, random: Random) -> tuple[bool, float]:
    """One request: whether it fails, and how long it takes in seconds."""
    failed = random.random() < loaded_error_share(what, load_rps)
    return failed, random.lognormvariate(math.log(median_latency_s(what, load_rps)), SPREAD)


def _excess(what: Behaviour, load_rps: float) -> float:
    return max(0.0, load_rps / what.capacity_rps - 1)


def _annotated(pod: Pod, name: str, default: float) -> float:
    # Traffic must outlive a typing error in a template: what is no number counts as absent.
    try:
        return float(pod.annotations.get(PREFIX + name, default))
    except ValueError:
        return default
