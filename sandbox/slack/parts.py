"""Everything one sandbox Slack consists of, put together once and handed to whoever serves it."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from sandbox.slack.config import SlackConfig
from sandbox.slack.delivery import Deliveries
from sandbox.slack.envelopes import Envelopes
from sandbox.slack.events import Feed
from sandbox.slack.faults import Faults
from sandbox.slack.files import Files
from sandbox.slack.handles import Hooks, Triggers
from sandbox.slack.limits import Limits
from sandbox.slack.links import Links
from sandbox.slack.record import Record
from sandbox.slack.state import Workspace
from sandbox.slack.views import Views


@dataclass(frozen=True)
class Parts:
    """The parts; `base_url` is where this server is reached, without a slash at the end."""

    base_url: str
    feed: Feed
    workspace: Workspace
    views: Views
    files: Files
    triggers: Triggers
    hooks: Hooks
    links: Links
    envelopes: Envelopes
    deliveries: Deliveries
    limits: Limits
    faults: Faults
    record: Record
    stopping: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def build(cls, config: SlackConfig, *, base_url: str, record_path: Path | None) -> Self:
        """Put a workspace together from its configuration."""
        feed = Feed()
        workspace = Workspace(config, feed)
        links = Links(workspace)
        envelopes = Envelopes(links)
        return cls(
            base_url=base_url,
            feed=feed,
            workspace=workspace,
            views=Views(workspace),
            files=Files(config.timings),
            triggers=Triggers(config.timings),
            hooks=Hooks(config.timings),
            links=links,
            envelopes=envelopes,
            deliveries=Deliveries(workspace, envelopes),
            limits=Limits(config.limit_factor),
            faults=Faults(),
            record=Record(record_path),
        )

    def stop(self) -> None:
        """Let everything that waits end."""
        self.stopping.set()
        self.faults.clear()
        self.feed.close()
        self.links.close()
