"""Environment variables: every one the product reads, and the only place that reads them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.nearest import one_edit

PREFIX = "ROLLBACK_"
"""Variables with this prefix are ours: one that nobody reads is a slip, and refused rather than passed over."""

LEAST_TOKEN = 32
"""Characters of a person's token. Its SHA-256 stands in the catalog, where anybody may try words against it."""

KEY = re.compile(r"[A-Za-z0-9_-]{43}=")
"""A Fernet key: 32 bytes in URL-safe base64."""

Text = Annotated[str, Field(min_length=1)]
Port = Annotated[int, Field(ge=1, le=65_535)]


class SettingsError(Exception):
    """The environment does not fit. The message names each variable, what is wrong with it, and the mend."""


class CatalogSettings(BaseSettings):
    """What reading the catalog needs."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    catalog: Path = Field(
        default=Path("catalog/services.yaml"),
        validation_alias="ROLLBACK_CATALOG",
        description="path of the services file",
    )


class StoreSettings(BaseSettings):
    """What reaching the store needs."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    redis_url: Text = Field(
        default="redis://127.0.0.1:6379/0",
        validation_alias="REDIS_URL",
        pattern=r"^(rediss?|unix)://",
        description="where the records and the queues live, for example redis://redis:6379/0",
    )


class LogSettings(BaseSettings):
    """How much is logged."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", validation_alias="ROLLBACK_LOG_LEVEL", description="the least severe level that is logged"
    )


class ProductionSettings(BaseSettings):
    """What looking at production needs."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    prometheus_url: Text = Field(
        default="http://127.0.0.1:9090",
        validation_alias="PROMETHEUS_URL",
        pattern=r"^https?://",
        description="where Prometheus answers queries",
    )
    kubeconfig: Path | None = Field(
        default=None,
        validation_alias="KUBECONFIG",
        description="path of a kubeconfig; without it the pod's own service account is used",
    )
    snapshot_key: SecretStr | None = Field(
        default=None,
        validation_alias="ROLLBACK_SNAPSHOT_KEY",
        description="what Secrets among the bot's snapshots are sealed with: a Fernet key, or several with commas "
        "between them, of which the first seals; made by `python -m jobs.backups key`",
    )

    @field_validator("snapshot_key")
    @classmethod
    def _fernet(cls, value: SecretStr | None) -> SecretStr | None:
        """A key that does not fit is found at the start, not when a Secret has to be put back."""
        if value is not None and not all(KEY.fullmatch(key) for key in _keys(value)):
            raise PydanticCustomError("key", "It is no Fernet key (44 characters of URL-safe base64)")
        return value

    @property
    def snapshot_keys(self) -> tuple[str, ...]:
        """The keys of snapshots, the one that seals first; () for none."""
        return _keys(self.snapshot_key) if self.snapshot_key is not None else ()


class ArchiveSettings(BaseSettings):
    """Where events are kept outside Redis."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    archive: Text = Field(
        default="archive",
        validation_alias="ROLLBACK_ARCHIVE",
        description="where journals are kept outside Redis: a folder, or s3://bucket/prefix",
    )


class TerminalSettings(BaseSettings):
    """Who speaks at a terminal."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    token: SecretStr | None = Field(
        default=None,
        validation_alias="ROLLBACKCTL_TOKEN",
        min_length=LEAST_TOKEN,
        description="your own token for rollbackctl, made by `rollbackctl token`",
    )


class Settings(CatalogSettings, StoreSettings, LogSettings, ProductionSettings, ArchiveSettings):
    """Everything a process of the product reads from its environment."""

    slack_bot_token: SecretStr = Field(
        validation_alias="SLACK_BOT_TOKEN", min_length=1, description="the app's bot token, xoxb-…"
    )
    slack_app_token: SecretStr | None = Field(
        default=None,
        validation_alias="SLACK_APP_TOKEN",
        min_length=1,
        description="the app-level token, xapp-…; set, Slack is spoken to over Socket Mode instead of HTTP",
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None,
        validate_default=True,
        validation_alias="SLACK_SIGNING_SECRET",
        min_length=1,
        description="what Slack signs its requests with; not needed once SLACK_APP_TOKEN is set",
    )
    slack_api_url: Text = Field(
        default="https://slack.com/api/",
        validation_alias="SLACK_API_URL",
        pattern=r"^https?://.+/api/$",
        description="where Slack's Web API answers; ends with /api/",
    )
    bind: Text = Field(
        default="127.0.0.1", validation_alias="ROLLBACK_BIND", description="the address the web process listens on"
    )
    port: Port = Field(default=3000, validation_alias="PORT", description="the port the web process listens on")

    @field_validator("slack_signing_secret")
    @classmethod
    def _one_way_in(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Over HTTP there is no telling Slack from others without the secret."""
        if value is None and info.data.get("slack_app_token") is None:
            raise PydanticCustomError("missing", "Field required")
        return value

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that must never reach a log line."""
        kept = (self.slack_bot_token, self.slack_signing_secret, self.slack_app_token)
        return (*(secret.get_secret_value() for secret in kept if secret is not None), *self.snapshot_keys)


def _keys(value: SecretStr) -> tuple[str, ...]:
    return tuple(key.strip() for key in value.get_secret_value().split(","))


Kind = TypeVar("Kind", bound=BaseSettings)


def read(kind: type[Kind]) -> Kind:
    """Read one group of settings from the environment.

    Raises:
        SettingsError: a variable is missing, does not fit, or carries our prefix and is read by nobody.
    """
    problems = _strangers()
    try:
        settings = kind()
    except ValidationError as error:
        for line in error.errors():
            problems.append(_problem(kind, line["loc"][0], line["msg"], missing=line["type"] == "missing"))
    if problems:
        raise SettingsError("\n".join(["The environment does not fit. Nothing was started.", *problems]))
    return settings


def _known() -> dict[str, str]:
    fields = (*Settings.model_fields.values(), *TerminalSettings.model_fields.values())
    return {str(field.validation_alias): field.description or "" for field in fields}


def _strangers() -> list[str]:
    ours = _known()
    found = []
    for name in sorted(name for name in os.environ if name.startswith(PREFIX) and name not in ours):
        near = one_edit(name, ours)
        mend = f"Did you mean {' or '.join(near)}?" if near else f"Remove it; known: {', '.join(sorted(ours))}."
        found.append(f"  {name}: nobody reads it. {mend}")
    return found


def _problem(kind: type[BaseSettings], place: int | str, what: str, *, missing: bool) -> str:
    names = {name: str(field.validation_alias) for name, field in kind.model_fields.items()}
    variable = names.get(str(place), str(place))
    about = _known().get(variable, "")
    happened = "it is not set" if missing else what[:1].lower() + what[1:]
    return f"  {variable}: {happened}. Set it: {about}."
