"""What a strategy is: it looks, and it decides. What it decides is data; carrying it out is not its business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.catalog.model import Service
from bot.domain.model import JsonObject
from bot.domain.plan import Plan, Shown
from bot.domain.rollback import Request
from jobs.clients import Clients


@dataclass(frozen=True)
class Facts:
    """What a strategy saw when it looked. Each strategy has its own; only it reads them."""


class Strategy(Protocol):
    """One way back."""

    def observe(self, clients: Clients, request: Request, service: Service) -> Facts:
        """Read everything a plan needs, side by side. Writes nothing.

        Raises:
            Refused: missing-right, or unreachable for good; a thing that is not there is a fact.
            jobs.clients.errors.Temporary: no answer now; worth asking again.
        """

    def bind(self, clients: Clients, plan: Plan, service: Service) -> tuple[JsonObject, dict[str, Shown]]:
        """Read the binding facts afresh, and the shown ones that may ask again: for `bot.domain.plan.moved`.

        Raises:
            jobs.clients.errors.ClientError: they cannot be read now.
        """

    def production(self, clients: Clients, plan: Plan, service: Service) -> JsonObject:
        """What production looks like now, for halts, aborts and ends: figures only, null for what cannot be read.

        Never raises for what a system answers or does not answer.
        """

    def plan(self, facts: Facts, request: Request, service: Service, name: str) -> Plan:
        """Decide, from facts alone. `name` is the service's name in the catalog.

        Raises:
            Refused: why there is no way back by this strategy.
        """
