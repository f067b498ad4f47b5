"""What people do and see in the sandbox Slack, over its HTTP: commands, clicks, messages."""

from __future__ import annotations

import time
from typing import Any

import requests

Json = dict[str, Any]
_ANSWER_S = 130.0


class Outside:
    """One Slack workspace seen from the people's side."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        # A proxy meant for the internet must not stand between two local processes.
        self._session.trust_env = False

    def command(self, user: str, channel: str, text: str) -> Json:
        """Type a slash command; the delivery with its ack."""
        return self.post("command", user=user, channel=channel, text=text)

    def click(self, user: str, channel: str, message: Json, label: str, **more: object) -> Json:
        """Press the button with that label on a message."""
        return self.post("click", user=user, channel=channel, ts=message["ts"], text=label, **more)

    def submit(self, user: str, view_id: str, state: Json) -> Json:
        """Send a modal with these values: {block_id: {action_id: value}}."""
        return self.post("submit", user=user, view_id=view_id, state=state)

    def messages(self, channel: str) -> list[Json]:
        """A channel's messages, oldest first, without replies."""
        found: list[Json] = self.get("messages", channel=channel)["messages"]
        return found

    def thread(self, channel: str, ts: str) -> list[Json]:
        """The replies to a message, oldest first."""
        found: list[Json] = self.get("thread", channel=channel, ts=ts)["messages"]
        return [message for message in found if message["ts"] != ts]

    def permalink(self, channel: str, ts: str) -> str:
        """The address of a message, as Slack makes it."""
        return f"{self.url}/archives/{channel}/p{ts.replace('.', '')}"

    def ephemerals(self, user: str) -> list[Json]:
        """What only this person sees."""
        found: list[Json] = self.get("ephemerals", user=user)["messages"]
        return found

    def wait_for(self, channel: str, contains: str, *, within_s: float, after: str = "0") -> Json:
        """Wait until a message or thread line posted after `after` contains the text.

        Raises:
            TimeoutError: none did in time.
        """
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            answer = self._session.get(
                f"{self.url}/sandbox/wait",
                params={"channel": channel, "contains": contains, "after": after, "timeout": str(min(left, 100))},
                timeout=_ANSWER_S,
            )
            if answer.ok:
                found: Json = answer.json()
                return found
        raise TimeoutError(f"nothing in {channel} said {contains!r} within {within_s:g} s")

    def get(self, path: str, **params: str) -> Json:
        """GET /sandbox/PATH."""
        return self._read(self._session.get(f"{self.url}/sandbox/{path}", params=params, timeout=_ANSWER_S))

    def post(self, path: str, **body: object) -> Json:
        """POST /sandbox/PATH."""
        return self._read(self._session.post(f"{self.url}/sandbox/{path}", json=body, timeout=_ANSWER_S))

    def _read(self, answer: requests.Response) -> Json:
        if not answer.ok:
            raise RuntimeError(f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:400]}")
        read: Json = answer.json()
        return read
