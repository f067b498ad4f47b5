"""What the proxies use: the world as it was a lag ago, or as it was when somebody froze it."""

from collections import deque
from dataclasses import replace
from enum import Enum
from threading import Lock

from sandbox.game.world import World


class Frozen(Enum):
    """What the proxies no longer learn."""

    NOTHING = "nothing"
    ROUTES = "routes"  # VirtualServices and DestinationRules; endpoints still follow
    ALL = "all"


class Proxies:
    """The view that the proxies share. Times are seconds of one monotonic clock, given by the caller."""

    def __init__(self, *, lag_s: float = 0.0) -> None:
        self._lock = Lock()
        self._history: deque[tuple[float, World]] = deque([(float("-inf"), World())])
        self._lag_s = lag_s
        self._frozen = Frozen.NOTHING
        self._held = World()
        self._shown = World()

    @property
    def lag_s(self) -> float:
        """Seconds between what the API shows and what the proxies use."""
        return self._lag_s

    @property
    def frozen(self) -> Frozen:
        """What is frozen now."""
        return self._frozen

    def learn(self, world: World, *, now: float) -> None:
        """Note what the API shows since `now`."""
        with self._lock:
            self._history.append((now, world))

    def set_lag(self, lag_s: float) -> None:
        """Change the lag. A longer one shows nothing older than what the proxies already use."""
        with self._lock:
            self._lag_s = lag_s

    def freeze(self, what: Frozen, *, now: float) -> None:
        """Hold what is used now, or let go of it."""
        held = self.view(now=now)
        with self._lock:
            self._frozen, self._held = what, held

    def view(self, *, now: float) -> World:
        """What the proxies use at `now`. The same object as before as long as nothing has changed."""
        with self._lock:
            while len(self._history) > 1 and self._history[1][0] <= now - self._lag_s:
                self._history.popleft()
            current = self._history[0][1]
            if self._frozen is Frozen.ALL:
                return self._held
            if self._frozen is Frozen.ROUTES:
                current = replace(
                    current,
                    virtual_services=self._held.virtual_services,
                    destination_rules=self._held.destination_rules,
                )
                if current == self._shown:
                    return self._shown
            self._shown = current
            return current
