"""How a call to a system can end badly. What each means for a write is what the runner goes by."""

from __future__ import annotations


class ClientError(Exception):
    """The base of everything a client raises."""


class Temporary(ClientError):  # noqa: N818 - names the outcome, not a fault
    """It did not work now and nothing was changed: read again, or try again, later.

    `system`: which one it was, "" where that is not said; `detail`: what it said, or what was seen of it.
    """

    def __init__(self, message: str, *, system: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.system = system
        self.detail = detail or message


class Unreachable(Temporary):
    """No connection, or no answer to a read in time. Nothing was changed."""

    def __init__(self, system: str, detail: str) -> None:
        message = f"{system} did not answer: {detail}. Nothing was changed by this call; it is asked again."
        super().__init__(message, system=system, detail=detail)


class Ambiguous(ClientError):  # noqa: N818 - names the outcome, not a fault
    """A write was sent and its answer is not known: it may have happened. Claim, read again, and only then go on."""

    def __init__(self, system: str, what: str, detail: str) -> None:
        super().__init__(f"{system}: no answer to {what} ({detail}). It may have happened: read the live object.")
        self.system = system
        self.what = what
        self.detail = detail


class Forbidden(ClientError):  # noqa: N818 - the field's word for HTTP 403
    """The system refused by rights: names the verb and the resource that are missing. Nothing was changed."""

    def __init__(self, *, verb: str, resource: str, namespace: str, name: str, message: str = "") -> None:
        super().__init__(
            f"Not allowed to {verb} {resource} {namespace}/{name}. Nothing was changed. Grant the verb. ({message})"
        )
        self.verb = verb
        self.resource = resource
        self.namespace = namespace
        self.name = name
        self.message = message


class Moved(ClientError):  # noqa: N818 - names the outcome, not a fault
    """A test or precondition of a write failed (HTTP 409, 422): the object is not as read. Nothing was changed."""


class NotFound(ClientError):  # noqa: N818 - the field's word for HTTP 404
    """There is no such object, or no such kind of object."""


class Rejected(ClientError):  # noqa: N818 - names the outcome, not a fault
    """The system refused for another reason (an admission rule, a bad request). Nothing was changed."""
