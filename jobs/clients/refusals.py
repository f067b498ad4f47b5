"""What it means when the API server refuses a call, or does not answer it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

from jobs.clients.errors import Ambiguous, Forbidden, Moved, NotFound, Rejected, Temporary, Unreachable
from jobs.clients.resources import Ref

SYSTEM = "Kubernetes"
MESSAGE_CHARS = 500
"""So much of what the server says is passed on."""

_NOT_SENT = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
_DENIED = {401, 403}
_NOT_FOUND = 404
_CONFLICT = 409
_GONE = 410
_UNPROCESSABLE = 422
_TOO_MANY = 429
_SERVER_ERROR = 500
_PRECONDITIONS = {"metadata.uid", "metadata.resourceVersion"}
_POLICY = re.compile(
    r' is forbidden: ValidatingAdmissionPolicy \'[^\']*\' |\Aadmission webhook "[^"]*" denied the request'
)
_HOUSE_RULE = re.compile(r' is forbidden: (?!User "|RBAC: |\Z)')
"""A quota or another built-in rule. An authorizer's refusal reads "... is forbidden: User "x" cannot patch ..."."""


@dataclass(frozen=True)
class Call:
    """One request, as its errors name it.

    `verb` is RBAC's; `ref` has no name for all objects of a kind; `part` is the subresource ("log", "exec") or "".
    `writes`: whether something may have changed once it was sent (a dry run changes nothing).
    """

    verb: str
    ref: Ref
    part: str = ""
    writes: bool = False

    @property
    def resource(self) -> str:
        """The name RBAC knows it by: `deployments.apps`, `pods/exec`."""
        return f"{self.ref.kind.resource}/{self.part}" if self.part else self.ref.kind.resource

    @property
    def path(self) -> str:
        """The URL path."""
        path = self.ref.kind.path(self.ref.namespace, self.ref.name)
        return f"{path}/{self.part}" if self.part else path

    def __str__(self) -> str:
        return f"{self.verb} {self.ref}/{self.part}" if self.part else f"{self.verb} {self.ref}"


def lost(call: Call, error: Exception) -> Exception:
    """What a call without an answer means: for a write that may have been sent, that nobody knows."""
    reason = str(getattr(error, "reason", "") or error)
    if not call.writes or isinstance(error, _NOT_SENT):
        return Unreachable(SYSTEM, reason)
    return Ambiguous(SYSTEM, str(call), reason)


def refused(call: Call, *, status: int, text: bytes) -> Exception:
    """What an HTTP status of 400 and above means, with the body it came with."""
    told = _status(text)
    message = str(told.get("message", ""))
    short = message[:MESSAGE_CHARS]
    if _by_admission(call, message):
        return _rejected(call, status, short)
    if status in _DENIED:
        ref = call.ref
        return Forbidden(verb=call.verb, resource=call.resource, namespace=ref.namespace, name=ref.name, message=short)
    if status == _NOT_FOUND:
        return NotFound(f"{call.ref}: {short}")
    if status == _CONFLICT or (status == _UNPROCESSABLE and _precondition(told)):
        return Moved(f"{call.ref}: {short}")
    if status == _TOO_MANY:
        return Temporary(f"{SYSTEM} is throttling: {short}", system=SYSTEM)
    if status == _GONE:
        return Temporary(f"{call.ref}: what was read is too old to go on from: {short}", system=SYSTEM)
    if status >= _SERVER_ERROR:
        # A gateway, or the API server's own time-out, may answer for a write that went through.
        return lost(call, OSError(f"HTTP {status} {short}"))
    return _rejected(call, status, short)


def _by_admission(call: Call, message: str) -> bool:
    """Whether a policy, webhook or built-in rule refused: with status 403, 413, 422 or what a webhook likes to say.

    The check for create on pods/exec gives the authorizer's bare reason, or none, where others put "User ... cannot":
    of subresources only what names itself counts.
    """
    return bool(_POLICY.search(message) or (not call.part and _HOUSE_RULE.search(message)))


def _rejected(call: Call, status: int, message: str) -> Rejected:
    return Rejected(f"{SYSTEM} refused {call} (HTTP {status}): {message}. Nothing was changed.")


def _precondition(told: Mapping[str, Any]) -> bool:
    """Whether a 422 says that the object is not as read: a patch that did not apply names no cause at all.

    What validation or a policy finds is named in `details.causes`; only a uid or version among it is a precondition.
    """
    causes = (told.get("details") or {}).get("causes") or []
    return not causes or any(cause.get("field") in _PRECONDITIONS for cause in causes)


def _status(text: bytes) -> Mapping[str, Any]:
    """The Status object of a refusal; what is none is a message."""
    try:
        told = json.loads(text)
    except ValueError:
        return {"message": text.decode(errors="replace")}
    return told if isinstance(told, dict) else {}
