"""/sandbox/links: the app's web sockets as players see them, and every way to end one."""

from enum import StrEnum

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, Field

from sandbox.slack.envelopes import Loss
from sandbox.slack.parts import Parts


class Do(StrEnum):
    """What happens to a web socket.

    `drop` cuts it, `freeze` lets it fall silent, the next three are Slack's own announcements; `lose_envelope` and
    `lose_ack` let the next ones die with their web socket.
    """

    DROP = "drop"
    FREEZE = "freeze"
    WARNING = "warning"
    REFRESH = "refresh_requested"
    DISABLED = "link_disabled"
    LOSE_ENVELOPE = "lose_envelope"
    LOSE_ACK = "lose_ack"


class LinkFault(BaseModel):
    """`id` names one web socket, "" means all; `times` is for the losses."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    do: Do
    id: str = ""
    times: int = Field(default=1, ge=1)


def outside_links(routes: Blueprint, parts: Parts) -> None:
    """Add the routes."""

    @routes.get("/sandbox/links")
    def show_links() -> Response:
        return jsonify(_shown(parts))

    @routes.post("/sandbox/links")
    def fault_links() -> Response:
        fault = LinkFault.model_validate(request.get_json(silent=True) or {})
        return jsonify(_shown(parts) | {"hit": _done(parts, fault)})


def _shown(parts: Parts) -> dict[str, object]:
    return {
        "socket_mode": parts.workspace.app.socket_mode,
        "links": parts.links.state(),
        "sent": parts.envelopes.sent(),
    }


def _done(parts: Parts, fault: LinkFault) -> int:
    match fault.do:
        case Do.DROP:
            return parts.links.drop(fault.id)
        case Do.FREEZE:
            return parts.links.freeze(fault.id)
        case Do.LOSE_ENVELOPE | Do.LOSE_ACK:
            parts.envelopes.lose(Loss.ACK if fault.do is Do.LOSE_ACK else Loss.ENVELOPE, fault.times)
            return fault.times
        case announced:
            return parts.links.disconnect(announced.value, fault.id)
