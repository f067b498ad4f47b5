"""What a workspace is made of before anybody speaks: people, groups, channels, the app, and Slack's timings."""

from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Json = dict[str, Any]


class Kind(StrEnum):
    """How a person belongs to the workspace, as far as an app may care."""

    MEMBER = "member"
    GUEST = "guest"
    BOT = "bot"
    DEACTIVATED = "deactivated"
    CONNECT = "connect"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(_Frozen):
    """Somebody with a user id. `team_id` is set only for people of another workspace (Slack Connect)."""

    id: str = Field(pattern=r"^[UW][A-Z0-9]+$")
    name: str
    real_name: str
    display_name: str = ""
    kind: Kind = Kind.MEMBER
    tz: str = "Etc/UTC"
    team_id: str | None = None


class Group(_Frozen):
    """A user group, the thing that `<!subteam^S…>` mentions."""

    id: str = Field(pattern=r"^S[A-Z0-9]+$")
    handle: str
    name: str = ""
    users: tuple[str, ...] = ()


class Channel(_Frozen):
    """A channel, or with `im_with` the direct messages between that person and the app."""

    id: str = Field(pattern=r"^[CGD][A-Z0-9]+$")
    name: str
    members: tuple[str, ...] = ()
    is_archived: bool = False
    im_with: str | None = None


class AppConfig(_Frozen):
    """The one app installed in the workspace.

    `request_url` takes commands, interactivity and events; with `socket_mode` they go over web sockets instead.
    """

    app_id: str = "A0SANDBOX"
    name: str = "rollback"
    bot_user_id: str = "U0BOT"
    bot_id: str = "B0BOT"
    bot_token: str = "xoxb-sandbox"
    signing_secret: str = "sandbox-signing-secret"
    app_token: str = "xapp-1-A0SANDBOX-1-sandbox"
    request_url: str = ""
    socket_mode: bool = False
    slash_command: str = "/rollback"


class Timings(_Frozen):
    """Slack's own clock, in seconds; a test may shorten what it does not want to wait for."""

    ack: float = 3.0
    trigger: float = 3.0
    response_url: float = 1800.0
    response_url_uses: int = 5
    file_processing: float = 0.5
    event_retries: tuple[float, ...] = (0.0, 60.0, 300.0)
    link_close: float = 10.0


class SlackConfig(_Frozen):
    """A whole workspace."""

    team_id: str = "T0SANDBOX"
    team_domain: str = "sandbox"
    team_name: str = "Sandbox"
    app: AppConfig = AppConfig()
    people: tuple[Person, ...] = ()
    groups: tuple[Group, ...] = ()
    channels: tuple[Channel, ...] = ()
    timings: Timings = Timings()
    limit_factor: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _ids_exist(self) -> Self:
        known = {person.id for person in self.people} | {self.app.bot_user_id}
        for place, ids in [(g.handle, g.users) for g in self.groups] + [(c.name, c.members) for c in self.channels]:
            if missing := sorted(set(ids) - known):
                message = f"{place} names people who do not exist: {', '.join(missing)}. Add them to `people`."
                raise ValueError(message)
        return self


def load_config(path: Path) -> SlackConfig:
    """Read a configuration from a JSON file; raises pydantic's ValidationError naming the field that is wrong."""
    return SlackConfig.model_validate_json(path.read_text(encoding="utf-8"))


def default_config(**changes: Any) -> SlackConfig:  # noqa: ANN401  any field of SlackConfig, validated by it
    """Give the workspace of `default.json`, with the named fields of SlackConfig replaced."""
    base = load_config(Path(__file__).with_name("default.json"))
    return SlackConfig.model_validate({**base.model_dump(), **changes})
