"""Two narrators and twenty rollbacks at once, within Slack's own limits."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack

from bot.store import Store
from jobs.people import People
from sandbox.redis import Redis as Server
from sandbox.slack.config import default_config
from sandbox.slack.server import create_server
from tests.integration.narrator.metrics import Metrics
from tests.integration.narrator.second import another_process, built
from tests.integration.narrator.story import Story, key_of

CHANNELS = ("C0GAMESERVER", "C0ONE", "C0TWO", "C0THREE", "C0FOUR")
ROLLBACKS = 20
PATIENCE_S = 150.0


def test_twenty_rollbacks_narrated_at_once_never_make_slack_say_429(
    store: Store, server: Server, metrics: Metrics
) -> None:
    """Each thread is right in the end, each card shows its state, and no call was one too many."""
    base = default_config().channels[0]
    channels = [base.model_copy(update={"id": name, "name": name.lower()}).model_dump() for name in CHANNELS]
    with create_server(default_config(channels=channels)) as workspace, ExitStack() as narrators:
        ends = (server.url, workspace.url, workspace.parts.workspace.app.bot_token, metrics.url)
        desk = built(*ends)
        People(store, desk.slack).refresh(desk.catalog)
        stories = [Story(desk, workspace, where=CHANNELS[n % len(CHANNELS)]) for n in range(ROLLBACKS)]
        told = {story.id: story.running().told() for story in stories}

        def done() -> bool:
            return all(
                story.cards() and story.cards()[0].text.startswith("Running") and story.lines() == told[story.id]
                for story in stories
            )

        for _ in range(2):
            narrators.enter_context(another_process(*ends, hold_s=8.0))
        here = workspace.parts.workspace
        with here.changed:
            assert here.changed.wait_for(done, PATIENCE_S), [story.id for story in stories if not story.cards()]
        for story in stories:
            names = Counter(key_of(message) for message in story.everything())
            assert set(names.values()) == {1}
        assert [call["method"] for call in workspace.parts.record.calls() if call["status"] == 429] == []
