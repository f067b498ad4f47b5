"""Where a Secret's values go: to the API server, and nowhere else."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

from bot.store import keys
from sandbox.stack import Stack
from tests.integration.config.scene import (
    ASK,
    DATABASE,
    NAME,
    NOVEMBER,
    SECRETS,
    TIME,
    TODAY,
    backups,
    restored,
    terminal,
)
from tests.integration.path import looks
from tests.integration.path.people import ADA, People

MORE = ((), ("--json",), ("--commands",))
LEFT_ALONE = ("cluster", "backups")
"""The API server's own store and logs, and the backups that others made: these hold the values, as they should."""


def spellings() -> list[bytes]:
    """Every value of the Secret, old and new, as text and as Kubernetes writes it."""
    values = [value.encode() for value in (TODAY, NOVEMBER, DATABASE)]
    return [*values, *(base64.b64encode(value).rstrip(b"=") for value in values)]


def found(text: bytes) -> list[bytes]:
    """Those that stand in a text."""
    return [each for each in spellings() if each in text]


def test_no_value_leaves_by_any_way(production: Stack, people: People) -> None:
    """Redis with all that was ever written to it, Slack with all calls, every log at DEBUG, the archive, a terminal."""
    told = [terminal(production).answer("plan", "config", NAME, "--to", TIME, *more) for more in MORE]
    card = people.ask(ASK)
    card.until("Approval needed (0 of 2)")
    card.press(ADA, "All details")
    looks.until(lambda: SECRETS in _details(people, ADA), within_s=20, what="all details")
    told.append(_details(people, ADA))
    people.approve(card)
    card.until("Succeeded", within_s=90)
    assert restored(production) == (True, True)
    card.until_line("ormalised", within_s=60)
    card.until_report()
    archive = production.folder / "archive"
    looks.until(lambda: _kept(archive, card.rollback_id), within_s=60, what="the journal in the archive")
    keeping = keys.keep(card.rollback_id)
    looks.until(lambda: not looks.store(production).is_due(keeping), within_s=60, what="the archive's last file")

    assert len(found(b"".join(path.read_bytes() for path in backups(production).glob("secret-2026112*")))) == 2, (
        "control"
    )
    assert found("".join(told).encode()) == []
    assert found(str(people.outside.get("record")).encode()) == []
    looked_at = list(_files(production.folder))
    assert {path.name for path in looked_at} >= {"worker.log", "long.log", "web.log", "narrator.log", "watch.log"}
    assert any(path.suffix == ".aof" for path in looked_at)
    assert any(archive in path.parents for path in looked_at)
    assert {path.name: found(path.read_bytes()) for path in looked_at if found(path.read_bytes())} == {}


def test_what_the_bot_keeps_itself_is_sealed(production: Stack) -> None:
    """The bot's own snapshots beside the backups of others: the Secret's values are in none of them."""
    folder = backups(production)
    looks.until(lambda: any(folder.glob("secret-*-auto.yaml")), within_s=60, what="a snapshot")
    for path in folder.glob("*-auto.yaml"):
        assert found(path.read_bytes()) == []


def _details(people: People, person: str) -> str:
    return str(people.outside.get("views", user=person)["views"])


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).parts[0] not in LEFT_ALONE:
            yield path


def _kept(archive: Path, rollback_id: str) -> bool:
    return any(rollback_id in str(path) for path in archive.rglob("*.jsonl"))
