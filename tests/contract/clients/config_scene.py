"""A configuration with backups: the game's own ConfigMap and Secret, backed up by kubectl itself, and then changed."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.catalog.model import Configuration, Service, Workload
from bot.domain.people import Person
from bot.domain.plan import Plan
from bot.domain.rollback import Request
from jobs.backups.sealing import Seal
from jobs.clients import Backups, Clients, KubernetesClient
from jobs.clients.resources import Raw, Ref
from jobs.steps import CARRIERS, AlreadySo, Context
from jobs.strategies import STRATEGIES
from sandbox.cluster import ApiError
from sandbox.toolchain.build import tool
from tests.contract.clients.scene import Scene, eventually, now

NAME, TIME = "game-server", "20261120-0300"
CONFIG, SECRETS = "game-config", "game-secrets"
OLD_PASSWORD, NEW_PASSWORD = "sandbox-database-password", "a-password-nobody-may-see"
PATHS = {"ConfigMap": "configmaps", "Secret": "secrets"}


class Crash(BaseException):
    """A worker that is gone from one moment to the next; no `except Exception` sees it."""


class Dying(KubernetesClient):
    """The product's own client, in a worker that dies just before its write number `writes` that changes something."""

    left: int = 0

    @classmethod
    def after(cls, writes: int, kubeconfig: Path) -> Dying:
        """One that still makes so many writes."""
        made = cls.connect(kubeconfig)
        assert isinstance(made, Dying)
        made.left = writes
        return made

    def json_patch(
        self, ref: Ref, operations: Sequence[Mapping[str, Any]], *, manager: str, dry_run: bool = False
    ) -> Raw:
        """As the client's, until its time has come."""
        if not dry_run:
            self._count()
        return super().json_patch(ref, operations, manager=manager, dry_run=dry_run)

    def create_by_apply(self, ref: Ref, body: Mapping[str, Any], *, manager: str) -> Raw:
        """As the client's, until its time has come."""
        self._count()
        return super().create_by_apply(ref, body, manager=manager)

    def _count(self) -> None:
        if self.left == 0:
            raise Crash
        self.left -= 1


@dataclass(frozen=True)
class Configured:
    """The scene with a folder of backups. `keys` open sealed ones."""

    scene: Scene
    folder: Path
    keys: tuple[str, ...] = ()

    @property
    def service(self) -> Service:
        """The catalog's entry, with a configuration."""
        section = Configuration(config_map=CONFIG, secret=SECRETS, folder=str(self.folder), budget_s=120)
        workload = Workload(name=NAME, rollout_s=60)
        return self.scene.service.model_copy(update={"workload": workload, "config": section})

    @property
    def clients(self) -> Clients:
        """The bot's clients."""
        return replace(self.scene.clients, backups=Backups(Seal(self.keys)))

    def back_up(self, time: str = TIME) -> None:
        """What a person's script does: `kubectl get -o yaml` into the folder."""
        for kind, name in (("configmap", CONFIG), ("secret", SECRETS)):
            file = self.folder / f"{kind}-{time}.yaml"
            file.write_text(self.kubectl("get", kind, name, "-o", "yaml"))

    def kubectl(self, *words: str, may_fail: bool = False) -> str:
        """What kubectl answers an administrator."""
        kubeconfig = self.scene.cluster.kubeconfig("admin")
        command = [str(tool("kubectl")), "--kubeconfig", str(kubeconfig), "-n", self.scene.namespace, *words]
        return subprocess.run(command, capture_output=True, text=True, check=not may_fail, timeout=60).stdout

    def path(self, kind: str) -> str:
        """Where the API server keeps one of the two."""
        return f"/api/v1/namespaces/{self.scene.namespace}/{PATHS[kind]}/{CONFIG if kind == 'ConfigMap' else SECRETS}"

    def live(self, kind: str) -> dict[str, Any]:
        """The live ConfigMap or Secret."""
        return self.scene.admin.get(self.path(kind))

    def there(self, kind: str) -> bool:
        """Whether it is there."""
        try:
            return bool(self.live(kind))
        except ApiError as error:
            if error.status == 404:
                return False
            raise

    def change(self) -> None:
        """What went wrong: a value each, and a key each that was not there before."""
        self.patch("ConfigMap", {"data": {"MAX_PLAYERS": "9000", "NEW_COMBAT_MODE": "on"}})
        self.patch("Secret", {"data": {"DATABASE_PASSWORD": encoded(NEW_PASSWORD), "EXTRA_TOKEN": encoded("x-t-r-a")}})

    def patch(self, kind: str, body: dict[str, Any]) -> None:
        """A merge patch as administrator."""
        self.scene.admin.patch(self.path(kind), body)

    def take_away(self, verb: str) -> None:
        """Take one right on the Secret away from the bot, and wait until the authorizer knows."""
        path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{self.scene.namespace}/roles/rollback-bot-configuration"
        role = self.scene.admin.get(path)
        for rule in role["rules"]:
            if rule["resources"] == ["secrets"]:
                rule["verbs"] = [each for each in rule["verbs"] if each != verb]
        self.scene.admin.patch(path, {"rules": role["rules"]})
        bot = "--as=system:serviceaccount:rollback-bot:rollback-bot"
        eventually(lambda: self.kubectl("auth", "can-i", verb, f"secrets/{SECRETS}", bot, may_fail=True) == "no\n")

    def planned(self, time: str = TIME) -> Plan:
        """A plan from what is live and in the folder now."""
        by = Person(team="T1", id="U1", name="ann")
        asked = Request(service=NAME, strategy="config", by=by, channel="C1", version=time)
        config = STRATEGIES["config"]
        return config.plan(config.observe(self.clients, asked, self.service), asked, self.service, NAME)

    def step(self, plan: Plan, kind: str = "restore_config", *, fence: int = 1, dies_at: int | None = None) -> Context:
        """A step of the plan, under a lease with this fence, maybe in a worker that dies before a write."""
        clients = self.clients
        if dies_at is not None:
            clients = replace(clients, kubernetes=Dying.after(dies_at, self.scene.cluster.kubeconfig("bot")))
        index = next(number for number, step in enumerate(plan.steps) if step.kind == kind)
        return Context(
            clients=clients,
            service=self.service,
            plan=plan,
            index=index,
            fence=fence,
            rollback_id="rb-1042",
            now=now,
            started_at=now(),
        )


def changed_since(scene: Scene, folder: Path) -> Configured:
    """Both objects backed up as they were deployed, and changed since."""
    made = Configured(scene, folder)
    made.back_up()
    made.change()
    return made


@contextmanager
def quoting_policy(scene: Scene, *, allows: str, says: str) -> Iterator[None]:
    """A ValidatingAdmissionPolicy on Secrets, here only, whose refusal says what the CEL expression `says` makes."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["secrets"]}
    here = {"matchLabels": {"kubernetes.io/metadata.name": scene.namespace}}
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"namespaceSelector": here, "resourceRules": [rule]},
        "validations": [{"expression": allows, "messageExpression": says}],
    }
    binding = {"policyName": scene.namespace, "validationActions": ["Deny"]}
    laid = [
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": kind,
            "metadata": {"name": scene.namespace},
            "spec": s,
        }
        for kind, s in (("ValidatingAdmissionPolicy", spec), ("ValidatingAdmissionPolicyBinding", binding))
    ]
    scene.cluster.apply(laid)
    try:
        yield
    finally:
        for each in reversed(laid):
            scene.admin.delete(scene.admin.path(each))


def encoded(text: str) -> str:
    """A Secret's value as Kubernetes writes it."""
    return base64.b64encode(text.encode()).decode()


def first(ctx: Context) -> None:
    """Look, claim, apply: what the first worker does."""
    carrier = CARRIERS[ctx.step.kind]
    carrier.look(ctx)
    carrier.claim(ctx)
    carrier.apply(ctx)


def taken_over(ctx: Context) -> None:
    """Claim, look, apply: what the next worker does with a step that somebody else has begun."""
    carrier = CARRIERS[ctx.step.kind]
    carrier.claim(ctx)
    if not isinstance(carrier.look(ctx), AlreadySo):
        carrier.apply(ctx)
