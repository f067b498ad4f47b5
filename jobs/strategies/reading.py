"""Reading while a plan is made: what is not there is a fact, and what a failed read means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.domain.refusal import Code, Refused
from jobs.clients import KubernetesClient, errors
from jobs.clients.resources import AUTOSCALER, Kind, Raw, Ref
from jobs.steps import keda


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


def one(kubernetes: KubernetesClient, ref: Ref) -> Callable[[], Raw | None]:
    """A read of one object, None where it is not there. The read raises ClientError otherwise."""

    def read() -> Raw | None:
        try:
            return kubernetes.get(ref)
        except errors.NotFound:
            return None

    return read


def all_of(kubernetes: KubernetesClient, kind: Kind, namespace: str) -> Callable[[], list[Raw]]:
    """A read of all objects of a kind, none where the API server does not know it. The read raises ClientError.

    Autoscalers are read as `keda.autoscalers` does, so that none is written that KEDA would write back.
    """

    def read() -> list[Raw]:
        try:
            return keda.autoscalers(kubernetes, namespace) if kind is AUTOSCALER else kubernetes.list(kind, namespace)
        except errors.NotFound:
            return []

    return read
