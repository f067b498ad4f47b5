"""rollbackctl: everything the bot does, at a terminal, for the night when Slack is away. `python -m cli …`."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS: dict[str, str] = {
    "request": "cli.asking",
    "plan": "cli.planning",
    "approve": "cli.deciding",
    "reject": "cli.deciding",
    "abort": "cli.deciding",
    "retry": "cli.deciding",
    "skip": "cli.deciding",
    "status": "cli.looking",
    "history": "cli.looking",
    "tail": "cli.looking",
    "lock": "cli.locking",
    "unlock": "cli.locking",
    "mark-good": "cli.locking",
    "token": "cli.token",
    "catalog": "cli.catalog",
    "store": "cli.records",
    "audit": "cli.audit",
}
"""Each command and its file. A file is imported when its command is used: the Kubernetes client alone takes 0.6 s."""


class Lazy(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which they are needed."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; None for an unknown one."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = getattr(import_module(COMMANDS[cmd_name]), cmd_name.replace("-", "_"))
        return found


@click.group(name="rollbackctl", cls=Lazy)
def rollbackctl() -> None:
    """The rollback bot from a terminal. Exit codes: 0 done, 1 refused, 2 something has to be mended first."""


if __name__ == "__main__":
    rollbackctl(prog_name="rollbackctl")
