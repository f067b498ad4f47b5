"""What a Web API method is."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.slack.api.arguments import Arguments
from sandbox.slack.config import Json
from sandbox.slack.parts import Parts

Handler = Callable[[Parts, Arguments], Json]


@dataclass(frozen=True)
class Method:
    """A name, calls a minute, and what carries it out; `needs_token` is false for api.test only.

    `for_app`: it takes the app-level token, in the Authorization header and nowhere else, and no bot token.
    """

    name: str
    per_minute: int
    handler: Handler
    needs_token: bool = True
    for_app: bool = False
