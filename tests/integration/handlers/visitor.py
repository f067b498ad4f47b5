"""What a test does from outside: type, click, submit, send raw requests; and what it looks at afterwards."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from slack_sdk import WebClient

from bot.catalog import load
from bot.domain.events import Kind, NewEvent
from bot.domain.rollback import Rollback
from bot.store import Store
from bot.views.card import card
from jobs.clients.slack import Slack
from jobs.people import People
from sandbox.outside import Outside
from sandbox.slack import SlackServer
from sandbox.slack.delivery import signature
from tests.integration.service.builders import PLAN, command

CHANNEL = "C0GAMESERVER"
REQUESTER, FIRST, SECOND, BYSTANDER = "U0REQUESTER", "U0APPROVER1", "U0APPROVER2", "U0BYSTANDER"
CATALOG = load(Path("catalog/services.yaml"))
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Visitor:
    """Somebody at the workspace. `raw`: a client with bytes replies, to look into RQ's queues."""

    store: Store
    raw: Redis
    slack: SlackServer
    web: str

    @property
    def outside(self) -> Outside:
        """The workspace's own outside."""
        return Outside(self.slack.url)

    @property
    def secret(self) -> str:
        """What the workspace signs with."""
        return self.slack.parts.workspace.config.app.signing_secret

    def refresh_directory(self) -> None:
        """Read the groups as the refreshing job does."""
        token = self.slack.parts.workspace.config.app.bot_token
        People(self.store, Slack(base_url=f"{self.slack.url}/api/", token=token)).refresh(CATALOG)

    def types(self, text: str, *, user: str = REQUESTER) -> dict[str, Any]:
        """Type `/rollback` and this; the delivery with the ack, which must have come in time."""
        delivery = self.outside.command(user, CHANNEL, f"/rollback {text}".strip())
        assert delivery["error"] is None, delivery
        return delivery

    def asks(self) -> Rollback:
        """Ask for the canary's rollback."""
        self.types("canary game-server reason=errors")
        return self.store.open_rollbacks()[0]

    def planned(self) -> tuple[Rollback, dict[str, Any]]:
        """A rollback that waits for approvals, with its card posted as the narrator would."""
        rollback = self.asks()
        policy = CATALOG.services["game-server"].policy().model_dump(mode="json")
        plan = PLAN.model_dump(mode="json")
        data = {"plan": plan, "policy": policy, "expires_at": self.store.now() + 900_000}
        planned = NewEvent.model_validate({"kind": Kind.PLANNED, "data": data})
        rollback = self.store.transition(self.store.load(rollback.id), [planned], command_id=command())
        return rollback, self.posts_card(rollback)

    def posts_card(self, rollback: Rollback) -> dict[str, Any]:
        """Post the card of a rollback as it stands."""
        made = card(rollback, now=self.store.now(), catalog_revision=CATALOG.revision)
        return self.posts(made.text, list(made.blocks))

    def posts(self, text: str, blocks: list[dict[str, Any]]) -> dict[str, Any]:
        """Post a message as the app."""
        token = self.slack.parts.workspace.config.app.bot_token
        client = WebClient(base_url=f"{self.slack.url}/api/", token=token)
        return {"ts": client.chat_postMessage(channel=CHANNEL, text=text, blocks=blocks)["ts"]}

    def clicks(self, message: dict[str, Any], label: str, *, user: str, **more: object) -> dict[str, Any]:
        """Press a button; Slack must have been answered in time."""
        answer = self.outside.click(user, CHANNEL, message, label, **more)
        assert answer["error"] is None, answer
        return answer

    def opens(self, message: dict[str, Any], label: str, *, user: str, within_s: float = 3) -> dict[str, Any]:
        """Press a button that opens a form; the form, once it stands there. One that an earlier test left is not it."""
        before = {form["id"] for form in self._forms(user)}
        self.clicks(message, label, user=user)
        deadline = time.monotonic() + within_s
        while not (new := [form for form in self._forms(user) if form["id"] not in before]):
            assert time.monotonic() < deadline, f"{label} opened no form"
            time.sleep(0.01)
        return new[-1]

    def _forms(self, user: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.outside.get("views", user=user)["views"]
        return found

    def state(self, rollback: Rollback) -> str:
        """How a rollback stands."""
        return self.store.load(rollback.id).rollback.state.value

    def until(self, rollback: Rollback, state: str, *, within_s: float = 3) -> None:
        """Wait until a rollback stands so: a click is acknowledged before it is carried out."""
        deadline = time.monotonic() + within_s
        while self.state(rollback) != state:
            assert time.monotonic() < deadline, f"{rollback.id} is {self.state(rollback)}, not {state}"
            time.sleep(0.01)

    def jobs(self, function: str, *, queue: str = "slack-first") -> list[dict[str, Any]]:
        """The arguments of the jobs of this function that stand in the queue, oldest first."""
        listed = Queue(queue, connection=self.raw, serializer=JSONSerializer).jobs
        return [job.kwargs for job in listed if job.func_name == f"jobs.tasks.{function}"]

    def told(self, *, within_s: float = 3) -> dict[str, Any]:
        """The newest answer that went to one person's eyes, as soon as there is one."""
        deadline = time.monotonic() + within_s
        while not (said := self.jobs("say")):
            assert time.monotonic() < deadline, "nobody was told anything"
            time.sleep(0.01)
        return said[-1]

    def sends(
        self, body: bytes, *, timestamp: str = "", signed: str = "", content_type: str = FORM
    ) -> requests.Response:
        """Send a request to the app; by default signed now, as Slack would."""
        at = timestamp or str(int(time.time()))
        headers = {
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": signed or signature(self.secret, at, body),
            "Content-Type": content_type,
        }
        return requests.post(f"{self.web}/slack/events", data=body, headers=headers, timeout=10)
