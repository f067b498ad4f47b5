"""What people read of a rollout that takes long, cannot begin or cannot go on."""

from __future__ import annotations

import pytest

from bot.domain.events import Kind
from bot.domain.model import Json, JsonObject
from bot.domain.plan import Effect, Note, Plan, Shown, Step
from bot.domain.refusal import Code, Refusal
from bot.domain.rollback import Request
from bot.views import refusals, shapes
from bot.views.card_plan import risks
from bot.views.details import blocks_of
from bot.views.steps import row
from bot.views.thread import line
from bot.views.words import get
from tests.unit.views import factory

ROLLOUT: JsonObject = {"kind": "StatefulSet", "name": "match-server", "version": "v1.8.2", "pods": 4}
REQUEST = Request(service="match-server", strategy="kubernetes", by=factory.REQUESTER, channel="C1", reason="slow")


def plan(*notes: Note) -> Plan:
    """Back to v1.8.2, within two minutes."""
    steps = (
        Step(kind="rollout", params=ROLLOUT, effect=Effect.CAS),
        Step(kind="validate", params={}, effect=Effect.READ),
    )
    return factory.plan(
        strategy="kubernetes",
        service="match-server",
        from_version="v1.9.0",
        to_version="v1.8.2",
        steps=steps,
        binding={},
        shown={"pods": Shown(value=4)},
        risks=notes,
        budget_s=120,
    )


def under_way(*told: JsonObject) -> factory.Run:
    """A rollout that was begun and then told these figures, one after the other."""
    run = factory.planned(plan(), REQUEST)
    for person in (factory.APPROVER_1, factory.APPROVER_2):
        run.add("03:14:02", Kind.APPROVED, person, digest=run.rollback.digest)
    run.add("03:14:02", Kind.QUORUM, have=2, need=2).add("03:14:02", Kind.STARTED, have=2)
    run.add("03:14:02", Kind.STEP_STARTED, step=0, attempt=1, fence=7)
    begun: JsonObject = {"applied": True}
    for figures in (begun, *told):
        run.add("03:14:03", Kind.STEP_PROGRESS, step=0, figures=figures)
    return run


def last_line(run: factory.Run) -> str | None:
    """What the newest event says in the thread."""
    said = line(run.events[-1], run.rollback)
    return said.replace("\u00a0", " ") if said else None


MOVING: JsonObject = {"updated": 2, "available": 3, "of": 4}
LATE: JsonObject = {"late": 7, "late_names": ["a", "b"], "late_why": "Unhealthy: Readiness probe failed"}


def test_progress_alone_says_nothing_in_the_thread() -> None:
    """The card shows it."""
    assert last_line(under_way(MOVING)) is None


def test_over_the_budget_is_said_once_in_the_thread() -> None:
    """With how far it is and what is late; the next progress is silent again."""
    run = under_way({**MOVING, **LATE}, {**MOVING, "over_budget": True})
    assert last_line(run) == (
        "03:14:03 ▶ 1/2 Over the budget of 2 min: 2 of 4 pods on v1.8.2. "
        "7 pods long not Ready: a, b, … (Unhealthy: Readiness probe failed)"
    )
    assert last_line(run.add("03:16:30", Kind.STEP_PROGRESS, step=0, figures={**MOVING, "updated": 3})) is None


def test_the_card_says_both_as_long_as_they_are_so() -> None:
    """In the line that says how far it is."""
    words, rollback = get(), under_way({**MOVING, **LATE, "over_budget": True}).rollback
    shape = shapes.of_rollback(rollback)
    assert shape is not None
    assert shape.progress(words, rollback).replace("\u00a0", " ") == (
        "*2 of 4* pods on v1.8.2, 3 Available · *over the budget of 2 min* · "
        "7 pods long not Ready: a, b, … (Unhealthy: Readiness probe failed)"
    )
    recovered = under_way({**MOVING, **LATE}, {"late": 0, "late_names": [], "late_why": ""}).rollback
    assert "Ready" not in shape.progress(words, recovered)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "StatefulSet match-server on v1.8.2: 4 of 4 pods, 4 Available"),
        (["m-3"], "StatefulSet match-server on v1.8.2: 4 of 4 pods, 4 Available; stuck pod m-3 deleted"),
        (["m-3", "m-2"], "StatefulSet match-server on v1.8.2: 4 of 4 pods, 4 Available; stuck pods m-3, m-2 deleted"),
    ],
)
def test_a_deleted_pod_stands_in_the_done_row(names: list[Json], said: str) -> None:
    """And is left out where none was."""
    done: JsonObject = {"updated": 4, "available": 4, "of": 4, "deleted_pods": names}
    run = under_way(done).add("03:14:30", Kind.STEP_APPLIED, step=0, figures={}, already=False, hold_until=0)
    run.add("03:14:03", Kind.STEP_DONE, step=0, checks=[], figures={}, unverified=False)
    rolled, record = plan().steps[0], run.rollback.steps[0]
    assert row(get(), rolled, record, plan()).split(" · ")[0] == said


FAILING: JsonObject = {
    "reason": "CrashLoopBackOff (OOMKilled, exit 137)",
    "container": "match-server",
    "message": "back-off restarting",
    "names": ["m-1", "m-2"],
    "log": ["starting", "out of memory"],
    "events": ["BackOff: again"],
}


def test_failing_pods_are_told_with_reason_and_container_and_details_has_the_rest() -> None:
    """The thread's line is short; the log and the events stand under All details."""
    run = under_way({**MOVING, "failing": FAILING})
    run.add("03:14:20", Kind.HALTED, step=0, code="pods-failing", figures={**MOVING, **FAILING}, checks=[])
    said = last_line(run)
    assert said is not None
    assert said.split("\n")[0] == (
        "03:14:20 ✕ 1/2 Pods do not start: CrashLoopBackOff (OOMKilled, exit 137) in container match-server of "
        "m-1, m-2. back-off restarting"
    )
    shown = str(blocks_of(get(), run.rollback, group=None))
    assert "out of memory" in shown
    assert "BackOff: again" in shown


LACK: JsonObject = {
    "quota": "team",
    "resource": "requests.cpu",
    "hard": "4",
    "used": "3900m",
    "need": "250m",
    "fits": 0,
    "extra": 2,
}


@pytest.mark.parametrize(
    ("refusal", "title", "happened"),
    [
        (
            Refusal(code=Code.QUOTA_FULL, figures=LACK),
            "quota team leaves no room to roll out match-server",
            ("ResourceQuota team has 3900m of 4 requests.cpu used; one more pod needs 250m, and none may go first."),
        ),
        (
            Refusal(code=Code.WOULD_BE_REFUSED, figures={"said": "the house says no"}),
            "the API server would refuse this change of match-server",
            "Asked without effect, the API server said: the house says no.",
        ),
        (
            Refusal(
                code=Code.REFERENCE_GONE,
                figures={"kind": "ConfigMap", "name": "c", "missing": "", "gone": ["ConfigMap/c"], "why": ""},
            ),
            "ConfigMap c is gone, and match-server would need it",
            "The template to go back to names `ConfigMap/c`, which is not there: its pods would not start.",
        ),
        (
            Refusal(
                code=Code.REFERENCE_GONE,
                figures={
                    "kind": "ConfigMap",
                    "name": "c",
                    "missing": "PORT",
                    "gone": ["ConfigMap/c:PORT"],
                    "why": "key",
                },
            ),
            "ConfigMap c has no key PORT, and match-server would need it",
            "The template to go back to names `ConfigMap/c:PORT`, a key that is not there: its pods would not start.",
        ),
        (
            Refusal(
                code=Code.NO_ROLLOUT,
                figures={"kind": "StatefulSet", "name": "m", "why": "partition", "partition": 2},
            ),
            "match-server is not rolled out by its controller",
            "StatefulSet m has partition 2: pods below it would keep what they run.",
        ),
    ],
)
def test_a_refusal_says_what_is_in_the_way(refusal: Refusal, title: str, happened: str) -> None:
    """With the figures, and with what to do next."""
    words = get()
    made = refusals.figures(words, refusal, service="match-server")
    assert refusals.title(words, refusal, made) == title
    assert refusals.happened(words, refusal, made) == happened
    assert "unknown" not in refusals.following(words, refusal, made)


@pytest.mark.parametrize(
    ("code", "figures", "said"),
    [
        ("pods-away", {"away": 1, "pods": 4}, "up to 1 of 4 pods are away at a time: none is made before one goes"),
        (
            "quota-tight",
            {**LACK, "fits": 1},
            "quota team leaves room for 1 of 2 extra pods (requests.cpu: 3900m of 4): it takes longer",
        ),
        (
            "quota-used-up",
            LACK,
            "quota team leaves no room for an extra pod (requests.cpu: 3900m of 4): pods come only as others go",
        ),
        ("quota-unknown", {}, "I may not read quotas: whether there is room is not known"),
        ("dry-run-unknown", {"said": "no"}, "whether the API server takes it is not known: no"),
        ("references-unknown", {"names": ["Secret/a"]}, "I did not see whether these are there: Secret/a"),
    ],
)
def test_a_risk_is_told_on_the_card_before_anybody_approves(code: str, figures: JsonObject, said: str) -> None:
    """In the notes under what could go wrong."""
    assert said in risks(get(), plan(Note(code=code, figures=figures)))
