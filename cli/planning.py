"""`rollbackctl plan`: look and decide in this very process, with neither Slack nor the store nor a worker.

With `--commands` it prints what a person types instead of the bot.
"""

from __future__ import annotations

from datetime import UTC, datetime

import click

from bot.domain.people import Person
from bot.domain.plan import Plan
from bot.domain.refusal import Refused
from bot.domain.rollback import Request
from bot.service import Desk
from bot.service.gates import require_good
from bot.settings import ProductionSettings, read
from bot.store import StoreUnreadable
from bot.views import commands, terminal
from cli.asking import wish
from cli.desk import desk
from cli.outcome import answering, as_json, json_option, wrong
from jobs import clients
from jobs.clients import ConfigException
from jobs.clients.errors import ClientError
from jobs.strategies import STRATEGIES

NOBODY = Person(team="", id="nobody")
"""A dry run is stored nowhere, so nobody asks for it."""


@click.command()
@click.argument("strategy")
@click.argument("service_name", metavar="SERVICE")
@click.option("--to", "version", default="", help="The version to go back to; without it the last good one.")
@click.option("--fast", is_flag=True, help="Canary: to weight 0 at once.")
@click.option("--commands", "by_hand", is_flag=True, help="Print the exact commands for a person instead.")
@json_option
@answering
def plan(*, strategy: str, service_name: str, version: str, fast: bool, by_hand: bool, for_script: bool) -> None:
    """Look at production and say what would be done. Nothing is stored and nothing is changed."""
    at = desk(patient=False)
    where = read(ProductionSettings)
    wanted = wish(at, strategy, service_name, by=NOBODY, version=version, reason="", fast=fast, break_glass=False)
    made = _looked(at, wanted, where)
    _heed_standing(at, made)
    if by_hand:
        _print_commands(at, made, where, for_script=for_script)
    elif for_script:
        as_json({**made.model_dump(mode="json"), "digest": made.digest})
    else:
        click.echo(terminal.dry_run(made, wanted, policy=at.service(service_name).policy()))


def _looked(at: Desk, wanted: Request, where: ProductionSettings) -> Plan:
    """Observe and plan.

    Raises:
        Refused: this cannot be done now, and why.
    """
    entry, strategy = at.service(wanted.service), STRATEGIES[wanted.strategy]
    try:
        systems = clients.build(
            kubeconfig=where.kubeconfig, prometheus_url=where.prometheus_url, snapshot_keys=where.snapshot_keys
        )
        return strategy.plan(strategy.observe(systems, wanted, entry), wanted, entry, wanted.service)
    except Refused as refused:
        raise refused.about(wanted.service) from None
    except (ClientError, ConfigException) as error:
        wrong(terminal.say("unread_production", detail=str(error)))


def _heed_standing(at: Desk, made: Plan) -> None:
    """Refuse to go back to a version that is marked bad; say so when the store does not answer.

    Raises:
        Refused: bad-version.
    """
    try:
        require_good(at, made.service, made.to_version)
    except StoreUnreadable:
        click.echo(terminal.say("unread", service=made.service), err=True)


def _print_commands(at: Desk, made: Plan, where: ProductionSettings, *, for_script: bool) -> None:
    try:
        groups = commands.listed(made, service=at.service(made.service), prometheus_url=where.prometheus_url)
    except commands.UnknownStep as unknown:
        wrong(terminal.say("unknown_step", kind=str(unknown)))
    for warning in commands.warnings(made, at=f"{datetime.now(UTC):%H:%M:%S}"):
        click.echo(warning, err=True)
    if for_script:
        as_json(commands.as_json(groups))
    else:
        click.echo(commands.shell(groups))
