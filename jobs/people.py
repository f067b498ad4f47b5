"""Who belongs to which group, read from Slack into the directory's copy. The copy ages: nobody read, nobody counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import structlog

from bot.catalog import Catalog
from bot.directory import REFRESH, WANTED, wanted
from bot.domain.model import Json, JsonObject
from bot.domain.people import FRESH_MS, Person
from bot.domain.refusal import Code, Refused
from bot.store import Store
from jobs.clients.errors import Unreachable
from jobs.clients.slack import Denied, Slack, SlackUnreadable

EVERY_MS: Final = 30_000
AFTER_FAILURE_MS: Final = 10_000
SLACKBOT: Final = "USLACKBOT"
_UNKNOWN: Final = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
_PUTS: Final = 3

log = structlog.get_logger()


class People:
    """Writes the directory's notes (bot/directory.py says their shapes). Times are Redis milliseconds."""

    def __init__(self, store: Store, slack: Slack) -> None:
        self._store = store
        self._slack = slack

    def refresh(self, catalog: Catalog) -> None:
        """Read the workspace, the catalog's groups and people (also a terminal's), whoever is wanted; come due again.

        What could not be read keeps its old copy, which stops counting after a minute.
        """
        wait = EVERY_MS
        try:
            team = self._workspace()
            known: dict[str, JsonObject] = {}
            named = {handle for s in catalog.services.values() for handle in (s.approval.group, s.approval.break_glass)}
            self._groups(named - {""}, team, known)
            for user in sorted({user for s in catalog.services.values() for user in s.approval.users}):
                self._person(user, team, known)
            for user in sorted({user for s in catalog.services.values() for user in s.approval.terminal}):
                self._somebody(user, team, known)
            self._wanted(team, known)
        except SlackUnreadable as error:
            log.warning("the directory was not read; the old copy ages", problem=str(error))
            wait = AFTER_FAILURE_MS
        self._store.set_due(REFRESH, self._store.now() + wait)

    def look_up(self, person: Person) -> JsonObject:
        """One person as {id, name, full, team, read_at}, at most a minute old.

        Raises:
            SlackUnreadable: there is no fresh copy and Slack did not say.
        """
        note, _ = self._store.note(f"directory:person:{person.id}")
        read_at = note.get("read_at") if note else None
        if note and isinstance(read_at, int) and self._store.now() - read_at <= FRESH_MS:
            return note
        return self._person(person.id, self._workspace(), {})

    def require_full_member(self, person: Person) -> None:
        """Let only full members of this workspace ask.

        Raises:
            Refused: not-a-member.
            Unreachable: Slack did not say who this is.
        """
        try:
            known = self.look_up(person)
        except SlackUnreadable as error:
            if _unknown(error):
                raise Refused(Code.NOT_A_MEMBER, who=person.name or person.id) from error
            raise Unreachable("Slack", str(error)) from error
        if known.get("full") is not True or known.get("team") != person.team:
            raise Refused(Code.NOT_A_MEMBER, who=person.name or person.id)

    def _workspace(self) -> str:
        me = self._slack.myself()
        team = str(me.get("team_id") or "")
        self._put("directory:workspace", {"team": team, "bot_user_id": me.get("user_id"), "bot_id": me.get("bot_id")})
        return team

    def _groups(self, handles: set[str], team: str, known: dict[str, JsonObject]) -> None:
        """The oldest copy first: where Slack takes fewer calls than there are groups, none is always the last."""
        listed = self._slack.groups() if handles else []
        for handle in sorted(handles, key=lambda handle: (self._read_at(handle), handle)):
            self._group(handle, listed, team, known)

    def _read_at(self, handle: str) -> int:
        note, _ = self._store.note(f"directory:group:{handle}")
        read_at = (note or {}).get("read_at")
        return read_at if isinstance(read_at, int) else 0

    def _group(self, handle: str, listed: list[JsonObject], team: str, known: dict[str, JsonObject]) -> None:
        # The age counts from before the question for its members: a change made while reading must not look fresh.
        read_at = self._store.now()
        found = next((group for group in listed if group.get("handle") == handle), None)
        if found is None:
            log.error("no user group of this handle; nobody counts until there is one", group=handle)
            return
        group_id = str(found["id"])
        users = self._slack.group_users(group_id)
        members: list[Json] = [self._member(self._person(user, team, known)) for user in users]
        self._put(f"directory:group:{handle}", {"id": group_id, "members": members, "read_at": read_at})

    def _wanted(self, team: str, known: dict[str, JsonObject]) -> None:
        """Look up those who were asked for; whom Slack does not know is no member."""
        note, version = self._store.note(WANTED)
        ids = wanted(note)
        for user in ids:
            self._somebody(user, team, known)
        if ids:
            # Somebody who is wanted meanwhile keeps the note, and comes up with the next reading.
            self._store.put_note(WANTED, {"ids": []}, version=version)

    def _somebody(self, user: str, team: str, known: dict[str, JsonObject]) -> None:
        """Look up somebody of whom nobody knows whether Slack knows them."""
        try:
            self._person(user, team, known)
        except SlackUnreadable as error:
            if not _unknown(error):
                raise
            nobody: JsonObject = {"id": user, "name": "", "full": False, "team": team}
            self._put(f"directory:person:{user}", {**nobody, "read_at": self._store.now()})

    def _person(self, user: str, team: str, known: dict[str, JsonObject]) -> JsonObject:
        if user not in known:
            read_at = self._store.now()
            known[user] = {**_described(self._slack.user(user), team), "read_at": read_at}
            self._put(f"directory:person:{user}", known[user])
        return known[user]

    def _member(self, person: JsonObject) -> JsonObject:
        return {key: person[key] for key in ("id", "name", "full")}

    def _put(self, name: str, value: JsonObject) -> None:
        for _ in range(_PUTS):
            old, version = self._store.note(name)
            if old == value or self._store.put_note(name, value, version=version):
                return


def _unknown(error: SlackUnreadable) -> bool:
    """Whether Slack said that there is nobody of this id."""
    return isinstance(error.problem, Denied) and error.problem.code in _UNKNOWN


def _described(user: JsonObject, team: str) -> JsonObject:
    """A Slack user as the directory keeps them; only a full, living member of this very workspace is `full`."""
    home = str(user.get("team_id") or "")
    flags = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
    full = bool(team) and home == team and not any(user.get(flag) for flag in flags) and user.get("id") != SLACKBOT
    return {"id": user.get("id"), "name": _name(user), "full": full, "team": home}


def _name(user: JsonObject) -> str:
    profile = user.get("profile")
    names: Iterable[Json] = (profile.get("display_name"), profile.get("real_name")) if isinstance(profile, dict) else ()
    return str(next((name for name in (*names, user.get("real_name"), user.get("name")) if name), "") or user.get("id"))
