"""`rollbackctl token`: a token of one's own, by which a terminal knows who speaks."""

from __future__ import annotations

import secrets

import click

from bot.views import terminal
from cli.desk import hashed

BYTES = 32


@click.command()
@click.option("--user", default="U…", metavar="ID", help="Your Slack user id, for the catalog's line.")
def token(*, user: str) -> None:
    """Make a new token: it goes to you, its SHA-256 into the catalog. Nothing is stored here."""
    made = secrets.token_urlsafe(BYTES)
    click.echo(terminal.say("token"), err=True)
    click.echo(made)
    click.echo(terminal.say("token.use"), err=True)
    click.echo(terminal.say("token.catalog"), err=True)
    click.echo(f"  {user}: {hashed(made)}", err=True)
