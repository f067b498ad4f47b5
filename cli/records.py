"""`rollbackctl store`: an operator decides whether the bot's records are the truth."""

from __future__ import annotations

import sys

import click

from bot.catalog import CatalogError
from bot.domain.people import Person
from bot.domain.refusal import Refused
from bot.domain.rollback import Rollback, State
from bot.settings import ArchiveSettings, SettingsError, StoreSettings, read
from bot.store import Busy, Conflict, NoSuchRollback, Store, StoreUnaccepted, connect
from bot.views import terminal
from cli.desk import desk, speaker
from cli.outcome import REFUSED, answering
from jobs.archived import highest_number
from jobs.clients.archive import place
from jobs.clients.errors import ClientError


@click.group()
def store() -> None:
    """The bot's own records, in Redis."""


@store.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@answering
def accept(*, yes: bool) -> None:
    """Accept an empty, restored or failed-over store. Until somebody does, the bot starts nothing.

    What an earlier store left open gets its end: what waits expires, what runs is halted for a person.
    """
    with connect(read(StoreSettings).redis_url) as redis:
        records = Store(redis)
        before = _epoch(records)
        if not before and not _agreed(records, yes=yes):
            click.echo(terminal.say("accept.no"), err=True)
            sys.exit(REFUSED)
        epoch = records.accept(known=0 if before else _known())
        click.echo(terminal.say("accepted.already" if before else "accepted", epoch=epoch))
        adopted = [_adopt(records, stray) for stray in records.strays()]
    if not all(adopted):
        sys.exit(REFUSED)


def _known() -> int:
    """The highest number of a rollback in the archive; 0, and a warning, where it cannot be read."""
    try:
        return highest_number(place(read(ArchiveSettings).archive))
    except ClientError as error:
        click.echo(f"{error}\n{terminal.say('accept.unknown-ids')}", err=True)
        return 0


def _epoch(records: Store) -> str:
    """The store's epoch; "" where it has none, and then why is said."""
    try:
        return records.epoch()
    except StoreUnaccepted as why:
        click.echo(str(why), err=True)
        return ""


def _agreed(records: Store, *, yes: bool) -> bool:
    """Whether it may be accepted: an empty one without a question, else a person has to know what it means."""
    found = records.chain_names()
    if not found:
        click.echo(terminal.say("accept.empty"), err=True)
        return True
    click.echo(terminal.say("accept.found", n=len(found)), err=True)
    click.echo(terminal.say("accept.means"), err=True)
    return yes or click.confirm(terminal.say("accept.ask"), err=True)


def _adopt(records: Store, stray: Rollback) -> bool:
    """Give one open rollback of an earlier store its end, and say which; whether it has one now."""
    try:
        done = records.adopt(stray.id, by=_operator(stray))
    except (Conflict, NoSuchRollback):
        return True  # Somebody else adopted it meanwhile.
    except Busy as busy:
        click.echo(terminal.say("adopted.busy", id=stray.id, target=busy.target, holder=busy.holder), err=True)
        return False
    click.echo(terminal.say("adopted.halted" if done.state is State.HALTED else "adopted.expired", id=done.id))
    return True


def _operator(stray: Rollback) -> Person | None:
    """Who accepts, where their token says so: accepting itself needs access to Redis and no token."""
    try:
        return speaker(desk(), stray.request.service)
    except (Refused, CatalogError, SettingsError):
        return None
