"""The short-lived things that Slack hands to an app with a payload: trigger ids and response URLs."""

import secrets
import threading
import time
from dataclasses import dataclass, replace

from sandbox.slack.config import Timings
from sandbox.slack.errors import ApiError


@dataclass(frozen=True)
class Trigger:
    """Leave to open one modal for one person."""

    user: str
    expires: float
    used: bool = False
    view_id: str | None = None


class Triggers:
    """Trigger ids: valid for three seconds, once."""

    def __init__(self, timings: Timings) -> None:
        self._seconds = timings.trigger
        self._lock = threading.Lock()
        self._given: dict[str, Trigger] = {}

    def give(self, user: str, *, view_id: str | None = None) -> str:
        """Make one for this person; `view_id` is the modal in which they acted, for views.push."""
        name = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        with self._lock:
            self._given[name] = Trigger(user, time.monotonic() + self._seconds, view_id=view_id)
        return name

    def take(self, name: str) -> Trigger:
        """Use one up; raises ApiError invalid_trigger_id, exchanged_trigger_id or expired_trigger_id."""
        with self._lock:
            trigger = self._given.get(name)
            if trigger is None:
                raise ApiError("invalid_trigger_id")
            if trigger.used:
                raise ApiError("exchanged_trigger_id")
            if time.monotonic() > trigger.expires:
                raise ApiError("expired_trigger_id")
            self._given[name] = replace(trigger, used=True)
            return trigger


@dataclass(frozen=True)
class Hook:
    """What a response URL leads to. `ts` is the message that was acted on, None after a slash command."""

    user: str
    channel: str
    expires: float
    uses_left: int
    ts: str | None = None
    is_ephemeral: bool = False


class Hooks:
    """Response URLs: five uses in thirty minutes."""

    def __init__(self, timings: Timings) -> None:
        self._timings = timings
        self._lock = threading.Lock()
        self._given: dict[str, Hook] = {}

    def give(self, user: str, channel: str, *, ts: str | None = None, is_ephemeral: bool = False) -> str:
        """Make one; gives the path part that names it."""
        name = secrets.token_urlsafe(18)
        expires = time.monotonic() + self._timings.response_url
        with self._lock:
            self._given[name] = Hook(user, channel, expires, self._timings.response_url_uses, ts, is_ephemeral)
        return name

    def take(self, name: str) -> Hook:
        """Use it once; raises ApiError with status 404: invalid_url, expired_url or used_url."""
        with self._lock:
            hook = self._given.get(name)
            if hook is None:
                raise ApiError("invalid_url", http_status=404)
            if time.monotonic() > hook.expires:
                raise ApiError("expired_url", http_status=404)
            if hook.uses_left < 1:
                raise ApiError("used_url", http_status=404)
            self._given[name] = replace(hook, uses_left=hook.uses_left - 1)
            return hook

    def point_to(self, name: str, ts: str) -> None:
        """Let it lead to another message from now on (the one that replaced the original)."""
        with self._lock:
            self._given[name] = replace(self._given[name], ts=ts)
