"""`rollbackctl request`: the same request as `/rollback STRATEGY SERVICE`."""

from __future__ import annotations

import click

from bot import service
from bot.domain.model import JsonObject
from bot.domain.people import Person
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from bot.domain.strategy import BY_NAME
from bot.service import Desk
from bot.views import terminal
from cli.desk import desk, once, speaker
from cli.given import prose
from cli.outcome import answering, as_json, json_option
from handlers.parse import REASON_CODES, VERSION


@click.command()
@click.argument("strategy")
@click.argument("service_name", metavar="SERVICE")
@click.option("--to", "version", default="", help="The version to go back to; without it the last good one.")
@click.option("--reason", default="", help="Why: data, security, critical, performance, logic, or your own words.")
@click.option("--fast", is_flag=True, help="Canary: to weight 0 at once.")
@click.option("--break-glass", is_flag=True, help="Ask for it with one approver of a separate role; it is reviewed.")
@json_option
@answering
def request(
    *, strategy: str, service_name: str, version: str, reason: str, fast: bool, break_glass: bool, for_script: bool
) -> None:
    """Ask for a rollback. Nothing is changed until its plan is approved by enough people."""
    at = desk()
    by = speaker(at, service_name)
    wanted = wish(at, strategy, service_name, by=by, version=version, reason=reason, fast=fast, break_glass=break_glass)
    rollback = once(lambda command_id: service.request(at, wanted, command_id=command_id))
    if for_script:
        as_json(rollback.model_dump(mode="json"))
    else:
        click.echo(terminal.asked(rollback))


def wish(
    at: Desk, strategy: str, name: str, *, by: Person, version: str, reason: str, fast: bool, break_glass: bool
) -> Request:
    """The request as Slack's command would make it.

    Raises:
        Refused: unknown-service, unknown-command, unknown-option, bad-value, too-long.
    """
    entry, said = at.service(name), prose(reason)
    known = BY_NAME.get(strategy)
    if known is None:
        raise Refused(Code.UNKNOWN_COMMAND, command=strategy, nearest=[], send="/rollback --help")
    if version and not VERSION.fullmatch(version):
        raise Refused(Code.BAD_VALUE, option="to", given=version, why="no-version", allowed=[])
    if known.needs_version and not version:
        raise Refused(Code.BAD_VALUE, option="to", given="", why="missing", allowed=[])
    if fast and "fast" not in known.options:
        raise Refused(Code.UNKNOWN_OPTION, option="fast", command=known.name, options=[*known.options], nearest=[])
    code = said.lower().strip(" .,:")
    options: JsonObject = {"fast": True} if fast else {}
    return Request(
        service=name,
        strategy=known.name,
        by=by,
        channel=entry.channel,
        version=version,
        reason=said,
        reason_code=code if code in REASON_CODES else "",
        options=options,
        break_glass=break_glass,
    )
