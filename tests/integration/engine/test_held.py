"""What is held, a lease or a mutex, is never believed to last longer than it does."""

from __future__ import annotations

import threading
import time

from bot.store import StoreUnreadable
from jobs.held import Held
from tests.integration.engine.workbench import until

SHORT_S = 1.0


def held(*, renew: object = True, asked_ago: float = 0.0) -> Held:
    """Something of SHORT_S whose renewals are answered in this way: an answer, or what to raise."""

    def again() -> bool:
        if isinstance(renew, BaseException):
            raise renew
        return bool(renew)

    return Held(again, name="a thing", seconds=SHORT_S, asked=time.monotonic() - asked_ago)


def test_it_counts_from_when_it_was_asked_for() -> None:
    """An answer that was long under way gives no more time: whoever granted it counted all the while."""
    assert held().sure()
    assert not held(asked_ago=SHORT_S).sure()


def test_it_lasts_as_long_as_it_is_renewed() -> None:
    """Three times its length later it is still ours."""
    with held() as mine:
        begun = time.monotonic()
        until(lambda: not mine.sure() or time.monotonic() > begun + 3 * SHORT_S, what="time")
        assert mine.sure()


def test_a_refused_renewal_ends_it_at_once() -> None:
    """Somebody else has it: that is known before the time is up."""
    with held(renew=False) as mine:
        begun = time.monotonic()
        until(lambda: not mine.sure(), what="the refusal")
        assert time.monotonic() - begun < SHORT_S


def test_silence_ends_it_when_its_time_is_up() -> None:
    """While Redis is away it may still stand; afterwards nobody knows."""
    with held(renew=StoreUnreadable("away")) as mine:
        begun = time.monotonic()
        until(lambda: not mine.sure(), what="the end")
        assert time.monotonic() - begun > SHORT_S / 2


def test_a_late_renewal_does_not_count() -> None:
    """This process was stopped in between: somebody may have come and gone, and it is not ours again."""
    asked = threading.Event()
    go = threading.Event()

    def slow() -> bool:
        asked.set()
        return go.wait(5)

    with Held(slow, name="a thing", seconds=SHORT_S, asked=time.monotonic()) as mine:
        assert asked.wait(5)
        until(lambda: not mine.sure(), what="the end")
        go.set()
        begun = time.monotonic()
        until(lambda: mine.sure() or time.monotonic() > begun + SHORT_S, what="time")
        assert not mine.sure()
