"""Mentions: for threads, where Slack takes no slash command. `@rollback status`, `@rollback abort rb-1042`, `help`."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt import App

from bot.domain.people import Person
from handlers.dispatch import dispatch
from handlers.front import Front, Place, answered, tell

MENTION = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")


def register(app: App, front: Front) -> None:
    """Listen to mentions; the other events that a workspace may send are acknowledged and left alone."""

    @app.event("app_mention")
    def mention(event: dict[str, Any], body: dict[str, Any]) -> None:
        if event.get("bot_id") or not event.get("user"):
            return
        team = event.get("user_team") or event.get("team") or body.get("team_id")
        person = Person(team=str(team or ""), id=str(event["user"]))
        place = Place(channel=str(event.get("channel") or ""), thread_ts=str(event.get("thread_ts") or ""))
        text = MENTION.sub(" ", str(event.get("text") or ""), count=1)
        message = answered(
            lambda: dispatch(front, text, person=person, place=place, command_id=f"event/{body.get('event_id')}")
        )
        tell(front, person=person, place=place, message=message)

    @app.event(re.compile(".*"))
    def other() -> None:
        """Nothing is done."""
