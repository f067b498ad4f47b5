"""Locks and holds on the real parts: on the card while people decide, and after the service was brought back."""

from __future__ import annotations

import requests

from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.path.people import ADA, BEN, CEM, CHANNEL, People

TYPED = 'canary game-server break-glass=yes reason="players lose money every minute"'


def test_a_lock_is_seen_by_approvers_and_the_hold_by_pipelines(production: Stack, people: People) -> None:
    """A lock set after the request stops it not, but every approver reads it; the success sets hold and bad version."""
    card = people.ask()
    card.until("Approval needed (0 of 2)")
    people.outside.command(ADA, CHANNEL, '/rollback lock game-server reason="database move" for=2h')
    looks.until(lambda: "database move" in card.body, within_s=20, what="the lock on the card")
    people.outside.command(ADA, CHANNEL, "/rollback unlock game-server")
    looks.until(lambda: "database move" not in card.body, within_s=20, what="the card without the lock")

    people.approve(card)
    card.until("Succeeded", within_s=120)
    looks.until(lambda: "v2.1.0 marked bad · deploy hold on game-server" in card.body, within_s=20, what="the hold")
    held = requests.get(f"{production.product.url}/deploy-hold/game-server", timeout=5).json()
    assert (held["held"], held["hold"]["rollback"], held["bad"]) == (True, card.rollback_id, ["v2.1.0"])

    people.outside.command(BEN, CHANNEL, "/rollback unlock game-server")
    looks.until(lambda: "deploy hold" not in card.body, within_s=20, what="the card without the hold")
    assert requests.get(f"{production.product.url}/deploy-hold/game-server", timeout=5).json()["held"] is False


def test_broken_glass_starts_with_one_of_the_role_and_asks_for_a_review(production: Stack, people: People) -> None:
    """It says so first, calls both groups, counts no everyday approver, and its report begins with the review."""
    since = looks.now()
    card = people.ask(TYPED)
    card.until("BREAK GLASS · Approval needed (0 of 1)")
    call = card.until_call("approval")["text"]
    assert "BREAK GLASS: approval needed" in call
    assert "<!subteam^S0INCIDENT> <!subteam^S0APPROVERS>" in call
    card.press(ADA, "Approve")
    people.until_told(ADA, "you are not in game-server-incident")
    assert looks.bot_writes(production, since) == []

    card.press(CEM, "Approve")
    card.until("BREAK GLASS · Succeeded", within_s=120)
    card.until_button("Open report")
    first = next(block for block in card.until_report()["blocks"] if block["type"] == "section")
    assert "*Review needed*" in first["text"]["text"]
    assert "players lose money every minute" in first["text"]["text"]
