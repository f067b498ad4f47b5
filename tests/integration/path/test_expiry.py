"""A plan that nobody approved in time is over, whoever watches the clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.rollback import State
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
    looks.until(lambda: len(looks.newest(nobody_watches).approvals) == 1, within_s=5, what="the first approval")
    looks.until(lambda: records.now() > looks.expiry(nobody_watches), within_s=15, what="the expiry")
    card.press(BEN, "Approve")
    people.until_told(BEN, "Too late")
    assert looks.bot_writes(nobody_watches, since) == []


def test_two_approvals_that_come_to_nobody_expire_at_dispatch(production: Stack, people: People) -> None:
    """Expiry is judged again before the start: an approved plan that waited too long for a worker does not run."""
    since = looks.now()
    card = people.ask("canary hasty-server")
    looks.until(lambda: looks.newest(production).state is State.PLANNED, within_s=30, what="the plan")
    production.product.processes["worker"].stop()
    try:
        card.press(ADA, "Approve")
        card.press(BEN, "Approve")
        looks.until(lambda: looks.newest(production).state is State.APPROVED, within_s=8, what="two approvals")
        records = looks.store(production)
        looks.until(lambda: records.now() > looks.expiry(production), within_s=15, what="the expiry")
    finally:
        production.product.start_one("worker")
    card.until("Expired", within_s=30)
    assert looks.bot_writes(production, since) == []
