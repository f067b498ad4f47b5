"""The card of each state, word for word as UX.md section 2 has it; how it looks once it has ended: test_card_ending."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.approval import Policy
from bot.domain.model import JsonObject
from bot.domain.plan import Plan, Step
from bot.domain.rollback import State
from tests.unit.views import canary_steps
from tests.unit.views import factory as run
from tests.unit.views.reading import shown, t, text_of, texts

HEADERS = {
    "requested": "◌ Planning: canary rollback of game-server",
    "waiting": "◌ Planning: canary rollback of game-server",
    "planned": "✋ Approval needed (0 of 2): canary rollback of game-server to v2.0.5",
    "half": "✋ Approval needed (1 of 2): canary rollback of game-server to v2.0.5",
    "approved": "✔ Approved (2 of 2): canary rollback of game-server is starting",
    "holding": "▶ Running 2 of 7: canary rollback of game-server to v2.0.5",
    "halted": "⏸ HALTED at 3 of 7: canary rollback of game-server needs a person",
    "aborted": "⏹ Aborted at 3 of 7: canary rollback of game-server is left half done",
    "succeeded": "✅ Succeeded: game-server is on v2.0.5, the canary is gone",
    "failed": "❌ Failed at 7 of 7: game-server is on v2.0.5, but 1 of 5 checks failed",
    "unverified": "? Done, not verified: game-server is on v2.0.5, 1 of 5 checks unknown",
    "unanswered": "❌ Failed at 3 of 7: nobody answered for 24 h",
    "refused": "⛔ Refused: no canary of game-server is running",
    "rejected": "✖ Rejected by @approver-1: canary rollback of game-server",
    "expired": "⌛ Expired with 1 of 2 approvals: canary rollback of game-server",
    "superseded": "🔁 Superseded: the cluster changed after the plan for game-server",
}
TEXTS = {
    "requested": "Planning: canary rollback of game-server, asked by @requester. Nothing is changed.",
    "planned": (
        "Approval needed (0 of 2) until 03:27 UTC: game-server canary v2.1.0 → v2.0.5, error rate 8.4 %. "
        "Asked by @requester: error spike on canary"
    ),
    "half": (
        "Approval needed (1 of 2) until 03:27 UTC: game-server canary v2.1.0 → v2.0.5, error rate 8.4 %. "
        "@approver-1 approved."
    ),
    "approved": "Approved (2 of 2): canary rollback of game-server to v2.0.5 is starting.",
    "holding": (
        "Running 2 of 7: canary rollback of game-server. Canary at 25 %, holding until 03:14:55 UTC. "
        "Expected end 03:16 UTC."
    ),
    "halted": (
        "HALTED at 3 of 7, retry, skip or abort: game-server canary, 10 % of traffic on v2.1.0. "
        "Stable got worse: 4.2 % errors with 90 % of traffic, 0.1 % before (64 of 1,520 requests, 30 s)."
    ),
    "aborted": (
        "Aborted at 3 of 7: canary rollback of game-server. Left half done: canary 10 % on v2.1.0, stable 8 pods. "
        "To finish: /rollback canary game-server"
    ),
    "succeeded": (
        "Succeeded: game-server is on v2.0.5, the canary is gone. Error rate 8.4 % → 0.1 %. 2 min 42 s. "
        "Watching until 03:26 UTC."
    ),
    "failed": (
        "Failed at 7 of 7: game-server is on v2.0.5, but 1 of 5 checks failed. Error rate 2.1 %. A person is needed."
    ),
    "unverified": ("Done, not verified: game-server is on v2.0.5, 1 of 5 checks unknown. A person should look."),
    "rejected": (
        "Rejected by @approver-1: canary rollback of game-server. Nothing was changed. Reason: v2.1.1 is 2 min away"
    ),
    "expired": "Expired with 1 of 2 approvals at 03:27 UTC: canary rollback of game-server. Nothing was changed.",
    "superseded": (
        "Superseded: the cluster changed after the plan for game-server. I changed nothing. "
        "A new plan needs new approvals."
    ),
}
BUTTONS = {
    "requested": "Cancel",
    "waiting": "Cancel",
    "planned": "Approve | Reject | All details",
    "half": "Approve | Reject | All details",
    "approved": "Abort | All details",
    "holding": "Abort | All details",
    "halted": "Retry step 3 | Skip this check | Abort | All details",
    "aborted": "Plan the rest | All details",
    "succeeded": "All details",
    "refused": "Plan again",
    "rejected": "Plan again",
    "expired": "Plan again",
}


@pytest.mark.parametrize("name", HEADERS)
def test_header_says_state_service_and_what(name: str) -> None:
    """B1 of each state is UX.md's."""
    assert text_of(shown(run.ALL[name]().rollback).blocks[0]) == HEADERS[name]


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_what_a_phone_shows(name: str) -> None:
    """The message's text is UX.md's, without marks or tokens."""
    assert str(shown(run.ALL[name]().rollback).text).replace("\u00a0", " ") == TEXTS[name]


@pytest.mark.parametrize("name", BUTTONS)
def test_buttons_fit_the_state(name: str) -> None:
    """B6 of each state is UX.md's, as far as what it leads to is built."""
    rows = [block for block in shown(run.ALL[name]().rollback).blocks if block["type"] == "actions"]
    assert [text_of(row) for row in rows] == [BUTTONS[name]]


def test_planning_says_after_ten_seconds_what_it_waits_for() -> None:
    """B2 of PLANNING is UX.md's; the seconds are those of the drawing."""
    before, after = run.at("03:12:14"), run.at("03:12:14") + 1
    waits = run.waiting().rollback
    assert texts(shown(waits, now=before))[1] == "Reading the cluster and Prometheus. Nothing is changed."
    assert texts(shown(waits, now=after))[1] == "Waiting for Prometheus, 8 s. Nothing is changed."
    assert texts(shown(waits, now=run.at("03:13:20")))[1] == "Waiting for Prometheus, 1 min 14 s. Nothing is changed."


@pytest.mark.parametrize("made", [run.requested(), run.waiting(system="")], ids=["first look", "unnamed"])
def test_planning_that_is_slow_and_knows_no_system_says_that_it_still_reads(made: run.Run) -> None:
    """Nothing is guessed."""
    late = shown(made.rollback, now=run.at("03:12:15"))
    assert texts(late)[1] == "Still reading the cluster and Prometheus after 10 s. Nothing is changed."


def test_approval_card_shows_the_whole_plan() -> None:
    """B2 to B7 of a waiting plan are UX.md's."""
    rollback = run.planned().rollback
    assert texts(shown(rollback))[1:] == [
        (
            "*v2.1.0 → v2.0.5* · canary weight *50 % → 0 %*, stable 50 % → 100 %\n"
            f"Now: error rate 8.4 % (limit 5 %), 126 of 1,500 requests, 30 s · canary 16.7 %, stable 0.1 % · "
            f"v2.1.0 deployed {t('02:41:07')}\n"
            "About 2 min 45 s after the second approval (budget 5 min). First change: 4 more stable pods."
        ),
        (
            "○ 1 Scale stable game-server 4 → 8 pods; wait until 8 are Available\n"
            "○ 2 Canary weight 50 → 25 %; hold 30 s; stable must not get worse\n"
            "○ 3 Canary weight 25 → 10 %; hold 30 s; stable must not get worse\n"
            "○ 4 Canary weight 10 → 0 %; hold 30 s; error rate at most 5 %\n"
            "○ 5 Drain: 30 s without a request to the canary\n"
            "○ 6 Scale game-server-canary 4 → 0, wait until no pod is left, delete it. "
            "Cannot be taken back without a deploy\n"
            "○ 7 Validate: 5 checks on game-server\n"
            "Left out: 75 % and 50 %. The canary is at 50 %; a rollback never raises it."
        ),
        (
            "*What could go wrong* · v2.0.5 takes all traffic on 8 pods (about 61 % CPU) · "
            "configuration and database are not touched"
        ),
        (
            f'Asked by @requester {t("03:12:04")}: "error spike on canary" | '
            f"0 of 2 from game-server-approvers; @requester does not count · expires {t('03:27:06')}"
        ),
        "Approve | Reject | All details",
        f"`rb-1042` · `plan {rollback.digest[:8]}` · catalog 41d09e",
    ]


def test_approval_card_names_who_no_longer_counts() -> None:
    """After the first yes B5 says who gave it and who may not give the second."""
    people = texts(shown(run.half().rollback))[4]
    assert people.endswith(
        f"✓ @approver-1 {t('03:13:10')} · 1 more from game-server-approvers, not @approver-1, not @requester · "
        f"expires {t('03:27:06')}"
    )


def test_requester_who_counts_is_not_excluded() -> None:
    """A policy that counts the requester says nothing about excluding them."""
    rollback = run.planned(policy=Policy(need=2, group=run.GROUP, requester_counts=True)).rollback
    assert f"0 of 2 from game-server-approvers · expires {t('03:27:06')}" in texts(shown(rollback))[4]


def test_running_card_shows_weight_hold_and_end() -> None:
    """B2 and B3 of a held weight are UX.md's."""
    body, steps = texts(shown(run.holding().rollback))[1:3]
    assert body == (
        "■■□□□□□ step 2 of 7 · canary weight *25 %* (was 50 %), stable 75 %, read back from the cluster; "
        "Prometheus sees 24 % arriving there\n"
        f"Holding until {t('03:14:55')}, then stable is checked (last seen: 0.1 % errors; whole service 8.4 %) · "
        f"began {t('03:14:02')} · expected end {t('03:16:47')}"
    )
    assert steps.startswith(
        "✓ 1 Stable 4 → 8 pods, 8 of 8 Available · 22 s\n▶ 2 Canary weight 25 %: hold 30 s, then check\n○ 3 "
    )


def test_running_card_does_not_count_down() -> None:
    """The card of a hold is the same ten seconds later: time passing costs no edit."""
    rollback = run.holding().rollback
    assert shown(rollback) == shown(rollback, now=rollback.requested_at + 12_000)


def test_waiting_for_a_worker_is_said_after_three_seconds() -> None:
    """An approved rollback that waits says for how many."""
    rollback = run.approved().rollback
    early = shown(rollback, now=run.at("03:14:03"), ahead=1)
    late = shown(rollback, now=run.at("03:14:06"), ahead=1)
    assert "Waiting for a worker" not in text_of(early.blocks[1])
    assert text_of(late.blocks[1]).endswith("Waiting for a worker: 1 rollback ahead")


def test_halted_card_says_why_what_now_and_what_to_choose() -> None:
    """B2, B4 and B3 of a halt are UX.md's, the choices above the steps."""
    body, choose, steps = texts(shown(run.halted().rollback))[1:4]
    assert body == (
        "*Why* Stable got worse: 4.2 % errors with 90 % of traffic, 0.1 % before (64 of 1,520 requests, 30 s). "
        "Going on would send it everything. Query and answer: All details\n"
        "*Production now* canary weight 10 % on v2.1.0, stable 90 % on v2.0.5 · stable 8 of 8 Available, CPU 93 % · "
        f"whole service 5.4 % errors {t('03:15:26')} · halted {t('03:15:26')}"
    )
    assert choose == (
        "*Choose* · Retry step 3: reads again (scale stable first if it is short of capacity) · "
        "Skip this check: goes on to 0 % all the same · Abort: 10 % stays on v2.1.0"
    )
    assert "✕ 3 Canary weight 10 %: set; stable got worse" in steps


def test_aborted_card_names_the_autoscaler_and_the_command() -> None:
    """Under an autoscaler the raised minimum is named with its old value and how to put it back."""
    hpa: JsonObject = {
        "name": "game-server", "uid": "h1", "min_from": 4, "min_to": 8, "max_from": 10, "max_to": 10,
    }  # fmt: skip
    plan = run.plan(steps=(canary_steps.scale_up(hpa=hpa), *run.plan().steps[1:]))
    body = text_of(shown(run.halted(plan).rollback).blocks[1])
    choose = text_of(shown(run.halted(plan).rollback).blocks[2])
    assert "HPA game-server minReplicas 8 (was 4)" in body
    assert '`kubectl -n game-production patch hpa game-server --type=merge -p \'{"spec":{"minReplicas":4}}\'`' in choose


def test_autoscaler_steps_name_its_bounds_and_the_pods_apart() -> None:
    """Under an autoscaler the plan raises its minimum and puts it back; pods are counted as pods."""
    hpa: JsonObject = {"name": "web", "uid": "h1", "min_from": 2, "min_to": 8, "max_from": 10, "max_to": 10}
    back = canary_steps.DRAIN.model_copy(update={"kind": "autoscaler_back", "params": hpa})
    plan = run.plan(steps=(canary_steps.scale_up(hpa=hpa), *run.plan().steps[1:6], back, canary_steps.VALIDATE))
    body, steps = texts(shown(run.planned(plan).rollback))[1:3]
    assert body.endswith("First change: 4 more stable pods.")
    assert steps.startswith("○ 1 Raise minReplicas of HPA web 2 → 8; wait until 8 pods are Available\n")
    assert "○ 7 Put minReplicas of HPA web back, 8 → 2\n" in steps
    assert "✓ 1 Stable 4 → 8 pods, 8 of 8 Available · 22 s" in texts(shown(run.scaled(plan).rollback))[2]


def test_action_block_is_new_at_each_event() -> None:
    """A click on an older card is told apart by its block id and value."""
    first, second = run.planned().rollback, run.half().rollback
    blocks = [next(b for b in shown(r).blocks if b["type"] == "actions") for r in (first, second)]
    assert [block["block_id"] for block in blocks] == ["act:rb-1042:2", "act:rb-1042:3"]


def test_approve_confirms_with_the_digest() -> None:
    """The confirm dialog names plan, versions, what is deleted, and that the last yes starts it."""
    rollback = run.half().rollback
    row: Any = next(b for b in shown(rollback).blocks if b["type"] == "actions")
    confirm = row["elements"][0]["confirm"]
    digest = rollback.digest[:8]
    assert confirm["title"]["text"] == f"Approve plan {digest}?"
    assert confirm["text"]["text"] == (
        "You approve moving game-server from v2.1.0 to v2.0.5 and deleting game-server-canary. It starts now. "
        "Your approval holds for this plan only, until 03:27 UTC."
    )


@pytest.mark.parametrize("name", run.ALL)
def test_card_survives_a_plan_without_figures(name: str) -> None:
    """Missing figures print as unknown; no state of the card needs them to be there."""
    rollback = run.ALL[name]().rollback
    bare = rollback.model_copy(
        update={
            "plan": _bare(rollback.plan) if rollback.plan else None,
            "last": {},
            "steps": tuple(r.model_copy(update={"figures": {}, "checks": ()}) for r in rollback.steps),
        }
    )
    assert shown(bare).blocks[0]["type"] == "header"


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_card(state: State) -> None:
    """A state that the domain knows has words here."""
    rollback = run.planned().rollback.model_copy(update={"state": state})
    assert text_of(shown(rollback).blocks[0])


def _bare(plan: Plan) -> Plan:
    steps = tuple(Step(kind=step.kind, params={}, effect=step.effect) for step in plan.steps)
    return plan.model_copy(update={"steps": steps, "shown": {}, "left_out": (), "risks": ()})
