"""What the proxies use: the world as it was a lag ago, or as it was when somebody froze it."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from threading import Lock
from typing import Self

from sandbox.game.world import World


class Frozen(Enum):
    """What the proxies no longer learn."""

    NOTHING = "nothing"
    ROUTES = "routes"  # VirtualServices and DestinationRules; endpoints still follow
    ALL = "all"


@dataclass(slots=True)
class Tally:
    """What one proxy did: requests it took, those it had no endpoint for, those that nobody was there to take."""

    requests: int = 0
    no_endpoint: int = 0
    refused: int = 0


@dataclass(slots=True)
class Memory:
    """What a proxy has learnt and not yet passed, the oldest first, each with its time; what it holds and showed."""

    history: deque[tuple[float, World]] = field(default_factory=lambda: deque([(float("-inf"), World())]))
    frozen: Frozen = Frozen.NOTHING
    held: World = field(default_factory=World)
    shown: World = field(default_factory=World)


class Proxy:
    """One proxy's view. Times are seconds of one monotonic clock, given by the caller."""

    def __init__(self, *, lag_s: float = 0.0, memory: Memory | None = None) -> None:
        self.lag_s = lag_s
        self.tally = Tally()
        self._lock = Lock()
        self._memory = memory or Memory()

    @property
    def frozen(self) -> Frozen:
        """What is frozen now."""
        return self._memory.frozen

    def know(self, world: World) -> None:
        """Take this for what has always been so, whatever the lag: a proxy is warm before players come."""
        with self._lock:
            self._memory.history = deque([(float("-inf"), world)])

    def learn(self, world: World, *, now: float) -> None:
        """Note what the API shows since `now`."""
        with self._lock:
            self._memory.history.append((now, world))

    def freeze(self, what: Frozen, *, now: float) -> None:
        """Hold what is used now, or let go of it."""
        held = self.view(now=now)
        with self._lock:
            self._memory.frozen, self._memory.held = what, held

    def view(self, *, now: float) -> World:
        """What the proxy uses at `now`. The same object as before as long as nothing has changed."""
        with self._lock:
            self._pass(now)
            memory = self._memory
            current = memory.history[0][1]
            if memory.frozen is Frozen.ALL:
                return memory.held
            if memory.frozen is Frozen.ROUTES:
                current = replace(
                    current,
                    virtual_services=memory.held.virtual_services,
                    destination_rules=memory.held.destination_rules,
                )
                if current == memory.shown:
                    return memory.shown
            memory.shown = current
            return current

    def another(self, *, lag_s: float, now: float) -> Self:
        """A proxy with another lag that knows what this one knows; it shows nothing older than this one does."""
        with self._lock:
            self._pass(now)
            return type(self)(lag_s=lag_s, memory=replace(self._memory, history=self._memory.history.copy()))

    def _pass(self, now: float) -> None:
        history = self._memory.history
        while len(history) > 1 and history[1][0] <= now - self.lag_s:
            history.popleft()


class Proxies:
    """The proxies that players' requests come through in turn, each with a lag of its own; frozen together."""

    def __init__(self, *, lags_s: Sequence[float] = (0.0,)) -> None:
        self._lock = Lock()
        self._each = tuple(Proxy(lag_s=lag_s) for lag_s in lags_s)

    @property
    def each(self) -> tuple[Proxy, ...]:
        """All of them; another tuple once their lags were set anew."""
        return self._each

    @property
    def slowest(self) -> Proxy:
        """The one with the longest lag: what it uses, all of them have heard of."""
        return max(self._each, key=lambda proxy: proxy.lag_s)

    @property
    def frozen(self) -> Frozen:
        """What is frozen now."""
        return self._each[0].frozen

    def know(self, world: World) -> None:
        """Let every proxy know this from the start."""
        with self._lock:
            for proxy in self._each:
                proxy.know(world)

    def learn(self, world: World, *, now: float) -> None:
        """Note what the API shows since `now`."""
        with self._lock:
            for proxy in self._each:
                proxy.learn(world, now=now)

    def set_lags(self, lags_s: Sequence[float], *, now: float) -> None:
        """Have as many proxies as lags, in this order, with tallies that begin at 0. None goes back to an older world.

        A proxy beyond those that were there knows what the first knew.
        """
        with self._lock:
            before = self._each
            self._each = tuple(
                (before[number] if number < len(before) else before[0]).another(lag_s=lag_s, now=now)
                for number, lag_s in enumerate(lags_s)
            )

    def freeze(self, what: Frozen, *, now: float) -> None:
        """Hold what each uses now, or let go of it."""
        with self._lock:
            for proxy in self._each:
                proxy.freeze(what, now=now)
