"""Requests, clicks, crashes and time in any order, against real Redis: what must never happen does not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot import service
from bot.domain.events import Kind
from bot.domain.people import Person
from bot.domain.refusal import Refused
from bot.domain.rollback import State
from bot.store import Store, connect, keys
from jobs import runner
from sandbox.redis import Redis as Server
from tests.integration.engine import office, reducer, small
from tests.integration.engine.office import ASKER, FIRST, SECOND, STRANGER, TEAM, THIRD
from tests.integration.engine.small import UNWELL, Crash, World

ELSEWHERE = Person(team="T2", id=FIRST.id, name="p2")
EVERYBODY = (ASKER, FIRST, SECOND, THIRD, STRANGER, ELSEWHERE)
APPROVERS = (ASKER, FIRST, SECOND, THIRD)
RARELY = (*[STRANGER, ELSEWHERE] * 4, THIRD, ASKER)
"""Mostly people whose no does not count, so that rollbacks live long enough for something to happen."""
STEADY, BESIDE, HASTY = "game-server", "second-server", "hasty-server"
HOLDING = {"approved", "running", "halted"}
FEW, STEPS = 60, 40
"""Examples and rules an example; a longer search is one figure away."""
MOST_DEPLOYS = 2
MOST_ASKED = 4
"""So many rollbacks an example: a few that meet are worth more than many that do not."""


class Engine(RuleBasedStateMachine):
    """Three services that share a target, six people, two workers."""

    server: Server
    folder: Path
    redis: Any  # read raw, as text: the client's own types allow bytes everywhere

    asked = Bundle("asked")

    @initialize(target=asked, looks=st.integers(0, 6), unwell=st.booleans())
    def begin(self, looks: int, unwell: bool) -> str:  # noqa: FBT001 - hypothesis hands it in
        """An empty, accepted store, everybody known, and a first rollback, brought as far as so many looks bring it."""
        self.redis.flushall()
        self.world = World()
        store = Store(self.redis)
        store.accept()
        entries = office.catalog(STEADY, BESIDE)
        entries = entries.model_copy(
            update={"services": {**entries.services, **office.catalog(HASTY, expires_s=0).services}}
        )
        self.houses = [
            small.house(store, self.world, entries, url=self.server.url, folder=self.folder) for _ in range(2)
        ]
        self.store, self.desk = store, self.houses[0].desk
        self.seen: dict[str, str] = {}
        self.numbers = self.asks = 0
        office.introduce(self.store, *APPROVERS, others=(STRANGER,))
        first = str(self.ask(STEADY, ASKER))
        self.health(unwell)
        if looks:
            self.two_people_approve(first)
        for _ in range(looks):
            self.advance(first, 1)
        return first

    def _command(self) -> str:
        self.numbers += 1
        return f"command-{self.numbers}"

    @precondition(lambda self: self.asks < MOST_ASKED)  # by the rules run, not by Redis: examples must be repeatable
    @rule(target=asked, name=st.sampled_from((STEADY, BESIDE, BESIDE, HASTY)), by=st.sampled_from((ASKER, FIRST)))
    def ask(self, name: str, by: Person) -> str:
        """Somebody asks for a rollback, and a worker plans it."""
        self.asks += 1
        rollback = small.ask(self.store, name, by=by, command_id=self._command())
        self.advance(rollback, 0)
        return rollback

    @rule(worker=st.integers(0, 1), later=st.booleans())
    def hand_out(self, worker: int, later: bool) -> None:  # noqa: FBT001 - hypothesis hands it in
        """A worker looks at everything that is open, perhaps after every lease that nobody renews has run out."""
        for rollback in self.store.open_rollbacks():
            if later:
                self.the_lease_runs_out(rollback.id)
            self.advance(rollback.id, worker)

    @rule(rollback=asked)
    def a_good_night(self, rollback: str) -> None:
        """Two people approve, and workers come by."""
        self.two_people_approve(rollback)
        for _ in range(3):
            self.advance(rollback, 1)

    @rule(rollback=asked)
    def two_people_approve(self, rollback: str) -> None:
        """What happens on a good night."""
        for person in (FIRST, SECOND, THIRD):
            self.approve(rollback, person, forged=False)

    @rule(rollback=asked, worker=st.integers(0, 1))
    def advance(self, rollback: str, worker: int) -> None:
        """A worker looks, and may die while it does."""
        try:
            runner.advance(self.houses[worker], rollback)
        except Crash:
            return

    @rule(place=st.sampled_from(("", "", "claim", "before", "after", "settle", "check")))
    def arm(self, place: str) -> None:
        """The next worker that comes by this place dies there."""
        self.world.crash_at = place

    @rule(rollback=asked)
    def the_lease_runs_out(self, rollback: str) -> None:
        """Eight seconds pass for a lease that nobody renews."""
        if self.redis.exists(keys.lease(rollback)):
            self.redis.hset(keys.lease(rollback), "until", "1")

    @rule(rollback=asked, person=st.sampled_from(EVERYBODY), forged=st.sampled_from((False, False, False, True)))
    def approve(self, rollback: str, person: Person, forged: bool) -> None:  # noqa: FBT001 - hypothesis hands it in
        """Somebody presses Approve, perhaps on another plan's button."""
        stands = self.store.load(rollback).rollback
        digest = "f" * 64 if forged else stands.digest
        self._try(
            lambda command: service.approve(
                self.desk, rollback, digest=digest, seq=stands.seq, person=person, command_id=command
            )
        )

    @rule(rollback=asked, person=st.sampled_from(RARELY), verb=st.sampled_from(("reject", "abort", "withdraw")))
    def say_no(self, rollback: str, person: Person, verb: str) -> None:
        """Somebody presses Reject, Abort or Cancel."""
        digest = self.store.load(rollback).rollback.digest
        if verb == "reject":
            self._try(
                lambda command: service.reject(
                    self.desk, rollback, digest=digest, person=person, why="no", command_id=command
                )
            )
        elif verb == "abort":
            self._try(lambda command: service.abort(self.desk, rollback, person=person, command_id=command))
        else:
            self._try(lambda command: service.withdraw(self.desk, rollback, person=person, why="", command_id=command))

    @rule(rollback=asked, person=st.sampled_from(EVERYBODY), skip=st.booleans())
    def answer_a_halt(self, rollback: str, person: Person, skip: bool) -> None:  # noqa: FBT001 - hypothesis hands it in
        """Somebody presses Retry or Skip."""
        verb, seq = service.skip if skip else service.retry, self.store.load(rollback).rollback.seq
        self._try(lambda command: verb(self.desk, rollback, seq=seq, person=person, command_id=command))

    @rule(unwell=st.sampled_from((False, False, True)))
    def health(self, unwell: bool) -> None:  # noqa: FBT001 - hypothesis hands it in
        """Checks fail from now on, or pass again."""
        self.world.values[UNWELL] = int(unwell)

    @rule()
    def the_next_look_gets_no_answer(self) -> None:
        """Whoever plans next has to wait, and says so."""
        self.world.silent = True

    @precondition(lambda self: self.world.generation < MOST_DEPLOYS)
    @rule()
    def production_moves(self) -> None:
        """Somebody deploys: what plans rest on is no longer so."""
        self.world.generation += 1

    @rule(members=st.sampled_from((set(), {FIRST}, *[set(APPROVERS)] * 4)))
    def the_group_changes(self, members: set[Person]) -> None:
        """The approver group is another one, and was just read."""
        office.introduce(self.store, *sorted(members, key=lambda person: person.id))

    def _try(self, verb: Any) -> None:  # noqa: ANN401 - any of the verbs
        try:
            verb(self._command())
        except Refused:
            return

    @invariant()
    def everything_holds(self) -> None:
        """What must be true at every moment, read from Redis alone."""
        holding: dict[str, list[str]] = {}
        for name in self.redis.zrange(keys.ALL, 0, -1):
            body = json.loads(self.redis.hget(keys.record(name), "body"))
            story = reducer.read(self._journal(name))
            self._journal_is_the_state(name, story, body)
            self._an_end_is_an_end(name, story)
            if story.state in HOLDING:
                for target in body["plan"]["targets"]:
                    holding.setdefault(target, []).append(name)
        assert all(len(holders) == 1 for holders in holding.values()), holding
        assert self.redis.hgetall(keys.RESERVED) == {target: holders[0] for target, holders in holding.items()}

    @invariant()
    def effects_are_made_once_and_after_the_start(self) -> None:
        """Production saw each effect once, and none of a rollback that never started."""
        assert len(self.world.effects) == len(set(self.world.effects)), "an effect was made twice"
        for name, _ in self.world.effects:
            assert "started" in {event["kind"] for event in self._journal(name)}, f"{name} never started"

    def _journal(self, name: str) -> list[reducer.Event]:
        return [json.loads(entry["e"]) for _, entry in self.redis.xrange(keys.journal(name))]

    def _journal_is_the_state(self, name: str, story: reducer.Read, body: dict[str, Any]) -> None:
        assert story.wrong == [], f"{name}: {story.wrong}"
        assert (body["state"], body["seq"], body["head"], body["step"]) == (
            story.state,
            story.seq,
            story.head,
            story.step,
        ), name
        said = [(f"{a['person']['team']}/{a['person']['id']}", a["digest"]) for a in body["approvals"]]
        assert said == story.approvals, name

    def _an_end_is_an_end(self, name: str, story: reducer.Read) -> None:
        was = self.seen.get(name)
        assert was is None or was == story.state, f"{name} was {was} and is {story.state}"
        if story.ended:
            self.seen[name] = story.state


def test_no_order_of_events_breaks_the_promises(server: Server, tmp_path: Path) -> None:
    """No run without a quorum of that very digest, one holder a target, an end is an end, the journal is the state."""
    with connect(server.url) as redis:
        Engine.server, Engine.folder, Engine.redis = server, tmp_path, redis
        run_state_machine_as_test(
            Engine,
            settings=settings(
                max_examples=FEW,
                stateful_step_count=STEPS,
                print_blob=True,
                suppress_health_check=list(HealthCheck),
            ),
        )


def test_the_search_can_come_to_every_state(server: Server, tmp_path: Path) -> None:
    """By its own rules, walked by hand: planned, approved, running, halted, and every end but failed and refused."""
    with connect(server.url) as redis:
        Engine.server, Engine.folder, Engine.redis = server, tmp_path, redis
        reached = {_walked(*steps) for steps in WALKS} | {_expired()}
    assert reached == {
        "planned",
        "approved",
        "running",
        "halted",
        "succeeded",
        "aborted",
        "rejected",
        "expired",
        "superseded",
    }


def test_the_search_meets_planning_that_waits(server: Server, tmp_path: Path) -> None:
    """A look that gets no answer leaves it requested, with a word about it; the next one plans."""
    with connect(server.url) as redis:
        Engine.server, Engine.folder, Engine.redis = server, tmp_path, redis
        engine = Engine()
        engine.begin(looks=0, unwell=False)
        engine.the_next_look_gets_no_answer()
        second = str(engine.ask(BESIDE, ASKER))
        engine.everything_holds()
        assert [event.kind for event in engine.store.journal(second)] == [Kind.REQUESTED, Kind.WAITING]
        engine.hand_out(0, later=False)
        engine.everything_holds()
        assert engine.store.load(second).rollback.state is State.PLANNED


Step = Callable[[Engine, str], object]


def to_the_end(engine: Engine, one: str) -> None:
    """Workers come by until there is nothing left to do."""
    deadline = time.monotonic() + 10
    while engine.store.load(one).rollback.state in {State.APPROVED, State.RUNNING}:
        assert time.monotonic() < deadline, "it never came to an end"
        engine.advance(one, 0)


WALKS: tuple[tuple[Step, ...], ...] = (
    (),
    (Engine.two_people_approve,),
    (Engine.two_people_approve, lambda engine, one: engine.advance(one, 0)),
    (lambda engine, _: engine.health(unwell=True), Engine.two_people_approve, to_the_end),
    (Engine.two_people_approve, to_the_end),
    (Engine.two_people_approve, lambda engine, one: engine.say_no(one, ASKER, "abort")),
    (lambda engine, one: engine.say_no(one, THIRD, "reject"),),
    (lambda engine, _: engine.production_moves(), Engine.a_good_night),
)


def _expired() -> str:
    """A plan that waits for nobody."""
    engine = Engine()
    engine.begin(looks=0, unwell=False)
    hasty = str(engine.ask(HASTY, ASKER))
    engine.hand_out(0, later=False)
    engine.everything_holds()
    return str(engine.store.load(hasty).rollback.state)


def _walked(*steps: Step) -> str:
    """Where one rollback stands after these rules, with everything that must hold looked at in between."""
    engine = Engine()
    first = str(engine.begin(looks=0, unwell=False))
    for step in steps:
        step(engine, first)
        engine.everything_holds()
        engine.effects_are_made_once_and_after_the_start()
    return str(engine.store.load(first).rollback.state)


def test_the_second_reading_sees_what_is_wrong() -> None:
    """The reducer is no rubber stamp: a start without voices, a broken chain and a move after the end are named."""
    person = {"team": TEAM, "id": "U1", "name": "", "via": ""}
    plan = {"steps": [], "binding": {}, "entry": "e", "service": "s", "targets": []}
    policy = {"need": 2, "requester_counts": False}
    events: list[reducer.Event] = [
        {
            "kind": "requested",
            "by": person,
            "data": {"request": {"by": person}},
            "seq": 1,
            "prev": "0" * 64,
            "hash": "a",
        },
        {"kind": "planned", "by": None, "data": {"plan": plan, "policy": policy}, "seq": 2, "prev": "b", "hash": "c"},
        {"kind": "started", "by": None, "data": {}, "seq": 4, "prev": "c", "hash": "d"},
        {"kind": "waiting", "by": None, "data": {}, "seq": 5, "prev": "d", "hash": "e"},
        {"kind": "aborted", "by": None, "data": {}, "seq": 6, "prev": "e", "hash": "f"},
        {"kind": "step_started", "by": None, "data": {}, "seq": 7, "prev": "f", "hash": "g"},
    ]
    wrong = " · ".join(reducer.read(events).wrong)
    found = ("event 4 follows 2", "does not carry", "not what its hash", "0 of 2 voices", "after the end")
    for words in (*found, "waiting while it is running"):
        assert words in wrong
