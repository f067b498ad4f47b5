"""One stack and one browser for all tests; production put back, and a fresh tab, before each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from sandbox.outside import Outside
from sandbox.stack import Stack
from tests.e2e.eyes import Eyes
from tests.integration.path import looks
from tests.integration.path.conftest import QUICK

QUIET = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DESK, PHONE = (1280, 900), (390, 844)

Tab = Callable[..., Eyes]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, started once; holds of 3 s."""
    folder = tmp_path_factory.mktemp("stack")
    with Stack(folder, catalog=QUICK, slack_limits=1000, scrape_s=0.5, rps=300) as running:
        yield running


@pytest.fixture
def production(stack: Stack) -> Stack:
    """The game as deployed: v2.0.5 on stable, v2.1.0 on the canary at 50 %, nothing broken.

    Everything about an earlier test's rollbacks has been done and said: the next message with a header is the test's.
    """
    looks.end_open_rollbacks(stack)
    stack.put_back()
    looks.until_at_rest(stack)
    return stack


@pytest.fixture(params=[False, True], ids=["http", "socket-mode"])
def way_in(request: pytest.FixtureRequest, production: Stack) -> None:
    """How Slack reaches the bot: a test that uses this runs once over HTTP, and the same over Socket Mode."""
    production.hear(socket_mode=request.param)
    open_links = Outside(production.slack_url).get("links")["links"]
    assert bool(open_links) == request.param


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Run a headless Chromium: the system's, or playwright's own where there is none."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures are kept: the folder that E2E_SHOTS names, else pytest's own."""
    folder = Path(os.environ.get("E2E_SHOTS") or tmp_path_factory.mktemp("shots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def tab(browser: Browser, production: Stack, shots: Path) -> Iterator[Tab]:
    """Open tabs on the page as a person; no script of the page may fail."""
    errors: list[str] = []
    contexts = []

    def open_tab(person: str = "requester", *, size: tuple[int, int] = DESK) -> Eyes:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=size == PHONE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{production.slack_url}/?as={person}")
        page.wait_for_selector("body[data-live=true]")
        return Eyes(page, shots)

    yield open_tab
    for context in contexts:
        context.close()
    assert errors == []
