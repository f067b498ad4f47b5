"""rollbackctl audit: the events copied out, and whether they are still those that were written."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from bot.domain.audit import SHORTEST, Head
from bot.settings import ArchiveSettings, StoreSettings, read
from bot.store import Store, connect
from bot.views import audit as views
from cli.outcome import REFUSED, answering, as_json, json_option, wrong
from jobs import auditing
from jobs.auditing import Sources
from jobs.clients.archive import Folder, place
from jobs.clients.errors import ClientError

_HEAD = re.compile(rf"(?P<chain>[A-Za-z0-9._-]+):(?P<seq>[1-9][0-9]{{0,9}}):(?P<hash>[0-9a-f]{{{SHORTEST},64}})")

_PRINTED = re.compile(
    rf"journal (?P<chain>[A-Za-z0-9._-]+), (?P<seq>[0-9,]+)\s+events?, head (?P<hash>[0-9a-f]{{{SHORTEST},64}})"
)
"""A head as the last line of a report has it."""

P = ParamSpec("P")
R = TypeVar("R")


def _reading(command: Callable[P, R]) -> Callable[P, R]:
    """An archive that cannot be read is a thing to mend."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except ClientError as error:
            wrong(str(error))

    return wrapped


@click.group()
def audit() -> None:
    """The events of every rollback: copy them out, and prove that nobody changed them."""


@audit.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="Every rollback, and every service's ledger.")
@click.option("--out", type=click.Path(path_type=Path), help="A new folder; without it one ID's events are printed.")
@answering
@_reading
def export(ids: tuple[str, ...], out: Path | None, *, everything: bool) -> None:
    """Copy the events of these rollbacks (or ledger-SERVICE), whole and as they stand, with their anchored heads."""
    if bool(ids) == everything:
        raise click.UsageError("Name the rollbacks, or say --all.")
    sources = _sources()
    names = sources.names() if everything else list(dict.fromkeys(ids))
    if out is not None:
        click.echo(views.exported(auditing.export(sources, names, Folder(out)), str(out)))
    elif len(names) == 1:
        click.echo("\n".join(auditing.whole(sources, names[0]).lines))
    else:
        raise click.UsageError("Several rollbacks need a folder: say --out FOLDER.")


@audit.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@click.option("--store", "store_only", is_flag=True, help="Redis alone, without the archive.")
@click.option(
    "--anchors",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of heads, or of lines copied from reports.",
)
@click.option("--head", "given", multiple=True, metavar="ID:EVENTS:HASH", help="A head copied from a report's foot.")
@json_option
@answering
@_reading
def verify(
    folder: Path | None, anchors: Path | None, given: tuple[str, ...], *, store_only: bool, for_script: bool
) -> None:
    """Name the first event that is not as it was written: in Redis and the archive, or in an exported FOLDER alone."""
    if folder is not None and store_only:
        raise click.UsageError("Say a FOLDER or --store, not both.")
    written = anchors.read_text(encoding="utf-8").splitlines() if anchors else []
    heads = [_head(text.strip()) for text in (*written, *given) if text.strip()]
    if folder is not None:
        sources = Sources(place=Folder(folder), given=heads)
    else:
        sources = _sources(heads, archive=not store_only)
    found = auditing.audit(sources)
    if for_script:
        as_json(views.as_json(found))
    else:
        click.echo(views.show(found))
    if found.findings:
        sys.exit(REFUSED)


def _sources(given: Sequence[Head] = (), *, archive: bool = True) -> Sources:
    store = Store(connect(read(StoreSettings).redis_url))
    return Sources(store=store, place=place(read(ArchiveSettings).archive) if archive else None, given=given)


def _head(text: str) -> Head:
    match = _HEAD.fullmatch(text) or _PRINTED.search(text)
    if match is None:
        raise click.BadParameter(
            f"{text!r} is no head. Copy it as the report prints it: rollback, number of events, at least {SHORTEST} "
            "hex digits of the hash, as in rb-1042:17:3f2a9c01b2c4."
        )
    return Head(chain=match["chain"], seq=int(match["seq"].replace(",", "")), hash=match["hash"])
