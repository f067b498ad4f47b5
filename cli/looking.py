"""`status`, `history` and `tail`: where things stand, what was done, and a rollback's story as its thread tells it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import click

from bot import service
from bot.domain.events import Event, Kind
from bot.domain.rollback import TERMINAL, Rollback, after, begin
from bot.service import Desk
from bot.views import answers, terminal, units
from bot.views.history import history as view
from bot.views.text import plain_text
from bot.views.thread import line
from cli.desk import desk
from cli.given import spans
from cli.outcome import WRONG, answering, as_json, json_option

EVERY_S = 0.5
"""How often the journal is read while it is followed."""
LONGEST_S = 7_200
"""How long it is followed at most, unless told otherwise."""


@click.command()
@click.argument("what", metavar="[SERVICE|ID]", required=False, default="")
@json_option
@answering
def status(*, what: str, for_script: bool) -> None:
    """What runs, what waits and what ended lately; of one service, or one rollback as its card shows it."""
    at = desk()
    one = bool(what) and what not in at.catalog.services
    found = (service.one(at, what),) if one else service.status(at, service=what or None)
    names = () if one else (what,) if what else tuple(at.catalog.services)
    if for_script:
        as_json([rollback.model_dump(mode="json") for rollback in found])
        return
    stand = tuple(service.standing(at, name).standing for name in names)
    click.echo(terminal.plain(answers.status(found, now=at.store.now(), standings=stand)))


@click.command()
@click.argument("name", metavar="[SERVICE]", required=False, default="")
@click.option("--for", "span", default="", metavar="30d", help="How far back (m, h, d); without it all there is.")
@json_option
@answering
def history(*, name: str, span: str, for_script: bool) -> None:
    """What was rolled back, the newest first; of one service or of all."""
    at = desk()
    past = service.history(at, service=name, seconds=spans(span))
    if for_script:
        as_json([rollback.model_dump(mode="json") for rollback in past.rollbacks])
    else:
        shown = view(past.rollbacks, service=past.service, more=past.more, since=past.since, revisions=past.revisions)
        click.echo(terminal.plain(shown))


@click.command()
@click.argument("rollback_id", metavar="ID")
@click.option("--follow", is_flag=True, help="Go on until it has ended.")
@click.option("--for", "longest_s", default=LONGEST_S, metavar="SECONDS", help="How long to follow at most.")
@json_option
@answering
def tail(*, rollback_id: str, follow: bool, longest_s: int, for_script: bool) -> None:
    """The lines of its thread, read from the journal: they are here before Slack has them."""
    at = desk()
    told = _Told(at, service.one(at, rollback_id).id)
    deadline = time.monotonic() + longest_s
    while True:
        for event, text in told.more():
            if for_script:
                as_json(event.model_dump(mode="json"))
            elif text:
                click.echo(plain_text(text))
        if not follow or told.over:
            return
        if time.monotonic() >= deadline:
            click.echo(terminal.say("followed", id=rollback_id, took=units.duration(longest_s)), err=True)
            sys.exit(WRONG)
        time.sleep(EVERY_S)


class _Told:
    """What was told of a journal so far."""

    def __init__(self, at: Desk, rollback_id: str) -> None:
        self._desk = at
        self._id = rollback_id
        self._seq = 0
        self._rollback: Rollback | None = None

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._rollback is not None and self._rollback.state in TERMINAL

    def more(self) -> Iterator[tuple[Event, str]]:
        """The events that are new, each with its line ("" for none)."""
        for event in self._desk.store.journal(self._id, after=self._seq):
            yield event, self._line(event)
            self._seq = event.seq

    def _line(self, event: Event) -> str:
        if self._rollback is not None:
            self._rollback = after(self._rollback, event)
        elif event.kind is Kind.REQUESTED:
            self._rollback = begin(event, self._id)
        else:
            # The beginning was archived and taken out: what is left is told of the rollback as it stands.
            self._rollback = service.one(self._desk, self._id)
            click.echo(terminal.say("trimmed", id=self._id, n=event.seq - 1), err=True)
        return line(event, self._rollback) or ""
