"""Who somebody is. Identity is the pair of workspace and user: the same name elsewhere is somebody else."""

from __future__ import annotations

from bot.domain.model import Value

FRESH_MS = 60_000
"""A membership older than this counts nobody (REQUIREMENTS.md R14, fail closed)."""


class Person(Value):
    """Somebody in Slack. `name` is for printing only and never compared.

    `via`: how they spoke: "" through Slack, "terminal" through rollbackctl. It is recorded and no part of who they are.
    """

    team: str
    id: str
    name: str = ""
    via: str = ""

    @property
    def key(self) -> str:
        """The identity: `TEAM/USER`."""
        return f"{self.team}/{self.id}"


class Member(Value):
    """A person as the directory knows them.

    `full`: a full member of this workspace; no guest, bot, deactivated or Connect user.
    """

    person: Person
    full: bool


class Group(Value):
    """The people who may approve, as last read. `read_at` is Redis time in ms; None when it could not be read."""

    name: str
    members: tuple[Member, ...]
    read_at: int | None

    def unread(self, now: int) -> bool:
        """Whether nobody said who is in it: never read, or read too long before `now` (ms)."""
        return self.read_at is None or now - self.read_at > FRESH_MS

    def stale(self, now: int) -> bool:
        """Whether this counts nobody: unread at `now` (ms), or empty. Fail closed."""
        return self.unread(now) or not self.members
