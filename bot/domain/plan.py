"""A plan is data: the steps, what they rest on, and the digest that approvals are bound to."""

from __future__ import annotations

from enum import StrEnum

from bot.domain.model import Json, JsonObject, Value, sha256

LIVE, CATALOG = "@live", "@catalog"
"""Labels that stand for what has no version: the values there are now, and those of the catalog. Views word them."""


class Effect(StrEnum):
    """How a step's effect can be repeated (DESIGN.md, principle 7)."""

    CAS = "cas"
    SERVER_LOCKED = "server-locked"
    CONVERGENT = "convergent"
    READ = "read"
    UNREPEATABLE = "unrepeatable"


class Step(Value):
    """One effect with its wait and its check; one numbered row on the card.

    `kind` says what carries it out and how it is worded; `params` is everything that needs (JSON).
    `hold_s`: seconds between the effect and the check. `deadline_s`: seconds the effect and its waiting may take.
    `estimate_s`: seconds it usually takes, hold included.
    `check`: what is judged after the hold (a kind of its own, "" for none); `skippable`: a person may waive that check.
    `destructive`: the bot cannot take it back. `take_back` is a code for the words that say how a person does.
    `long`: its effect may occupy a worker for minutes, so it is carried out on the queue `long`.
    """

    kind: str
    params: JsonObject
    effect: Effect
    hold_s: float = 0
    deadline_s: float = 300
    estimate_s: float = 0
    check: str = ""
    skippable: bool = False
    destructive: bool = False
    take_back: str = ""
    long: bool = False


class Note(Value):
    """Something the card says about the plan: a code and its figures (what was left out, what could go wrong)."""

    code: str
    figures: JsonObject = {}


class Shown(Value):
    """A fact that is shown and not bound.

    A number that moves by more than `tolerance`, a share of it, asks again; None: never.
    """

    value: Json
    tolerance: float | None = None


class Plan(Value):
    """What will be done, to what, resting on which facts. It is the dry run, the card and the thing carried out.

    `binding`: the facts the digest covers. `shown`: those that move by themselves. `entry`: the catalog entry's digest.
    `targets`: what a reservation must protect, as "kind/namespace/name". `budget_s`, `estimate_s`: seconds.
    `changes`: what will be different in the objects written, one by one, where the versions do not say it all.
    `undo`: what taking this back needs, with the `strategy` that does it; {} where the bot cannot take it back.
    `from_version`, `to_version`: labels people know; images are in `shown` or `binding`.
    """

    strategy: str
    service: str
    from_version: str
    to_version: str
    steps: tuple[Step, ...]
    binding: JsonObject
    shown: dict[str, Shown] = {}
    entry: str
    targets: tuple[str, ...]
    changes: tuple[Note, ...] = ()
    left_out: tuple[Note, ...] = ()
    risks: tuple[Note, ...] = ()
    budget_s: float
    undo: JsonObject = {}
    seconds_to_plan: float = 0

    @property
    def digest(self) -> str:
        """SHA-256 over the steps, the binding facts and the catalog entry: 64 hex digits."""
        steps: list[Json] = [step.model_dump(mode="json") for step in self.steps]
        return sha256({"steps": steps, "binding": self.binding, "entry": self.entry, "service": self.service})

    @property
    def leaves_a_version(self) -> bool:
        """Whether a version is left for another: not where only values or configuration change under it."""
        return self.from_version not in ("", LIVE, self.to_version)

    @property
    def estimate_s(self) -> float:
        """Seconds the steps usually take, holds included."""
        return sum(step.estimate_s for step in self.steps)


def moved(plan: Plan, *, binding: JsonObject, shown: dict[str, Shown]) -> dict[str, tuple[Json, Json]]:
    """What is no longer as planned: name → (as planned, now). Empty when the approvals still stand.

    Binding facts must be equal; shown numbers may drift within their own tolerance.
    """
    found: dict[str, tuple[Json, Json]] = {}
    for name in plan.binding.keys() | binding.keys():
        before, now = plan.binding.get(name), binding.get(name)
        if before != now:
            found[name] = (before, now)
    for name, before_shown in plan.shown.items():
        now_shown = shown.get(name)
        if now_shown is not None and _beyond(before_shown, now_shown.value):
            found[name] = (before_shown.value, now_shown.value)
    return found


def _beyond(before: Shown, now: Json) -> bool:
    if before.tolerance is None or not isinstance(before.value, int | float) or not isinstance(now, int | float):
        return False
    return abs(now - before.value) > before.tolerance * max(abs(before.value), 1)
