"""GET /deploy-hold/SERVICE: what a pipeline asks before it deploys (docs/deploy-hold.md).

Anybody who reaches the address may read it, so it says no name of a person and no reason. It refuses no rollback.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from flask import Flask, Response

from bot import service
from bot.domain.model import JsonObject
from bot.domain.refusal import Refused
from bot.domain.standing import Standing
from bot.service import Desk

UNREADABLE: JsonObject = {
    "held": True,
    "error": "The records of the rollback bot cannot be read, so nobody knows of a hold. Deploy nothing; ask again.",
}

UNKNOWN = "No service of this name is known to the rollback bot. Deploy nothing; mend the name, as its catalog has it."


def served(web: Flask, desk: Desk) -> Flask:
    """Add the address to the web app: 200 with what stands, 404 for a service nobody knows, 503 when it is not known.

    Only 200 with `"held": false` says that a deploy is free to go.
    """

    @web.get("/deploy-hold/<name>")
    def deploy_hold(name: str) -> Response:
        if name not in desk.catalog.services:
            return _answer(404, {"held": True, "error": UNKNOWN})
        try:
            stood = service.standing(desk, name)
        except Refused:
            return _answer(503, {"service": name, **UNREADABLE})
        return _answer(200, told(stood.standing, now=stood.clock()))

    return web


def told(standing: Standing, *, now: int) -> JsonObject:
    """What stands at `now` (Redis ms) as a pipeline needs it: times in ISO 8601, UTC; `held`: by a hold or a lock."""
    lock, hold = standing.locked(now), standing.hold
    return {
        "service": standing.service,
        "held": lock is not None or hold is not None,
        "lock": None if lock is None else {"since": _time(lock.at), "until": _time(lock.until)},
        "hold": None
        if hold is None
        else {"since": _time(hold.at), "rollback": hold.rollback_id, "version": hold.version},
        "bad": [*sorted(standing.bad)],
    }


def _time(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at // 1000, tz=UTC).isoformat()


def _answer(status: int, body: JsonObject) -> Response:
    made = Response(json.dumps(body) + "\n", status=status, content_type="application/json")
    made.headers["Cache-Control"] = "no-store"
    return made
