"""Workers of the product with one guard of moving traffic taken out: only for showing what is lost without it.

Run with which guard and a queue's name. Each guard is a change of the steps that the product's own strategy has planned
(what people approve is then already without it), and where a step itself holds the proof, of that step.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.catalog.model import Service
from bot.domain.model import JsonObject
from bot.domain.plan import Plan, Shown, Step
from bot.domain.rollback import Request
from bot.logs import configure
from bot.settings import Settings, read
from jobs.clients import Clients
from jobs.house import House
from jobs.steps import CARRIERS, AsPlanned, Carrier, Context, Look, Moved
from jobs.steps.retire import Retire
from jobs.strategies import STRATEGIES, Facts, Strategy
from jobs.worker import build, work

Steps = Sequence[Step]


def narrowed_at_once(steps: Steps) -> list[Step]:
    """The Service's selector patched straight to the good side, and the route after it (REQUIREMENTS.md R2's order)."""
    both = next(step for step in steps if step.params.get("code") == "both")
    good = next(step for step in steps if step.params.get("code") == "good")
    straight = good.model_copy(update={"params": {**good.params, "from": both.params["from"]}})
    return [straight if step is both else step for step in steps if step is not good]


def without_propagation(steps: Steps) -> list[Step]:
    """The selector narrowed as soon as the route is written."""
    return [step.model_copy(update={"hold_s": 0.0}) if step.kind == "switch_route" else step for step in steps]


def without_drain(steps: Steps) -> list[Step]:
    """No step that waits until nothing arrives any more."""
    return [step for step in steps if step.kind != "drain"]


class Unproven(Retire):
    """Takes the pods away without having seen that no request came for a while; all its other proofs stay."""

    def look(self, ctx: Context) -> Look:
        """As the product's, but for requests."""
        found = super().look(ctx)
        return AsPlanned() if isinstance(found, Moved) and found.name == "canary_requests" else found


@dataclass(frozen=True)
class Guard:
    """What is taken out: of the plans of one strategy, and which carriers are others. `why`: what then is missing."""

    strategy: str
    change: Callable[[Steps], list[Step]]
    why: str
    carriers: Mapping[str, Carrier] = field(default_factory=dict)


GUARDS: Final[Mapping[str, Guard]] = {
    "widening": Guard("blue-green", narrowed_at_once, "the selector patched straight to blue"),
    "propagation": Guard("blue-green", without_propagation, "the selector narrowed right after the route"),
    "drain": Guard("canary", without_drain, "no wait for the last request before the deletion", {"retire": Unproven()}),
}


@dataclass(frozen=True)
class Weakened:
    """A strategy of the product whose plans lack a guard."""

    whole: Strategy
    change: Callable[[Steps], list[Step]]

    def observe(self, clients: Clients, request: Request, service: Service) -> Facts:
        """As the whole one."""
        return self.whole.observe(clients, request, service)

    def bind(self, clients: Clients, plan: Plan, service: Service) -> tuple[JsonObject, dict[str, Shown]]:
        """As the whole one."""
        return self.whole.bind(clients, plan, service)

    def production(self, clients: Clients, plan: Plan, service: Service) -> JsonObject:
        """As the whole one."""
        return self.whole.production(clients, plan, service)

    def plan(self, facts: Facts, request: Request, service: Service, name: str) -> Plan:
        """The whole one's plan with its steps changed.

        Raises:
            LookupError: nothing was changed by it, so that it would show nothing.
        """
        plan = self.whole.plan(facts, request, service, name)
        steps = tuple(self.change(plan.steps))
        if steps == plan.steps:
            raise LookupError(f"{self.change.__name__} takes nothing out of {[step.kind for step in steps]}")
        return plan.model_copy(update={"steps": steps})


def house(settings: Settings, guard: Guard) -> House:
    """The product's parts, but for one guard."""
    strategies = {**STRATEGIES, guard.strategy: Weakened(STRATEGIES[guard.strategy], guard.change)}
    return build(settings, strategies=strategies, carriers={**CARRIERS, **guard.carriers})


def main(guard: str, queue: str) -> int:
    """Work one queue until SIGTERM."""
    settings = read(Settings)
    configure(settings.log_level, secrets=settings.secrets)
    return work(house(settings, GUARDS[guard]), settings, queue)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
