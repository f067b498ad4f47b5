"""How the product connects to its own Redis."""

from __future__ import annotations

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry


def connect(url: str, *, timeout_s: float = 1.0, retries: int = 2, text: bool = True) -> Redis:
    """A client with an end to its patience: `retries` + 1 tries of at most `timeout_s` seconds each.

    A repeated call is harmless, because every script gives the same command id the same answer again. `text`: replies
    are str, as the store needs them; RQ needs them as bytes.
    """
    return Redis.from_url(
        url,
        decode_responses=text,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), retries),
        health_check_interval=30,
    )
