"""What the web process counts; Prometheus reads it at /metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY = CollectorRegistry()

INCOMING = Counter(
    "rollback_slack_requests_total",
    "Requests from Slack, by kind (command, action, view, event, other) and HTTP status.",
    ["kind", "status"],
    registry=REGISTRY,
)
ACK_SECONDS = Histogram(
    "rollback_slack_ack_seconds",
    "Seconds from a request of Slack's arriving to its acknowledgement; Slack gives up after 3.",
    ["kind"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3),
    registry=REGISTRY,
)
REFUSALS = Counter(
    "rollback_refusals_total",
    "Requests and clicks that were answered with a refusal, by its code.",
    ["code"],
    registry=REGISTRY,
)
VERBS = Counter(
    "rollback_verbs_total",
    "What people did that counted, by verb (request, approve, reject, abort, retry, skip, annotate).",
    ["verb"],
    registry=REGISTRY,
)
