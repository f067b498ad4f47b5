"""The catalog's shape. Shares are 0..1, weights are percent, times are seconds."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from bot.domain.approval import Policy
from bot.domain.model import Value, sha256

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Share = Annotated[float, Field(ge=0, le=1)]


ObjectName = Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$")]
"""A ConfigMap's or Secret's name, or "" for none."""

TokenHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
UserId = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{1,30}$")]
"""A Slack user's id, in Slack's own spelling: another spelling of the same would be counted as somebody else."""


class Approvers(Value):
    """Who approves: a Slack user group's handle, or a list of user ids. `need` counts distinct people.

    `break_glass`: the handle of the group of which one member is enough in an emergency; "" offers none.
    `terminal`: who may ask and approve with rollbackctl while Slack is away: user id → SHA-256 of their own token, hex.
    """

    group: str = ""
    users: tuple[UserId, ...] = ()
    need: Annotated[int, Field(ge=2)] = 2
    requester_counts: bool = False
    expires_s: Annotated[int, Field(ge=10, le=86_400)] = 900
    break_glass: str = ""
    terminal: dict[UserId, TokenHash] = {}

    @model_validator(mode="after")
    def _a_token_each(self) -> Self:
        if len(set(self.terminal.values())) < len(self.terminal):
            raise ValueError("terminal gives two people the same token; each person needs their own")
        return self

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if bool(self.group) == bool(self.users):
            raise ValueError("name either group (a Slack user group's handle) or users (a list of user ids)")
        if self.break_glass and self.break_glass == self.group:
            raise ValueError("break_glass must be a group of its own, or one approver would be enough every day")
        if self.users and len(set(self.users)) < self.need:
            raise ValueError(f"users lists {len(set(self.users))} people, but need is {self.need}")
        return self


class Kubernetes(Value):
    """Where the service runs. `selector`: the labels its pods carry."""

    namespace: Name
    container: Name
    service: Name
    selector: dict[str, str]


class Workload(Value):
    """What runs the service's pods, as undo, config and env change it.

    `health`: a command that is run in each pod after a rollout, () for none. `rollout_s`: a rollout may take so long.
    `good_after_s`: a revision that has been Available for so long, and was not rolled back from, is a good one.
    """

    kind: Literal["Deployment", "StatefulSet", "DaemonSet"] = "Deployment"
    name: Name
    health: tuple[str, ...] = ()
    rollout_s: Seconds = 120
    good_after_s: Seconds = 600


class Undo(Value):
    """How the workload goes back to an earlier revision (REQUIREMENTS.md R1)."""

    budget_s: Seconds


class BlueGreen(Value):
    """How traffic goes back to the other colour (REQUIREMENTS.md R2).

    `label`: the key in the Service's selector whose value names the side. `virtual_service` "" without a mesh.
    `version_url` must answer the version `version_times` times running. `keep_at_zero`: the bad side's Deployment
    stays, with 0 pods. `propagation_s`: the mesh's proxies have all heard of a change of routing after so long.
    """

    label: str
    virtual_service: str = ""
    host: str = ""
    route: str = ""
    version_url: Annotated[str, Field(pattern=r"^(https?://.*)?$")] = ""
    version_times: Annotated[int, Field(ge=1, le=100)] = 5
    propagation_s: Seconds = 5
    settle_s: Seconds = 10
    drain_s: Seconds = 30
    keep_at_zero: bool = False
    allow_above_max: bool = False
    budget_s: Seconds

    @model_validator(mode="after")
    def _mesh(self) -> Self:
        if bool(self.virtual_service) != bool(self.host):
            raise ValueError("virtual_service and host go together; leave both out without a mesh")
        return self


class Environment(Value):
    """The values that are put back on the service's container (REQUIREMENTS.md R7).

    `may_set`: names that `to=NAME=VALUE` may give another value than the one here.
    """

    values: Annotated[dict[str, str], Field(min_length=1)]
    may_set: tuple[str, ...] = ()
    budget_s: Seconds


class Configuration(Value):
    """What is restored from `folder`/configmap-TS.yaml and `folder`/secret-TS.yaml (REQUIREMENTS.md R6).

    "" for one of the two that the service does not have. `snapshot_every_s`: so often the bot itself keeps both there
    when they have changed, the newest `snapshots_keep` of them; 0: never. The folder must then be the service's own.
    """

    config_map: ObjectName = ""
    secret: ObjectName = ""
    folder: str
    snapshot_every_s: Annotated[float, Field(ge=0, le=7 * 86_400)] = 0
    snapshots_keep: Annotated[int, Field(ge=1, le=1_000)] = 20
    budget_s: Seconds

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.config_map and not self.secret:
            raise ValueError("name a config_map, a secret, or both")
        return self

    @property
    def objects(self) -> dict[str, str]:
        """The service's objects, kind → name, in the order in which they are written."""
        named = {"ConfigMap": self.config_map, "Secret": self.secret}
        return {kind: name for kind, name in named.items() if name}


class Side(Value):
    """One side of a canary: its Deployment, and its subset, as metrics and a DestinationRule name it.

    `service`: a Service of this side alone: with `http_route` the backend that its rules name; else "" unless the
    canary may be reached through another Service than one with its Deployment's name.
    """

    deployment: Name
    subset: Name
    service: ObjectName = ""


class Canary(Value):
    """How a canary is taken back (REQUIREMENTS.md R3).

    What splits the traffic is either a `virtual_service` with two subsets of `host` (Istio), or an `http_route` with
    two Services (Gateway API). Every route of it that names both sides is moved, all in the same step; with `route`,
    the one of that name, and another one that splits is then refused. A route that sends all that it matches (testers
    by a header) to the canary alone is switched to stable with weight 0, with `route` as without it.
    `propagation_s`: the proxies have all heard of a weight after so long. The canary counts as drained when no request
    came to it for `drain_s`, of which none lies before the last weight's write plus this.
    """

    virtual_service: ObjectName = ""
    http_route: ObjectName = ""
    host: str = ""
    route: str = ""
    stable: Side
    canary: Side
    weights: Annotated[tuple[Annotated[int, Field(ge=0, le=100)], ...], Field(min_length=1)]
    hold_s: Seconds
    propagation_s: Seconds = 5
    drain_s: Seconds
    stable_replicas: Annotated[int, Field(ge=1)] | None = None
    allow_above_max: bool = False
    budget_s: Seconds

    @model_validator(mode="after")
    def _downwards(self) -> Self:
        if list(self.weights) != sorted(set(self.weights), reverse=True) or self.weights[-1] != 0:
            raise ValueError("weights must fall and end with 0, for example [75, 50, 25, 10, 0]")
        return self

    @model_validator(mode="after")
    def _two_sides(self) -> Self:
        if self.stable.deployment == self.canary.deployment or self.stable.subset == self.canary.subset:
            raise ValueError("stable and canary must differ in deployment and in subset")
        return self

    @model_validator(mode="after")
    def _one_router(self) -> Self:
        if bool(self.virtual_service) == bool(self.http_route):
            raise ValueError("name either virtual_service (Istio) or http_route (Gateway API)")
        if bool(self.virtual_service) != bool(self.host):
            raise ValueError("virtual_service and host go together; with http_route the sides are two Services")
        services = {self.stable.service, self.canary.service}
        if self.http_route and ("" in services or len(services) == 1):
            raise ValueError("http_route needs `service` at stable and at canary, two different ones")
        return self


def _asks_for(*placeholders: str) -> AfterValidator:
    def check(expression: str) -> str:
        missing = [placeholder for placeholder in placeholders if placeholder not in expression]
        if missing:
            raise ValueError(f"the expression must hold {' and '.join(missing)}")
        return expression

    return AfterValidator(check)


OfSubset = Annotated[str, _asks_for("$subset", "$window")]
OfService = Annotated[str, _asks_for("$window")]


class Metrics(Value):
    """PromQL with $subset and $window; each gives one number. Those by subset: "" without subsets."""

    scrape_interval_s: Seconds
    requests: OfSubset = ""
    errors: OfSubset = ""
    p95: OfSubset = ""
    all_requests: OfService
    all_errors: OfService
    all_p95: OfService


class Limits(Value):
    """What is too much. `share_tolerance`: how far the seen share of requests may be from the weight that was set."""

    error_share: Share
    p95_s: Seconds
    worse_by_share: Share
    min_requests: Annotated[int, Field(ge=1)]
    share_tolerance: Share


class Validation(Value):
    """What is asked at the end: the health URL so many times, so far apart, and the `up` series."""

    health_url: Annotated[str, Field(pattern=r"^https?://")]
    health_times: Annotated[int, Field(ge=1, le=100)]
    health_every_s: Seconds
    up: str


class Watch(Value):
    """How long and how often the service is watched afterwards."""

    for_s: Seconds
    every_s: Seconds


class Halt(Value):
    """How long a halted rollback waits: people are called again after `remind_s`, it has failed after `give_up_s`."""

    remind_s: Seconds = 600
    give_up_s: Annotated[float, Field(gt=0, le=7 * 86_400)] = 86_400


class Service(Value):
    """One service's entry. A strategy whose section is missing is not offered for it."""

    channel: str
    approval: Approvers
    kubernetes: Kubernetes
    workload: Workload | None = None
    canary: Canary | None = None
    blue_green: BlueGreen | None = None
    undo: Undo | None = None
    env: Environment | None = None
    config: Configuration | None = None
    metrics: Metrics
    limits: Limits
    validation: Validation
    watch: Watch
    halt: Halt = Halt()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.workload is None:
            for name in ("undo", "env", "config"):
                if getattr(self, name) is not None:
                    raise ValueError(f"{name} needs `workload:`, which names what runs the pods")
        metrics = self.metrics
        if (self.canary or self.blue_green) and not (metrics.requests and metrics.errors and metrics.p95):
            raise ValueError("canary and blue_green need metrics.requests, metrics.errors and metrics.p95 by $subset")
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of this entry as resolved: 64 hex digits. Other services' entries do not move it."""
        return sha256(self.model_dump(mode="json"))

    def policy(self, *, break_glass: bool = False) -> Policy:
        """The approval policy that a plan for this service carries. A list of users is a group of that name.

        With `break_glass`: one person of that role who did not ask. Where the catalog names no such role, the policy
        is the ordinary one.
        """
        a = self.approval
        if break_glass and a.break_glass:
            return Policy(need=1, group=a.break_glass, expires_s=a.expires_s, break_glass=True)
        return Policy(
            need=a.need,
            group=a.group or "listed people",
            requester_counts=a.requester_counts,
            expires_s=a.expires_s,
        )


class Catalog(Value):
    """All services, by name. `revision`: the first 6 hex digits of the whole file's digest, for people."""

    services: dict[Name, Service]

    @model_validator(mode="after")
    def _folders(self) -> Self:
        """Backups are named by kind and time alone: in one folder two services' snapshots would be one another's."""
        sections = {name: service.config for name, service in self.services.items() if service.config is not None}
        for name, section in sections.items():
            others = [other for other, its in sections.items() if other != name and its.folder == section.folder]
            if section.snapshot_every_s and others:
                raise ValueError(f"{name} and {others[0]} share {section.folder}; snapshots need a folder of their own")
        return self

    @property
    def revision(self) -> str:
        """Short name of this version of the catalog."""
        return sha256(self.model_dump(mode="json"))[:6]
