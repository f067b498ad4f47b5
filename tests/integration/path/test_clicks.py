"""Three people press Approve three hundred times, all at once: it starts once."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import requests

from sandbox.slack.config import AppConfig, default_config
from sandbox.slack.delivery import FORM, signature
from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.path.people import ADA, BEN, CEM, CHANNEL, REQUESTER, Card, People

CLICKS = 300
AT_ONCE = 30
_WITHIN_S = 30


def test_three_hundred_clicks_start_it_once(production: Stack, people: People) -> None:
    """Each person counts once, one quorum, one start, and the API server saw the first effect once."""
    since = looks.now()
    card = people.ask("canary patient-server")
    card.until("Approval needed (0 of 2)")
    clicks = [_click(card, person=(ADA, BEN, CEM)[number % 3]) for number in range(CLICKS)]

    def press(click: dict[str, Any]) -> int:
        return _sent(production, click).status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(press, clicks))
    looks.until_step(production, 2)
    card.press(REQUESTER, "Abort")
    card.until("Aborted", within_s=60)
    journal = looks.store(production).journal(card.rollback_id)
    kinds = [str(event.kind) for event in journal]
    assert answers == [200] * CLICKS
    assert kinds.count("started") == kinds.count("quorum") == 1
    voices = [event.by.id for event in journal if event.kind == "approved" and event.by]
    assert len(voices) == len(set(voices)) == 2
    assert looks.effects(production, since).count(("patch", "game-server", "replicas=8")) == 1


def _click(card: Card, *, person: str) -> dict[str, Any]:
    """A click on the card as it stands now, from a screen that will not hear of what others do meanwhile."""
    message = card.message
    block = next(block for block in message["blocks"] if block["type"] == "actions")
    button = next(element for element in block["elements"] if element["text"]["text"] == "Approve")
    team = default_config().team_id
    return {
        "type": "block_actions",
        "user": {"id": person, "name": person, "team_id": team},
        "team": {"id": team},
        "trigger_id": uuid4().hex,
        "container": {"type": "message", "message_ts": card.ts, "channel_id": CHANNEL},
        "channel": {"id": CHANNEL, "name": "game-server"},
        "message": message,
        "actions": [{**button, "block_id": block["block_id"], "action_ts": f"{time.time():.6f}"}],
    }


def _sent(stack: Stack, click: dict[str, Any]) -> requests.Response:
    body = urlencode({"payload": json.dumps(click)}).encode()
    at = str(int(time.time()))
    signed = signature(AppConfig().signing_secret, at, body)
    headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signed, "Content-Type": FORM}
    return requests.post(f"{stack.product.url}/slack/events", data=body, headers=headers, timeout=_WITHIN_S)
