"""A local Slack: Web API, signed requests to one app, and a page that behaves like Slack's.

It knows nothing of the app it serves beyond the identity in its configuration. Everything listens on loopback.
"""

from sandbox.slack.config import SlackConfig, default_config
from sandbox.slack.server import SlackServer, create_server

__all__ = ["SlackConfig", "SlackServer", "create_server", "default_config"]
