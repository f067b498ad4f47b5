"""The HTTP face: Slack's one address, and what operators and Prometheus ask."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import structlog
from flask import Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from slack_bolt import App, BoltRequest

from bot.metrics import ACK_SECONDS, INCOMING, REGISTRY
from handlers.gate import Answer, Gate, Replays
from handlers.shapes import kind_of

LARGEST = 1_000_000
"""Bytes of a request. Slack's own are a hundredth of this."""
REFUSED = Answer(401, '{"error": "invalid request"}', "application/json")
OVER_SOCKETS = Answer(
    404, "This app listens to Slack over Socket Mode (SLACK_APP_TOKEN is set), not at this address.\n"
)
UNREADABLE = Answer(400, '{"error": "not a payload of Slack"}', "application/json")

log = structlog.get_logger()


def create(bolt: App, gate: Gate | None, *, ready: Callable[[], list[str]]) -> Flask:
    """The Flask app. `ready` names what is wrong; an empty list is ready. No gate: Slack comes in over Socket Mode."""
    web = Flask(__name__)
    web.config["MAX_CONTENT_LENGTH"] = LARGEST
    replays = Replays()

    @web.post("/slack/events")
    def slack() -> Response:
        began = time.perf_counter()
        body = request.get_data()
        signature = request.headers.get("X-Slack-Signature", "")
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        kind = "unsigned"
        if gate is None:
            answer = OVER_SOCKETS
        elif not gate.admits(body, timestamp=timestamp, signature=signature):
            answer = REFUSED
        else:
            kind = kind_of(body, request.headers.get("Content-Type", ""))
            headers = dict(request.headers.items())
            answer = replays.once(signature, lambda: _dispatched(bolt, body.decode(), headers)) if kind else UNREADABLE
        INCOMING.labels(kind or "unreadable", str(answer.status)).inc()
        ACK_SECONDS.labels(kind or "unreadable").observe(time.perf_counter() - began)
        return Response(answer.body, status=answer.status, content_type=answer.content_type)

    @web.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", content_type="text/plain")

    @web.get("/readyz")
    def readyz() -> Response:
        wrong = ready()
        return Response("\n".join(wrong or ["ready"]) + "\n", status=503 if wrong else 200, content_type="text/plain")

    @web.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)

    return web


def _dispatched(bolt: App, body: str, headers: Mapping[str, str]) -> Answer:
    made = bolt.dispatch(BoltRequest(body=body, headers=dict(headers)))
    return Answer(made.status, made.body or "", made.first_headers().get("content-type", "text/plain; charset=utf-8"))
