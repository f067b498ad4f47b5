"""`approve`, `reject`, `abort`, `retry`, `skip`: what a person decides about a rollback. Each needs their own token."""

from __future__ import annotations

import sys

import click

from bot import service
from bot.domain.people import Person
from bot.domain.rollback import Rollback, State
from bot.service import Desk
from bot.views import answers, terminal
from bot.views.card_slots import counted
from cli.desk import desk, found, once, speaker
from cli.given import prose
from cli.outcome import REFUSED, answering

HEAD = 8
"""So many characters of a digest are shown and typed."""

rollback_id = click.argument("rollback_id", metavar="ID")


@click.command()
@rollback_id
@click.option(
    "--digest",
    default="",
    help="The digest of the plan you have read, its first 8 characters or more; without it you are shown the plan.",
)
@answering
def approve(*, rollback_id: str, digest: str) -> None:
    """Say yes to the plan of ID, which is shown first. What was not shown cannot be approved."""
    at, rollback, by = _seat(rollback_id)
    meant = _meant(digest.lower(), rollback) if digest else _read(rollback, now=at.store.now())
    done = once(
        lambda command_id: service.approve(
            at, rollback.id, digest=meant, seq=rollback.seq, person=by, command_id=command_id
        )
    )
    click.echo(terminal.approved(done))


@click.command()
@rollback_id
@click.option("--why", required=True, help="Why not; it stands on the card.")
@answering
def reject(*, rollback_id: str, why: str) -> None:
    """Say no to the plan of ID. One no ends it; nothing was changed."""
    said, (at, rollback, by) = prose(why), _seat(rollback_id)
    done = once(
        lambda command_id: service.reject(
            at, rollback.id, digest=rollback.digest, person=by, why=said, command_id=command_id
        )
    )
    click.echo(terminal.say("rejected" if done.state is State.REJECTED else "withdrawn", id=done.id))


@click.command()
@click.argument("what", metavar="ID|SERVICE")
@answering
def abort(*, what: str) -> None:
    """Stop before the next step; a step under way is finished first, and nothing is taken back."""
    at, rollback, by = _seat(what, command="abort")
    done = once(lambda command_id: service.abort(at, rollback.id, person=by, command_id=command_id))
    click.echo(terminal.plain(answers.aborting(done)))


@click.command()
@rollback_id
@answering
def retry(*, rollback_id: str) -> None:
    """Have the step that halted looked at and tried again. It reads first and repeats no effect."""
    at, rollback, by = _seat(rollback_id)
    once(lambda command_id: service.retry(at, rollback.id, seq=rollback.seq, person=by, command_id=command_id))
    click.echo(terminal.say("retried", id=rollback.id, step=rollback.step + 1))


@click.command()
@rollback_id
@click.option("--yes", is_flag=True, help="Do not ask.")
@answering
def skip(*, rollback_id: str, yes: bool) -> None:
    """Go on although the check that halted it says no. Your name and this choice go into the report."""
    at, rollback, by = _seat(rollback_id)
    if not yes:
        click.echo(terminal.to_approve(rollback, now=at.store.now()), err=True)
        if not click.confirm(terminal.say("skip.ask", id=rollback.id, step=rollback.step + 1), err=True):
            click.echo(terminal.say("skip.no"), err=True)
            sys.exit(REFUSED)
    once(lambda command_id: service.skip(at, rollback.id, seq=rollback.seq, person=by, command_id=command_id))
    click.echo(terminal.say("skipped", id=rollback.id, step=rollback.step + 1))


def _seat(what: str, *, command: str = "") -> tuple[Desk, Rollback, Person]:
    """The desk, the rollback that is meant, and who speaks; with `command` a service stands for its only open one."""
    at = desk()
    rollback = found(at, what, command=command) if command else service.one(at, what)
    return at, rollback, speaker(at, rollback.request.service)


def _meant(given: str, rollback: Rollback) -> str:
    """The whole digest, where what was given is its head; else what was given, which the verb refuses and says why."""
    return rollback.digest if len(given) >= HEAD and rollback.digest.startswith(given) else given


def _read(rollback: Rollback, *, now: int) -> str:
    """Show the plan and have the head of its digest typed; ends here when it is not that."""
    if rollback.plan is None:
        click.echo(terminal.say("no_plan", id=rollback.id, was=terminal.state(rollback)), err=True)
        sys.exit(REFUSED)
    click.echo(terminal.to_approve(rollback, now=now), err=True)
    typed: str = click.prompt(terminal.say("approve.ask"), err=True, default="", show_default=False)
    if typed.strip().lower() != rollback.digest[:HEAD]:
        need = rollback.policy.need if rollback.policy else 0
        click.echo(terminal.say("not_shown", id=rollback.id, have=counted(rollback), need=need), err=True)
        sys.exit(REFUSED)
    return rollback.digest
