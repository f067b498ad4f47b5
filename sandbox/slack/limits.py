"""Slack's rate limits: tiers a method, and one post a second a channel with short bursts.

Source: Slack's documentation of Web API tiers (calls a minute: 20, 50, 100) and of posting messages.
"""

import math
import threading
import time
from collections import defaultdict, deque

from sandbox.slack.errors import RateLimitedError

TIER_2, TIER_3, TIER_4, SPECIAL = 20, 50, 100, 600
WINDOW = 60.0
POSTS_PER_SECOND = 1.0
POST_BURST = 5.0


class Limits:
    """Counts calls; every limit is multiplied by `factor`, so that a test need not wait for true ones."""

    def __init__(self, factor: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._factor = factor
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self._posts: dict[str, tuple[float, float]] = {}

    def set_factor(self, factor: float) -> None:
        """Multiply every limit by `factor` from now on, and forget what was counted."""
        with self._lock:
            self._factor = factor
            self._calls.clear()
            self._posts.clear()

    def count_call(self, method: str, per_minute: int) -> None:
        """Count one call of a method; raises RateLimitedError when the minute's share is used up."""
        now = time.monotonic()
        with self._lock:
            calls = self._calls[method]
            while calls and calls[0] <= now - WINDOW:
                calls.popleft()
            if len(calls) >= per_minute * self._factor:
                raise RateLimitedError(max(1, math.ceil(calls[0] + WINDOW - now)))
            calls.append(now)

    def count_post(self, channel: str) -> None:
        """Count one post into a channel; raises RateLimitedError once its burst is spent."""
        now = time.monotonic()
        rate, burst = POSTS_PER_SECOND * self._factor, POST_BURST * self._factor
        with self._lock:
            tokens, since = self._posts.get(channel, (burst, now))
            tokens = min(burst, tokens + (now - since) * rate)
            if tokens < 1:
                self._posts[channel] = (tokens, now)
                raise RateLimitedError(max(1, math.ceil((1 - tokens) / rate)))
            self._posts[channel] = (tokens - 1, now)
