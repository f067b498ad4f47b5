"""What the target's Roles grant, right by right, and the calls that need each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from jobs.clients import KubernetesClient
from jobs.clients.errors import Forbidden, Moved, NotFound
from jobs.clients.resources import (
    AUTOSCALER,
    CONFIG_MAP,
    CONTROLLER_REVISION,
    DAEMON_SET,
    DEPLOYMENT,
    DESTINATION_RULE,
    ENDPOINT_SLICE,
    EVENT,
    GRPC_ROUTE,
    HTTP_ROUTE,
    NAMESPACE,
    POD,
    PVC,
    REPLICA_SET,
    RESOURCE_QUOTA,
    SCALED_OBJECT,
    SECRET,
    SERVICE,
    SERVICE_ACCOUNT,
    STATEFUL_SET,
    TCP_ROUTE,
    TLS_ROUTE,
    UDP_ROUTE,
    VIRTUAL_SERVICE,
    Kind,
    Ref,
)
from tests.contract.manifests.shipped import Raw

NAME: Final = "game-server"
NAMED: Final = ((CONFIG_MAP, "game-config"), (SECRET, "game-secrets"))
"""What may be put back, by name; the Roles name it."""
MARK: Final = {"metadata": {"annotations": {"rollback/fence": "1"}}}

Call = Callable[[KubernetesClient, str], object]
"""Makes the call that needs the right, in a namespace. Nothing has to be there: rights are looked at first."""


@dataclass(frozen=True)
class Right:
    """One verb on one resource, spelled as the client's refusals do (`deployments.apps`), and a call that needs it."""

    verb: str
    resource: str
    call: Call

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}"


def gets(kind: Kind, name: str = NAME) -> Right:
    """Reading one object."""
    return Right("get", kind.resource, lambda kubernetes, namespace: kubernetes.get(Ref(kind, namespace, name)))


def lists(kind: Kind) -> Right:
    """Reading all of a kind."""
    return Right("list", kind.resource, lambda kubernetes, namespace: kubernetes.list(kind, namespace))


def watches(kind: Kind) -> Right:
    """Following what changes of a kind."""

    def call(kubernetes: KubernetesClient, namespace: str) -> None:
        with closing(kubernetes.watch(kind, namespace, version="0", within_s=1, silence_s=5)):
            pass

    return Right("watch", kind.resource, call)


def patches(kind: Kind, name: str = NAME) -> Right:
    """Claiming, and every other write but a deletion."""
    return Right(
        "patch",
        kind.resource,
        lambda kubernetes, namespace: kubernetes.merge_patch(Ref(kind, namespace, name), MARK, manager="test"),
    )


def deletes(kind: Kind) -> Right:
    """Deleting exactly one version."""
    return Right(
        "delete",
        kind.resource,
        lambda kubernetes, namespace: kubernetes.delete(Ref(kind, namespace, NAME), uid="0", resource_version="0"),
    )


def executes(kubernetes: KubernetesClient, namespace: str) -> object:
    """Running a command in a pod, which takes two verbs."""
    return kubernetes.run(Ref(POD, namespace, NAME), NAME, ("true",), timeout_s=10)


RIGHTS: Final = (
    # canary
    gets(DEPLOYMENT),
    patches(DEPLOYMENT),
    deletes(DEPLOYMENT),
    lists(REPLICA_SET),
    lists(POD),
    gets(SERVICE),
    lists(ENDPOINT_SLICE),
    gets(VIRTUAL_SERVICE),
    lists(VIRTUAL_SERVICE),
    patches(VIRTUAL_SERVICE),
    lists(DESTINATION_RULE),
    gets(AUTOSCALER),
    lists(AUTOSCALER),
    patches(AUTOSCALER),
    # kubernetes, env, and the ledger of revisions
    lists(DEPLOYMENT),
    watches(DEPLOYMENT),
    *(of(kind) for kind in (STATEFUL_SET, DAEMON_SET) for of in (gets, lists, watches, patches)),
    lists(CONTROLLER_REVISION),
    *(Right(verb, "pods/exec", executes) for verb in ("get", "create")),
    deletes(POD),
    Right("get", "pods/log", lambda kubernetes, namespace: kubernetes.log(Ref(POD, namespace, NAME), NAME, lines=1)),
    Right("list", EVENT.resource, lambda kubernetes, namespace: kubernetes.events(namespace, "0")),
    lists(RESOURCE_QUOTA),
    gets(PVC),
    gets(SERVICE_ACCOUNT),
    # blue-green
    patches(SERVICE),
    # config
    *(of(kind, name) for kind, name in NAMED for of in (gets, patches)),
    Right(
        "get", NAMESPACE.resource, lambda kubernetes, namespace: kubernetes.get(Ref(NAMESPACE, namespace, namespace))
    ),
    # canary by the Gateway API, and either of them under KEDA
    *(of(kind) for kind in (HTTP_ROUTE, SCALED_OBJECT) for of in (gets, lists, patches)),
    # canary, whoever carries it: nothing else may lead there
    *(lists(kind) for kind in (GRPC_ROUTE, TLS_ROUTE, TCP_ROUTE, UDP_ROUTE)),
)
"""Every right that the Roles grant, each with a call that needs it, but for those of CREATING."""

CREATING: Final = frozenset({"create configmaps", "create secrets"})
"""Making an object anew takes patch, too: no call needs these alone. clients/test_config_on_a_cluster.py makes both."""


def granted(objects: Collection[Raw]) -> set[str]:
    """What the Roles among the objects grant, as "verb resource.group"."""
    return {f"{verb} {resource}" for role in _roles(objects) for rule in _single(role) for verb, resource in _of(rule)}


def without(objects: Collection[Raw], right: Right) -> list[Raw]:
    """The same objects, but no Role among them grants the right."""
    return [_less(each, str(right)) if each["kind"] == "Role" else each for each in objects]


def only(objects: Collection[Raw], rights: Collection[Right]) -> list[Raw]:
    """The same objects, but the Roles among them grant nothing else than the rights."""
    gone = granted(objects) - {str(right) for right in rights}
    kept = list(objects)
    for each in gone:
        kept = [_less(role, each) if role["kind"] == "Role" else role for role in kept]
    return kept


def refusal(call: Call, kubernetes: KubernetesClient, namespace: str) -> Forbidden | None:
    """How the call is refused by rights; None when it is not."""
    try:
        call(kubernetes, namespace)
    except Forbidden as refused:
        return refused
    except (NotFound, Moved):  # It was let through, and found nothing to do.
        return None
    return None


def _roles(objects: Collection[Raw]) -> Iterator[Raw]:
    return (each for each in objects if each["kind"] == "Role")


def _single(role: Raw) -> Iterator[Raw]:
    """A Role's rules, one a resource."""
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                yield {**rule, "apiGroups": [group], "resources": [resource]}


def _of(rule: Raw) -> Iterator[tuple[str, str]]:
    (group,), (resource,) = rule["apiGroups"], rule["resources"]
    plural, slash, part = resource.partition("/")
    name = f"{plural}.{group}" if group else plural
    return ((verb, f"{name}{slash}{part}") for verb in rule["verbs"])


def _less(role: Raw, right: str) -> Raw:
    rules = []
    for rule in _single(role):
        verbs = [verb for verb, resource in _of(rule) if f"{verb} {resource}" != right]
        if verbs:
            rules.append({**rule, "verbs": verbs})
    return {**role, "rules": rules}
