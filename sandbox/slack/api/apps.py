"""apps.connections.open: where Socket Mode begins. The documented tier is 1; a burst of 20 a minute is let through."""

from sandbox.slack.api.arguments import Arguments
from sandbox.slack.api.method import Method
from sandbox.slack.config import Json
from sandbox.slack.limits import TIER_2
from sandbox.slack.parts import Parts


def _connections_open(parts: Parts, _args: Arguments) -> Json:
    return {"url": parts.links.ticket()}


METHODS = (Method("apps.connections.open", TIER_2, _connections_open, for_app=True),)
