"""Traffic taken back to the other colour, from the command to the end, on the real parts and simulated proxies."""

from __future__ import annotations

from typing import Any

from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.path.people import People

SERVICES = f"/api/v1/namespaces/{looks.NAMESPACE}/services"
ASK = 'blue-green lobby reason="error spike"'


def selector(stack: Stack) -> dict[str, str]:
    """The live selector of the Service."""
    found: dict[str, str] = stack.cluster.api().get(f"{SERVICES}/lobby")["spec"]["selector"]
    return found


def subsets(stack: Stack) -> set[str]:
    """Where the live VirtualService sends anything."""
    spec: Any = stack.cluster.api().get(f"{looks.ROUTES}/lobby-vs")["spec"]
    return {part["destination"]["subset"] for http in spec["http"] for part in http["route"]}


def test_traffic_goes_back_to_blue_in_the_order_that_loses_nothing(production: Stack, people: People) -> None:
    """Capacity, both selected, the route, one selected, and only then the deletion; no request was lost on the way."""
    since = looks.now()
    card = people.ask(ASK)
    card.until("Approval needed (0 of 2)")
    assert "green weight 100 % → 0 %" in card.body.replace("*", "").replace("\u00a0", " ")
    people.approve(card)
    card.until("Succeeded", within_s=120)
    made = [(verb, name) for verb, name, _ in looks.effects(production, since)]
    assert made == [
        ("patch", "lobby-blue"),
        ("patch", "lobby"),
        ("patch", "lobby-vs"),
        ("patch", "lobby"),
        ("patch", "lobby-green"),
        ("delete", "lobby-green"),
    ]
    assert (selector(production)["version"], subsets(production)) == ("blue", {"blue"})
    assert looks.replicas(production, "lobby-blue") == 4
    card.until_line("Version v3.1.4 answered 5 times running")
    assert "lobby-green is gone" in card.text


def test_a_route_moved_by_hand_during_approval_supersedes_the_plan(production: Stack, people: People) -> None:
    """Two approvals for another world start nothing; a new plan is asked for."""
    card = people.ask(ASK)
    card.until("Approval needed (0 of 2)")
    spec = production.cluster.api().get(f"{looks.ROUTES}/lobby-vs")["spec"]
    for http in spec["http"]:
        http["timeout"] = "7s"
        http["route"] = [{"destination": {"host": "lobby", "subset": "green"}, "headers": {"request": {}}}]
    production.cluster.api().patch(f"{looks.ROUTES}/lobby-vs", {"spec": spec}, manager="somebody")
    people.approve(card)
    card.until("Superseded", within_s=60)
    assert selector(production)["version"] == "green"


def test_an_abort_between_route_and_selector_says_what_stands(production: Stack, people: People) -> None:
    """Stopped after the route has moved: all traffic is on blue, nothing is deleted, and it is said."""
    card = people.ask(ASK)
    people.approve(card)
    looks.until(lambda: subsets(production) == {"blue"}, within_s=60, what="the route on blue")
    card.press("U0REQUESTER", "Abort")
    card.until("Aborted", "Succeeded", within_s=90)
    assert card.text.startswith("Aborted")
    assert looks.exists(production, "lobby-green")
    assert "nothing was deleted" in card.body
