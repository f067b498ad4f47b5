"""What the runner does next, by state: each phase decides from the loaded rollback and makes at most one transition."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.domain.rollback import State
from jobs.phases.aftermath import keep_journal, watch_afterwards
from jobs.phases.approval import dispatch, wait_for_approval
from jobs.phases.carrying import carry_out
from jobs.phases.planning import make_plan
from jobs.phases.stopping import wait_for_a_person
from jobs.phases.superseding import hand_over
from jobs.turn import Outcome, Turn

PHASES: Mapping[State, Callable[[Turn], Outcome]] = {
    State.REQUESTED: make_plan,
    State.PLANNED: wait_for_approval,
    State.APPROVED: dispatch,
    State.RUNNING: carry_out,
    State.HALTED: wait_for_a_person,
    State.SUPERSEDED: hand_over,
    State.SUCCEEDED: watch_afterwards,
    State.UNVERIFIED: watch_afterwards,
    State.FAILED: keep_journal,
    State.ABORTED: keep_journal,
}
"""States that are not here ask nothing of the runner."""
