"""One canary rollback from the slash command to the report, on the real parts."""

from __future__ import annotations

from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.path.people import ADA, BEN, Card, People


def test_a_canary_is_taken_back_step_by_step_and_reported(production: Stack, people: People) -> None:
    """Capacity first, then 25, 10 and 0 percent, then the deletion; each effect once; the report says so."""
    before, since = looks.route(production), looks.now()
    card = people.ask()
    card.until("Approval needed (0 of 2)")
    assert looks.bot_writes(production, since) == []
    people.approve(card)
    assert card.until("Succeeded", within_s=90) == card.text
    assert looks.effects(production, since) == [
        ("patch", "game-server", "replicas=8"),
        ("patch", "game-server-vs", "weight=75, weight=25"),
        ("patch", "game-server-vs", "weight=90, weight=10"),
        ("patch", "game-server-vs", "weight=100, weight=0"),
        ("patch", "game-server-canary", "replicas=0"),
        ("delete", "game-server-canary", ""),
    ]
    assert not looks.exists(production, "game-server-canary")
    assert _without_weights(looks.route(production)["spec"]) == _without_weights(before["spec"])
    card.until_button("Open report", within_s=60)
    assert card.buttons == ["Open report", "All details"]
    card.until_line("Succeeded")
    _assert_story(card)
    _assert_report(card)


def _without_weights(spec: looks.Json) -> looks.Json:
    for http in spec["http"]:
        for part in http["route"]:
            part.pop("weight", None)
    return spec


def _assert_story(card: Card) -> None:
    """The thread tells it in order, each line once."""
    expected = [
        "asked for a canary rollback",
        "Planned in",
        "(1 of 2)",
        "(2 of 2)",
        "Started",
        "1/7",
        "2/7",
        "3/7",
        "4/7",
        "5/7",
        "6/7",
        "7/7",
        "Succeeded",
    ]
    lines = card.lines
    places = [next(i for i, line in enumerate(lines) if words in line) for words in expected]
    assert places == sorted(places)
    assert len(lines) == len(set(lines))


def _assert_report(card: Card) -> None:
    """A message of its own in the channel, posted by itself and edited when the service was normal to the end."""
    assert "v2.1.0 → v2.0.5" in card.until_report()["text"]
    card.until_line("ormalised", within_s=60)
    words = "\n".join(str(block) for block in card.until_report()["blocks"])
    for heading in ("Summary", "Root Cause", "Timeline", "Lessons Learned", "Action Items"):
        assert heading in words


def test_each_person_sees_their_own_part(production: Stack, people: People) -> None:
    """Who approves twice is told so and counted once; somebody who may not is told why; nobody else sees it."""
    card = people.ask()
    card.until("Approval needed (0 of 2)")
    card.press(ADA, "Approve")
    card.until("Approval needed (1 of 2)")
    card.press(ADA, "Approve")
    people.until_told(ADA, "Already counted")
    assert card.text.startswith("Approval needed (1 of 2)")
    assert people.told(BEN) == []
    card.press("U0REQUESTER", "Reject")
    assert looks.canary_weight(production) == 50
