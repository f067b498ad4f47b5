"""JSON logs: one object a line, the rollback's id on each, secrets never."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager

import structlog
from structlog.contextvars import bound_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED = "[redacted]"
TOKEN = re.compile(r"x(?:ox[a-z]|app)-[A-Za-z0-9-]{4,}|Bearer\s+[A-Za-z0-9._~+/=-]{8,}|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)")
"""What a secret looks like wherever it stands: Slack tokens, bearer tokens, the user and password of an address."""
SECRET_NAMES = frozenset({"token", "secret", "password", "authorization", "signature", "signing_secret"})


def rollback_bound(rollback_id: str) -> AbstractContextManager[None]:
    """A context manager: every line logged inside carries this rollback's id."""
    return bound_contextvars(rollback=rollback_id)


def configure(level: str = "INFO", *, secrets: Sequence[str] = ()) -> None:
    """Send structlog's and the standard library's lines to stderr as JSON, `secrets` taken out wherever they stand."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        Redactor(secrets),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("slack_bolt", "slack_sdk", "rq.worker", "urllib3", "werkzeug"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class Redactor:
    """A structlog processor that takes secrets out of every value, however deep it stands."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        known = sorted((re.escape(secret) for secret in secrets if secret), key=len, reverse=True)
        self._pattern = re.compile("|".join([*known, TOKEN.pattern]))

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """Clean one line; the arguments are structlog's protocol."""
        del logger, method
        cleaned: MutableMapping[str, object] = {str(key): self._clean(str(key), value) for key, value in event.items()}
        return cleaned

    def _clean(self, name: str, value: object) -> object:
        if name.lower() in SECRET_NAMES and value:
            return REDACTED
        if isinstance(value, str):
            return self._pattern.sub(REDACTED, value)
        if isinstance(value, Mapping):
            return {str(key): self._clean(str(key), inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._clean("", inner) for inner in value]
        return value
