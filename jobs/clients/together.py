"""Several reads at once: production is asked about a dozen things, and each answer takes its time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
K = TypeVar("K")
AT_ONCE = 16


def together(reads: Mapping[K, Callable[[], T]]) -> dict[K, T]:
    """Run all reads side by side and give their answers by name.

    Raises:
        Whatever the first read that failed (in the order given) raised, after all have ended.
    """
    if not reads:
        return {}
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(reads)), thread_name_prefix="read") as pool:
        running = {name: pool.submit(read) for name, read in reads.items()}
    return {name: future.result() for name, future in running.items()}


def each(read: Callable[[K], T], names: Iterable[K]) -> dict[K, T]:
    """The same read for many names, side by side."""

    def bound(name: K) -> Callable[[], T]:
        return lambda: read(name)

    return together({name: bound(name) for name in names})
