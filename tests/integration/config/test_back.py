"""A restored configuration taken back by name, to what was live before, from the snapshot that was taken for it."""

from __future__ import annotations

from sandbox.stack import Stack
from tests.integration.config.scene import ASK, CONFIG, CORE, NAME, backups, config, restored, secret, untouched
from tests.integration.path import looks
from tests.integration.path.people import People


def test_what_was_live_before_comes_back(production: Stack, people: People) -> None:
    """Also a value that was set a moment ago: it is kept right before the first write. Then asked for, approved."""
    looks.until(lambda: untouched(production), within_s=10, what="the configuration as it is today")
    production.cluster.api().patch(f"{CORE}/configmaps/{CONFIG}", {"data": {"MAX_PARTY_SIZE": "7"}}, manager="somebody")
    before = config(production), secret(production)
    card = people.ask(ASK)
    people.approve(card)
    card.until("Succeeded", within_s=90)
    assert restored(production) == (True, True)

    back = people.ask(f'undo-rollback {card.rollback_id} reason="ticks are worse"')
    back.until("Approval needed (0 of 2)")
    body = back.body.replace("\u00a0", " ")
    for told in ("TICK_RATE_HZ 30 → 60", "MAX_PARTY_SIZE 4 → 7", "TICKET_KEY of Secret match-secrets changes"):
        assert told in body
    people.approve(back)
    back.until("Succeeded", within_s=90)
    assert (config(production), secret(production)) == before


def test_without_a_backup_of_it_nothing_is_guessed(production: Stack, people: People) -> None:
    """The refusal names the folder and the mend; the configuration stays as it was restored."""
    card = people.ask(ASK)
    people.approve(card)
    card.until("Succeeded", within_s=90)
    for file in backups(production).glob("*-auto.yaml"):
        file.unlink()
    back = people.ask(f"undo-rollback {card.rollback_id}")
    back.until("Refused")
    assert f"{card.rollback_id} cannot be taken back" in back.body
    assert str(backups(production)) in back.body
    assert f"/rollback config {NAME}" in back.body
    assert restored(production) == (True, True)
