"""The environment: what is missing or wrong is named with its variable and the mend."""

from __future__ import annotations

import os
import subprocess
import sys

ROOT_VARIABLES = {"PATH": os.environ.get("PATH", "")}
GOOD = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "secret"}
READ = "from bot.settings import Settings, read; print(repr(read(Settings)))"


def read(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of its own with this environment and nothing else."""
    return subprocess.run(
        [sys.executable, "-c", READ], env=ROOT_VARIABLES | environment, capture_output=True, text=True, check=False
    )


def test_two_secrets_are_enough_to_start() -> None:
    """Everything else has a default; the secrets do not show when the settings are printed."""
    done = read(GOOD)
    assert done.returncode == 0, done.stderr
    assert "xoxb-1" not in done.stdout
    assert "https://slack.com/api/" in done.stdout


def test_every_missing_variable_is_named() -> None:
    """All at once, each with what it is."""
    done = read({})
    assert "SLACK_BOT_TOKEN: it is not set. Set it: the app's bot token, xoxb-…." in done.stderr
    assert "SLACK_SIGNING_SECRET: it is not set." in done.stderr


def test_over_socket_mode_no_signing_secret_is_needed() -> None:
    """The app-level token says who Slack is; without either, the message names both ways in."""
    done = read({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"})
    assert done.returncode == 0, done.stderr
    assert "xapp-1" not in done.stdout
    without = read({"SLACK_BOT_TOKEN": "xoxb-1"}).stderr
    assert "SLACK_SIGNING_SECRET: it is not set." in without
    assert "not needed once SLACK_APP_TOKEN is set" in without


def test_a_wrong_value_names_its_variable() -> None:
    """An address without /api/ would send every call to the wrong place."""
    done = read(GOOD | {"SLACK_API_URL": "https://slack.com", "PORT": "99999"})
    assert "SLACK_API_URL: " in done.stderr
    assert "PORT: " in done.stderr


def test_a_slip_in_our_own_prefix_is_refused() -> None:
    """A variable that nobody reads is named with the one that was meant; others' variables are left alone."""
    done = read(GOOD | {"ROLLBACK_CATALOGS": "x", "ROLLBACK_THING": "x", "OTHER": "x"})
    assert "ROLLBACK_CATALOGS: nobody reads it. Did you mean ROLLBACK_CATALOG?" in done.stderr
    assert "ROLLBACK_THING: nobody reads it." in done.stderr
    assert "OTHER" not in done.stderr
