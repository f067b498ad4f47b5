"""The desk as a terminal has it, and who sits there: the same verbs as Slack's, and nothing deeper."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from bot import service
from bot.catalog import load
from bot.directory import Directory
from bot.domain.model import Json
from bot.domain.people import Person
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Rollback
from bot.logs import configure
from bot.service import Desk
from bot.settings import CatalogSettings, StoreSettings, TerminalSettings, read
from bot.store import Store, connect
from bot.store.wake import waking_store

VIA = "terminal"
"""How a person spoke (bot.domain.people.Person)."""
ROLLBACK_ID = re.compile(r"rb-[0-9]{1,9}")
PAUSES_S = (0.5, 1.0, 2.0)
"""Between the tries of one command when the store does not answer; all carry the same command id."""
EVER_MS = 10**15
"""A name read long ago is still a name."""

R = TypeVar("R")


def desk(*, patient: bool = True) -> Desk:
    """The parts behind the verbs, with a store that wakes the workers. Nothing here speaks to Slack.

    `patient`: the store is asked again for a while; without, a store that is away is known to be within a second.

    Raises:
        SettingsError, CatalogError: the environment or the catalog does not fit.
    """
    configure("ERROR")
    catalog = load(read(CatalogSettings).catalog)
    url = read(StoreSettings).redis_url
    store = waking_store(url) if patient else Store(connect(url, retries=0))
    return Desk(store=store, directory=Directory(store), catalog=catalog)


def speaker(at: Desk, name: str) -> Person:
    """Who speaks, by their own token (ROLLBACKCTL_TOKEN), as the catalog's entry of the service `name` knows them.

    Raises:
        Refused: unknown-service; not-at-terminal (no token, nobody's token, or the workspace was never read).
        StoreUnreadable: the store does not answer.
    """
    known = at.service(name).approval.terminal
    team = at.directory.workspace()
    listed: list[Json] = [_name(at, team, user) for user in sorted(known)]
    token = read(TerminalSettings).token
    if token is None:
        raise Refused(Code.NOT_AT_TERMINAL, why="no-token", service=name, known=listed)
    user = whose(token.get_secret_value(), known)
    if user is None:
        raise Refused(Code.NOT_AT_TERMINAL, why="unknown-token", service=name, known=listed)
    if not team:
        raise Refused(Code.NOT_AT_TERMINAL, why="workspace", service=name, known=listed)
    return Person(team=team, id=user, name=_name(at, team, user), via=VIA)


def hashed(token: str) -> str:
    """What the catalog holds instead of a token: its SHA-256, as 64 hex digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def whose(token: str, known: Mapping[str, str]) -> str | None:
    """The user id whose token this is; None for nobody's. Every hash is compared, in constant time."""
    mine = hashed(token)
    found = [user for user, theirs in known.items() if hmac.compare_digest(mine, theirs)]
    return found[0] if len(found) == 1 else None


def once(verb: Callable[[str], R]) -> R:
    """Carry a verb out under a command id of its own; asked again, with the same id, while the store does not answer.

    Raises:
        Refused: what the verb refuses; store-unreadable after the last try.
    """
    command_id = f"{VIA}/{secrets.token_hex(16)}"
    for pause in PAUSES_S:
        try:
            return verb(command_id)
        except Refused as refused:
            if refused.refusal.code is not Code.STORE_UNREADABLE:
                raise
        time.sleep(pause)
    return verb(command_id)


def found(at: Desk, what: str, *, command: str) -> Rollback:
    """The rollback that is meant: by its id, or the only open one of a service.

    Raises:
        Refused: unknown-rollback, or ambiguous: all are named, none is chosen.
    """
    if what in at.catalog.services:
        return service.one_open(at, what, command=command)
    return service.one(at, what)


def _name(at: Desk, team: str, user: str) -> str:
    member = at.directory.person(team, user, within_ms=EVER_MS)
    return member.person.name or user if member else user
