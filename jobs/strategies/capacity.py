"""The autoscaler of the side that is to carry everything: its bounds before, while and after. Pure."""

from __future__ import annotations

from bot.domain.model import JsonObject
from bot.domain.refusal import Code, Refused
from jobs.clients.resources import Raw


def autoscaler(live: Raw | None, *, needed: int, allow_above_max: bool) -> JsonObject | None:
    """The autoscaler's bounds before and after; None without one.

    Raises:
        Refused: above-max, unless the catalog lets the upper bound be raised.
    """
    if live is None:
        return None
    spec, name = live["spec"], live["metadata"]["name"]
    low, high = spec.get("minReplicas", 1), spec["maxReplicas"]
    if needed > high and not allow_above_max:
        raise Refused(Code.ABOVE_MAX, autoscaler=name, needed=needed, max=high)
    return {
        "name": name,
        "uid": live["metadata"]["uid"],
        "min_from": low,
        "min_to": max(low, needed),
        "max_from": high,
        "max_to": max(high, needed),
    }
