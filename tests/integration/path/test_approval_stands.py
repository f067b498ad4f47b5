"""What moves by itself asks nobody again; what the plan rests on does."""

from __future__ import annotations

from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.path.people import ADA, BEN, CHANNEL, People

SCALER = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "game-server", "namespace": looks.NAMESPACE},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "game-server"},
        "minReplicas": 4,
        "maxReplicas": 12,
    },
}


def test_crash_loops_and_the_autoscaler_between_two_approvals_ask_nobody_again(
    production: Stack, people: People
) -> None:
    """The canary crash-loops and stable's replicas move within the autoscaler's bounds; the first approval stands."""
    since, api = looks.now(), production.cluster.api()
    api.create(looks.SCALERS, SCALER)
    card = people.ask()
    card.until("Approval needed (0 of 2)")
    card.press(ADA, "Approve")
    card.until("Approval needed (1 of 2)")
    api.patch(f"{looks.DEPLOYMENTS}/game-server/scale", {"spec": {"replicas": 6}})
    _crash_a_canary_pod(production)
    card.press(BEN, "Approve")
    card.until("Succeeded", within_s=90)
    scaler = api.get(f"{looks.SCALERS}/game-server")["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (4, 12)
    written = looks.effects(production, since)
    assert ("patch", "game-server", "minReplicas=8") in written
    assert not any("replicas=" in value for _, name, value in written if name == "game-server")


def _crash_a_canary_pod(stack: Stack) -> None:
    """Make one pod of the canary crash-loop: its status moves again and again."""
    api = stack.cluster.api()
    pods = f"/api/v1/namespaces/{looks.NAMESPACE}/pods"
    pod = api.get(pods, labelSelector="track=canary")["items"][0]["metadata"]["name"]
    api.patch(f"{pods}/{pod}", {"metadata": {"annotations": {"sandbox.rollback/pod": "crash-loop"}}})

    def crashed() -> bool:
        statuses = api.get(f"{pods}/{pod}")["status"].get("containerStatuses", [])
        return any(status["restartCount"] > 0 for status in statuses)

    looks.until(crashed, within_s=30, what="a restart of the canary's pod")


def test_a_weight_moved_by_hand_between_two_approvals_is_planned_and_asked_again(
    production: Stack, people: People
) -> None:
    """The approved plan is superseded, nothing is touched, and a new plan needs two new approvals."""
    since = looks.now()
    card = people.ask()
    card.until("Approval needed (0 of 2)")
    before = {m["ts"] for m in people.outside.messages(CHANNEL)}
    card.press(ADA, "Approve")
    card.until("Approval needed (1 of 2)")
    looks.set_weights(production, stable=70, canary=30)
    card.press(BEN, "Approve")
    assert "I changed nothing" in card.until("Superseded", within_s=40)
    assert looks.bot_writes(production, since) == []
    successor = people.new_card(before)
    successor.until("Approval needed (0 of 2)")
    assert "30" in successor.body
    people.approve(successor)
    successor.until("Succeeded", within_s=90)
    assert [value for _, name, value in looks.effects(production, since) if name == "game-server-vs"] == [
        "weight=75, weight=25",
        "weight=90, weight=10",
        "weight=100, weight=0",
    ]


def test_an_approver_who_left_the_group_no_longer_counts_at_dispatch(production: Stack, people: People) -> None:
    """The last look before the start judges membership anew."""
    since = looks.now()
    card = people.ask()
    card.until("Approval needed (0 of 2)")
    card.press(ADA, "Approve")
    card.until("Approval needed (1 of 2)")
    group = ["U0APPROVER1", "U0APPROVER2", "U0APPROVER3", "U0REQUESTER"]
    people.outside.post("groups", id="S0APPROVERS", users=group[1:])
    try:
        _wait_for_fresh_directory(production)
        card.press(BEN, "Approve")
        card.until("Superseded", "Approval needed (1 of 2)", within_s=30)
        assert looks.bot_writes(production, since) == []
    finally:
        people.outside.post("groups", id="S0APPROVERS", users=group)
        _wait_for_fresh_directory(production)


def _wait_for_fresh_directory(stack: Stack) -> None:
    """Have the group read again now, as happens every half minute, and wait for it."""
    looks.refresh_directory(stack)


def test_the_first_of_reject_and_approve_wins(production: Stack, people: People) -> None:
    """A rejected plan is over: later approvals are told that it is too late, and nothing runs."""
    since = looks.now()
    card = people.ask()
    card.until("Approval needed (0 of 2)")
    pressed = card.press(ADA, "Reject")
    people.outside.submit(ADA, _view(people, ADA), {}) if pressed.get("view") or _views(people, ADA) else None
    card.until("Rejected", within_s=20)
    assert "Approve" not in card.buttons
    assert looks.bot_writes(production, since) == []


def _views(people: People, person: str) -> list[dict[str, object]]:
    views: list[dict[str, object]] = people.outside.get("views", user=person)["views"]
    return views


def _view(people: People, person: str) -> str:
    return str(_views(people, person)[-1]["id"])
