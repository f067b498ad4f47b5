"""The API server's audit log, read as a list of effects."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True)
class AuditEvent:
    """One request that the API server has answered.

    `code` is the HTTP status, `field_manager` what the request's query named, `body` the request's object (patches
    are the patch itself) where the policy records it; `received_at` is when the API server got the request.
    """

    user: str
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str
    code: int
    field_manager: str
    dry_run: bool
    user_agent: str
    received_at: datetime
    answered_at: datetime
    body: Any

    @property
    def wrote(self) -> bool:
        """Whether the request was a write that was accepted, and not only asked for with dryRun."""
        accepted = self.code < 300  # noqa: PLR2004 - HTTP's 2xx
        return accepted and not self.dry_run and self.verb in _WRITES


def read(file: Path) -> Iterator[AuditEvent]:
    """The events of an audit log, oldest first; a last line still being written is left out."""
    if not file.exists():
        return
    with file.open("rb") as log:
        for line in log:
            if line.endswith(b"\n"):
                yield _event(json.loads(line))


def _event(raw: Mapping[str, Any]) -> AuditEvent:
    target = raw.get("objectRef", {})
    query = parse_qs(urlsplit(raw["requestURI"]).query)
    return AuditEvent(
        user=raw["user"]["username"],
        verb=raw["verb"],
        group=target.get("apiGroup", ""),
        resource=target.get("resource", ""),
        subresource=target.get("subresource", ""),
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        code=raw.get("responseStatus", {}).get("code", 0),
        field_manager=query.get("fieldManager", [""])[0],
        dry_run="dryRun" in query,
        user_agent=raw.get("userAgent", ""),
        received_at=datetime.fromisoformat(raw["requestReceivedTimestamp"]),
        answered_at=datetime.fromisoformat(raw["stageTimestamp"]),
        body=raw.get("requestObject"),
    )
