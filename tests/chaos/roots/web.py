"""The web process with its store's command ids taken out."""

from __future__ import annotations

from flask import Flask

from bot.app import create_app
from bot.settings import Settings, read
from tests.chaos.weak.scripts import COMMAND_IDS, without


def no_command_ids() -> Flask:
    """What gunicorn starts."""
    return create_app(read(Settings), scripts=without(COMMAND_IDS))
