"""`rollbackctl catalog`: the services file, for people and for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click

from bot.catalog import Catalog, load
from bot.settings import CatalogSettings, read
from cli.outcome import answering


@click.group()
def catalog() -> None:
    """The services file: what the bot knows about each service."""


@catalog.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@answering
def check(file: Path | None) -> None:
    """Say every problem in FILE (or the file of ROLLBACK_CATALOG), each with its line and the mend."""
    path = file or read(CatalogSettings).catalog
    found = load(path)
    names = ", ".join(sorted(found.services)) or "none"
    click.echo(f"{path}: fine. Revision {found.revision}, services: {names}.")


@catalog.command()
def schema() -> None:
    """Print the file's JSON schema, for editors."""
    click.echo(json.dumps(Catalog.model_json_schema(), indent=2, sort_keys=True))
