"""Many people clicking at once: each yes counts once, and the quorum is reached once."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from bot.domain.audit import verify
from bot.domain.events import Kind
from bot.domain.people import Person
from bot.domain.rollback import IllegalMove, Rollback, State
from bot.store import Conflict, Store
from tests.integration.store.builders import JOON, MINA, REQUEST, SORA, TARGETS, event, planned


def click(store: Store, rollback_id: str, person: Person, *, command_id: str) -> Rollback | None:
    """What the verb does: load, decide, write; again when somebody was faster. None: the click changed nothing."""
    for _ in range(50):
        snapshot = store.load(rollback_id)
        rollback = snapshot.rollback
        if any(approval.person.key == person.key for approval in rollback.approvals):
            return None
        events = [event(Kind.APPROVED, person, digest=rollback.digest)]
        full = len(rollback.approvals) + 1 >= 2
        try:
            return store.transition(
                snapshot,
                [*events, event(Kind.QUORUM, have=2, need=2)] if full else events,
                command_id=command_id,
                approve=(person.key, rollback.digest),
                quorum=(rollback.digest, 2) if full else None,
                reserve=TARGETS if full else (),
            )
        except Conflict:
            continue
        except IllegalMove:
            return None
    raise AssertionError("fifty conflicts in a row")


def test_one_command_delivered_twice_at_once_makes_one_rollback(store: Store) -> None:
    """Both deliveries answer with the same rollback, and only one of them says that it is new; twenty times over."""
    with ThreadPoolExecutor(2) as pool:
        for turn in range(20):
            gate = Barrier(2)

            def deliver(_: int, turn: int = turn, gate: Barrier = gate) -> tuple[str, bool]:
                gate.wait(timeout=5)
                rollback, fresh = store.create(REQUEST, command_id=f"trigger-{turn}")
                return rollback.id, fresh

            (first, fresh), (second, fresh_again) = pool.map(deliver, range(2))
            assert first == second
            assert fresh is not fresh_again
    assert len(store.open_rollbacks()) == 20


def test_two_approvers_in_the_same_millisecond_reach_one_quorum(store: Store) -> None:
    """Both count, and exactly one of them writes the quorum; twenty times over."""
    with ThreadPoolExecutor(2) as pool:
        for turn in range(20):
            rollback = planned(store)
            gate = Barrier(2)

            def at_once(person: Person, turn: int = turn, gate: Barrier = gate, which: str = rollback.id) -> None:
                gate.wait(timeout=5)
                click(store, which, person, command_id=f"{turn}-{person.key}")

            list(pool.map(at_once, (JOON, SORA)))
            kinds = Counter(e.kind for e in store.journal(rollback.id))
            assert (kinds[Kind.APPROVED], kinds[Kind.QUORUM]) == (2, 1)
            ended = store.transition(store.load(rollback.id), [event(Kind.REJECTED, JOON)], command_id=f"{turn}-end")
            assert ended.state is State.REJECTED


def test_sixty_clicks_by_three_people_reach_one_quorum(store: Store) -> None:
    """Double clicks and Slack's retries (the same command id) included, on eight threads."""
    rollback = planned(store)
    clicks = [(person, f"{person.key}-{n // 2}") for person in (MINA, JOON, SORA) for n in range(20)]
    random.Random(7).shuffle(clicks)  # noqa: S311 - an order, no secret
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda c: click(store, rollback.id, c[0], command_id=c[1]), clicks))
    journal = store.journal(rollback.id)
    kinds = Counter(e.kind for e in journal)

    assert kinds == {Kind.REQUESTED: 1, Kind.PLANNED: 1, Kind.APPROVED: 2, Kind.QUORUM: 1}
    assert len({e.by.key for e in journal if e.kind is Kind.APPROVED and e.by}) == 2
    assert verify(store.chain(rollback.id).lines) is None


@pytest.mark.parametrize("first", [State.APPROVED, State.REJECTED])
def test_of_an_approval_and_a_veto_at_once_one_is_told_to_look_again(store: Store, first: State) -> None:
    """Whoever decided on what no longer stands gets a conflict, and no state is skipped."""
    rollback = planned(store)
    click(store, rollback.id, JOON, command_id="joon")
    snapshot = store.load(rollback.id)
    quorum = [event(Kind.APPROVED, SORA, digest=rollback.digest), event(Kind.QUORUM)]
    veto = [event(Kind.REJECTED, MINA)]
    winner, loser = (quorum, veto) if first is State.APPROVED else (veto, quorum)
    store.transition(snapshot, winner, command_id="winner")

    with pytest.raises(Conflict):
        store.transition(snapshot, loser, command_id="loser")
    assert store.load(rollback.id).rollback.state is first
