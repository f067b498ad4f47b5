"""What a job needs, built once by a composition root before any job runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.catalog import Catalog, Service
from bot.directory import Directory
from bot.domain.people import Group
from bot.domain.rollback import Rollback
from bot.queues import Queues
from bot.service import Desk
from bot.store import Store
from bot.waking import Gathered
from jobs.archiving import Archive
from jobs.clients import Clients
from jobs.clients.slack import Slack
from jobs.parking import Parking
from jobs.people import People
from jobs.steps import Carrier
from jobs.strategies import Strategy


@dataclass(frozen=True)
class House:
    """The parts behind every job. `owner` names this process in leases, `queue` is the one that it works."""

    store: Store
    clients: Clients
    catalog: Catalog
    directory: Directory
    people: People
    slack: Slack
    queues: Queues
    strategies: Mapping[str, Strategy]
    carriers: Mapping[str, Carrier]
    archive: Archive
    owner: str
    queue: str = "rollbacks"
    parking: Parking = field(default_factory=Parking)
    gathered: Gathered = field(default_factory=Gathered)
    """Whom a job's transitions make due; woken when the job ends."""

    @property
    def desk(self) -> Desk:
        """The part of it that the verbs work with too."""
        return Desk(store=self.store, directory=self.directory, catalog=self.catalog)

    def service(self, name: str) -> Service:
        """The catalog entry of a service.

        Raises:
            Refused: unknown-service.
        """
        return self.desk.service(name)

    def approvers(self, rollback: Rollback) -> Group:
        """Who may approve a rollback now, from the refreshed copy only."""
        return self.desk.approvers(rollback)
