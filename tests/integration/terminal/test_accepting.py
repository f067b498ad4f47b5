"""`rollbackctl store accept`: what an operator is told, is asked, and what becomes of open rollbacks."""

from __future__ import annotations

import pytest

from bot.domain.rollback import State
from bot.store import StoreUnaccepted
from tests.integration.service.builders import Office
from tests.integration.terminal.terminal import ADA, Terminal

WHY = "production carries a higher fence than was ever given"


def test_a_distrusted_store_says_why_and_asks(work: Office, terminal: Terminal) -> None:
    """A no, or nobody there to answer, accepts nothing."""
    work.planned()
    assert work.store.distrust(WHY)
    for typed in ("n\n", ""):
        done = terminal.run("store", "accept", typed=typed)
        assert done.returncode == 1
        assert WHY in done.stderr
    with pytest.raises(StoreUnaccepted):
        work.store.epoch()


def test_what_was_open_gets_its_end_in_the_operators_name(work: Office, terminal: Terminal) -> None:
    """What waited expires, what ran is halted for a person; each is named."""
    waiting, running = work.planned(), work.running()
    assert work.store.distrust(WHY)
    done = terminal.run("store", "accept", "--yes", by=ADA)
    assert done.returncode == 0, done.stderr
    assert f"{waiting.id}: expired" in done.stdout
    assert f"{running.id}: halted" in done.stdout
    assert work.store.load(waiting.id).rollback.state is State.EXPIRED
    halted = work.store.load(running.id).rollback
    assert halted.state is State.HALTED
    by = work.store.journal(running.id)[-1].by
    assert by is not None
    assert by.id == ADA


def test_accepting_twice_changes_nothing(work: Office, terminal: Terminal) -> None:
    """The second time it only says so, without a question."""
    epoch = work.store.epoch()
    assert epoch in terminal.answer("store", "accept")
    assert work.store.epoch() == epoch


def test_accepting_needs_no_catalog(work: Office, terminal: Terminal) -> None:
    """A broken catalog must not keep the store shut; the operator's name is then not known."""
    running = work.running()
    assert work.store.distrust(WHY)
    done = terminal.run("store", "accept", "--yes", by=ADA, ROLLBACK_CATALOG="nowhere.yaml")
    assert done.returncode == 0, done.stderr
    assert work.store.load(running.id).rollback.state is State.HALTED
