"""A card that waits says for what, after a while, and costs no edit while time passes."""

from __future__ import annotations

from typing import cast

import pytest
from redis import Redis

from bot.domain.events import Kind
from bot.domain.model import JsonObject
from bot.domain.rollback import Rollback
from bot.store import keys
from bot.views.card import card
from bot.views.card_asking import SLOW_MS
from tests.integration.engine.workbench import until
from tests.integration.narrator.story import FIRST, SECOND, Story


def body(story: Story) -> str:
    """What the card says below its header, with plain spaces."""
    return str(story.cards()[0].blocks[1]["text"]["text"]).replace("\u00a0", " ")


def edits(story: Story) -> int:
    """How often a message was edited."""
    return len(story.workspace.parts.record.calls("chat.update"))


def time_passes(story: Story, redis: Redis, *, ms: int) -> None:
    """By the record it was asked for, and has waited, so much longer than by the clock."""
    stands = story.rollback
    since = None if stands.waiting_since is None else stands.waiting_since - ms
    earlier = {"requested_at": stands.requested_at - ms, "waiting_since": since}
    aged: Rollback = stands.model_copy(update=earlier)
    redis.hset(keys.record(story.id), "body", aged.model_dump_json())


def drawn_now(story: Story) -> str:
    """What the card would say if it was drawn now."""
    message = card(story.rollback, now=story.desk.store.now(), catalog_revision="")
    return str(cast("JsonObject", message.blocks[1]["text"])["text"]).replace("\u00a0", " ")


@pytest.fixture
def waiting(story: Story, redis: Redis) -> Story:
    """Asked for nine seconds ago, and for seven Prometheus has not answered."""
    story.narrate()
    story.tell(Kind.WAITING, system="Prometheus", since=story.rollback.requested_at + 2_000)
    time_passes(story, redis, ms=SLOW_MS - 1_000)
    return story


def test_after_ten_seconds_the_card_says_what_planning_waits_for(waiting: Story) -> None:
    """Not before; at that moment the narrator is due for it."""
    due = waiting.once()
    assert body(waiting) == "Reading the cluster and Prometheus. Nothing is changed."
    assert due is not None
    waiting.narrate()
    assert body(waiting) in {f"Waiting for Prometheus, {s} s. Nothing is changed." for s in (8, 9, 10)}
    assert waiting.lines()[1:] == waiting.told()[1:]
    assert [row for row in waiting.lines() if row.startswith("Waiting for Prometheus since ")] != []


def test_the_seconds_cost_no_edit(waiting: Story) -> None:
    """It is looked at again when it has waited longer: nothing is edited, nothing is due."""
    waiting.narrate()
    before, said = edits(waiting), body(waiting)
    until(lambda: drawn_now(waiting) != said, what="another figure")
    assert waiting.once() is None
    assert (edits(waiting), body(waiting)) == (before, said)


def test_another_system_is_named_with_seconds_of_its_own(waiting: Story) -> None:
    """The journal says so, and the card is drawn anew."""
    waiting.narrate()
    waiting.tell(Kind.WAITING, system="Kubernetes", since=waiting.desk.store.now()).narrate()
    assert body(waiting).startswith("Waiting for Kubernetes, ")
    assert len([row for row in waiting.lines() if row.startswith("Waiting for ")]) == 2


def test_the_plan_takes_the_place_of_the_wait(waiting: Story) -> None:
    """It came: nothing on the card speaks of waiting any more."""
    waiting.narrate()
    waiting.planned().narrate()
    assert waiting.cards()[0].text.startswith("Approval needed (0 of 2)")
    assert "Waiting for" not in str(waiting.cards()[0].blocks)


def test_an_approved_card_that_was_edited_says_too_how_many_are_ahead(story: Story) -> None:
    """The card stood there when the second approval came: three seconds later it is looked at again."""
    story.planned().narrate()
    second = Story(story.desk, story.workspace).planned()
    second.settle(lambda: bool(second.cards()) and second.cards()[0].text.startswith("Approval needed"))
    for one in (story, second):
        one.tell(Kind.APPROVED, FIRST, digest=one.rollback.digest)
        one.tell(Kind.APPROVED, SECOND, digest=one.rollback.digest).tell(Kind.QUORUM, have=2, need=2)
    story.desk.store.clear_due(f"narrate:{story.id}")
    second.settle(lambda: "Waiting for a worker: 1 rollback ahead" in body(second))
