"""Slack is away, however long: nothing is lost, nothing is told twice, and nobody hammers at it."""

from __future__ import annotations

import dataclasses

import pytest
from redis import Redis

from bot.domain.events import Kind
from bot.store import keys
from jobs.clients.pace import Pace
from jobs.clients.slack import Slack
from jobs.narrator import narrate
from sandbox.slack.faults import Fault, FaultKind
from sandbox.slack.outside_bodies import ChannelChange, change_channel
from sandbox.slack.server import SlackServer
from tests.integration.narrator.story import CHANNEL, FIRST, Desk, Story, key_of

OUTAGE = Fault(name="outage", method="*", kind=FaultKind.HANG, seconds=0, lasting=True)


@pytest.fixture
def paced(desk: Desk, workspace: SlackServer) -> Desk:
    """The narrator's parts with the product's own pace."""
    token = workspace.parts.workspace.app.bot_token
    slack = Slack(token, base_url=f"{workspace.url}/api/", pace=Pace(desk.store))
    return dataclasses.replace(desk, slack=slack)


def right(story: Story) -> bool:
    """Whether each of our messages stands once, and each event's line once and in order."""
    names = [key_of(message) for message in story.everything()]
    return len(set(names)) == len(names) and story.lines() == story.told()


def test_after_an_outage_everything_stands_once_and_in_order(paced: Desk, workspace: SlackServer) -> None:
    """The run went on without Slack: late lines share posts, the card is right, the report is posted once."""
    story = Story(paced, workspace).planned()
    story.narrate()
    before = len(story.everything())
    workspace.parts.faults.add(OUTAGE)
    story.started().tell(Kind.HALTED, step=0, code="check-failed", figures={}, checks=[], production={})
    for _ in range(4):
        story.once()
    story.tell(Kind.RETRIED, FIRST, step=0).finished().once()
    assert len(story.everything()) == before
    workspace.parts.faults.clear("outage")
    story.settle(lambda: right(story) and story.cursor.swept > 0 and len(story.reports()) == 1)
    assert story.cards()[0].text.startswith("Succeeded")
    assert not [key for key in map(key_of, story.everything()) if key.startswith("call:halted")]
    replies = workspace.parts.workspace.thread(CHANNEL, story.cards()[0].ts)[1:]
    assert max(len(reply.text.split("\n")) for reply in replies) == 10


def test_a_card_that_slack_took_late_is_put_right(story: Story) -> None:
    """Its answer was lost and its plan rejected meanwhile: what stands there asks for an approval nobody may give."""
    story.planned()
    story.fault("chat.postMessage", FaultKind.DROP_ANSWER)
    story.once()
    (card,) = story.cards()
    assert "Approval needed" in card.text
    story.tell(Kind.REJECTED, FIRST, why="not tonight").narrate()
    (card,) = story.cards()
    assert card.text.startswith("Rejected by")


def test_an_outage_is_not_hammered_at(paced: Desk, workspace: SlackServer, redis: Redis) -> None:
    """Fifty rollbacks want to speak; after three silent calls one tries for all, and all come back within 30 s."""
    stories = [Story(paced, workspace) for _ in range(50)]
    workspace.parts.faults.add(OUTAGE)
    for _ in range(2):
        for story in stories:
            narrate(paced, story.id)
    assert len(workspace.parts.record.calls()) <= 6
    now = paced.store.now()
    scores = [redis.zscore(keys.DUE, keys.narrate(story.id)) for story in stories]
    assert max((score or 10**15) - now for score in scores) <= 30_000


def test_a_rollback_that_slack_never_answers_waits_longer_each_time(story: Story) -> None:
    """From one second, doubling, to at most 25 s; an answer begins anew. Each look tries a call and a line."""
    story.narrate()
    story.planned().fault("chat.postMessage", FaultKind.STATUS, times=14)
    waits = [story.once() or 0 for _ in range(7)]
    assert [round(wait / 1000) for wait in waits] == [1, 2, 4, 8, 16, 25, 25]
    story.once()
    assert story.cursor.failures == 0


def test_an_archived_channel_is_caught_up_with_when_posts_are_possible_again(
    story: Story, workspace: SlackServer
) -> None:
    """The rollback goes on meanwhile; nothing is posted, and each minute it is tried."""
    story.planned().narrate()
    change_channel(workspace.parts, ChannelChange(id=CHANNEL, is_archived=True))
    story.started()
    due = story.once()
    assert due is not None
    assert 50_000 < due <= 60_000
    change_channel(workspace.parts, ChannelChange(id=CHANNEL, is_archived=False))
    story.once()
    assert right(story)
    assert story.cards()[0].text.startswith("Running 1 of 7")


def test_cards_are_edited_the_more_seldom_the_more_there_are(story: Story) -> None:
    """With four live cards each waits 6 s between two edits; a change of state does not wait."""
    others = [Story(story.desk, story.workspace) for _ in range(3)]
    for other in others:
        story.desk.store.clear_due(keys.narrate(other.id))
    story.planned().narrate()
    story.started().once()
    story.tell(Kind.STEP_PROGRESS, step=0, figures={"ready": 5})
    due = story.once()
    assert due is not None
    assert 4_000 < due <= 6_000
    story.tell(Kind.ABORT_ASKED, FIRST).tell(Kind.ABORTED, FIRST, production={})
    story.once()
    assert story.cards()[0].text.startswith("Aborted")
