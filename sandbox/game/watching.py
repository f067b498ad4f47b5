"""Follows the cluster: list, watch, and again from the list whenever the watch cannot be trusted."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from threading import Condition, Event, Lock, Thread
from types import MappingProxyType
from typing import Any

import requests

from sandbox.game import world as reading
from sandbox.game.api import Api
from sandbox.game.world import Raw, World

WATCH_S = 10
SILENCE_S = 15.0  # a watch that ends later than it promised hangs
SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.1, 2.0
FORBIDDEN, NOT_FOUND, GONE = 403, 404, 410


@dataclass(frozen=True, slots=True)
class _Kind:
    field: str  # of World
    group: str
    plural: str
    read: Callable[[Raw], object]
    selected: bool = False


KINDS = (
    _Kind("pods", "/api/v1", "pods", reading.pod, selected=True),
    _Kind("slices", "/apis/discovery.k8s.io/v1", "endpointslices", reading.endpoint_slice),
    _Kind("virtual_services", "/apis/networking.istio.io/v1", "virtualservices", reading.virtual_service),
    _Kind("destination_rules", "/apis/networking.istio.io/v1", "destinationrules", reading.destination_rule),
    _Kind("config_maps", "/api/v1", "configmaps", reading.config_map),
)


class Watching:
    """The world as the API shows it. While the API is away, the last one stands, as it does in a proxy.

    `selector`: the labels of the pods that are watched, as the API writes them; other services' pods are not its own.
    """

    def __init__(self, api: Api, *, namespace: str, selector: str, changed: Callable[[World], None]) -> None:
        self._api = api
        self._namespace = namespace
        self._selector = selector
        self._changed = changed
        self._lock = Lock()
        self._world = World()
        self._listed: set[str] = set()
        self._explained: set[str] = set()
        self._complete = Condition()

    @property
    def world(self) -> World:
        """The latest snapshot."""
        return self._world

    @property
    def complete(self) -> bool:
        """Whether every kind has been listed once."""
        return len(self._listed) == len(KINDS)

    def wait_until_complete(self, timeout_s: float) -> bool:
        """Wait for the first full snapshot; whether it came in time."""
        with self._complete:
            return self._complete.wait_for(lambda: self.complete, timeout_s)

    def start(self, stop: Event) -> None:
        """Follow each kind in a thread of its own, until `stop`."""
        for kind in KINDS:
            Thread(target=partial(self._follow, kind, stop), name=f"watch-{kind.plural}", daemon=True).start()

    def _follow(self, kind: _Kind, stop: Event) -> None:
        wait_s = SHORTEST_WAIT_S
        while not stop.is_set():
            try:
                version = self._list(kind)
                while version and not stop.is_set():
                    version = self._watch(kind, version, stop)
                wait_s = SHORTEST_WAIT_S
            except requests.HTTPError as error:
                self._explain(kind, error)
            except (requests.RequestException, ValueError, KeyError):
                pass  # an API that is away or talks nonsense is asked again, from the list
            stop.wait(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    def _path(self, kind: _Kind) -> str:
        return f"{kind.group}/namespaces/{self._namespace}/{kind.plural}"

    def _which(self, kind: _Kind) -> dict[str, str | int]:
        return {"labelSelector": self._selector} if kind.selected else {}

    def _list(self, kind: _Kind) -> str:
        answer = self._api.get(self._path(kind), self._which(kind))
        if answer.status_code == NOT_FOUND:  # the kind is not installed, so there is none
            self._replace(kind, {})
            return ""
        answer.raise_for_status()
        body = answer.json()
        self._replace(kind, {raw["metadata"]["name"]: kind.read(raw) for raw in body.get("items", [])})
        return str(body["metadata"]["resourceVersion"])

    def _watch(self, kind: _Kind, version: str, stop: Event) -> str:
        """Follow from a resourceVersion to the watch's own end; the version to go on from, empty to list again."""
        query = self._which(kind) | {
            "watch": "1",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": WATCH_S,
        }
        with self._api.stream(self._path(kind), query, timeout_s=SILENCE_S) as answer:
            if answer.status_code == GONE:
                return ""
            answer.raise_for_status()
            for line in answer.iter_lines(chunk_size=65536):
                if stop.is_set():
                    break
                if not line:
                    continue
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return ""
                version = event["object"]["metadata"]["resourceVersion"]
                self._apply(kind, event["type"], event["object"])
        return version

    def _apply(self, kind: _Kind, what: str, raw: Raw) -> None:
        if what == "BOOKMARK":
            return
        with self._lock:
            present: Mapping[str, object] = getattr(self._world, kind.field)
            name = raw["metadata"]["name"]
            rest = {key: value for key, value in present.items() if key != name}
            self._publish(kind, rest if what == "DELETED" else {**rest, name: kind.read(raw)})

    def _replace(self, kind: _Kind, present: Mapping[str, object]) -> None:
        with self._lock:
            self._publish(kind, present)
        with self._complete:
            self._listed.add(kind.field)
            self._complete.notify_all()

    def _publish(self, kind: _Kind, present: Mapping[str, object]) -> None:
        change: dict[str, Any] = {kind.field: MappingProxyType(dict(present))}
        world = reading.started(replace(self._world, **change), self._world)
        if world != self._world:
            self._world = world
            self._changed(world)

    def _explain(self, kind: _Kind, error: requests.HTTPError) -> None:
        forbidden = error.response is not None and error.response.status_code == FORBIDDEN
        if forbidden and kind.field not in self._explained:
            self._explained.add(kind.field)
            print(
                f"The game may not list {kind.plural} in {self._namespace}; traffic follows none. "
                f"Grant get, list and watch on {kind.plural} to the user of its kubeconfig.",
                file=sys.stderr,
                flush=True,
            )
