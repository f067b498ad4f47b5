"""A narrator that is asked to stop: the call under way is finished and recorded, the next narrator does the rest."""

from __future__ import annotations

import threading

from jobs.narrator import narrate
from sandbox.slack.faults import Fault, FaultKind
from tests.integration.narrator.story import Story

PATIENCE_S = 20.0


def test_a_narrator_that_is_asked_to_stop_finishes_its_call_and_hands_over(story: Story) -> None:
    """Its post is recorded, nothing else is said, and the rollback is due at once; afterwards each line stands once."""
    story.narrate()
    story.running()
    before = len(story.everything())
    faults = story.workspace.parts.faults
    faults.add(Fault(name="held", method="chat.postMessage", kind=FaultKind.DELAY, seconds=PATIENCE_S))
    narrator = threading.Thread(target=narrate, args=(story.desk, story.id))
    narrator.start()
    assert faults.wait_for_delayed(1, PATIENCE_S)
    story.desk.parking.ask()
    faults.clear("held")
    narrator.join(PATIENCE_S)
    assert not narrator.is_alive()
    assert len(story.everything()) == before + 1
    assert story.cursor.posting == {}
    assert (story.desk.store.next_due() or 0) <= story.desk.store.now()
    story.desk.parking.asked = False
    story.settle(lambda: story.lines() == story.told())


def test_a_narrator_in_a_process_that_was_asked_to_stop_says_nothing(story: Story) -> None:
    """A job that was already taken out of the queue is given back."""
    story.desk.parking.ask()
    narrate(story.desk, story.id)
    assert story.everything() == []
    assert (story.desk.store.next_due() or 0) <= story.desk.store.now()
