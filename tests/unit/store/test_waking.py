"""Every kind of member has a queue that somebody works and a task that a worker runs."""

from __future__ import annotations

from bot.store.due import FIRST, QUEUES
from bot.store.wake import FUNCTIONS
from jobs import tasks
from jobs.worker import SHIFTS as WORKED


def test_every_kind_that_can_be_due_has_a_queue_and_a_task() -> None:
    """A kind with one and not the other would be handed out for ever, or stop whoever wakes."""
    assert set(FUNCTIONS) == set(QUEUES) | {"advance"}
    assert set(FUNCTIONS.values()) <= set(tasks.ALLOWED)
    assert {queue.removesuffix(FIRST) for queue in QUEUES.values()} <= set(WORKED)
