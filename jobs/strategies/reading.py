"""What a failed read means while a plan is made: a right that is missing, or a system that cannot be asked at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.domain.refusal import Code, Refused
from jobs.clients import errors


@contextmanager
def refusals() -> Iterator[None]:
    """Reads of production inside; what is only temporary is raised as it is, to be asked again.

    Raises:
        Refused: missing-right, unreachable.
        Temporary: no answer now.
    """
    try:
        yield
    except errors.Forbidden as refused:
        raise Refused(
            Code.MISSING_RIGHT,
            verb=refused.verb,
            resource=refused.resource,
            namespace=refused.namespace,
            name=refused.name,
        ) from refused
    except errors.Temporary:
        raise
    except errors.ClientError as error:
        raise Refused(Code.UNREACHABLE, system="Kubernetes", detail=str(error)) from error
