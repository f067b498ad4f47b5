"""What Prometheus scrapes: the game's own series by subset and version, and the kubelet's by pod."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

LABELS = ("namespace", "service", "subset", "version")
POD_LABELS = ("namespace", "pod", "container")
BUCKETS_S = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Usage:
    """What the kubelet would export for a pod: cores-seconds since its start, and bytes used and allowed."""

    pod: str
    container: str
    cpu_seconds: float
    memory_bytes: float
    memory_limit_bytes: float


class Metrics:
    """The registry of one game. Counters only grow, so that increase() over a window is right."""

    def __init__(self, *, namespace: str, service: str, usages: Callable[[], Iterable[Usage]]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves this one untyped
        self._where = (namespace, service)
        self._registry = CollectorRegistry()
        self._requests = Counter("game_requests", "Requests to the game", LABELS, registry=self._registry)
        self._errors = Counter("game_errors", "Requests that failed", LABELS, registry=self._registry)
        self._successes = Counter("game_success", "Requests that succeeded", LABELS, registry=self._registry)
        self._durations = Histogram(
            "game_request_duration_seconds", "Time to answer", LABELS, buckets=BUCKETS_S, registry=self._registry
        )
        self._registry.register(_Kubelet(namespace, usages))

    def expect(self, *, subset: str, version: str) -> None:
        """Start the series of a subset at 0, before its first request."""
        for each in (self._requests, self._errors, self._successes, self._durations):
            each.labels(*self._where, subset, version)

    def count(self, *, subset: str, version: str, failed: bool, duration_s: float) -> None:
        """Count one request and its time to answer in seconds."""
        self._requests.labels(*self._where, subset, version).inc()
        (self._errors if failed else self._successes).labels(*self._where, subset, version).inc()
        self._durations.labels(*self._where, subset, version).observe(duration_s)

    def exposition(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)


class _Kubelet(Collector):
    """Series by pod, read at each scrape, so that those of a pod end with it."""

    def __init__(self, namespace: str, usages: Callable[[], Iterable[Usage]]) -> None:
        self._namespace = namespace
        self._usages = usages

    def collect(self) -> Iterator[Metric]:
        cpu = CounterMetricFamily("container_cpu_usage_seconds", "CPU time used", labels=POD_LABELS)
        memory = GaugeMetricFamily("container_memory_usage_bytes", "Memory used", labels=POD_LABELS)
        limit = GaugeMetricFamily("container_spec_memory_limit_bytes", "Memory limit", labels=POD_LABELS)
        for usage in self._usages():
            labels = (self._namespace, usage.pod, usage.container)
            cpu.add_metric(labels, usage.cpu_seconds)
            memory.add_metric(labels, usage.memory_bytes)
            limit.add_metric(labels, usage.memory_limit_bytes)
        yield from (cpu, memory, limit)
