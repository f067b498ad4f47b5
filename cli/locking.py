"""`lock`, `unlock`, `mark-good`: what a person decides about a service. Each needs their own token."""

from __future__ import annotations

import click

from bot import service
from bot.views import locks, terminal
from cli.desk import desk, once, speaker
from cli.given import prose, spans
from cli.outcome import answering

named = click.argument("name", metavar="SERVICE")


@click.command()
@named
@click.option("--reason", required=True, help="Why: everybody who is stopped by it reads it.")
@click.option("--for", "span", default="", metavar="2h", help="How long (m, h, d); without it until it is lifted.")
@answering
def lock(*, name: str, reason: str, span: str) -> None:
    """Take no new rollback of SERVICE; what runs goes on."""
    at = desk()
    by = speaker(at, name)
    why, seconds = prose(reason), spans(span)
    stands = once(
        lambda command_id: service.lock(at, name, person=by, reason=why, seconds=seconds, command_id=command_id)
    )
    click.echo(terminal.plain(locks.locked(stands)))


@click.command()
@named
@answering
def unlock(*, name: str) -> None:
    """Lift the lock of SERVICE, and the deploy hold of its last rollback."""
    at = desk()
    by = speaker(at, name)
    lifted = once(lambda command_id: service.unlock(at, name, person=by, command_id=command_id))
    click.echo(terminal.plain(locks.unlocked(name, lock=lifted.lock, hold=lifted.hold)))


@click.command(name="mark-good")
@named
@click.argument("version")
@answering
def mark_good(*, name: str, version: str) -> None:
    """Let VERSION, which was marked bad, be gone back to again."""
    at = desk()
    by = speaker(at, name)
    once(lambda command_id: service.mark_good(at, name, version=version, person=by, command_id=command_id))
    click.echo(terminal.plain(locks.marked_good(name, version)))
