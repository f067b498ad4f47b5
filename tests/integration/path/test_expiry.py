"""A plan that nobody approved in time is over, whoever watches the clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.path.people import ADA, BEN, People


def test_a_plan_expires_with_one_approval_and_nothing_is_changed(production: Stack, people: People) -> None:
    """The card says with how many approvals, and that nothing was changed."""
    since = looks.now()
    card = people.ask("canary hasty-server")
    card.until("Approval needed (0 of 2)")
    card.press(ADA, "Approve")
    text = card.until("Expired", within_s=30)
    assert "1 of 2" in text
    assert "Nothing was changed" in text
    assert looks.bot_writes(production, since) == []


@pytest.fixture
def nobody_watches(production: Stack) -> Iterator[Stack]:
    """The watch process is down."""
    production.product.processes["watch"].stop()
    yield production
    production.product.start_one("watch")


def test_a_click_after_the_expiry_is_too_late_even_with_the_watch_down(nobody_watches: Stack, people: People) -> None:
    """Expiry is judged at the click, by the store's own clock."""
    since = looks.now()
    card = people.ask("canary hasty-server")
    card.until("Approval needed (0 of 2)")
    card.press(ADA, "Approve")
    records = looks.store(nobody_watches)
    looks.until(lambda: len(records.recent(None, 1)[0].approvals) == 1, within_s=5, what="the first approval")
    looks.until(lambda: records.now() > looks.expiry(nobody_watches), within_s=15, what="the expiry")
    card.press(BEN, "Approve")
    people.until_told(BEN, "Too late")
    assert looks.bot_writes(nobody_watches, since) == []
