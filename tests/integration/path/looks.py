"""What the tests read of production, beside the bot: live objects, and the API server's own record of writes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from bot.catalog import load
from bot.directory import REFRESH, Directory
from bot.domain.refusal import Refused
from bot.domain.rollback import Mark, Rollback
from bot.service import Desk, abort, mark_good
from bot.store import Store, connect, keys
from sandbox.cluster import ApiError, AuditEvent
from sandbox.stack import Stack

NAMESPACE = "game-production"
BOT = "system:serviceaccount:rollback-bot:rollback-bot"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
ROUTES = f"/apis/networking.istio.io/v1/namespaces/{NAMESPACE}/virtualservices"
SCALERS = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"

SCALER = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "game-server", "namespace": NAMESPACE},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "game-server"},
        "minReplicas": 4,
        "maxReplicas": 12,
    },
}
"""An autoscaler of stable, as its owners made it."""

Json = dict[str, Any]


def now() -> datetime:
    """This moment, to ask the audit log for what came after."""
    return datetime.now(UTC)


def route(stack: Stack) -> Json:
    """The live VirtualService."""
    return stack.cluster.api().get(f"{ROUTES}/game-server-vs")


def canary_weight(stack: Stack) -> int:
    """Percent of the live route that goes to the canary."""
    primary = next(http for http in route(stack)["spec"]["http"] if http.get("name") == "primary")
    weights: dict[str, int] = {part["destination"]["subset"]: part["weight"] for part in primary["route"]}
    return round(100 * weights["canary"] / sum(weights.values()))


def set_weights(stack: Stack, *, stable: int, canary: int) -> None:
    """Move the weights by hand, as somebody else would."""
    spec = route(stack)["spec"]
    primary = next(http for http in spec["http"] if http.get("name") == "primary")
    for part in primary["route"]:
        part["weight"] = stable if part["destination"]["subset"] == "stable" else canary
    stack.cluster.api().patch(f"{ROUTES}/game-server-vs", {"spec": spec}, manager="somebody")


def replicas(stack: Stack, name: str = "game-server") -> int:
    """Desired replicas of a Deployment."""
    wanted: int = stack.cluster.api().get(f"{DEPLOYMENTS}/{name}")["spec"]["replicas"]
    return wanted


def exists(stack: Stack, name: str) -> bool:
    """Whether a Deployment is there."""
    try:
        stack.cluster.api().get(f"{DEPLOYMENTS}/{name}")
    except ApiError as error:
        if error.status == 404:
            return False
        raise
    return True


def bot_writes(stack: Stack, since: datetime) -> list[AuditEvent]:
    """What the bot wrote to production since then, oldest first, from the API server's audit log."""
    return [
        event for event in stack.cluster.audit() if event.wrote and event.user == BOT and event.received_at >= since
    ]


def effects(stack: Stack, since: datetime) -> list[tuple[str, str, str]]:
    """The bot's writes that are no claims: (verb, object, what was written or "")."""
    return [
        (event.verb, event.name, _value(event))
        for event in bot_writes(stack, since)
        if event.verb == "delete" or isinstance(event.body, list)
    ]


def _value(event: AuditEvent) -> str:
    if not isinstance(event.body, list):
        return ""
    written = [op for op in event.body if op["op"] in {"replace", "add"} and "annotations" not in op["path"]]
    return ", ".join(f"{op['path'].rsplit('/', 1)[-1]}={op['value']}" for op in written)


def until(condition: Callable[[], bool], *, within_s: float, what: str) -> None:
    """Wait for a condition; AssertionError names what did not come."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {within_s:g} s"
        time.sleep(0.05)


def store(stack: Stack) -> Store:
    """The bot's own records."""
    return Store(connect(stack.redis.url))


def newest(stack: Stack) -> Rollback:
    """The rollback that was asked for last."""
    return store(stack).recent(None, 1)[0]


def ids(stack: Stack) -> list[str]:
    """The rollbacks that were asked for so far, the newest first."""
    return [rollback.id for rollback in store(stack).recent(None, 1_000)]


def until_step(stack: Stack, number: int, *, within_s: float = 40) -> None:
    """Wait until the newest rollback has made the effect of this step (from 1) and not yet judged it.

    The card may be edited only so often, and with holds of 3 s it need not show every step.
    """

    def there() -> bool:
        rollback = newest(stack)
        return rollback.step == number - 1 and rollback.record.mark is Mark.HOLDING

    until(there, within_s=within_s, what=f"step {number}")


def expiry(stack: Stack) -> int:
    """When the newest rollback's plan expires, in Redis ms."""
    expires_at = newest(stack).expires_at
    assert expires_at is not None
    return expires_at


def refresh_directory(stack: Stack) -> None:
    """Have the approver group read anew by the bot, and wait until it was."""
    records = store(stack)
    asked = records.now()
    records.set_due(REFRESH, 0)

    def read() -> bool:
        read_at = Directory(records).group("game-server-approvers").read_at
        return read_at is not None and read_at > asked

    until(read, within_s=20, what="a fresh copy of the group")


def until_at_rest(stack: Stack, *, within_s: float = 90) -> None:
    """Wait until nobody has anything left to say about a rollback that has ended: what is said then is of then.

    What is said later counts too: posts and edits are paced, and the watch after a success ends with a line.
    """
    records, redis = store(stack), connect(stack.redis.url)
    raw = connect(stack.redis.url, text=False)
    queues = [Queue(name, connection=raw, serializer=JSONSerializer) for name in ("slack-first", "slack")]
    deadline = time.monotonic() + within_s
    while left := [*_watched(records), *_to_narrate(redis), *_answering(queues)]:
        assert time.monotonic() < deadline, f"not at rest after {within_s:g} s: {left}"
        time.sleep(0.1)


def _watched(records: Store) -> list[str]:
    """Rollbacks whose watch is not over; older ones than the last few were waited for before."""
    last = records.recent(None, 20)
    return [f"watch:{each.id}" for each in last if each.watch_until is not None and not each.watched]


def _to_narrate(redis: Redis) -> list[str]:
    return [member for member in map(str, redis.zrange(keys.DUE, 0, -1)) if member.startswith(keys.narrate(""))]


def _answering(queues: Sequence[Queue]) -> list[str]:
    """Jobs that wait, and workers at one: an answer to one person has no due time, and is in no list once begun."""
    waiting = [job for queue in queues for job in queue.job_ids]  # before the workers: one may take it in between
    return [*waiting, *(each.name for each in Worker.all(queue=queues[0]) if each.get_state() == WorkerStatus.BUSY)]


def end_open_rollbacks(stack: Stack) -> None:
    """End what an earlier test left open, as its requester would, so that its reservations are given back."""
    records = store(stack)
    desk = Desk(records, Directory(records), load(stack.folder / "services.yaml"))
    for rollback in records.open_rollbacks():
        with contextlib.suppress(Refused):  # It is being aborted already.
            abort(desk, rollback.id, person=rollback.request.by, command_id=f"end/{rollback.id}")
    until(lambda: not records.open_rollbacks(), within_s=60, what="the end of every rollback")


def forget_bad_versions(stack: Stack, *services: str) -> None:
    """Mark good again what earlier tests' rollbacks left for cause, as an operator would."""
    records = store(stack)
    desk = Desk(records, Directory(records), load(stack.folder / "services.yaml"))
    for service in services:
        for version, bad in records.standing(service).standing.bad.items():
            by = records.load(bad.rollback_id).rollback.request.by
            mark_good(desk, service, version=version, person=by, command_id=f"good/{bad.rollback_id}/{version}")
