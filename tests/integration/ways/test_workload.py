"""Undo, env and the way back from a rollback, from the command to the end, on the real parts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.path.people import ADA, REQUESTER, People

NAME = "match-server"
UNDO = f'kubernetes {NAME} reason="error spike"'


def deployment(stack: Stack) -> dict[str, Any]:
    """The live Deployment."""
    return stack.cluster.api().get(f"{looks.DEPLOYMENTS}/{NAME}")


def container(stack: Stack) -> dict[str, Any]:
    """The live template's one container."""
    found: dict[str, Any] = deployment(stack)["spec"]["template"]["spec"]["containers"][0]
    return found


def written(stack: Stack, since: datetime) -> list[tuple[str, str]]:
    """The bot's effects: verb and object."""
    return [(verb, name) for verb, name, _ in looks.effects(stack, since)]


def test_a_deployment_is_undone_and_reported(production: Stack, people: People) -> None:
    """The last good revision's template, in one write; every pod asked; nothing else of the Deployment changed."""
    before, since = deployment(production), looks.now()
    card = people.ask(UNDO)
    card.until("Approval needed (0 of 2)")
    assert "v1.9.0 → v1.8.2" in card.body
    assert "image v1.9.0 → v1.8.2" in card.body
    assert written(production, since) == []
    people.approve(card)
    card.until("Succeeded", within_s=90)
    assert written(production, since) == [("patch", NAME)]
    after = deployment(production)
    assert container(production)["image"].endswith(":v1.8.2")
    assert after["spec"]["replicas"] == before["spec"]["replicas"]
    card.until_line("4 of 4 pods well")
    assert "v1.9.0 → v1.8.2" in card.until_report()["text"]


def test_a_second_undo_does_not_go_forward_and_only_undo_rollback_does(production: Stack, people: People) -> None:
    """The version that was left is marked bad: a plain undo refuses it; the way back by name warns of it and goes."""
    card = people.ask(UNDO)
    people.approve(card)
    card.until("Succeeded", within_s=90)
    card.until_line("ormalised")

    again = people.ask(UNDO)
    again.until("Refused")
    assert container(production)["image"].endswith(":v1.8.2")

    back = people.ask(f'undo-rollback {card.rollback_id} reason="the good one was worse"')
    back.until("Approval needed (0 of 2)")
    assert f"marked bad by {card.rollback_id}" in back.body
    people.approve(back)
    back.until("Succeeded", "Failed", "Done, not verified", within_s=90)
    assert container(production)["image"].endswith(":v1.9.0")


def test_what_changed_nothing_cannot_be_taken_back(production: Stack, people: People) -> None:
    """A rejected rollback has no way back, and says so to who asked."""
    card = people.ask(UNDO)
    card.until("Approval needed (0 of 2)")
    form = card.until_form(ADA, "Reject")
    people.outside.submit(ADA, form["id"], {})
    card.until("Rejected")
    answer = people.outside.command(REQUESTER, "C0GAMESERVER", f"/rollback undo-rollback {card.rollback_id}")
    assert "nothing to take back" in str(answer["ack_body"])
    assert container(production)["image"].endswith(":v1.9.0")


def test_environment_variables_are_put_back_and_all_else_stays(production: Stack, people: People) -> None:
    """Only the catalog's names change; what comes from elsewhere, the image and the other values stay."""
    before, since = container(production), looks.now()
    card = people.ask(f"env {NAME} to=MAX_PLAYERS=500")
    card.until("Approval needed (0 of 2)")
    assert "FEATURE_FLAG_GUILD_WAR_V2 true → false" in card.body
    people.approve(card)
    card.until("Succeeded", within_s=90)
    assert written(production, since) == [("patch", NAME)]
    values = {each["name"]: each.get("value") for each in container(production)["env"]}
    assert (values["FEATURE_FLAG_GUILD_WAR_V2"], values["MAX_PLAYERS"]) == ("false", "500")
    kept = [each for each in before["env"] if "valueFrom" in each]
    assert kept
    assert [each for each in container(production)["env"] if "valueFrom" in each] == kept
    assert {k: v for k, v in container(production).items() if k != "env"} == {
        k: v for k, v in before.items() if k != "env"
    }


def test_a_value_that_the_catalog_does_not_let_anybody_set_is_refused(production: Stack, people: People) -> None:
    """Nothing is stored that could be approved, and the card names what may be set."""
    card = people.ask(f"env {NAME} to=FEATURE_FLAG_NEW_COMBAT=true")
    card.until("Refused")
    assert "to=MAX_PLAYERS=VALUE" in card.body
    assert container(production)["image"].endswith(":v1.9.0")


def test_a_worker_killed_in_the_middle_of_the_rollout_writes_nothing_twice(production: Stack, people: People) -> None:
    """The successor reads the template, finds it as wanted, and follows the rollout to its end."""
    since = looks.now()
    card = people.ask(UNDO)
    people.approve(card)
    looks.until(lambda: written(production, since) == [("patch", NAME)], within_s=30, what="the template's patch")
    production.product.processes["worker"].kill()
    production.product.start_one("worker")
    card.until("Succeeded", within_s=120)
    assert written(production, since) == [("patch", NAME)]
