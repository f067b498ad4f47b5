"""The slash command. A request is stored before it is acknowledged: Slack does not send a command again."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App

from handlers.dispatch import dispatch
from handlers.front import Front, Payload, Place, answered, speaker


def register(app: App, front: Front, *, name: str = "/rollback") -> None:
    """Listen to the slash command."""

    @app.command(name)
    def command(ack: Ack, body: dict[str, Any]) -> None:
        message = answered(
            lambda: dispatch(
                front,
                str(body.get("text") or ""),
                person=speaker(body),
                place=_place(body),
                command_id=f"command/{body.get('trigger_id')}",
            )
        )
        if message is None:
            ack()
        else:
            seen_by = "in_channel" if message.public else "ephemeral"
            ack(text=message.text, blocks=list(message.blocks), response_type=seen_by)


def _place(body: Payload) -> Place:
    return Place(channel=str(body.get("channel_id") or ""), name=str(body.get("channel_name") or ""))
