"""What the proxies use when the API moves ahead of them."""

from sandbox.game.proxies import Frozen, Proxies
from sandbox.game.world import World
from tests.contract.game.worlds import a_virtual_service, a_world, stable

BEFORE = a_world(stable(4), virtual_service=a_virtual_service({"stable": 50, "canary": 50}))
AFTER = a_world(stable(8), virtual_service=a_virtual_service({"stable": 75, "canary": 25}))


def test_without_a_lag_the_proxies_use_what_the_api_shows() -> None:
    """The latest world is in use at once, and the view stays the same object until the next."""
    proxies = Proxies()
    proxies.learn(BEFORE, now=1.0)
    proxies.learn(AFTER, now=2.0)
    assert proxies.view(now=2.0) is AFTER
    assert proxies.view(now=9.0) is AFTER


def test_a_change_arrives_after_the_lag() -> None:
    """Until then the proxies use what came before it."""
    proxies = Proxies(lag_s=5.0)
    proxies.learn(BEFORE, now=0.0)
    proxies.learn(AFTER, now=10.0)
    assert proxies.view(now=4.9) == World()
    assert proxies.view(now=14.9) is BEFORE
    assert proxies.view(now=15.0) is AFTER


def test_a_longer_lag_never_brings_an_older_world_back() -> None:
    """What the proxies have learnt they keep."""
    proxies = Proxies()
    proxies.learn(BEFORE, now=0.0)
    proxies.learn(AFTER, now=1.0)
    assert proxies.view(now=1.0) is AFTER
    proxies.set_lag(60.0)
    assert proxies.view(now=2.0) is AFTER


def test_frozen_routes_stay_while_endpoints_follow() -> None:
    """New pods get traffic, new weights do not count."""
    proxies = Proxies()
    proxies.learn(BEFORE, now=0.0)
    proxies.freeze(Frozen.ROUTES, now=1.0)
    proxies.learn(AFTER, now=2.0)
    view = proxies.view(now=3.0)
    assert view.virtual_services == BEFORE.virtual_services
    assert view.pods == AFTER.pods
    assert proxies.view(now=4.0) is view


def test_frozen_whole_proxies_learn_nothing_until_they_thaw() -> None:
    """Thawing shows the latest world at once."""
    proxies = Proxies()
    proxies.learn(BEFORE, now=0.0)
    proxies.freeze(Frozen.ALL, now=1.0)
    proxies.learn(AFTER, now=2.0)
    assert proxies.view(now=3.0) is BEFORE
    proxies.freeze(Frozen.NOTHING, now=4.0)
    assert proxies.view(now=5.0) is AFTER
