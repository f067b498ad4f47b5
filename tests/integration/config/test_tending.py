"""When snapshots are taken by the running product, and when they are not."""

from __future__ import annotations

from bot.catalog import Catalog, load
from bot.store import keys
from jobs import clients, snapshots
from sandbox.stack import Stack
from tests.integration.config.scene import ASK, CONFIG, CORE, NAME, backups, let_secrets_be
from tests.integration.path import looks
from tests.integration.path.people import ADA, People


def catalog(stack: Stack, **section: float) -> Catalog:
    """The catalog that the product works with, its configuration section changed."""
    loaded = load(stack.folder / "services.yaml")
    service = loaded.services[NAME]
    assert service.config is not None
    changed = service.model_copy(update={"config": service.config.model_copy(update=section)})
    return loaded.model_copy(update={"services": {NAME: changed}})


def tend(stack: Stack, entries: Catalog) -> None:
    """What a worker does when the service's snapshot is due."""
    systems = clients.build(
        kubeconfig=stack.cluster.kubeconfig("bot"),
        prometheus_url=stack.prometheus.url,
        snapshot_keys=(stack.product.environment["ROLLBACK_SNAPSHOT_KEY"],),
    )
    snapshots.tend(looks.store(stack), systems, entries, NAME)


def taken(stack: Stack) -> set[str]:
    """The bot's own files in the folder."""
    return {path.name for path in backups(stack).glob("*-auto.yaml")}


def test_a_change_is_kept_within_its_interval(production: Stack) -> None:
    """Watch hands it out, a worker of the long queue takes it, both files appear."""
    before = taken(production)
    production.cluster.api().patch(f"{CORE}/configmaps/{CONFIG}", {"data": {"MAX_PARTY_SIZE": "8"}}, manager="somebody")
    looks.until(lambda: len(taken(production) - before) == 2, within_s=60, what="the snapshot")


def test_nothing_is_kept_while_a_rollback_holds_the_objects(production: Stack, people: People) -> None:
    """Between its writes one of them is not what anybody meant; afterwards what then stands is kept."""
    card = people.ask(ASK)
    card.until("Approval needed (0 of 2)")
    let_secrets_be(production, "get")
    people.approve(card)
    card.until("HALTED", within_s=60)
    production.cluster.api().patch(f"{CORE}/configmaps/{CONFIG}", {"data": {"MAX_PARTY_SIZE": "9"}}, manager="somebody")
    before = taken(production)
    tend(production, catalog(production))
    assert taken(production) == before
    let_secrets_be(production, "get", "create", "patch")
    card.press(ADA, "Abort")
    card.until("Aborted", within_s=60)
    looks.store(production).set_due(keys.snapshot(NAME), 0)
    looks.until(lambda: taken(production) > before, within_s=60, what="the snapshot afterwards")


def test_where_the_catalog_asks_for_none_it_is_no_longer_due(production: Stack) -> None:
    """A member that was left in Redis from an earlier catalog goes by itself."""
    records = looks.store(production)
    records.set_due(keys.snapshot("gone-server"), records.now() + 3_600_000)
    systems = clients.build(kubeconfig=production.cluster.kubeconfig("bot"), prometheus_url=production.prometheus.url)
    snapshots.tend(records, systems, catalog(production), "gone-server")
    assert not records.is_due(keys.snapshot("gone-server"))
    off = catalog(production, snapshot_every_s=0)
    assert snapshots.members(off) == ()
    assert snapshots.unsealed(off) == []
    assert snapshots.members(catalog(production)) == (keys.snapshot(NAME),)
    assert snapshots.unsealed(catalog(production)) == [NAME]
