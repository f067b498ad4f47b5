"""The sandbox's Slack, and a rollback told step by step to the store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.catalog import load
from bot.directory import Directory
from bot.store import Store
from jobs.clients.prometheus import PrometheusClient
from jobs.clients.slack import Slack
from sandbox.slack.config import default_config
from sandbox.slack.server import SlackServer, create_server
from tests.integration.narrator.metrics import Metrics
from tests.integration.narrator.story import Clients, Desk, Story

CATALOG = Path(__file__).parents[3] / "catalog" / "services.yaml"


@pytest.fixture
def workspace() -> Iterator[SlackServer]:
    """A workspace with generous rate limits; a test that wants true ones asks for them."""
    with create_server(default_config(limit_factor=1000)) as server:
        yield server


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    """Figures that were bad until now and are good from now on."""
    with Metrics(recovered=time.time()) as running:
        yield running


@pytest.fixture
def desk(store: Store, workspace: SlackServer, metrics: Metrics) -> Desk:
    """What the narrator needs."""
    token = workspace.parts.workspace.app.bot_token
    return Desk(
        store=store,
        slack=Slack(token, base_url=f"{workspace.url}/api/"),
        catalog=load(CATALOG),
        directory=Directory(store),
        clients=Clients(PrometheusClient(metrics.url)),
    )


@pytest.fixture
def story(desk: Desk, workspace: SlackServer) -> Story:
    """A rollback that was just asked for."""
    return Story(desk, workspace)
