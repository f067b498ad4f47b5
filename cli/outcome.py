"""How a command ends: 0 done, 1 refused, 2 something about the environment, the catalog or Redis has to be mended."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import NoReturn, ParamSpec, TypeVar

import click

from bot.catalog import CatalogError
from bot.domain.model import Json, canonical
from bot.domain.refusal import Code, Refusal, Refused
from bot.settings import SettingsError
from bot.store import StoreUnaccepted, StoreUnreadable
from bot.views import terminal

REFUSED = 1
"""The answer is no, and nothing was changed."""
WRONG = 2
"""Something has to be mended first."""
MENDS = frozenset({Code.STORE_UNREADABLE, Code.STORE_UNACCEPTED, Code.STORE_FULL, Code.UNREACHABLE})
"""Refusals that are about the surroundings and not about what was asked."""

P = ParamSpec("P")
R = TypeVar("R")


def answering(command: Callable[P, R]) -> Callable[P, R]:
    """Let a command end with a sentence on stderr and its code, never with a traceback, when the answer is no."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Refused as refused:
            refuse(refused.refusal)
        except StoreUnaccepted:
            refuse(Refusal(code=Code.STORE_UNACCEPTED))
        except StoreUnreadable as error:
            click.echo(str(error), err=True)
            refuse(Refusal(code=Code.STORE_UNREADABLE))
        except (CatalogError, SettingsError) as error:
            wrong(str(error))

    return wrapped


def refuse(why: Refusal) -> NoReturn:
    """Say why not, on stderr, and end."""
    click.echo(terminal.refusal(why), err=True)
    sys.exit(WRONG if why.code in MENDS else REFUSED)


def wrong(what: str) -> NoReturn:
    """Say what has to be mended, on stderr, and end."""
    click.echo(what, err=True)
    sys.exit(WRONG)


def as_json(value: Json) -> None:
    """Print an answer for a script, on one line."""
    click.echo(canonical(value))


json_option = click.option("--json", "for_script", is_flag=True, help="Answer as JSON, for a script.")
"""What every command that reads offers."""
