"""A configuration put back, from the command to the report, on the real parts."""

from __future__ import annotations

from sandbox.stack import Stack
from tests.integration.config.scene import (
    ASK,
    CONFIG,
    CORE,
    NAME,
    SECRETS,
    TIME,
    backups,
    let_secrets_be,
    restored,
    template,
    untouched,
    written,
)
from tests.integration.path import looks
from tests.integration.path.people import ADA, People


def test_config_map_and_secret_are_restored_and_the_pods_made_anew(production: Stack, people: People) -> None:
    """Both as backed up, keys added since gone; then one restart; then both are read back; the report says so."""
    before, since = template(production), looks.now()
    card = people.ask(ASK)
    card.until("Approval needed (0 of 2)")
    body = card.body.replace("\u00a0", " ")
    assert f"the values now → the configuration of {TIME}" in body
    for told in ("TICK_RATE_HZ 60 → 30", "GUILD_WAR_QUEUE on → absent", "TICKET_KEY of Secret match-secrets changes"):
        assert told in body
    assert written(production, since) == []
    people.approve(card)
    card.until("Succeeded", within_s=90)
    assert restored(production) == (True, True)
    assert written(production, since) == [
        ("configmaps", CONFIG),
        ("secrets", SECRETS),
        ("configmaps", CONFIG),
        ("secrets", SECRETS),
        ("configmaps", CONFIG),
        ("deployments", NAME),
        ("deployments", NAME),
    ]
    after = template(production)
    assert after["spec"] == before["spec"]
    assert "kubectl.kubernetes.io/restartedAt" in after["metadata"]["annotations"]
    card.until_line(f"Restored {CONFIG}, {SECRETS} from the backup of {TIME}")
    card.until_line("Configuration: 2 of 2 as in the backup")
    card.until_line("Normalised")
    assert TIME in card.until_report()["text"]


def test_a_time_without_a_backup_is_refused_with_its_neighbours(production: Stack, people: People) -> None:
    """Nothing is guessed: the nearest ones before and after are named."""
    card = people.ask(f"config {NAME} to=20261119-0300")
    card.until("Refused")
    assert TIME in card.body
    card = people.ask(f"config {NAME} to=passwd")
    card.until("Refused")
    assert "timestamp of a backup" in card.body
    assert untouched(production)


def test_a_backup_that_cannot_be_used_is_refused_with_the_mend(production: Stack, people: People) -> None:
    """Two documents where one belongs: the file, what is wrong, what to do."""
    for kind in ("configmap", "secret"):
        text = (backups(production) / f"{kind}-{TIME}.yaml").read_text()
        (backups(production) / f"{kind}-20261121-0300.yaml").write_text(f"{text}---\n{text}")
    card = people.ask(f"config {NAME} to=20261121-0300")
    card.until("Refused")
    assert "configmap-20261121-0300.yaml" in card.body
    assert "2 YAML documents" in card.body
    for kind in ("configmap", "secret"):
        (backups(production) / f"{kind}-20261121-0300.yaml").unlink()


def test_a_value_changed_during_approval_supersedes_the_plan(production: Stack, people: People) -> None:
    """People approved what was there before: a new plan is asked for, and nothing is written."""
    since = looks.now()
    card = people.ask(ASK)
    card.until("Approval needed (0 of 2)")
    secrets = f"{CORE}/secrets/{SECRETS}"
    production.cluster.api().patch(secrets, {"stringData": {"TICKET_KEY": "by-hand"}}, manager="somebody")
    people.approve(card)
    card.until("Superseded", within_s=60)
    assert "secret data changed" in card.body
    assert written(production, since) == []


def test_a_worker_killed_between_the_two_writes_leaves_nothing_half(production: Stack, people: People) -> None:
    """Every answer takes 1.5 s, so there is a moment with one of the two written; the next worker writes the other."""
    since = looks.now()
    card = people.ask(ASK)
    card.until("Approval needed (0 of 2)")
    card.press(ADA, "Approve")
    card.until("Approval needed (1 of 2)")
    production.network.latency(1_500)
    card.press("U0APPROVER2", "Approve")
    looks.until(lambda: restored(production) == (True, False), within_s=60, what="the ConfigMap alone")
    production.product.processes["worker"].kill()
    assert restored(production) == (True, False)
    production.network.heal()
    production.product.start_one("worker")
    card.until("Succeeded", within_s=120)
    assert restored(production) == (True, True)
    live = production.cluster.api().get(f"{CORE}/configmaps/{CONFIG}")
    assert "rollback/before" not in live["metadata"]["annotations"]
    assert written(production, since).count(("deployments", NAME)) == 2


def test_a_right_that_is_gone_halts_it_with_nothing_written_and_retry_goes_on(
    production: Stack, people: People
) -> None:
    """Taken away after the approval: both objects are as before, the card names the right; given back, it goes on."""
    card = people.ask(ASK)
    card.until("Approval needed (0 of 2)")
    let_secrets_be(production, "get")
    people.approve(card)
    card.until("HALTED", within_s=60)
    assert "patch secrets" in card.body
    assert untouched(production)
    let_secrets_be(production, "get", "create", "patch")
    card.press(ADA, "Retry")
    card.until("Succeeded", within_s=90)
    assert restored(production) == (True, True)
