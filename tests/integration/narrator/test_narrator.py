"""The narrator makes Slack equal to the journal, whatever Slack does meanwhile."""

from __future__ import annotations

from bot.domain.events import Kind
from bot.views.message import Message
from jobs.clients.slack import Posted
from jobs.narrator import narrate, say
from jobs.people import People
from sandbox.slack.faults import FaultKind
from sandbox.slack.state import Message as Posting
from tests.integration.narrator.story import CHANNEL, FIRST, SECOND, Story, key_of


def test_the_card_is_posted_once_and_edited_in_place(story: Story) -> None:
    """Planning, then approval needed: one message, its text beginning with the state."""
    story.narrate()
    assert [card.text.split(":")[0] for card in story.cards()] == ["Planning"]
    first = story.cards()[0].ts
    story.planned().narrate()
    assert [(card.ts, card.text.split(" until")[0]) for card in story.cards()] == [(first, "Approval needed (0 of 2)")]


def test_an_approved_rollback_that_waits_says_how_many_are_ahead(story: Story) -> None:
    """After three seconds without a worker; it was approved second of two."""
    story.planned().narrate()
    second = Story(story.desk, story.workspace).planned()
    for one in (story, second):
        one.tell(Kind.APPROVED, FIRST, digest=one.rollback.digest)
        one.tell(Kind.APPROVED, SECOND, digest=one.rollback.digest).tell(Kind.QUORUM, have=2, need=2)
    story.desk.store.clear_due(f"narrate:{story.id}")
    second.settle(lambda: bool(second.cards()) and "1 rollback ahead" in shown(second.cards()[0]))
    assert "Waiting for a worker: 1 rollback ahead" in shown(second.cards()[0])


def shown(message: Posting) -> str:
    """A message's blocks as one text, with plain spaces."""
    return str(message.blocks).replace("\xa0", " ").replace("\\xa0", " ")


def test_each_event_has_its_line_once_and_in_order(story: Story) -> None:
    """Narrating again adds nothing; what came meanwhile follows."""
    story.running().narrate()
    told = story.lines()
    assert "asked for a canary rollback" in told[0]
    assert [row.split(" ")[0] for row in told if "approved plan" in row] == ["@approver-1", "@approver-2"]
    story.narrate()
    assert story.lines() == told
    story.tell(Kind.STEP_APPLIED, step=0, figures={"applied": True}).tell(Kind.STEP_DONE, step=0, checks=[], figures={})
    story.narrate()
    assert story.lines()[: len(told)] == told
    assert len(story.lines()) > len(told)


def test_late_lines_share_a_post(story: Story) -> None:
    """A narrator that is behind joins up to ten lines in one."""
    story.succeeded().narrate()
    replies = story.workspace.parts.workspace.thread(CHANNEL, story.cards()[0].ts)[1:]
    sizes = [len(reply.text.split("\n")) for reply in replies]
    assert max(sizes) >= 10
    assert len(replies) <= 4


def test_the_approver_group_is_called_once_and_the_call_shows_its_outcome(story: Story) -> None:
    """A call is one line outside the thread; when it is settled it says how."""
    story.planned().narrate()
    assert [key_of(call) for call in story.calls()] == ["call:approval"]
    assert story.calls()[0].text.startswith("<!subteam^S0APPROVERS> Approval needed (0 of 2)")
    digest = story.rollback.digest
    story.tell(Kind.APPROVED, FIRST, digest=digest).tell(Kind.APPROVED, SECOND, digest=digest)
    story.tell(Kind.QUORUM, have=2, need=2).narrate()
    assert story.calls()[0].text.startswith("<!subteam^S0APPROVERS> Approval needed")
    story.tell(Kind.STARTED, have=2).narrate()
    assert len(story.calls()) == 1
    assert story.calls()[0].text.startswith("Approved 2 of 2")


def test_a_call_waits_a_moment_for_the_group_it_mentions(story: Story) -> None:
    """The directory was never read: a call that mentions nobody would wake nobody, so a refresh is asked for."""
    story.planned()
    due = story.once()
    assert story.calls() == []
    assert due is not None
    assert due <= 500
    People(story.desk.store, story.desk.slack).refresh(story.desk.catalog)
    story.once()
    assert [key_of(call) for call in story.calls()] == ["call:approval"]


def test_one_person_is_called_in_their_direct_messages(story: Story) -> None:
    """The requester hears of a rejection where only they are; the channel gets no call for it."""
    story.planned().tell(Kind.REJECTED, FIRST, why="v2.1.1 is 2 min away").narrate()
    assert story.calls() == []
    direct = story.desk.slack.direct("U0REQUESTER")
    told = story.workspace.parts.workspace.messages(direct)
    assert [key_of(message) for message in told] == ["call:rejected"]
    assert told[0].text.startswith("<@U0REQUESTER>")


def test_a_dropped_answer_doubles_nothing(story: Story) -> None:
    """Slack posted and the answer was lost: the message is found by its metadata and not posted again."""
    story.fault("chat.postMessage", FaultKind.DROP_ANSWER, times=3)
    story.running().narrate()
    assert len(story.cards()) == 1
    assert len(story.lines()) == len(set(story.lines()))
    assert story.cursor.posting == {}
    posted = [key_of(message) for message in story.workspace.parts.workspace.messages(CHANNEL)]
    assert len(posted) == len(set(posted))


def test_a_narrator_that_died_after_posting_doubles_nothing(story: Story) -> None:
    """The cursor was not written after the card was posted: the next narrator finds the card."""
    store = story.desk.store
    story.fault("chat.postMessage", FaultKind.DROP_ANSWER)
    due = story.once()
    assert due is not None
    assert story.cursor.card_ts == ""
    assert "card:1" in story.cursor.posting
    store.unmutex(f"narrator:{story.id}", owner="nobody")
    story.narrate()
    assert len(story.cards()) == 1
    assert story.cursor.card_ts == story.cards()[0].ts


def test_rate_limited_answers_are_waited_for(story: Story) -> None:
    """Nothing is lost and nothing sleeps: it comes due when Slack said so."""
    story.fault("chat.postMessage", FaultKind.RATELIMITED)
    due = story.once()
    assert due is not None
    assert 500 < due <= 1_000
    story.fault("chat.update", FaultKind.RATELIMITED)
    story.running().narrate()
    assert len(story.cards()) == 1
    assert story.cards()[0].text.startswith("Running 1 of 7")


def test_a_deleted_card_is_posted_anew_and_says_so(story: Story) -> None:
    """The new card's thread begins with why it is there; the story goes on below it."""
    story.planned().narrate()
    old = story.cards()[0]
    assert isinstance(story.desk.slack.delete(CHANNEL, old.ts), Posted)
    story.tell(Kind.APPROVED, FIRST, digest=story.rollback.digest).narrate()
    assert [card.ts == old.ts for card in story.cards()] == [False]
    assert story.cards()[0].text.startswith("Approval needed (1 of 2)")
    assert story.lines()[0].startswith("The card was gone")
    assert "@approver-1 approved plan" in story.lines()[1]
    strays = [m for m in story.channel() if not key_of(m).startswith(("card:", "call:"))]
    assert strays == []


def test_refused_blocks_go_down_the_ladder(story: Story) -> None:
    """Slack refuses the blocks twice: the text stands all the same."""
    story.fault("chat.postMessage", FaultKind.ERROR, times=2, error="invalid_blocks")
    story.narrate()
    assert len(story.cards()) == 1
    assert story.cards()[0].text.startswith("Planning")


def test_an_archived_channel_is_tried_again_in_a_minute(story: Story) -> None:
    """Nothing is posted, nothing raises, and it comes due again."""
    story.fault("chat.postMessage", FaultKind.ERROR, error="is_archived")
    due = story.once()
    assert due is not None
    assert 55_000 < due <= 60_000


def test_two_narrators_do_not_talk_at_once(story: Story) -> None:
    """Whoever finds the desk taken leaves it and looks again in a second."""
    store = story.desk.store
    assert store.mutex(f"narrator:{story.id}", owner="another", seconds=30)
    narrate(story.desk, story.id)
    assert story.channel() == []
    due = store.next_due()
    assert due is not None
    assert 0 < due - store.now() <= 1_000


def test_an_answer_reaches_only_its_asker(story: Story) -> None:
    """Ephemeral in the channel; in their direct messages where they are not in it."""
    story.narrate()
    message = Message("Not counted", ())
    say(story.desk, channel=CHANNEL, user=FIRST.id, thread_ts="", message=message)
    workspace = story.workspace.parts.workspace
    assert [m.text for m in workspace.ephemerals(FIRST.id)] == ["Not counted"]
    say(story.desk, channel="C0NOBOT", user=FIRST.id, thread_ts="", message=message)
    direct = story.desk.slack.direct(FIRST.id)
    assert [m.text for m in workspace.messages(direct)] == ["Not counted"]
