"""Saying in each channel, once, that the store is not accepted, and once more when it was."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final
from uuid import uuid4

import structlog

from bot.domain.model import JsonObject
from bot.store import Store, StoreUnaccepted
from bot.views import store as views
from bot.views.message import Message
from jobs.clients.pace import Urgency
from jobs.clients.slack import Mark, Posted, Slack, SlackUnreadable

NOTE: Final = "announced"
"""{case, why, since (unix s), told: [channel, ...], told_after: [channel, ...]}; an unaccepted store takes it too."""
MUTEX_S: Final = 60.0
EVENT: Final = "rollback_store"

log = structlog.get_logger()


class Announcer:
    """Makes each channel know whether rollbacks are taken. What was said is remembered in the store itself.

    A post whose answer was lost is found by its metadata and not posted again. Both raise StoreUnreadable.
    """

    def __init__(self, store: Store, slack: Slack, channels: Sequence[str]) -> None:
        self._store = store
        self._slack = slack
        self._channels = tuple(dict.fromkeys(channels))
        self._owner = uuid4().hex

    def look(self) -> None:
        """Say what is to be said now, as far as Slack takes it; the rest is said at the next look."""
        why = self._why()
        note, _ = self._store.note(NOTE)
        if not why and not note:
            return
        if not self._store.mutex(NOTE, owner=self._owner, seconds=MUTEX_S):
            return
        try:
            self._settle(why)
        finally:
            self._store.unmutex(NOTE, owner=self._owner)

    def _why(self) -> str:
        try:
            self._store.epoch()
        except StoreUnaccepted as error:
            return str(error)
        return ""

    def _settle(self, why: str) -> None:
        case, version = self._store.note(NOTE)
        if why and (not case or case.get("told_after")):
            case = {"case": uuid4().hex, "why": why, "since": time.time(), "told": [], "told_after": []}
            if not self._store.put_note(NOTE, case, version=version):
                return
        case, version = self._store.note(NOTE)
        if not case or (not why and not case.get("told")):
            return
        said = "told" if why else "told_after"
        message = views.distrusted(str(case["why"])) if why else views.accepted()
        for channel in self._channels if why else _texts(case, "told"):
            if channel in _texts(case, said) or not self._said(channel, message, case, said):
                continue
            case = {**case, said: [*_texts(case, said), channel]}
            version += 1 if self._store.put_note(NOTE, case, version=version) else 0

    def _said(self, channel: str, message: Message, case: JsonObject, said: str) -> bool:
        """Whether it stands in the channel now."""
        mark = Mark({"case": case["case"], "said": said}, event_type=EVENT)
        try:
            stands = self._slack.marked(channel, since=f"{float(str(case['since'])) - 1:.6f}")
        except SlackUnreadable as error:
            log.warning("nobody was told about the store", channel=channel, problem=str(error))
            return False
        if any(payload == mark.payload for _, payload in stands):
            return True
        answer = self._slack.post(channel, message, mark=mark, urgency=Urgency.FIRST)
        if not isinstance(answer, Posted):
            log.warning("nobody was told about the store", channel=channel, answer=str(answer))
        return isinstance(answer, Posted)


def _texts(case: JsonObject, name: str) -> list[str]:
    found = case.get(name)
    return [str(text) for text in found] if isinstance(found, list) else []
