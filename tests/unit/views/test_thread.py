"""The thread's lines and the calls, word for word as UX.md sections 1 to 3 have them."""

from __future__ import annotations

import pytest

from bot.domain.events import Kind
from bot.domain.model import Json
from bot.domain.people import Person
from bot.domain.verdict import Verdict
from bot.views.calls import calls, outcome
from bot.views.thread import LINES, line
from bot.views.thread_ends import not_normalised
from tests.unit.views import factory as run

LINK = "https://x.example/archives/C1/p1"
CARD = f"<{LINK}|rb-1042>"


def lines(made: run.Run) -> list[str]:
    """Every line of a run, with plain spaces and the digest as UX.md writes it."""
    told = [line(event, rollback) for event, rollback in zip(made.events, made.states, strict=True)]
    digest = made.rollback.digest[:8] or "-"
    joined = "\n".join(text for text in told if text)
    return joined.replace("\u00a0", " ").replace(digest, "7c1e9a40").split("\n")


BEGIN = [
    '03:12:04 UTC @requester asked for a canary rollback of game-server. Reason: "error spike on canary"',
    "03:12:06 Planned in 1.8 s: v2.1.0 → v2.0.5, canary 50 % → 0 %, 7 steps, about 2 min 45 s. Plan 7c1e9a40",
    "03:13:10 @approver-1 approved plan 7c1e9a40 (1 of 2)",
    "03:14:02 @approver-2 approved plan 7c1e9a40 (2 of 2)",
    "03:14:02 Checked again: cluster as planned, both approvers still in the group. Started",
    "03:14:24 ✓ 1/7 Stable 4 → 8 pods, 8 of 8 Available, 22 s",
    "03:14:25 ▶ 2/7 Canary weight 50 → 25 %, stable 75 %, read back. Holding 30 s",
    "03:14:55 ✓ 2/7 Stable 0.1 % errors, as before. Whole service 4.3 %, was 8.4 % (65 of 1,500 requests, 30 s)",
    "03:14:56 ▶ 3/7 Canary weight 25 → 10 %, stable 90 %, read back. Holding 30 s",
]


def test_good_run_reads_as_in_the_specification() -> None:
    """The story of a rollback that succeeds."""
    made = run.succeeded().add("03:16:46", Kind.REPORTED, channel="C1", ts="1.2", link=LINK)
    made.add("03:26:44", Kind.NORMALISED, figures={"error_max": 0.002, "p95_max": 0.21, "seconds": 600})
    assert lines(made) == [
        *BEGIN,
        "03:15:26 ✓ 3/7 Stable 0.1 % errors, as before. Whole service 1.8 % (27 of 1,500 requests, 30 s)",
        "03:15:27 ▶ 4/7 Canary weight 10 → 0 %, stable 100 %, read back. Holding 30 s",
        "03:15:57 ✓ 4/7 Error rate 0.1 %, limit 5 % (2 of 1,500 requests, 30 s)",
        "03:16:27 ✓ 5/7 Drained: 0 requests to the canary for 30 s",
        "03:16:31 ✓ 6/7 Deployment game-server-canary deleted, 4 pods gone, 4 s",
        "03:16:44 ✓ 7/7 Validation: 5 passed, 0 failed, 0 unknown, 13 s",
        "03:16:44 Recovered: error rate under 5 % since 03:14:48",
        "03:16:44 ✅ Succeeded, 2 min 42 s (budget 5 min). Error rate 8.4 % → 0.1 %. Watching until 03:26:44",
        f"03:16:46 Report: {LINK}",
        "03:26:44 ✓ Normalised: error rate at most 0.2 %, p95 at most 0.21 s for 10 min",
    ]


def test_planning_that_waits_says_for_whom_and_since_when() -> None:
    """One plain line; where the error named no system, none is made up."""
    assert lines(run.waiting())[1] == "03:12:08 Waiting for Prometheus since 03:12:06. Nothing is changed"
    assert lines(run.waiting(system=""))[1] == "03:12:08 Waiting for an answer since 03:12:06. Nothing is changed"


def test_the_start_says_of_a_terminals_approver_only_that_they_count() -> None:
    """Whoever approved at a terminal is counted by the catalog's list: nobody looked whether they are in the group."""
    made = run.half()
    at_terminal = run.APPROVER_2.model_copy(update={"via": "terminal"})
    made.add("03:14:02", Kind.APPROVED, at_terminal, digest=made.rollback.digest)
    made.add("03:14:02", Kind.QUORUM, have=2, need=2).add("03:14:02", Kind.STARTED, have=2)
    assert lines(made)[-1] == "03:14:02 Checked again: cluster as planned, both approvers still count. Started"


def test_the_start_with_one_approver_speaks_of_one() -> None:
    """Break glass needs one: "all 1 approvers" is said nowhere."""
    made = run.half().add("03:14:02", Kind.QUORUM, have=1, need=1).add("03:14:02", Kind.STARTED, have=1)
    assert lines(made)[-1] == "03:14:02 Checked again: cluster as planned, the approver still in the group. Started"


def test_halted_and_aborted_run_reads_as_in_the_specification() -> None:
    """The story of a rollback that a person stops."""
    made = run.aborted().add("03:18:33", Kind.REPORTED, channel="C1", ts="1.2", link=LINK)
    assert lines(made) == [
        *BEGIN,
        "03:15:26 ✕ 3/7 Stable got worse: 4.2 % errors with 90 % of traffic, 0.1 % before (64 of 1,520 requests, 30 s)",
        (
            "03:15:26 ⏸ HALTED at 3/7. Canary 10 %, stable 90 %, 8 of 8 pods Available, CPU 93 %. "
            "Retry, skip or abort on the card"
        ),
        "03:18:31 @requester pressed Abort. No step was under way",
        "03:18:31 ⏹ Aborted at 3/7. Left half done: canary 10 % on v2.1.0 (was 50 %), stable 8 pods (was 4)",
        "03:18:31 To finish: /rollback canary game-server",
        f"03:18:33 Report: {LINK}. It begins with what is left half done",
    ]


def test_every_line_is_short() -> None:
    """No line of the runs is longer than 120 characters, the plan's and two figures' rows aside."""
    told = [text for name in run.ALL for text in lines(run.ALL[name]())]
    assert [text for text in told if len(text) > 125] == []


def test_unknown_goes_on_and_says_so() -> None:
    """A check that cannot be known names what is known, and that the run goes on unverified."""
    check = run.stable_check(Verdict.UNKNOWN, "unreachable", share=None, canary=25)
    dumps: list[Json] = [check.model_dump(mode="json")]
    made = run.holding().add("03:14:55", Kind.STEP_DONE, step=1, checks=dumps, figures={}, unverified=True)
    assert lines(made)[-1] == (
        "03:14:55 ? 2/7 Stable: 8 of 8 Available; its error rate unknown (Prometheus did not answer). "
        "Going on, unverified"
    )


def test_halt_before_a_deletion_says_where_traffic_is() -> None:
    """What cannot be proven unused is not deleted; the line says that all traffic is safe."""
    made = run.checked_once()
    made.step(("03:14:56", "03:15:26"), {"canary": 10}, [])
    made.step(("03:15:27", "03:15:57"), {"canary": 0}, [])
    made.step(("03:15:57", "03:16:27"), {"requests": 0})
    production = {**run.AT_END, "canary_deleted": False}
    made.add("03:16:27", Kind.HALTED, step=5, code="unproven", before=True, checks=[], production=production)
    assert lines(made)[-1] == (
        "03:16:27 ⏸ HALTED before 6/7. All traffic is on v2.0.5, 8 of 8 pods Available. Retry or abort on the card"
    )


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        (Kind.RETRIED, {"step": 2}, "@approver-1 pressed Retry step 3"),
        (Kind.SKIPPED, {"step": 2}, "↷ 3/7 @approver-1 skipped the check. Going on"),
        (
            Kind.REMINDED,
            {"minutes": 10},
            "⏸ Halted for 10 min. 10 % of traffic on v2.1.0. The approver group was called",
        ),
        (Kind.TAKEN_OVER, {"fence": 8, "step": 2}, "Another worker took over at 3/7. It reads before it writes"),
    ],
)
def test_what_happens_to_a_halt_is_told(kind: Kind, data: dict[str, Json], said: str) -> None:
    """Retry, skip, the reminder and a take-over each have their line."""
    assert lines(run.halted().add("03:17:20", kind, run.APPROVER_1, **data))[-1] == f"03:17:20 {said}"


def test_watch_that_could_not_see_says_unknown() -> None:
    """A watch without answers claims nothing."""
    made = run.succeeded().add("03:31:44", Kind.NOT_NORMALISED, figures={"why": "unknown"})
    assert "Not known whether it is normalised" in lines(made)[-1]
    assert LINES[Kind.NOT_NORMALISED] is not_normalised


def test_every_kind_of_event_is_handled() -> None:
    """A kind that the domain knows has a line here, or a reason why not."""
    assert set(LINES) == set(Kind)


def test_approval_calls_the_group() -> None:
    """The call for approval is UX.md's, and it alone mentions the group."""
    (call,) = calls(run.planned().rollback, card_link=LINK, group_id="S0GRP", now=run.at("03:12:07"))
    assert (call.key, call.to, call.group) == ("approval", "group", run.GROUP)
    assert call.text.replace("\u00a0", " ") == (
        "<!subteam^S0GRP> Approval needed (0 of 2) until 03:27 UTC: game-server canary v2.1.0 → v2.0.5, "
        f"error rate 8.4 %. Card: {CARD}"
    )


def test_listed_approvers_are_mentioned_one_by_one() -> None:
    """Without a user group the listed people are called."""
    listed = (run.APPROVER_1, run.APPROVER_2)
    (call,) = calls(run.planned().rollback, card_link=LINK, group_id="", now=0, listed=listed)
    assert call.text.startswith("<@U0ONE> <@U0TWO> Approval needed")


def test_halt_calls_those_who_answer_for_it_and_later_the_group() -> None:
    """The requester and the approvers are called once; the group after the reminder, with a key of its own."""
    made = run.halted()
    (call,) = calls(made.rollback, card_link=LINK, group_id="S0GRP", now=0)
    assert call.people == (run.REQUESTER, run.APPROVER_1, run.APPROVER_2)
    assert call.text.replace("\u00a0", " ") == (
        "<@U0REQ> <@U0ONE> <@U0TWO> HALTED at 3 of 7: game-server, 10 % of traffic still on v2.1.0. "
        f"Retry, skip or abort: {CARD}"
    )
    first, second = calls(made.add("03:25:26", Kind.REMINDED, minutes=10).rollback, card_link="", group_id="S1", now=0)
    assert (first.key, second.to) == (call.key, "group")
    assert second.key != first.key


@pytest.mark.parametrize("name", ["rejected", "expired", "superseded"])
def test_ends_without_work_call_the_requester(name: str) -> None:
    """Whoever asked learns that nothing happens; nobody else is called."""
    (call,) = calls(run.ALL[name]().rollback, card_link=LINK, group_id="S0GRP", now=0)
    assert call.people == (run.REQUESTER,)
    assert call.text.startswith("<@U0REQ> ")


@pytest.mark.parametrize("name", ["requested", "approved", "holding", "succeeded", "failed", "aborted", "refused"])
def test_other_states_call_nobody(name: str) -> None:
    """The card or the report speaks for these."""
    assert calls(run.ALL[name]().rollback, card_link=LINK, group_id="S0GRP", now=0) == ()


def test_calls_are_edited_to_their_outcome() -> None:
    """An answered call says how it was answered; an open one is left alone."""
    key = f"halted:{run.at('03:15:26')}"
    assert outcome("approval", run.half().rollback, card_link=LINK) is None
    assert outcome("approval", run.approved().rollback, card_link=LINK) is None
    assert outcome("approval", run.started().rollback, card_link=LINK) == (
        f"Approved 2 of 2 at 03:14:02 UTC. Card: {CARD}"
    )
    assert outcome("approval", run.rejected().rollback, card_link=LINK) == (
        f"Rejected by @approver-1 at 03:13:40 UTC. Nothing was changed. Card: {CARD}"
    )
    assert outcome(key, run.halted().rollback, card_link=LINK) is None
    assert outcome(key, run.aborted().rollback, card_link=LINK) == f"Aborted at 03:18:31 UTC. Card: {CARD}"


def test_an_id_that_is_none_of_slacks_is_no_mention() -> None:
    """A name in place of an id cannot become a mention of everybody."""
    rollback = run.rejected().rollback
    request = rollback.request.model_copy(update={"by": Person(team="T1", id="!channel", name="<!channel>")})
    (call,) = calls(rollback.model_copy(update={"request": request}), card_link=LINK, group_id="", now=0)
    assert "<!" not in call.text
