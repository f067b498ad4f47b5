"""What moves by itself asks nobody again; what the plan rests on does."""

from __future__ import annotations

from bot.domain.rollback import State
from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.path.people import ADA, BEN, Card, People


def test_crash_loops_and_the_autoscaler_between_two_approvals_ask_nobody_again(
    production: Stack, people: People
) -> None:
    """The canary crash-loops and stable's replicas move within the autoscaler's bounds; the first approval stands."""
    since, api = looks.now(), production.cluster.api()
    api.create(looks.SCALERS, looks.SCALER)
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
    card.press(ADA, "Approve")
    card.until("Approval needed (1 of 2)")
    looks.set_weights(production, stable=70, canary=30)
    card.press(BEN, "Approve")
    assert "I changed nothing" in card.until("Superseded", within_s=40)
    assert looks.bot_writes(production, since) == []
    successor = people.card_of(_successor(production, card))
    successor.until("Approval needed (0 of 2)")
    assert "30" in successor.body
    people.approve(successor)
    successor.until("Succeeded", within_s=90)
    assert [value for _, name, value in looks.effects(production, since) if name == "game-server-vs"] == [
        "weight=75, weight=25",
        "weight=90, weight=10",
        "weight=100, weight=0",
    ]


def _successor(stack: Stack, card: Card) -> str:
    """The rollback that the superseded one names as asked for in its place."""
    return str(looks.store(stack).load(card.rollback_id).rollback.last["successor"])


GROUP = ["U0APPROVER1", "U0APPROVER2", "U0APPROVER3", "U0REQUESTER"]


def test_an_approver_who_left_the_group_no_longer_counts_at_dispatch(people: People, production: Stack) -> None:
    """The last look before the start judges membership anew: two said yes, one of them has left since."""
    since = looks.now()
    card = people.ask()
    card.until("Approval needed (0 of 2)")
    worker = production.product.processes["worker"]
    worker.stop()
    try:
        card.press(ADA, "Approve")
        card.press(BEN, "Approve")
        looks.until(lambda: looks.newest(production).state is State.APPROVED, within_s=10, what="two approvals")
        people.outside.post("groups", id="S0APPROVERS", users=GROUP[1:])
        looks.refresh_directory(production)
    finally:
        production.product.start_one("worker")
    try:
        card.until("Superseded", within_s=30)
        assert looks.bot_writes(production, since) == []
    finally:
        people.outside.post("groups", id="S0APPROVERS", users=GROUP)
        looks.refresh_directory(production)


def test_one_no_ends_it(production: Stack, people: People) -> None:
    """A rejected plan is over, with the name of who said no; nothing runs."""
    since = looks.now()
    card = people.ask()
    card.until("Approval needed (0 of 2)")
    form = card.until_form(ADA, "Reject")
    people.outside.submit(ADA, form["id"], {"why": {"why": "v2.1.1 is 2 min away"}})
    text = card.until("Rejected", within_s=20)
    assert "approver-1" in text
    assert "v2.1.1 is 2 min away" in text
    assert "Approve" not in card.buttons
    assert looks.bot_writes(production, since) == []
