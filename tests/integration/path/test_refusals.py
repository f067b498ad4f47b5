"""What cannot be done is refused with the reason, and nothing is touched."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.path.people import ADA, BEN, BYSTANDER, CHANNEL, GUEST, REQUESTER, People


def _no_canary(stack: Stack) -> None:
    stack.cluster.api().delete(f"{looks.DEPLOYMENTS}/game-server-canary")
    looks.until(lambda: not looks.exists(stack, "game-server-canary"), within_s=10, what="the canary's deletion")


def _no_route(stack: Stack) -> None:
    stack.cluster.api().delete(f"{looks.ROUTES}/game-server-vs")


def _two_routes(stack: Stack) -> None:
    spec = looks.route(stack)["spec"]
    primary = next(http for http in spec["http"] if http["name"] == "primary")
    spec["http"] = [*spec["http"], {**primary, "match": [{"uri": {"prefix": "/beta"}}]}]
    stack.cluster.api().patch(f"{looks.ROUTES}/game-server-vs", {"spec": spec})


def _negative(stack: Stack) -> None:
    looks.set_weights(stack, stable=110, canary=-10)


def _all_zero(stack: Stack) -> None:
    looks.set_weights(stack, stable=0, canary=0)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (_no_canary, "no canary of game-server"),
        (_no_route, "game-server-vs"),
        (_two_routes, "route"),
        (_negative, "weight"),
        (_all_zero, "weight"),
    ],
    ids=["no canary", "no VirtualService", "two routes that match", "negative weight", "all weights zero"],
)
def test_what_cannot_be_planned_is_refused_with_the_reason(
    production: Stack, people: People, broken: Callable[[Stack], None], words: str
) -> None:
    """The card says what was found, that nothing was changed, and what to do."""
    broken(production)
    since = looks.now()
    card = people.ask()
    text = card.until("Refused", within_s=30)
    assert words in f"{text}\n{card.body}"
    assert "Nothing was changed" in card.body
    assert looks.bot_writes(production, since) == []


def test_who_may_not_approve_is_told_why_and_not_counted(production: Stack, people: People) -> None:
    """A bystander, a guest and the requester press Approve; none counts."""
    card = people.ask()
    card.until("Approval needed (0 of 2)")
    for person, words in ((BYSTANDER, "Not counted"), (GUEST, "Not counted"), (REQUESTER, "requester does not count")):
        card.press(person, "Approve")
        people.until_told(person, words)
    assert card.text.startswith("Approval needed (0 of 2)")
    assert looks.newest(production).approvals == ()
    assert looks.canary_weight(production) == 50


def test_a_guest_cannot_ask(production: Stack, people: People) -> None:
    """Only full members of the workspace are heard."""
    since = looks.now()
    card = people.ask("canary game-server", by=GUEST)
    assert "full member" in card.until("Refused", within_s=20)
    assert looks.bot_writes(production, since) == []


def test_a_tampered_button_is_refused(production: Stack, people: People) -> None:
    """A value that this card did not carry changes nothing, and the clicker is told."""
    card = people.ask()
    card.until("Approval needed (0 of 2)")
    for value in ("rb-1001|" + "0" * 64 + "|1", "nonsense", ""):
        card.press(ADA, "Approve", value=value)
    people.until_told(ADA, "this is no button of mine")
    assert card.text.startswith("Approval needed (0 of 2)")
    assert looks.newest(production).approvals == ()


def test_the_same_click_delivered_twice_counts_once(people: People) -> None:
    """Slack may repeat a request; the same signed request gives the same answer and no second effect."""
    card = people.ask("canary patient-server")
    card.until("Approval needed (0 of 2)")
    pressed = card.press(ADA, "Approve")
    card.until("Approval needed (1 of 2)")
    people.outside.post("repeat", delivery_id=pressed["delivery_id"])
    card.press(BEN, "Approve")
    card.until("Approved", "Running", within_s=20)
    card.until_line("(2 of 2)")
    assert len([line for line in card.lines if "approved plan" in line]) == 2
    card.press(REQUESTER, "Abort")
    card.until("Aborted", within_s=60)


def test_a_dry_run_is_seen_by_the_asker_alone_and_changes_nothing(production: Stack, people: People) -> None:
    """`/rollback plan` answers only the asker and stores nothing."""
    since, before, stored = looks.now(), people.outside.messages(CHANNEL), looks.ids(production)
    people.outside.command(BEN, CHANNEL, "/rollback plan canary game-server")
    people.until_told(BEN, "v2.1.0")
    assert people.outside.messages(CHANNEL) == before
    assert looks.ids(production) == stored
    assert looks.bot_writes(production, since) == []


def test_a_right_taken_away_mid_run_is_named(production: Stack, people: People) -> None:
    """A 403 halts the rollback and names the verb that is missing."""
    card = people.ask()
    people.approve(card)
    looks.until_step(production, 2)
    roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{looks.NAMESPACE}/roles"
    api = production.cluster.api()
    role = api.get(roles)["items"][0]
    rules = [
        {**rule, "verbs": [verb for verb in rule["verbs"] if verb != "patch"]}
        if "virtualservices" in rule["resources"]
        else rule
        for rule in role["rules"]
    ]
    api.patch(f"{roles}/{role['metadata']['name']}", {"rules": rules})
    card.until("HALTED", within_s=60)
    assert "patch" in card.body
    assert "virtualservices" in card.body
    card.press(ADA, "Abort")
    card.until("Aborted", within_s=30)
