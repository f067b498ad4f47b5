"""How often Redis was asked: a round trip is one script, or one transaction with all that is in it."""

from __future__ import annotations

from redis import Redis

_TRIPS = ("evalsha", "exec", "script|load")


def trips(redis: Redis) -> int:
    """How many round trips all clients together have made so far (what asks for this is not counted)."""
    stats = redis.info("commandstats")
    return sum(int(stats.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in _TRIPS)
