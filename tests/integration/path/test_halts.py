"""When it gets worse, or nobody knows: stop, say so, and go on only when a person says so."""

from __future__ import annotations

from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.path.people import ADA, CHANNEL, REQUESTER, People


def test_stable_getting_worse_halts_and_retry_goes_on_when_it_is_well(production: Stack, people: People) -> None:
    """The card says why and what share of traffic is where; Retry reads again and repeats no effect."""
    since = looks.now()
    card = people.ask()
    people.approve(card)
    looks.until_step(production, 2)
    production.game.behaviour("v2.0.5", error_share=0.2)
    text = card.until("HALTED", within_s=40)
    assert "retry" in text.lower()
    assert "Stable got worse" in card.body
    assert "Abort" in card.buttons
    production.game.behaviour("v2.0.5", error_share=0.001)
    card.press(ADA, "Retry step")
    card.until("Succeeded", within_s=120)
    values = [value for _, name, value in looks.effects(production, since) if name == "game-server-vs"]
    assert values == ["weight=75, weight=25", "weight=90, weight=10", "weight=100, weight=0"]


def test_a_person_may_skip_a_check_and_the_end_says_so(production: Stack, people: People) -> None:
    """Skip waives the halted check by name: it goes on to 0 percent, and the end is not called verified."""
    card = people.ask("canary game-server fast=yes")
    people.approve(card)
    looks.until_step(production, 2)
    assert looks.canary_weight(production) == 0
    production.game.behaviour("v2.0.5", error_share=0.2)
    card.until("HALTED at 2 of 5", within_s=40)
    production.game.behaviour("v2.0.5", error_share=0.001)
    card.press(ADA, "Skip this check")
    card.until("Done, not verified", within_s=90)
    card.until_line("skipped the check")
    assert not looks.exists(production, "game-server-canary")


def test_an_abort_says_what_is_left_half_done(production: Stack, people: People) -> None:
    """It stops before the next step; the card, the thread and the report say what stands."""
    card = people.ask("canary patient-server")
    people.approve(card)
    looks.until_step(production, 2)
    card.press(REQUESTER, "Abort")
    text = card.until("Aborted at", within_s=40)
    weight = looks.canary_weight(production)
    assert weight in {25, 10}
    assert f"{weight}" in text
    assert looks.exists(production, "game-server-canary")
    report = card.until_report()
    assert f"{card.rollback_id} was aborted" in str(report["blocks"])
    assert "Left half done" in str(report["blocks"][:4])


def test_an_abort_names_the_autoscaler_that_was_raised(production: Stack, people: People) -> None:
    """What the plan would have put back at its end stands on the card, with the command that does it."""
    production.cluster.api().create(looks.SCALERS, looks.SCALER)
    card = people.ask("canary patient-server")
    people.approve(card)
    looks.until_step(production, 2)
    card.press(REQUESTER, "Abort")
    card.until("Aborted at", within_s=40)
    assert "minReplicas 8 (was 4)" in card.body
    assert "kubectl" in card.body


def test_an_abort_can_be_typed(production: Stack, people: People) -> None:
    """`/rollback abort ID` does what the button does."""
    card = people.ask()
    people.approve(card)
    looks.until_step(production, 2)
    people.outside.command(REQUESTER, CHANNEL, f"/rollback abort {card.rollback_id}")
    card.until("Aborted at", within_s=40)
    assert looks.exists(production, "game-server-canary")


def test_traffic_that_does_not_follow_the_weights_never_passes(production: Stack, people: People) -> None:
    """The weight moves in the API while the proxies stay where they were: halted or unknown, and nothing is deleted."""
    production.game.freeze()
    card = people.ask()
    people.approve(card)
    text = card.until("HALTED", "Done, not verified", "Succeeded", within_s=120)
    assert text.startswith("HALTED")
    assert looks.exists(production, "game-server-canary")
    card.press(ADA, "Abort")
    card.until("Aborted at", within_s=30)


def test_with_prometheus_away_traffic_is_moved_and_nothing_is_deleted(production: Stack, people: People) -> None:
    """Unknown does not stop a move away from risk; it stops the deletion. Retry goes on once it is known again."""
    production.prometheus.pause()
    card = people.ask()
    people.approve(card)
    card.until("HALTED", within_s=240)
    assert looks.canary_weight(production) == 0
    assert looks.exists(production, "game-server-canary")
    assert looks.replicas(production, "game-server-canary") == 4
    production.prometheus.resume()
    looks.until(lambda: _scrapes_seen(production) >= 6, within_s=20, what="a window of scrapes after the outage")
    card.press(ADA, "Retry step")
    card.until("Done, not verified", within_s=60)
    assert not looks.exists(production, "game-server-canary")


def _scrapes_seen(stack: Stack) -> float:
    """How many scrapes of the last 3 s Prometheus has."""
    return stack.prometheus.instant('count_over_time(up{job="game-server"}[3s])') or 0
