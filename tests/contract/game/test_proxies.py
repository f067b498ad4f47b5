"""What the proxies use when the API moves ahead of them."""

from sandbox.game.proxies import Frozen, Proxies, Proxy
from sandbox.game.world import World
from tests.contract.game.worlds import a_virtual_service, a_world, stable

BEFORE = a_world(stable(4), virtual_service=a_virtual_service({"stable": 50, "canary": 50}))
AFTER = a_world(stable(8), virtual_service=a_virtual_service({"stable": 75, "canary": 25}))


def test_without_a_lag_the_proxies_use_what_the_api_shows() -> None:
    """The latest world is in use at once, and the view stays the same object until the next."""
    proxy = Proxy()
    proxy.learn(BEFORE, now=1.0)
    proxy.learn(AFTER, now=2.0)
    assert proxy.view(now=2.0) is AFTER
    assert proxy.view(now=9.0) is AFTER


def test_a_change_arrives_after_the_lag() -> None:
    """Until then the proxies use what came before it."""
    proxy = Proxy(lag_s=5.0)
    proxy.learn(BEFORE, now=0.0)
    proxy.learn(AFTER, now=10.0)
    assert proxy.view(now=4.9) == World()
    assert proxy.view(now=14.9) is BEFORE
    assert proxy.view(now=15.0) is AFTER


def test_a_longer_lag_never_brings_an_older_world_back() -> None:
    """What the proxies have learnt they keep."""
    proxy = Proxy()
    proxy.learn(BEFORE, now=0.0)
    proxy.learn(AFTER, now=1.0)
    assert proxy.view(now=1.0) is AFTER
    assert proxy.another(lag_s=60.0, now=1.0).view(now=2.0) is AFTER


def test_frozen_routes_stay_while_endpoints_follow() -> None:
    """New pods get traffic, new weights do not count."""
    proxy = Proxy()
    proxy.learn(BEFORE, now=0.0)
    proxy.freeze(Frozen.ROUTES, now=1.0)
    proxy.learn(AFTER, now=2.0)
    view = proxy.view(now=3.0)
    assert view.virtual_services == BEFORE.virtual_services
    assert view.pods == AFTER.pods
    assert proxy.view(now=4.0) is view


def test_frozen_whole_proxies_learn_nothing_until_they_thaw() -> None:
    """Thawing shows the latest world at once."""
    proxy = Proxy()
    proxy.learn(BEFORE, now=0.0)
    proxy.freeze(Frozen.ALL, now=1.0)
    proxy.learn(AFTER, now=2.0)
    assert proxy.view(now=3.0) is BEFORE
    proxy.freeze(Frozen.NOTHING, now=4.0)
    assert proxy.view(now=5.0) is AFTER


def test_each_proxy_learns_after_its_own_lag() -> None:
    """Until the slowest has heard of a change, proxies disagree."""
    proxies = Proxies(lags_s=(0.0, 1.0, 5.0))
    proxies.know(BEFORE)
    proxies.learn(AFTER, now=10.0)
    assert [proxy.view(now=10.5) for proxy in proxies.each] == [AFTER, BEFORE, BEFORE]
    assert [proxy.view(now=14.9) for proxy in proxies.each] == [AFTER, AFTER, BEFORE]
    assert proxies.slowest.view(now=15.0) is AFTER
    assert proxies.slowest.lag_s == 5.0


def test_proxies_are_warm_at_the_start() -> None:
    """What is known before players come holds at once, whatever the lag."""
    proxies = Proxies(lags_s=(0.0, 5.0))
    proxies.know(BEFORE)
    assert [proxy.view(now=0.0) for proxy in proxies.each] == [BEFORE, BEFORE]


def test_more_proxies_know_what_the_first_one_knew_and_stay_frozen() -> None:
    """Setting the lags anew begins new tallies, and no proxy thaws or forgets by it."""
    proxies = Proxies()
    proxies.know(BEFORE)
    proxies.freeze(Frozen.ALL, now=1.0)
    proxies.each[0].tally.requests = 7
    proxies.learn(AFTER, now=2.0)
    proxies.set_lags((0.0, 1.0, 5.0), now=3.0)
    assert [proxy.view(now=9.0) for proxy in proxies.each] == [BEFORE] * 3
    assert [proxy.tally.requests for proxy in proxies.each] == [0, 0, 0]
    proxies.freeze(Frozen.NOTHING, now=9.0)
    assert [proxy.view(now=9.0) for proxy in proxies.each] == [AFTER] * 3
