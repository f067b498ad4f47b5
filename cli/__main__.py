"""rollbackctl: `python -m cli catalog check|schema` and `python -m cli store accept`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from bot.catalog import Catalog, CatalogError, load
from bot.settings import CatalogSettings, SettingsError, StoreSettings, read
from bot.store import Store, StoreUnreadable, connect

WRONG = 2
"""What a command exits with when something has to be mended first."""


@click.group(name="rollbackctl")
def rollbackctl() -> None:
    """The rollback bot from a terminal."""


@rollbackctl.group()
def catalog() -> None:
    """The services file: what the bot knows about each service."""


@catalog.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
def check(file: Path | None) -> None:
    """Say every problem in FILE (or the file of ROLLBACK_CATALOG), each with its line and the mend."""
    try:
        path = file or read(CatalogSettings).catalog
        found = load(path)
    except (CatalogError, SettingsError) as error:
        click.echo(str(error), err=True)
        sys.exit(WRONG)
    names = ", ".join(sorted(found.services)) or "none"
    click.echo(f"{path}: fine. Revision {found.revision}, services: {names}.")


@catalog.command()
def schema() -> None:
    """Print the file's JSON schema, for editors."""
    click.echo(json.dumps(Catalog.model_json_schema(), indent=2, sort_keys=True))


@rollbackctl.group()
def store() -> None:
    """The bot's own records, in Redis."""


@store.command()
def accept() -> None:
    """Accept an empty store as the beginning. Until somebody does, the bot starts nothing."""
    try:
        settings = read(StoreSettings)
        with connect(settings.redis_url) as redis:
            epoch = Store(redis).accept()
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(WRONG)
    except StoreUnreadable as error:
        click.echo(f"Redis did not answer ({error}). Nothing was accepted. Look whether REDIS_URL is right.", err=True)
        sys.exit(WRONG)
    click.echo(f"Accepted. Epoch {epoch}.")


if __name__ == "__main__":
    rollbackctl(prog_name="rollbackctl")
