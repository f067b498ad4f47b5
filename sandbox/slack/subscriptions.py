"""Events: told to the app in the background, and told again up to three times when it does not acknowledge.

Source: Slack's Events API documentation (retries at once, after a minute, after five minutes).
"""

import json
import secrets
import threading
import time

from sandbox.slack.config import Json
from sandbox.slack.delivery import JSON, Answer
from sandbox.slack.errors import OutsideError
from sandbox.slack.mrkdwn import escape
from sandbox.slack.parts import Parts
from sandbox.slack.state import Message, Workspace
from sandbox.slack.wire import message_json

_REASON = {"operation_timeout": "http_timeout", "dispatch_failed": "http_error"}


def say(parts: Parts, *, user: str, channel: str, text: str, thread_ts: str | None) -> Message:
    """Type a plain message; the app hears of it when it is mentioned and in the channel."""
    workspace = parts.workspace
    person, place = workspace.person(user), workspace.channel(channel)
    if place.is_archived:
        raise OutsideError(f"{place.name} is archived; nobody can write in it.", status=409)
    typed = _with_mentions(workspace, escape(text))
    message = workspace.post(
        Message(channel=place.id, ts=workspace.next_ts(), user=person.id, text=typed, thread_ts=thread_ts)
    )
    bot = workspace.app.bot_user_id
    if f"<@{bot}>" in typed and bot in place.members and not place.im_with:
        shown = message_json(workspace, message)
        tell(parts, shown | {"type": "app_mention", "channel": place.id, "event_ts": message.ts})
    return message


def open_home(parts: Parts, *, user: str, tab: str = "home") -> None:
    """Open the app's Home (or its messages) as this person."""
    person = parts.workspace.person(user)
    im = parts.workspace.open_im(person.id)
    event: Json = {
        "type": "app_home_opened",
        "user": person.id,
        "channel": im.id,
        "tab": tab,
        "event_ts": f"{time.time():.6f}",
    }
    if tab == "home" and (view := parts.views.home(person.id)):
        event["view"] = view.payload(parts.workspace)
    tell(parts, event)


def tell(parts: Parts, event: Json) -> None:
    """Tell the app of an event, in a thread of its own."""
    if not parts.workspace.app.request_url and not parts.workspace.app.socket_mode:
        return
    config = parts.workspace.config
    envelope = {
        "token": "verification-token",
        "team_id": config.team_id,
        "api_app_id": parts.workspace.app.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": config.team_id,
                "user_id": parts.workspace.app.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": secrets.token_hex(8),
    }
    threading.Thread(target=_carry, args=(parts, json.dumps(envelope).encode()), daemon=True, name="event").start()


def verify_url(parts: Parts) -> Answer:
    """Ask the Request URL for the challenge back, as Slack does when one is entered."""
    challenge = {"token": "verification-token", "challenge": secrets.token_hex(16), "type": "url_verification"}
    return parts.deliveries.send("url_verification", json.dumps(challenge).encode(), JSON)


def _carry(parts: Parts, body: bytes) -> None:
    answer = parts.deliveries.send("event", body, JSON)
    for number, wait in enumerate(parts.workspace.config.timings.event_retries, 1):
        if answer.ok or answer.headers.get("X-Slack-No-Retry") == "1" or parts.stopping.wait(wait):
            return
        reason = "connection_failed" if answer.status is None else "http_error"
        headers = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": _REASON.get(answer.error or "", reason)}
        answer = parts.deliveries.send("event", body, JSON, headers)


def _with_mentions(workspace: Workspace, text: str) -> str:
    names = {f"@{person.name}": f"<@{person.id}>" for person in workspace.people.values()}
    names |= {f"@{group.handle}": f"<!subteam^{group.id}>" for group in workspace.groups.values()}
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, names[name])
    return text
