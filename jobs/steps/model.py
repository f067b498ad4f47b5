"""What a step is given, what it may answer, and what carries one out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from bot.catalog.model import Service
from bot.domain.model import Json, JsonObject
from bot.domain.plan import Plan, Step
from bot.domain.verdict import Check
from jobs.clients import Clients
from jobs.clients.resources import Raw, Ref


@dataclass(frozen=True, kw_only=True)
class Context:
    """One step of one rollback, as the runner holds it. Times are Redis ms.

    `index` counts from 0; `fence` is the lease's number; `figures` is what this step has recorded so far.
    """

    clients: Clients
    service: Service
    plan: Plan
    index: int
    fence: int
    rollback_id: str
    now: Callable[[], int]
    started_at: int | None = None
    applied_at: int | None = None
    figures: JsonObject = field(default_factory=dict)
    _last_read: dict[Ref, Raw] = field(default_factory=dict, init=False, repr=False)

    def read(self, ref: Ref) -> Raw:
        """An object, read afresh; it is kept for `last`. Raises as the client's `get`."""
        self._last_read[ref] = self.clients.kubernetes.get(ref)
        return self._last_read[ref]

    def keep(self, ref: Ref, live: Raw) -> Raw:
        """The object as a write of ours returned it, kept for `last`."""
        self._last_read[ref] = live
        return live

    def last(self, ref: Ref) -> Raw:
        """The object as this turn read or wrote it last, once; read afresh where it did not.

        For a write that is refused when the object has moved since: then nothing is kept, and it is read again.
        """
        return self._last_read.pop(ref, None) or self.clients.kubernetes.get(ref)

    @property
    def step(self) -> Step:
        """The step itself."""
        return self.plan.steps[self.index]

    @property
    def manager(self) -> str:
        """The field manager of this step's writes: rollback/step/fence, as the API server's audit log shows it."""
        return f"{self.rollback_id}/{self.index + 1}/{self.fence}"

    def text(self, name: str) -> str:
        """A parameter of the step that is a text."""
        return str(self.step.params[name])

    def number(self, name: str) -> float:
        """A parameter of the step that is a number."""
        value = self.step.params[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{name} of {self.step.kind} is {value!r}, not a number")
        return value

    def before(self, name: str) -> float | None:
        """A number as it was when the plan was made; None when it was not known then."""
        shown = self.plan.shown.get(name)
        value = shown.value if shown else None
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


@dataclass(frozen=True)
class AlreadySo:
    """There is nothing to write: it is so already (a no-op)."""

    figures: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class AsPlanned:
    """The live objects are as the plan expects them: the effect may be made."""

    figures: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class Moved:
    """A live value is neither as planned nor as wanted: `name`, as planned, now."""

    name: str
    planned: Json
    now: Json


Look = AlreadySo | AsPlanned | Moved


@dataclass(frozen=True)
class Done:
    """The effect has arrived; `figures` is what was read back."""

    figures: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class Waiting:
    """Not yet: look again after `again_s` seconds. `figures` are recorded as progress."""

    again_s: float
    figures: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class Stuck:
    """It will not arrive by itself: a code for the words, and what was seen."""

    code: str
    figures: JsonObject = field(default_factory=dict)


Settled = Done | Waiting | Stuck


class Fenced(Exception):  # noqa: N818 - names the outcome, not a fault
    """An object carries a higher fence: somebody newer carries this rollback on. Nothing was changed; stop here."""

    def __init__(self, ref: str, *, found: str, mine: int) -> None:
        super().__init__(f"{ref} carries fence {found}, mine is {mine}: another worker has taken over. I stop.")
        self.ref = ref
        self.found = found
        self.mine = mine


class Carrier(Protocol):
    """What carries out one kind of step. Looking, claiming, writing and waiting are functions of their own.

    All of them may raise the errors of `jobs.clients.errors`; `claim` and `apply` may raise `Fenced`.
    """

    def look(self, ctx: Context) -> Look:
        """Read the live objects afresh and say what is left to do. Writes nothing."""

    def claim(self, ctx: Context) -> None:
        """Write this fence onto each object that the step may write."""

    def apply(self, ctx: Context) -> JsonObject:
        """Make the effect, tested against uid, fence and the values it replaces; figures of what was written."""

    def settle(self, ctx: Context) -> Settled:
        """Say whether the effect has arrived. Called again when due, until the step's deadline."""

    def check(self, ctx: Context) -> list[Check]:
        """Judge, after the hold; empty when the step has no check."""
