"""What a person needs of the bot's backups at a terminal: `python -m jobs.backups key`, and `... open FILE`.

`key` prints a new key for ROLLBACK_SNAPSHOT_KEY. `open` prints one backup as the object that would be put back, opened
with that key where it is sealed: it prints a Secret's values, so pipe it on.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from bot.settings import ProductionSettings, SettingsError, read
from jobs.backups.document import FILES, parse
from jobs.backups.problems import BadBackup
from jobs.backups.sealing import Seal, new_key


@click.group()
def backups() -> None:
    """Backups of a service's configuration."""


@backups.command()
def key() -> None:
    """Print a new key for ROLLBACK_SNAPSHOT_KEY."""
    click.echo(new_key())


@backups.command(name="open")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--kind", type=click.Choice(list(FILES)), required=True, help="What the file has to hold.")
@click.option("--name", required=True, help="The object's name.")
@click.option("--namespace", required=True, help="The object's namespace.")
def opened(*, file: Path, kind: str, name: str, namespace: str) -> None:
    """Print a backup as the object that would be put back, with a Secret's values."""
    try:
        seal = Seal(read(ProductionSettings).snapshot_keys)
        backup = parse(file.read_bytes(), kind=kind, name=name, namespace=namespace, seal=seal)
    except (BadBackup, SettingsError, OSError) as error:
        sys.stderr.write(f"{file}: {error}\n")
        sys.exit(2)
    body = backup.body()
    metadata = {**body["metadata"], "name": name, "namespace": namespace}
    click.echo(json.dumps({"apiVersion": "v1", "kind": kind, **body, "metadata": metadata}))


if __name__ == "__main__":
    backups()
