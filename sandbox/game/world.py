"""The part of the cluster that decides where traffic goes and how it fares, as one frozen value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from kubernetes.utils.quantity import parse_quantity

Raw = Mapping[str, Any]

DEFAULT_CPU_CORES = 1.0
DEFAULT_MEMORY_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod as its kubelet reports it.

    `stops_at` is when a kubelet kills what is left of a Terminating pod (seconds since the epoch), None while nobody
    deletes it. `running` says that its main container runs, `ready` that its Ready condition is True. `asks`: which
    variables come from a ConfigMap, by name: its name and the key; `read`: those of them that it has read.
    """

    name: str
    uid: str
    container: str
    image: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    env: Mapping[str, str]
    running: bool
    ready: bool
    stops_at: float | None
    cpu_cores: float
    memory_bytes: int
    asks: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    read: Mapping[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """What the pod calls its version: its image's tag, else its label, else `none`.

        The tag comes first because the label may name a side: blue and green.
        """
        reference = self.image.rpartition("@")[0] or self.image
        tag = reference.rpartition("/")[2].partition(":")[2]
        return tag or self.labels.get("version") or "none"

    def serves(self, *, now: float) -> bool:
        """Whether its process still answers at `now`, in seconds since the epoch."""
        return self.running and (self.stops_at is None or now < self.stops_at)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of an EndpointSlice, known by the pod behind it."""

    pod: str
    uid: str
    ready: bool


@dataclass(frozen=True, slots=True)
class Slice:
    """An EndpointSlice: some of a Service's endpoints."""

    service: str
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """One condition of a route: `how` is exact, prefix or regex; `other` says that it also asks for something else."""

    how: str
    uri: str
    other: bool


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a route sends a share of its requests; the weight is as written, even where it makes no sense."""

    service: str
    subset: str
    weight: int


@dataclass(frozen=True, slots=True)
class Route:
    """One HTTP route of a VirtualService. No match means that it takes every request."""

    name: str
    matches: tuple[Match, ...]
    destinations: tuple[Destination, ...]


@dataclass(frozen=True, slots=True)
class VirtualService:
    """Routes for some hosts, by their short names in this namespace."""

    name: str
    created: str
    hosts: frozenset[str]
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class DestinationRule:
    """The subsets of a host: each a name and the labels that its pods carry."""

    service: str
    subsets: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class World:
    """Everything watched, by name within its kind."""

    pods: Mapping[str, Pod] = field(default_factory=dict)
    slices: Mapping[str, Slice] = field(default_factory=dict)
    virtual_services: Mapping[str, VirtualService] = field(default_factory=dict)
    destination_rules: Mapping[str, DestinationRule] = field(default_factory=dict)
    config_maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def started(world: World, before: World) -> World:
    """The world with what each pod has read of ConfigMaps: once, when it starts. Later changes are not for it."""
    pods = {name: _started(pod, before.pods.get(name), world.config_maps) for name, pod in world.pods.items()}
    return replace(world, pods=MappingProxyType(pods))


def _started(pod: Pod, before: Pod | None, config_maps: Mapping[str, Mapping[str, str]]) -> Pod:
    if not pod.asks:
        return pod
    known = before.read if before is not None and before.uid == pod.uid else {}
    found = {
        name: config_maps[holder][key]
        for name, (holder, key) in pod.asks.items()
        if name not in known and key in config_maps.get(holder, {})
    }
    return replace(pod, read=MappingProxyType({**known, **found}))


def pod(raw: Raw) -> Pod:
    """Read a Pod. Its first container is taken for its main one."""
    metadata, spec, status = raw["metadata"], raw["spec"], raw.get("status", {})
    main = spec["containers"][0]
    limits = main.get("resources", {}).get("limits", {})
    states = {each["name"]: each.get("state", {}) for each in status.get("containerStatuses", [])}
    deletion = metadata.get("deletionTimestamp")
    return Pod(
        name=metadata["name"],
        uid=metadata["uid"],
        container=main["name"],
        image=main["image"],
        labels=MappingProxyType(metadata.get("labels", {})),
        annotations=MappingProxyType(metadata.get("annotations", {})),
        env=MappingProxyType({each["name"]: each.get("value", "") for each in main.get("env", [])}),
        running="running" in states.get(main["name"], {}),
        ready=any(each["type"] == "Ready" and each["status"] == "True" for each in status.get("conditions", [])),
        stops_at=datetime.fromisoformat(deletion).timestamp() if deletion else None,
        cpu_cores=_quantity(limits.get("cpu"), DEFAULT_CPU_CORES),
        memory_bytes=int(_quantity(limits.get("memory"), DEFAULT_MEMORY_BYTES)),
        asks=MappingProxyType(dict(_asks(main))),
    )


def config_map(raw: Raw) -> Mapping[str, str]:
    """Read a ConfigMap: its values by key."""
    return MappingProxyType(dict(raw.get("data") or {}))


def _asks(container: Raw) -> Iterator[tuple[str, tuple[str, str]]]:
    for each in container.get("env", []):
        if source := each.get("valueFrom", {}).get("configMapKeyRef"):
            yield each["name"], (source["name"], source["key"])


def endpoint_slice(raw: Raw) -> Slice:
    """Read an EndpointSlice; endpoints without a pod behind them are left out."""
    return Slice(
        service=raw["metadata"].get("labels", {}).get("kubernetes.io/service-name", ""),
        endpoints=tuple(
            Endpoint(
                pod=each["targetRef"]["name"],
                uid=each["targetRef"].get("uid", ""),
                # An absent condition counts as ready: the API's own rule for EndpointConditions.ready.
                ready=each.get("conditions", {}).get("ready") is not False,
            )
            for each in raw.get("endpoints") or []
            if each.get("targetRef", {}).get("kind") == "Pod"
        ),
    )


def virtual_service(raw: Raw) -> VirtualService:
    """Read a VirtualService's HTTP routes."""
    spec = raw.get("spec", {})
    return VirtualService(
        name=raw["metadata"]["name"],
        created=raw["metadata"].get("creationTimestamp", ""),
        hosts=frozenset(short_host(host) for host in spec.get("hosts", [])),
        routes=tuple(_route(each) for each in spec.get("http", [])),
    )


def destination_rule(raw: Raw) -> DestinationRule:
    """Read a DestinationRule's subsets."""
    spec = raw.get("spec", {})
    return DestinationRule(
        service=short_host(spec.get("host", "")),
        subsets=MappingProxyType({each["name"]: each.get("labels", {}) for each in spec.get("subsets", [])}),
    )


def short_host(host: str) -> str:
    """A Service's name out of any of its names: `game-server.game-production.svc.cluster.local` → `game-server`."""
    return host.partition(".")[0]


def _quantity(text: str | None, default: float) -> float:
    if text is None:
        return default
    return float(parse_quantity(text))  # type: ignore[no-untyped-call]  # the library has no types


def _route(raw: Raw) -> Route:
    return Route(
        name=raw.get("name", ""),
        matches=tuple(_match(each) for each in raw.get("match", [])),
        destinations=tuple(
            Destination(
                service=short_host(each["destination"]["host"]),
                subset=each["destination"].get("subset", ""),
                weight=each.get("weight", 0),
            )
            for each in raw.get("route", [])
        ),
    )


def _match(raw: Raw) -> Match:
    how, uri = next(iter(raw.get("uri", {"prefix": ""}).items()))
    return Match(how=how, uri=uri, other=bool(set(raw) - {"uri", "name", "ignoreUriCase"}))
