"""The bot's way to Slack's Web API: thin, never repeating a call by itself, every answer a tagged result."""

from __future__ import annotations

import copy
import http.client
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.domain.model import Json, JsonObject
from bot.views.message import Message
from jobs.clients.pace import Pace, Urgency

TIMEOUT_S: Final = 10
PAGES: Final = 10
"""At most so many pages of a list are read; Slack's are up to 200 entries."""

_GONE = frozenset({"message_not_found", "cant_update_message", "thread_not_found", "edit_window_closed"})
_BAD_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"})
_CHANNEL = frozenset(
    {"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "user_not_in_channel", "cannot_dm_bot"}
)
_SERVER_ERROR = 500
_UPLOAD = ("files.getUploadURLExternal", "files.completeUploadExternal")


@dataclass(frozen=True)
class Posted:
    """Slack did it. `ts` names the message in `channel` (an id); `thread_ts`: the parent it landed under, or ""."""

    ts: str
    channel: str = ""
    thread_ts: str = ""


@dataclass(frozen=True)
class RateLimited:
    """Nothing was done. Slack takes the call again after so many seconds."""

    retry_after: float


@dataclass(frozen=True)
class NotThere:
    """The message is gone or can no longer be edited. `code` is Slack's."""

    code: str


@dataclass(frozen=True)
class BadBlocks:
    """Nothing was done: the blocks were refused. `pointers` are Slack's own words about where."""

    code: str
    pointers: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChannelProblem:
    """Nothing was done: the channel is missing, archived, or the app is not in it. `code` is Slack's."""

    code: str


@dataclass(frozen=True)
class Denied:
    """Nothing was done, for another reason that Slack names (a scope, a token)."""

    code: str


@dataclass(frozen=True)
class Unclear:
    """No answer came: Slack may have done it or not. Look before doing it again."""

    why: str


Problem: TypeAlias = RateLimited | NotThere | BadBlocks | ChannelProblem | Denied | Unclear
Answer: TypeAlias = Posted | Problem


class SlackUnreadable(Exception):  # noqa: N818 - says what Slack is at the moment, and is caught by that name
    """A read gave no answer that can be used; carries the problem. What was known before stays, and ages."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True)
class Mark:
    """What a message carries unseen, so that it is found again: Slack's message metadata."""

    payload: JsonObject
    event_type: str = "rollback_event"

    def json(self) -> JsonObject:
        """The metadata as Slack takes it."""
        return {"event_type": self.event_type, "event_payload": self.payload}


class Slack:
    """One workspace, as the bot may touch it.

    `base_url` ends in "/api/". Every call is made once: a repeated chat.postMessage would be a second message
    (slack_sdk repeats dropped connections unless its retry handlers are taken away). With a `pace`, a call whose turn
    has not come is not made and answers RateLimited. Every method then raises StoreUnreadable when Redis is away.
    """

    def __init__(self, token: str, *, base_url: str, timeout_s: int = TIMEOUT_S, pace: Pace | None = None) -> None:
        self._web = WebClient(token=token, base_url=base_url, timeout=timeout_s, retry_handlers=[])
        self._pace = pace
        self._asker = ""

    def asking(self, asker: str) -> Self:
        """The same workspace for one asker, who keeps a place of its own in the queue."""
        other = copy.copy(self)
        other._asker = asker  # noqa: SLF001 - its own class
        return other

    def post(
        self,
        channel: str,
        message: Message,
        *,
        mark: Mark,
        thread_ts: str = "",
        urgency: Urgency = Urgency.NEXT,
    ) -> Answer:
        """Post a message, at the top level or into a thread; links are not unfurled."""
        body: JsonObject = {"channel": channel, "text": message.text, "metadata": mark.json()}
        body |= {"unfurl_links": False, "unfurl_media": False}
        if message.blocks:
            body["blocks"] = list(message.blocks)
        if thread_ts:
            body["thread_ts"] = thread_ts
        return self._write("chat.postMessage", body, urgency)

    def update(self, channel: str, ts: str, message: Message, *, mark: Mark, urgency: Urgency = Urgency.NEXT) -> Answer:
        """Replace a message's text and blocks."""
        body: JsonObject = {"channel": channel, "ts": ts, "text": message.text, "blocks": list(message.blocks)}
        return self._write("chat.update", {**body, "metadata": mark.json()}, urgency)

    def ephemeral(self, channel: str, user: str, message: Message, *, thread_ts: str = "") -> Answer:
        """Show something to one person only; it is gone when they reload."""
        body: JsonObject = {"channel": channel, "user": user, "text": message.text}
        if message.blocks:
            body["blocks"] = list(message.blocks)
        if thread_ts:
            body["thread_ts"] = thread_ts
        return self._write("chat.postEphemeral", body, Urgency.FIRST)

    def delete(self, channel: str, ts: str) -> Answer:
        """Take back one of our own messages."""
        return self._write("chat.delete", {"channel": channel, "ts": ts}, Urgency.NEXT)

    def permalink(self, channel: str, ts: str) -> str:
        """The address of a message.

        Raises:
            SlackUnreadable: Slack did not say.
        """
        return str(self._read("chat.getPermalink", {"channel": channel, "message_ts": ts})["permalink"])

    def direct(self, user: str) -> str:
        """The id of the direct messages with one person.

        Raises:
            SlackUnreadable: Slack did not say.
        """
        channel = self._read("conversations.open", {"users": user})["channel"]
        return str(channel["id"]) if isinstance(channel, dict) else ""

    def marked(self, channel: str, *, since: str, until: str = "", thread_ts: str = "") -> list[tuple[str, JsonObject]]:
        """The messages after `since` that carry our metadata, as (ts, payload), in a channel or in one thread.

        Slack takes no metadata with a file: one that was shared is given with {"file": its name} as its payload.

        The oldest comes first. Of more than 2,000 messages in a channel only the newest are read: say `until` when.

        Raises:
            SlackUnreadable: Slack did not say.
        """
        method = "conversations.replies" if thread_ts else "conversations.history"
        asked: JsonObject = {"channel": channel, "oldest": since, "include_all_metadata": True, "limit": 200}
        if until:
            asked["latest"] = until
        if thread_ts:
            asked["ts"] = thread_ts
        found: list[tuple[str, JsonObject]] = []
        for message in self._pages(method, asked, "messages"):
            payload = _payload(message)
            if payload is not None:
                found.append((str(message["ts"]), payload))
        return sorted(found, key=lambda one: float(one[0]))

    def upload(self, name: str, content: bytes, *, title: str, channel: str = "", thread_ts: str = "") -> str:
        """Upload a file, shared nowhere unless a channel is named; gives its id. It is shown once `processed`.

        Raises:
            SlackUnreadable: it is not there, or nobody said so; where it was to be shared, look before doing it again.
        """

        def send() -> JsonObject:
            answer = self._web.files_upload_v2(
                filename=name,
                content=content,
                title=title,
                channel=channel or None,
                thread_ts=thread_ts or None,
                request_file_info=False,
            )
            return _data(answer.data)

        files = self._attempt(_UPLOAD, send).get("files")
        first = files[0] if isinstance(files, list) and files else None
        if not isinstance(first, dict):
            raise SlackUnreadable(Unclear("the upload's answer names no file"))
        return str(first["id"])

    def processed(self, file: str) -> bool:
        """Whether Slack has worked through an uploaded file; a block may name it only then.

        Raises:
            SlackUnreadable: Slack did not say.
        """
        info = self._read("files.info", {"file": file})["file"]
        return isinstance(info, dict) and bool(info.get("mimetype")) and bool(info.get("original_w"))

    def myself(self) -> JsonObject:
        """auth.test: our own workspace and user.

        Raises:
            SlackUnreadable: Slack did not say.
        """
        return self._read("auth.test", {})

    def user(self, user_id: str) -> JsonObject:
        """users.info: one person as Slack knows them.

        Raises:
            SlackUnreadable: Slack did not say, or knows nobody by this id.
        """
        return _data(self._read("users.info", {"user": user_id}).get("user"))

    def groups(self) -> list[JsonObject]:
        """usergroups.list: the user groups that are not disabled.

        Raises:
            SlackUnreadable: Slack did not say.
        """
        groups = self._read("usergroups.list", {}).get("usergroups")
        return (
            [g for g in groups if isinstance(g, dict) and not g.get("date_delete")] if isinstance(groups, list) else []
        )

    def group_users(self, group_id: str) -> list[str]:
        """usergroups.users.list: the ids of a group's members.

        Raises:
            SlackUnreadable: Slack did not say.
        """
        users = self._read("usergroups.users.list", {"usergroup": group_id}).get("users")
        return [str(user) for user in users] if isinstance(users, list) else []

    def channels(self) -> Iterator[JsonObject]:
        """conversations.list: public and private channels that the app may see, archived ones left out.

        Raises:
            SlackUnreadable: Slack did not say.
        """
        asked: JsonObject = {"types": "public_channel,private_channel", "exclude_archived": True, "limit": 200}
        return self._pages("conversations.list", asked, "channels")

    def _pages(self, method: str, asked: JsonObject, key: str) -> Iterator[JsonObject]:
        cursor = ""
        for _ in range(PAGES):
            answer = self._read(method, {**asked, "cursor": cursor} if cursor else asked)
            entries = answer.get(key)
            yield from (e for e in entries if isinstance(e, dict)) if isinstance(entries, list) else ()
            cursor = str(_data(answer.get("response_metadata")).get("next_cursor") or "")
            if not cursor:
                return

    def _read(self, method: str, asked: JsonObject) -> JsonObject:
        return self._attempt((method,), lambda: _data(self._web.api_call(method, params=_form(asked)).data))

    def _attempt(self, methods: Sequence[str], call: Callable[[], JsonObject]) -> JsonObject:
        answer = self._in_turn(methods, call)
        if isinstance(answer, dict):
            return answer
        raise SlackUnreadable(answer)

    def _write(self, method: str, body: JsonObject, urgency: Urgency) -> Answer:
        def call() -> JsonObject:
            return _data(self._web.api_call(method, json=dict(body)).data)

        answer = self._in_turn((method,), call, channel=str(body["channel"]), urgency=urgency)
        if not isinstance(answer, dict):
            return answer
        message = _data(answer.get("message"))
        ts = str(answer.get("ts") or answer.get("message_ts") or "")
        return Posted(ts=ts, channel=str(answer.get("channel") or ""), thread_ts=str(message.get("thread_ts") or ""))

    def _in_turn(
        self,
        methods: Sequence[str],
        call: Callable[[], JsonObject],
        *,
        channel: str = "",
        urgency: Urgency = Urgency.NEXT,
    ) -> JsonObject | Problem:
        if self._pace is None:
            return _tried(call)
        wait = self._pace.wait(methods, channel=channel, asker=self._asker, urgency=urgency)
        if wait:
            return RateLimited(wait)
        answer = _tried(call)
        self._pace.heard(answered=not isinstance(answer, Unclear))
        if isinstance(answer, RateLimited):
            self._pace.limited(methods, channel=channel, seconds=answer.retry_after)
        return answer


def _tried(call: Callable[[], JsonObject]) -> JsonObject | Problem:
    try:
        return call()
    except SlackApiError as error:
        return _problem(error)
    except (SlackClientError, OSError, http.client.HTTPException, ValueError) as error:
        # Time-outs and dropped connections are OSError or HTTPException; half an answer is a ValueError.
        return Unclear(f"{type(error).__name__}: {error}")


def _problem(error: SlackApiError) -> Problem:
    response = error.response
    status = int(getattr(response, "status_code", 0) or 0)
    data = _data(getattr(response, "data", None))
    code = str(data.get("error") or "")
    if status == http.client.TOO_MANY_REQUESTS or code == "ratelimited":
        headers: Mapping[str, str] = getattr(response, "headers", {})
        return RateLimited(float(headers.get("Retry-After") or headers.get("retry-after") or 1))
    if status >= _SERVER_ERROR or code in {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}:
        return Unclear(f"HTTP {status} {code}".strip())
    if code in _GONE:
        return NotThere(code)
    if code in _BAD_BLOCKS:
        pointers = _data(data.get("response_metadata")).get("messages")
        return BadBlocks(code, tuple(str(p) for p in pointers) if isinstance(pointers, list) else ())
    return ChannelProblem(code) if code in _CHANNEL else Denied(code or f"HTTP {status}")


def _payload(message: JsonObject) -> JsonObject | None:
    """By what a message is found again."""
    payload = _data(message.get("metadata")).get("event_payload")
    if isinstance(payload, dict):
        return payload
    files = message.get("files")
    name = _data(files[0]).get("name") if isinstance(files, list) and files else None
    return {"file": name} if name else None


def _form(asked: JsonObject) -> dict[str, str]:
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in asked.items()}


def _data(value: object) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}
