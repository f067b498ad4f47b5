"""What the tests read and change of match-server's configuration, beside the bot."""

from __future__ import annotations

import base64
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.cluster import ApiError
from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.terminal.terminal import Terminal

NAME, TIME = "match-server", "20261120-0300"
CONFIG, SECRETS = "match-config", "match-secrets"
ASK = f'config {NAME} to={TIME} reason="ticks are lost"'
KEPT_EVERY_S = 2
TODAY, NOVEMBER, DATABASE = "sandbox-ticket-key-of-today", "sandbox-ticket-key-of-november", "sandbox-match-password"
"""Values of the Secret, now and in the backup."""
CORE = f"/api/v1/namespaces/{looks.NAMESPACE}"


def config(stack: Stack) -> dict[str, str]:
    """The live values of the ConfigMap."""
    found: dict[str, str] = stack.cluster.api().get(f"{CORE}/configmaps/{CONFIG}")["data"]
    return found


def secret(stack: Stack) -> dict[str, str]:
    """The live values of the Secret, decoded."""
    found = stack.cluster.api().get(f"{CORE}/secrets/{SECRETS}")["data"]
    return {key: base64.b64decode(value).decode() for key, value in found.items()}


def restored(stack: Stack) -> tuple[bool, bool]:
    """Whether the ConfigMap and the Secret hold what the backup holds."""
    return (
        config(stack) == {"MATCHMAKING_REGION": "us-east-1", "MAX_PARTY_SIZE": "4", "TICK_RATE_HZ": "30"},
        secret(stack) == {"DATABASE_PASSWORD": DATABASE, "TICKET_KEY": NOVEMBER},
    )


def untouched(stack: Stack) -> bool:
    """Whether both hold what they hold today."""
    return config(stack).get("GUILD_WAR_QUEUE") == "on" and secret(stack)["TICKET_KEY"] == TODAY


def written(stack: Stack, since: datetime) -> list[tuple[str, str]]:
    """Objects that the bot wrote to, claims included, each write in order."""
    return [(event.resource, event.name) for event in looks.bot_writes(stack, since)]


def template(stack: Stack) -> dict[str, Any]:
    """The live pod template."""
    found: dict[str, Any] = stack.cluster.api().get(f"{looks.DEPLOYMENTS}/{NAME}")["spec"]["template"]
    return found


def backups(stack: Stack) -> Path:
    """The folder of backups."""
    return stack.folder / "backups" / NAME


def terminal(stack: Stack) -> Terminal:
    """An operator's terminal: the product's environment, without Slack's."""
    mine = {name: value for name, value in stack.product.environment.items() if not name.startswith("SLACK")}
    return Terminal({name: value for name, value in mine.items() if name not in ("PATH", "PORT")})


def let_secrets_be(stack: Stack, *verbs: str) -> None:
    """What the bot may do with the Secret from now on; the API server's authorizer hears of it a moment later."""
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{looks.NAMESPACE}/roles"
    for role in stack.cluster.api().get(path)["items"]:
        rules = [{**rule, "verbs": list(verbs)} if "secrets" in rule["resources"] else rule for rule in role["rules"]]
        if rules != role["rules"]:
            stack.cluster.api().patch(f"{path}/{role['metadata']['name']}", {"rules": rules})
    looks.until(lambda: _may_patch(stack) == ("patch" in verbs), within_s=20, what="the authorizer's word")


def _may_patch(stack: Stack) -> bool:
    """Whether the bot may change the Secret now: it is asked with an annotation that nobody reads."""
    try:
        stack.cluster.api("bot").patch(f"{CORE}/secrets/{SECRETS}", {"metadata": {"annotations": {"asked": "yes"}}})
    except ApiError as error:
        if error.status == 403:
            return False
        raise
    return True
