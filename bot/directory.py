"""Who somebody is and to which groups they belong, from the refreshed copy in the store only: no Slack call here.

The copy is written by the refreshing job as notes: `directory:group:<handle>` {id, members: [{id, name, full}],
read_at}, `directory:person:<id>` {id, name, full, team, read_at} and `directory:workspace` {team, bot_user_id, bot_id};
`directory:wanted` {ids} is written here: people to be looked up with the next reading. Times are Redis milliseconds.
What is older than a minute counts nobody and asks for a refresh.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.model import Json, JsonObject
from bot.domain.people import FRESH_MS, Group, Member, Person
from bot.store import Store

REFRESH = "directory:all"
"""The member of the store's due times that stands for the refreshing job."""
WANTED = "directory:wanted"
MOST_WANTED = 50
"""People who wait to be looked up; beyond that the next one has to press again."""
_PUTS = 5


class Directory:
    """Reads the copy. Raises StoreUnreadable where the store cannot be read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._home = ""

    def group(self, name: str, *, users: Sequence[str] = ()) -> Group:
        """The approvers: a user group's members by its handle, or the listed `users`; read_at None: never read."""
        found = self._listed(name, users) if users else self._handle(name)
        if found.stale(self._store.now()):
            self.ask_refresh()
        return found

    def group_id(self, name: str) -> str:
        """The id by which Slack mentions the group; empty when it was never read, or is a list of people."""
        note, _ = self._store.note(f"directory:group:{name}")
        return str((note or {}).get("id") or "")

    def person(self, team: str, user: str, *, within_ms: int = FRESH_MS) -> Member | None:
        """What is known of somebody, read within `within_ms`; None: not known.

        Somebody of another workspace is no full member, whatever else is known.
        """
        home = self.workspace()
        if home and team != home:
            return Member(person=Person(team=team, id=user), full=False)
        note, _ = self._store.note(f"directory:person:{user}")
        read_at = _time(note.get("read_at")) if note else None
        if note is None or read_at is None or self._store.now() - read_at > within_ms:
            return None
        member = _member(team, note)
        return member if member.person.team == team else Member(person=Person(team=team, id=user), full=False)

    def want(self, user: str) -> None:
        """Have somebody looked up as soon as a worker is free."""
        for _ in range(_PUTS):
            note, version = self._store.note(WANTED)
            ids = wanted(note)
            if user in ids or len(ids) >= MOST_WANTED:
                break
            if self._store.put_note(WANTED, {"ids": [*ids, user]}, version=version):
                break
        self.ask_refresh()

    def workspace(self) -> str:
        """The team id of the workspace the app is installed in, which never changes; empty before the first refresh."""
        if not self._home:
            note, _ = self._store.note("directory:workspace")
            self._home = str((note or {}).get("team") or "")
        return self._home

    def bot(self) -> tuple[str, str]:
        """The bot's own user id and bot id; empty before the first refresh."""
        note, _ = self._store.note("directory:workspace")
        return str((note or {}).get("bot_user_id") or ""), str((note or {}).get("bot_id") or "")

    def ask_refresh(self) -> None:
        """Have the copy read anew as soon as a worker is free."""
        self._store.set_due(REFRESH, 0)

    def _handle(self, handle: str) -> Group:
        note, _ = self._store.note(f"directory:group:{handle}")
        if note is None:
            return Group(name=handle, members=(), read_at=None)
        team = self.workspace()
        members = note.get("members")
        people = members if isinstance(members, list) else []
        return Group(
            name=handle,
            members=tuple(_member(team, person) for person in people if isinstance(person, dict)),
            read_at=_time(note.get("read_at")),
        )

    def _listed(self, name: str, users: Sequence[str]) -> Group:
        team = self.workspace()
        notes = [self._store.note(f"directory:person:{user}")[0] for user in users]
        read = [_time(note.get("read_at")) if note else None for note in notes]
        known = [time for time in read if time is not None]
        return Group(
            name=name,
            members=tuple(_member(team, note) for note in notes if note),
            read_at=min(known) if len(known) == len(notes) else None,
        )


def wanted(note: JsonObject | None) -> list[str]:
    """The ids that a `directory:wanted` note holds."""
    ids = (note or {}).get("ids")
    return [str(user) for user in ids] if isinstance(ids, list) else []


def _member(team: str, note: JsonObject) -> Member:
    person = Person(team=str(note.get("team") or team), id=str(note.get("id")), name=str(note.get("name") or ""))
    return Member(person=person, full=note.get("full") is True)


def _time(value: Json) -> int | None:
    return int(value) if isinstance(value, int | float) else None
