"""All narrators share one pace; whoever must be heard goes first; a silent Slack is asked by one for all."""

from __future__ import annotations

import pytest

from bot.store import Store
from bot.store.buckets import FIRST_MS, OPENS_AT, Bucket
from jobs.clients.pace import METHODS, POST, Pace, Urgency
from sandbox.slack.api import METHODS as SANDBOX

TWO_A_SECOND = Bucket("x", burst=2, per_minute=120)


def wait(pace: Pace, urgency: Urgency = Urgency.NEXT, *, asker: str = "a", channel: str = "C1") -> float:
    """Ask for one post."""
    return pace.wait((POST,), channel=channel, asker=asker, urgency=urgency)


def test_a_burst_is_let_through_and_then_the_rate(store: Store) -> None:
    """Two at once, the third half a second later."""
    began = store.now()
    took = [store.take("slack", [TWO_A_SECOND], asker=str(n), first=False).wait_ms for n in range(3)]
    assert took[:2] == [0, 0]
    assert 500 - (store.now() - began) - 1 <= took[2] <= 501


def test_who_waits_has_a_moment_of_their_own_and_keeps_it(store: Store) -> None:
    """They do not all come back at once, and asking again does not move one to the end."""
    began = store.now()
    for asker in ("a", "b"):
        store.take("slack", [TWO_A_SECOND], asker=asker, first=False)
    moments = [store.take("slack", [TWO_A_SECOND], asker=name, first=False).wait_ms for name in ("c", "d", "e")]
    again = store.take("slack", [TWO_A_SECOND], asker="d", first=False).wait_ms
    spent = store.now() - began + 1
    assert moments == pytest.approx([500, 1000, 1500], abs=spent)
    assert moments[1] - spent <= again <= moments[1]


def test_all_buckets_or_none(store: Store) -> None:
    """An empty bucket leaves the full one as it was."""
    other = Bucket("y", burst=1, per_minute=1)
    assert store.take("slack", [other], asker="a", first=True).wait_ms == 0
    assert store.take("slack", [TWO_A_SECOND, other], asker="a", first=True).wait_ms > 0
    assert [store.take("slack", [TWO_A_SECOND], asker="b", first=True).wait_ms for _ in range(2)] == [0, 0]


def test_the_last_tokens_are_for_calls_and_changes_of_state(store: Store) -> None:
    """Progress stops at half the burst; a change of state is still let through."""
    pace = Pace(store)
    burst = METHODS["chat.update"].burst

    def update(urgency: Urgency) -> float:
        return pace.wait(("chat.update",), channel="C1", asker="a", urgency=urgency)

    assert [update(Urgency.LAST) for _ in range(burst // 2)] == [0.0] * (burst // 2)
    assert update(Urgency.LAST) > 0
    assert [update(Urgency.FIRST) for _ in range(burst // 2)] == [0.0] * (burst // 2)


def test_a_call_goes_before_the_lines_that_wait(store: Store) -> None:
    """Though they came earlier."""
    pace = Pace(store)
    while wait(pace) == 0:
        pass
    assert wait(pace, Urgency.NEXT, asker="b") > 0
    assert wait(pace, Urgency.FIRST, asker="c") == 0


def test_channels_do_not_hold_up_each_other(store: Store) -> None:
    """The limit of posts is one a channel."""
    pace = Pace(store)
    while wait(pace, channel="C1") == 0:
        pass
    assert wait(pace, channel="C2") == 0


def test_retry_after_holds_for_every_process(store: Store) -> None:
    """Who was not told by Slack waits as long, the urgent too."""
    one, other = Pace(store), Pace(store)
    one.limited((POST,), channel="C1", seconds=7)
    assert 6 < wait(other, Urgency.FIRST) <= 7.1


def test_a_silent_slack_is_asked_by_one_for_all(store: Store) -> None:
    """Two lost answers hold up nobody; after the third all wait, then one probes; its answer lets everybody go on."""
    one, other = Pace(store), Pace(store)
    for _ in range(OPENS_AT - 1):
        one.heard(answered=False)
    assert wait(other) == 0
    one.heard(answered=False)
    assert 0 < wait(other, Urgency.FIRST) <= FIRST_MS / 1000 + 2.1
    while wait(other, Urgency.FIRST) > 0:
        pass
    assert wait(one, Urgency.FIRST) > 0
    other.heard(answered=True)
    assert wait(one, Urgency.FIRST, asker="b") == 0


@pytest.mark.parametrize("method", sorted(METHODS))
def test_no_method_is_asked_more_often_than_slack_allows(method: str) -> None:
    """A burst and a minute of the rate together stay below the sandbox's tier, which is Slack's."""
    rate = METHODS[method]
    assert rate.burst + rate.per_minute < SANDBOX[method].per_minute
