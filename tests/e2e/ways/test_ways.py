"""Each further way back in the browser: the command typed, the plan read, two people approving, the end read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import Tab
from tests.e2e.eyes import ENDED_WITHIN_MS, SOON_MS, Eyes

WAYS = {
    "blue-green lobby": (
        ("v3.2.0 → v3.1.4", "green weight", "selects both green and blue", "selects blue alone", "Cannot be taken"),
        "lobby is on v3.1.4, lobby-green is gone",
    ),
    "kubernetes match-server": (
        ("v1.9.0 → v1.8.2", "Deployment match-server, 4 pods", "image v1.9.0 → v1.8.2", "Health of 4 pods"),
        "match-server is on v1.8.2",
    ),
    "config match-server to=20261120-0300": (
        (
            "the values now → the configuration of 20261120-0300",
            "Restore match-config, match-secrets",
            "restart with the configuration",
        ),
        "match-server is on the configuration of 20261120-0300",
    ),
    "env match-server": (
        ("the catalog's values", "FEATURE_FLAG_GUILD_WAR_V2 true → false", "Health of 4 pods"),
        "match-server is on the catalog's values",
    ),
}


@pytest.mark.parametrize("way", list(WAYS))
def test_a_service_is_taken_back_in_the_browser(tab: Tab, way: str) -> None:
    """The card says what will change before anybody approves, and at the end what it is on now."""
    planned, ended = WAYS[way]
    eyes = tab("requester")
    card = eyes.ask(f'/rollback {way} reason="error spike"')
    for words in planned:
        expect(card).to_contain_text(words, timeout=SOON_MS)
    picture = f"way-{way.partition(' to=')[0].replace(' ', '-')}"
    eyes.shot(f"{picture}-1-plan", of=card)
    _approve(eyes, card)
    eyes.headline(card, "Succeeded", within_ms=ENDED_WITHIN_MS)
    expect(card.locator(".block-header")).to_contain_text(ended)
    eyes.shot(f"{picture}-2-end", of=card)
    thread = eyes.thread(card)
    expect(thread).to_contain_text("Succeeded", timeout=SOON_MS)
    eyes.shot(f"{picture}-3-thread")


def test_help_names_every_way_back(tab: Tab) -> None:
    """Who types help reads each way with what it needs."""
    eyes = tab("requester")
    eyes.type("/rollback help")
    told = eyes.page.locator("article[data-ephemeral]").last
    for words in ("canary", "blue-green", "kubernetes", "env", "config", "undo-rollback ID"):
        expect(told).to_contain_text(words, timeout=SOON_MS)


def _approve(eyes: Eyes, card: Locator) -> None:
    """Two approvers press Approve, one after the other."""
    eyes.become("approver-1")
    eyes.press(card, "Approve")
    eyes.headline(card, "Approval needed (1 of 2)")
    eyes.become("approver-2")
    eyes.press(card, "Approve")
