"""Envelopes of Socket Mode: the same listeners as over HTTP, and an acknowledgement once they have returned.

Slack signs no envelopes: whoever holds the web socket showed the app-level token. What must be in a payload is asked
for all the same, and an envelope that comes twice is answered twice and worked on once.
"""

from __future__ import annotations

import hashlib
import json
import time

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode.internals import run_bolt_app
from slack_sdk.errors import SlackClientNotConnectedError
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.metrics import ACK_SECONDS, INCOMING
from handlers.gate import Answer, Replays
from handlers.shapes import kind_of_envelope

ACKNOWLEDGED = 200
LONGEST = 65_000
"""Characters of an acknowledgement: slack_sdk writes a frame's length in 16 bits (read in its version 3.47)."""
UNREADABLE = Answer(400, "")

log = structlog.get_logger()


class Envelopes:
    """Takes envelopes in, whichever thread they come from."""

    def __init__(self, bolt: App) -> None:
        self._bolt = bolt
        self._replays = Replays()

    def take(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """Work on one envelope, then acknowledge it. What would be an error over HTTP is not acknowledged."""
        began = time.perf_counter()
        kind = kind_of_envelope(request.type, request.payload)
        answer = self._replays.once(_print_of(request), lambda: self._dispatched(request)) if kind else UNREADABLE
        if answer.status == ACKNOWLEDGED:
            self._acknowledge(client, request, answer)
        else:
            log.warning("an envelope was not acknowledged", kind=kind or "unreadable", status=answer.status)
        INCOMING.labels(kind or "unreadable", str(answer.status)).inc()
        ACK_SECONDS.labels(kind or "unreadable").observe(time.perf_counter() - began)

    def _dispatched(self, request: SocketModeRequest) -> Answer:
        made = run_bolt_app(self._bolt, request)
        return Answer(made.status, made.body or "", str(made.first_headers().get("content-type", "text/plain")))

    def _acknowledge(self, client: BaseSocketModeClient, request: SocketModeRequest, answer: Answer) -> None:
        payload = _payload(answer)
        try:
            client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id, payload=payload))
        except SlackClientNotConnectedError:
            log.warning("an acknowledgement was lost with its web socket; Slack may send the envelope again")


def _payload(answer: Answer) -> dict[str, object] | None:
    """What the acknowledgement carries; the words without their blocks when the whole does not fit into a frame."""
    if not answer.body:
        return None
    if not answer.content_type.startswith("application/json"):
        return {"text": answer.body}
    payload: dict[str, object] = json.loads(answer.body)
    if len(json.dumps(payload)) > LONGEST:
        log.warning("an answer was too long for Socket Mode and went out without its blocks")
        payload.pop("blocks", None)
    return payload


def _print_of(request: SocketModeRequest) -> str:
    """What makes it the same request: its whole payload, which holds Slack's own id of the command, click or event."""
    payload = json.dumps(request.payload, sort_keys=True)
    return hashlib.sha256(f"{request.type} {payload}".encode()).hexdigest()
