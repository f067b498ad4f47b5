"""A canary rollback that was left half done, taken back by name."""

from __future__ import annotations

from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.path.people import REQUESTER, People


def test_an_aborted_canary_goes_back_to_the_weight_it_had(production: Stack, people: People) -> None:
    """Asked for by name, warned of, approved by two, and one write; stable keeps its pods, nothing is deleted."""
    card = people.ask('canary patient-server reason="error spike on canary"')
    people.approve(card)
    looks.until_step(production, 2)
    card.press(REQUESTER, "Abort")
    card.until("Aborted", within_s=60)
    assert looks.canary_weight(production) == 25

    since = looks.now()
    back = people.ask(f"undo-rollback {card.rollback_id}")
    back.until("Approval needed (0 of 2)")
    words = back.body.replace("*", "").replace("\u00a0", " ")
    assert "canary weight 25 % → 50 %, stable 75 % → 50 %" in words
    assert "v2.1.0 gets 50 % of the traffic again" in words
    people.approve(back)
    back.until("Succeeded", "Done, not verified", "Failed", within_s=90)
    assert looks.canary_weight(production) == 50
    assert looks.effects(production, since) == [("patch", "game-server-vs", "weight=50, weight=50")]
    assert looks.exists(production, "game-server-canary")
