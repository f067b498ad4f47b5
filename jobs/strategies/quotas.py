"""Whether a namespace's quotas leave room for the pods that a rollout makes before others go. Pure.

A dry run does not ask quotas: a full one is found out only when pods are refused (FACTS: `ReplicaFailure`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from jobs.clients.resources import Raw
from jobs.strategies.surge import Surge

_BINARY = {suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_PODS = ("pods", "count/pods")
_BARE = frozenset({"cpu", "memory", "ephemeral-storage"})
"""Requests that a quota may also name without `requests.`."""

Needs = Mapping[str, Decimal]


@dataclass(frozen=True)
class Lack:
    """One resource of one quota that is short. `hard`, `used`, `need`: quantities as Kubernetes writes them.

    `need` is that of one pod; `fits`: so many of the `extra` pods have room. `sure`: not even one has, none of the
    others may go first, and so the rollout cannot begin.
    """

    quota: str
    resource: str
    hard: str
    used: str
    need: str
    fits: int
    extra: int
    sure: bool


def lacking(quotas: Iterable[Raw], *, present: Raw, target: Raw, surge: Surge, settled: bool) -> Lack | None:
    """The worst lack there is for a rollout from one pod template to another; None where there is room.

    `settled`: all pods there are run the present template, and they are as many as asked for: then what comes first is
    a new pod. Where a rollout is under way, pods of it may go first, and nothing is sure.
    """
    need, has = needs(target), needs(present)
    found = [
        lack
        for quota in quotas
        for resource in _limited(quota)
        if need.get(resource, 0) > 0
        for lack in [_lack(quota, resource, need=need, has=has, surge=surge, settled=settled)]
        if lack is not None
    ]
    return min(found, key=lambda one: (not one.sure, one.fits, one.quota, one.resource), default=None)


def needs(template: Raw) -> dict[str, Decimal]:
    """What one pod of a template takes of each resource a quota may name, as the API server reckons it."""
    spec: Raw = template.get("spec") or {}
    found = {name: Decimal(1) for name in _PODS}
    for kind in ("requests", "limits"):
        for resource, amount in _of_pod(spec, kind).items():
            found[f"{kind}.{resource}"] = amount
            if kind == "requests" and resource in _BARE:
                found[resource] = amount
    return found


def quantity(text: object) -> Decimal:
    """A quantity as Kubernetes writes it: "250m", "1.5Gi", "3e9", 2.

    Raises:
        ArithmeticError: it is none.
    """
    given = str(text).strip()
    if given[-2:] in _BINARY:
        return Decimal(given[:-2]) * _BINARY[given[-2:]]
    if given[-1:] in _DECIMAL:
        return Decimal(given[:-1]).scaleb(_DECIMAL[given[-1:]])
    return Decimal(given)


def told(amount: Decimal) -> str:
    """A quantity as people write it: "250m", "512Mi", "3"."""
    for suffix, unit in reversed(_BINARY.items()):
        if amount >= unit and amount % unit == 0:
            return f"{(amount / unit).to_integral_value():f}{suffix}"
    whole = amount.to_integral_value()
    return f"{whole:f}" if amount == whole else f"{amount.scaleb(3).to_integral_value():f}m"


def _lack(quota: Raw, resource: str, *, need: Needs, has: Needs, surge: Surge, settled: bool) -> Lack | None:
    hard, used = _limited(quota)[resource], (quota["status"].get("used") or {}).get(resource, "0")
    free, wanted = quantity(hard) - quantity(used), need[resource]
    if surge.extra:
        fits, first = max(0, int(free / wanted)), surge.extra
        if fits >= first:
            return None
        stuck = fits == 0 and surge.away == 0
    else:
        # One goes and makes room for the next.
        fits, first = 0, 0
        if wanted - has.get(resource, Decimal(0)) <= free:
            return None
        stuck = True
    return Lack(
        quota=str(quota["metadata"]["name"]),
        resource=resource,
        hard=str(hard),
        used=str(used),
        need=told(wanted),
        fits=fits,
        extra=first,
        sure=stuck and settled and not _scoped(quota),
    )


def _limited(quota: Raw) -> Raw:
    hard: Raw = quota.get("status", {}).get("hard") or {}
    return hard


def _scoped(quota: Raw) -> bool:
    """Whether it counts only some pods: by their class, priority or how long they may live."""
    return bool(quota["spec"].get("scopes") or quota["spec"].get("scopeSelector"))


def _of_pod(spec: Raw, kind: str) -> dict[str, Decimal]:
    """Containers side by side, those before them one after the other; what the pod says for itself goes before both."""
    running = _sum([_of_container(each, kind) for each in spec.get("containers") or []])
    beside: dict[str, Decimal] = {}
    peak: dict[str, Decimal] = {}
    for each in spec.get("initContainers") or []:
        own = _of_container(each, kind)
        if each.get("restartPolicy") == "Always":
            beside = _sum([beside, own])
            peak = _most(peak, beside)
        else:
            peak = _most(peak, _sum([beside, own]))
    whole = _most(_sum([running, beside]), peak)
    return _sum([{**whole, **_of_container(spec, kind)}, _read(spec.get("overhead"))])


def _of_container(item: Raw, kind: str) -> dict[str, Decimal]:
    """What it asks for; what it only limits, it asks for as well."""
    resources: Raw = item.get("resources") or {}
    limits = _read(resources.get("limits"))
    return {**limits, **_read(resources.get("requests"))} if kind == "requests" else limits


def _read(given: Raw | None) -> dict[str, Decimal]:
    return {name: quantity(amount) for name, amount in (given or {}).items()}


def _sum(parts: Sequence[Needs]) -> dict[str, Decimal]:
    names = {name for part in parts for name in part}
    return {name: sum((part.get(name, Decimal(0)) for part in parts), Decimal(0)) for name in names}


def _most(one: Needs, other: Needs) -> dict[str, Decimal]:
    return {name: max(one.get(name, Decimal(0)), other.get(name, Decimal(0))) for name in {*one, *other}}
