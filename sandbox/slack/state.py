"""The workspace as it is now: people, groups, channels and messages, under one lock."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import count

from sandbox.slack.config import AppConfig, Channel, Group, Json, Kind, Person, SlackConfig
from sandbox.slack.errors import OutsideError
from sandbox.slack.events import Feed

SLACKBOT = "USLACKBOT"
_MENTION = re.compile(r"<(?:@([UW][A-Z0-9]+)|!subteam\^(S[A-Z0-9]+)|!(channel|here|everyone))(?:\|[^>]*)?>")


@dataclass(frozen=True)
class Message:
    """One message; `ephemeral_to` is the only person who sees it, `notified` those whom it alerted when posted."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: tuple[Json, ...] = ()
    thread_ts: str | None = None
    metadata: Json | None = None
    edited_ts: str | None = None
    files: tuple[str, ...] = ()
    ephemeral_to: str | None = None
    notified: tuple[str, ...] = ()

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread and not in the channel."""
        return self.thread_ts is not None and self.thread_ts != self.ts


class Workspace:
    """All state but views, files and triggers. Messages are replaced, never changed, and keep their order."""

    def __init__(self, config: SlackConfig, feed: Feed) -> None:
        self.config = config
        self.feed = feed
        self.changed = threading.Condition(threading.RLock())
        self.app: AppConfig = config.app
        self.people: dict[str, Person] = {person.id: person for person in config.people}
        bot = Person(id=self.app.bot_user_id, name=self.app.name, real_name=self.app.name, kind=Kind.BOT)
        self.people[bot.id] = bot
        self.groups: dict[str, Group] = {group.id: group for group in config.groups}
        self.channels: dict[str, Channel] = {channel.id: channel for channel in config.channels}
        self._messages: dict[str, dict[str, Message]] = {channel: {} for channel in self.channels}
        self._ephemerals: list[Message] = []
        self._history: list[Json] = []
        self._last_ts = 0
        self._im_numbers = count(1)

    def next_ts(self) -> str:
        """Give a timestamp id, greater than every one before it."""
        with self.changed:
            self._last_ts = max(self._last_ts + 1, time.time_ns() // 1000)
            return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def post(self, message: Message) -> Message:
        """Put a message into its channel or, if its parent still stands there, into that thread."""
        with self.changed:
            parent = self.find(message.channel, message.thread_ts) if message.thread_ts else None
            root = (parent.thread_ts or parent.ts) if parent else None
            placed = replace(message, thread_ts=root)
            placed = replace(placed, notified=self._notified(placed))
            self._messages[message.channel][message.ts] = placed
            self._note("post", placed)
            return placed

    def edit(self, message: Message) -> None:
        """Put a changed message in the place of the one with its ts; nobody is notified."""
        with self.changed:
            self._messages[message.channel][message.ts] = message
            self._note("edit", message)

    def delete(self, message: Message) -> None:
        """Take a message away; replies to it stay in the store and can no longer be reached."""
        with self.changed:
            del self._messages[message.channel][message.ts]
            self._note("delete", message)

    def whisper(self, message: Message) -> Message:
        """Show a message to one person only, until they reload."""
        with self.changed:
            self._ephemerals.append(message)
            self._note("ephemeral", message)
            return message

    def change_whisper(self, ts: str, new: Message | None) -> None:
        """Replace a shown ephemeral, or take it away with None."""
        with self.changed:
            for index, old in enumerate(self._ephemerals):
                if old.ts == ts:
                    if new is None:
                        del self._ephemerals[index]
                    else:
                        self._ephemerals[index] = new
                    self._note("ephemeral_edit" if new else "ephemeral_delete", new or old)
                    return

    def find(self, channel: str, ts: str) -> Message | None:
        """Find a message that stands in a channel or thread."""
        with self.changed:
            return self._messages.get(channel, {}).get(ts)

    def find_whisper(self, user: str, ts: str) -> Message | None:
        """Find an ephemeral of this person."""
        with self.changed:
            return next((m for m in self._ephemerals if m.ts == ts and m.ephemeral_to == user), None)

    def messages(self, channel: str) -> list[Message]:
        """List what stands in the channel itself, oldest first."""
        with self.changed:
            return [m for m in self._messages.get(channel, {}).values() if not m.is_reply]

    def thread(self, channel: str, ts: str) -> list[Message]:
        """List a parent and its replies, oldest first; empty when there is no such parent."""
        with self.changed:
            parent = self.find(channel, ts)
            if parent is None:
                return []
            return [parent, *(m for m in self._messages[channel].values() if m.is_reply and m.thread_ts == ts)]

    def ephemerals(self, user: str) -> list[Message]:
        """List what only this person was shown and what was not taken away since."""
        with self.changed:
            return [m for m in self._ephemerals if m.ephemeral_to == user]

    def history(self) -> list[Json]:
        """List every post, edit and deletion, oldest first, each with the message as it then stood."""
        with self.changed:
            return list(self._history)

    def wait_for(
        self, channel: str, fits: Callable[[Message], bool], timeout: float, *, user: str | None = None
    ) -> Message | None:
        """Wait until a message or thread line of the channel fits, or an ephemeral there that `user` sees.

        Gives the youngest that fits; None when `timeout` seconds pass before there is one.
        """
        found: list[Message] = []

        def look() -> bool:
            seen = [m for m in self._ephemerals if m.channel == channel and m.ephemeral_to == user]
            found[:] = [m for m in (*self._messages.get(channel, {}).values(), *seen) if fits(m)]
            return bool(found)

        with self.changed:
            self.changed.wait_for(look, timeout)
            return max(found, key=lambda m: m.ts, default=None)

    def open_im(self, user: str) -> Channel:
        """Give the direct messages between a person and the app, which begin when first asked for."""
        with self.changed:
            for channel in self.channels.values():
                if channel.im_with == user:
                    return channel
            members = (user, self.app.bot_user_id)
            name = f"D0IM{next(self._im_numbers):04d}"
            channel = Channel(id=name, name="directmessage", members=members, im_with=user)
            self.channels[channel.id] = channel
            self._messages[channel.id] = {}
            return channel

    def person(self, user: str) -> Person:
        """Find a person; raises OutsideError."""
        found = self.people.get(user) or next((p for p in self.people.values() if p.name == user), None)
        if found is None:
            raise OutsideError(f"Nobody here has the id or name {user!r}.")
        return found

    def channel(self, channel: str) -> Channel:
        """Find a channel by id or name; raises OutsideError."""
        name = channel.removeprefix("#")
        found = self.channels.get(channel) or next((c for c in self.channels.values() if c.name == name), None)
        if found is None:
            raise OutsideError(f"No channel has the id or name {channel!r}.")
        return found

    def touch(self, kind: str, data: Json) -> None:
        """Tell pages and waiters that something other than a message changed."""
        with self.changed:
            self.changed.notify_all()
        self.feed.publish(kind, data)

    def _note(self, kind: str, message: Message) -> None:
        self._history.append({"at": time.time(), "kind": kind, "message": asdict(message)})
        self.changed.notify_all()
        self.feed.publish(
            kind,
            {
                "channel": message.channel,
                "ts": message.ts,
                "thread_ts": message.thread_ts,
                "user": message.user,
                "ephemeral_to": message.ephemeral_to,
                "notified": list(message.notified) if kind == "post" else [],
            },
        )

    def _notified(self, message: Message) -> tuple[str, ...]:
        channel = self.channels[message.channel]
        named = set(self._mentioned(message, channel))
        if channel.im_with:
            named.add(channel.im_with)
        if message.is_reply and message.thread_ts:
            for earlier in self.thread(message.channel, message.thread_ts):
                named.add(earlier.user)
                named.update(self._mentioned(earlier, channel))
        outside = {message.user, self.app.bot_user_id, SLACKBOT}
        return tuple(sorted((named & set(channel.members)) - outside))

    def _mentioned(self, message: Message, channel: Channel) -> Iterator[str]:
        for text in (message.text, *_mrkdwn_texts(message.blocks)):
            for user, group, everybody in _MENTION.findall(text):
                if user:
                    yield user
                elif group:
                    yield from self.groups[group].users if group in self.groups else ()
                elif everybody:
                    yield from channel.members


def _mrkdwn_texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn" and isinstance(value.get("text"), str):
            yield value["text"]
        for inner in value.values():
            yield from _mrkdwn_texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _mrkdwn_texts(inner)
