"""What a job needs, built once by a composition root before any job runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.catalog import Catalog, Service
from bot.directory import Directory
from bot.domain.approval import Policy
from bot.domain.people import Group
from bot.domain.refusal import Code, Refused
from bot.queues import Queues
from bot.store import Store
from jobs.clients import Clients
from jobs.clients.slack import Slack
from jobs.people import People
from jobs.steps import Carrier
from jobs.strategies import Strategy


@dataclass(frozen=True)
class House:
    """The parts behind every job. `owner` names this process in leases."""

    store: Store
    clients: Clients
    catalog: Catalog
    directory: Directory
    people: People
    slack: Slack
    queues: Queues
    strategies: Mapping[str, Strategy]
    carriers: Mapping[str, Carrier]
    owner: str

    def service(self, name: str) -> Service:
        """The catalog entry of a service.

        Raises:
            Refused: unknown-service.
        """
        entry = self.catalog.services.get(name)
        if entry is None:
            raise Refused(Code.UNKNOWN_SERVICE, service=name)
        return entry

    def approvers(self, name: str, policy: Policy) -> Group:
        """Who may approve for a service now, from the refreshed copy only."""
        return self.directory.group(policy.group, users=self.service(name).approval.users)
