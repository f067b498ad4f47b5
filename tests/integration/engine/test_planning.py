"""Planning that gets no answer: what it waits for is written down once for each system, and asked again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from bot.catalog import load
from bot.domain.events import Event, Kind
from bot.domain.rollback import State
from bot.service import withdraw
from bot.store import connect, keys
from jobs import tasks
from jobs.phases.planning import AGAIN_MS, make_plan
from jobs.strategies import STRATEGIES
from sandbox.redis import Redis as Server
from tests.integration.engine.office import ASKER
from tests.integration.engine.workbench import Bench, later


def waited(work: Bench, rollback_id: str) -> list[Event]:
    """What its journal says about waiting."""
    return [event for event in work.store.journal(rollback_id) if event.kind is Kind.WAITING]


def test_what_planning_waits_for_is_written_once_for_each_system(work: Bench) -> None:
    """Six looks: twice one system, once another, once nobody knows, then the first again, then the plan."""
    rollback = work.ask({})
    work.folder.prepare("observe", "away", "away", "away-too", "unnamed", "away")
    for _ in range(6):
        work.advance(rollback)
    events = waited(work, rollback)
    assert [event.data["system"] for event in events] == ["The folder", "Another folder", "", "The folder"]
    assert all(event.by is None for event in events)
    assert work.load(rollback).state is State.PLANNED


def test_the_wait_began_when_the_look_began(work: Bench) -> None:
    """Not when it was given up: a system that hangs is waited for all the while."""
    rollback = work.ask({})
    work.folder.prepare("observe", "away")
    before = work.store.now()
    work.advance(rollback)
    (event,) = waited(work, rollback)
    stands = work.load(rollback)
    assert before <= int(str(event.data["since"])) <= event.at
    assert (stands.waiting_for, stands.waiting_since) == ("The folder", event.data["since"])


def test_a_system_that_is_waited_for_is_asked_again_in_two_seconds(work: Bench, redis: Redis) -> None:
    """Writing it down asks nobody at once: that would be a storm."""
    rollback = work.ask({})
    work.folder.prepare("observe", "always away")
    for _ in range(2):
        work.advance(rollback)
        due = float(redis.zscore(keys.DUE, keys.advance(rollback)) or 0) - work.store.now()
        assert AGAIN_MS / 2 < due <= AGAIN_MS
    assert len(waited(work, rollback)) == 1


def test_a_cluster_that_is_away_is_named(work: Bench) -> None:
    """With the product's own strategy, clients and catalog; nobody answers at the address of the API server."""
    house = replace(work.house, strategies=STRATEGIES, catalog=load(Path("catalog/services.yaml")))
    work = replace(work, house=house)
    rollback = work.ask(service="game-server")
    work.advance(rollback)
    assert [event.data["system"] for event in waited(work, rollback)] == ["Kubernetes"]


@pytest.mark.parametrize(("word", "system"), [("away", "The folder"), ("unnamed", "")])
def test_a_minute_without_an_answer_is_refused_with_the_system_s_name(work: Bench, word: str, system: str) -> None:
    """Somebody waits for an answer: it says which system did not give one."""
    rollback = work.ask({})
    work.folder.prepare("observe", f"always {word}")
    work.advance(rollback)
    make_plan(later(work, rollback, seconds=61))
    stands = work.load(rollback)
    assert (stands.state, stands.last["code"]) == (State.REFUSED, "unreachable")
    figures = stands.last["figures"]
    assert isinstance(figures, dict)
    assert figures["system"] == system
    assert figures["detail"] == ("no answer" if system else "it did not work now")


def test_a_dry_run_without_an_answer_names_the_system(work: Bench, server: Server) -> None:
    """Nothing is stored for it: its asker alone is told."""
    rollback = work.ask({})
    request = work.load(rollback).request
    work.folder.prepare("observe", "always away")
    tasks.install(work.house)
    tasks.preview(request.model_dump(mode="json"), "")
    with connect(server.url, text=False) as raw:
        (job,) = Queue("slack-first", connection=raw, serializer=JSONSerializer).jobs
        assert "The folder did not answer (no answer)" in str(job.kwargs)


def test_a_request_that_waits_can_be_withdrawn(work: Bench) -> None:
    """Cancel ends it, and the next look finds nothing to do."""
    rollback = work.ask({})
    work.folder.prepare("observe", "always away")
    work.advance(rollback)
    withdraw(work.house.desk, rollback, person=ASKER, why="", command_id="cancel-1")
    work.advance(rollback)
    assert work.load(rollback).state is State.ABORTED
    assert work.kinds(rollback) == [Kind.REQUESTED, Kind.WAITING, Kind.ABORTED]
