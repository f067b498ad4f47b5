"""How a rollout replaces pods: how many it makes before others go, and how many may be away meanwhile. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from jobs.clients.resources import DAEMON_SET, DEPLOYMENT, Raw

Round = Callable[[float], int]


@dataclass(frozen=True)
class Surge:
    """Pods. `extra`: so many may be made beyond those asked for; `away`: so many of those may be missing at a time."""

    extra: int
    away: int

    @property
    def at_once(self) -> int:
        """How many are replaced at a time, at least one."""
        return max(1, self.extra + self.away)


def surge(kind: str, workload: Raw, *, of: int) -> Surge:
    """What a workload's strategy allows with `of` pods, rounded as its controller does (Kubernetes' deployment_util).

    A share of the pods is rounded up for those that come before and, but for a DaemonSet, down for those away. Where
    both are nothing, a Deployment lets one be away.
    """
    if kind == DEPLOYMENT.name:
        return _of_deployment(workload["spec"].get("strategy") or {}, of)
    given = (workload["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
    if kind == DAEMON_SET.name:
        extra = _pods(given.get("maxSurge", 0), of=of, rounded=math.ceil)
        return Surge(extra, _pods(given.get("maxUnavailable", 1), of=of, rounded=math.ceil))
    return Surge(0, max(1, _pods(given.get("maxUnavailable", 1), of=of, rounded=math.floor)))


def _of_deployment(strategy: Raw, of: int) -> Surge:
    if strategy.get("type") == "Recreate":
        return Surge(0, of)
    given = strategy.get("rollingUpdate") or {}
    extra = _pods(given.get("maxSurge", "25%"), of=of, rounded=math.ceil)
    away = _pods(given.get("maxUnavailable", "25%"), of=of, rounded=math.floor)
    return Surge(extra, min(of, away if extra or away else 1))


def _pods(value: object, *, of: int, rounded: Round) -> int:
    """A number of pods, or a share of them as "25%"."""
    text = str(value)
    return rounded(of * int(text[:-1]) / 100) if text.endswith("%") else int(text)
