"""Slack does not answer: a rollback is asked for, approved, run and followed at terminals; Slack hears it all later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.directory import Directory
from sandbox.outside import Outside
from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.path.people import CHANNEL, People
from tests.integration.terminal.terminal import ADA, BEN, REQUESTER, TERMINAL, Terminal

QUICK: dict[str, Any] = {
    "approval": {"terminal": TERMINAL},
    "canary": {"hold_s": 3, "propagation_s": 0.5, "drain_s": 3},
    "metrics": {"scrape_interval_s": 0.5},
    "limits": {"min_requests": 20, "share_tolerance": 0.08, "worse_by_share": 0.02},
    "validation": {"health_every_s": 0.1},
    "watch": {"for_s": 4, "every_s": 1},
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, started once."""
    folder: Path = tmp_path_factory.mktemp("slack-away")
    with Stack(folder, catalog=QUICK, slack_limits=1000, scrape_s=0.5, rps=300) as running:
        yield running


@pytest.fixture
def away(stack: Stack) -> Iterator[Stack]:
    """Slack keeps its connections and answers nothing; before, the bot has read once in which workspace it is."""
    directory = Directory(looks.store(stack))
    looks.until(lambda: bool(directory.workspace()), within_s=30, what="the workspace's id")
    team = directory.workspace()
    looks.until(lambda: directory.person(team, REQUESTER) is not None, within_s=30, what="the people's names")
    stack.slack.pause()
    yield stack
    stack.slack.resume()


def terminal(stack: Stack) -> Terminal:
    """The people's terminal: the bot's environment, but nothing of Slack's."""
    names = ("REDIS_URL", "PROMETHEUS_URL", "KUBECONFIG", "ROLLBACK_CATALOG")
    return Terminal({name: stack.product.environment[name] for name in names})


def test_a_rollback_runs_from_terminals_alone_and_slack_is_told_when_it_is_back(away: Stack) -> None:
    """Production is taken back while Slack is away; then card, thread and report say it once, with who spoke where."""
    at, since = terminal(away), looks.now()
    at.answer("request", "canary", "game-server", "--reason", "error spike on canary", by=REQUESTER)
    looks.until(lambda: looks.newest(away).plan is not None, within_s=60, what="the plan")
    planned = looks.newest(away)
    at.answer("approve", planned.id, by=ADA, typed=f"{planned.digest[:8]}\n")
    at.answer("approve", planned.id, "--digest", planned.digest, by=BEN)
    lines = at.answer("tail", planned.id, "--follow", "--for", "180", within_s=240).splitlines()
    assert "@requester (rollbackctl) asked for a canary rollback" in lines[0]
    assert "Succeeded" in lines[-1]
    assert looks.effects(away, since)[-1] == ("delete", "game-server-canary", "")
    assert "Succeeded" in at.answer("status", planned.id)
    away.slack.resume()
    _assert_slack_was_told(Outside(away.slack_url), planned.id, lines)


def _assert_slack_was_told(outside: Outside, rollback_id: str, lines: list[str]) -> None:
    """The thread of the one card holds each line that the terminal showed, once and in order."""
    card = People(outside).only_card(rollback_id, "Succeeded", within_s=120)
    told = card.lines
    assert [line for line in told if line in lines] == lines
    assert "(rollbackctl)" in card.body
    outside.wait_for(CHANNEL, "Rollback report", within_s=120)
