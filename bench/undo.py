"""match-server taken back by the bot and by kubectl, in turns, with 20 pods and with 200.

The bot's time runs from the second approval's click in Slack to the last pod's health answer in the journal; kubectl's
is that of REQUIREMENTS.md R1's commands in a script (undo.sh), without anybody thinking in between. Both run on one
cluster, after each other, from the same version to the same version, and both wait for the same rollout: a quarter of
the pods at a time, Kubernetes' default. The health command in each pod asks one HTTP server of this machine: there is
no traffic, whose players would only take the processor from both. kubectl is the sandbox's own build, which is not
optimised and takes about 40 ms longer to start; KUBEBUILDER_ASSETS may name a folder with another one.
"""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from bench import by_kubectl, people
from bench.by_kubectl import ByHand
from bench.figures import Figure, percentile
from bench.pods import NAMESPACE, Pods
from bench.rolling import Rolling
from bench.site import SHORT, SLACK_UNLIMITED, Site
from bot.domain.events import Event, Kind
from bot.domain.verdict import Verdict
from bot.store import Store, connect
from jobs.clients import KubernetesClient
from jobs.clients.objects import REVISION, image, version
from sandbox.cluster import AuditEvent, game_objects, rbac_objects
from sandbox.outside import Outside
from sandbox.services import SERVICES
from sandbox.stack import Stack

NAME: Final = "match-server"
GOOD, BAD = SERVICES[NAME].good, SERVICES[NAME].bad


@dataclass(frozen=True)
class Size:
    """So many pods, so many turns of each side, and the goals: a ratio of times, and the bot's own seconds."""

    pods: int
    turns: int
    ratio: float
    own_s: float


SIZES: Final = (Size(20, 5, 0.4, 0.8), Size(200, 3, 0.35, 5.0))
_BOT: Final = "system:serviceaccount:rollback-bot:rollback-bot"
_SETS: Final = f"/apis/apps/v1/namespaces/{NAMESPACE}/replicasets"
_END_S, _ROLLOUT_S = 180.0, 120.0
_ROLLOUT, _HEALTH = 0, 1
"""The steps of the plan, by place."""


@dataclass(frozen=True)
class ByBot:
    """Seconds of each phase, one after the other.

    `dispatch`: from the click to the template's PATCH; `rollout`: to the last pod Available; `seen`: to the bot's own
    record of that; `health`: to the last pod's health answer.
    """

    dispatch: float
    rollout: float
    seen: float
    health: float

    @property
    def total(self) -> float:
        """From the click to the last answer."""
        return self.dispatch + self.rollout + self.seen + self.health

    @property
    def own(self) -> float:
        """What was not Kubernetes' own rollout."""
        return self.total - self.rollout


def measure(sizes: Sequence[Size] = SIZES) -> list[Figure]:
    """Each size: one turn of each side that is dropped, then the turns that count."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="rollback-bench-") as folder, _site(Path(folder)) as (site, pods):
        by_kubectl.warm(site.stack.cluster, site.stack.folder, deployment=NAME)
        for size in sizes:
            pods.roll_out(1, size.pods)
            turns = [(_by_bot(site, pods), _by_hand(site, pods)) for _ in range(1 + size.turns)][1:]
            figures += figures_of(size, [bot for bot, _ in turns], [hand for _, hand in turns])
    return figures


def figures_of(size: Size, bots: Sequence[ByBot], hands: Sequence[ByHand]) -> list[Figure]:
    """The ratio of the medians, the bot's own time, and what both are made of."""
    bot, hand = _p50([one.total for one in bots]), _p50([one.total for one in hands])
    own = _p50([one.own for one in bots])
    name, parts = f"undo_{size.pods}_pods", ("dispatch", "rollout", "seen", "health")
    spent = ", ".join(f"{part} {_p50([getattr(one, part) for one in bots]):.2f}" for part in parts)
    middle = sorted(hands, key=lambda one: one.total)[(len(hands) - 1) // 2]
    return [
        Figure(
            name=f"{name}_ratio",
            value=round(bot / hand, 3),
            unit="of kubectl's",
            goal=size.ratio,
            beside=f"bot {bot:.2f} s, kubectl {hand:.2f} s: medians of {len(bots)}",
        ),
        Figure(
            name=f"{name}_own_time",
            value=round(own, 2),
            unit="s",
            goal=size.own_s,
            beside=f"{_spread([one.own for one in bots])}; without the PATCH to the last pod Available",
        ),
        Figure(
            name=f"{name}_bot", value=round(bot, 2), unit="s", beside=f"{spent}; {_spread([b.total for b in bots])}"
        ),
        Figure(
            name=f"{name}_kubectl",
            value=round(hand, 2),
            unit="s",
            beside=f"{middle}; {_spread([one.total for one in hands])}",
        ),
    ]


def times_of(events: Sequence[Event], *, clicked: float, patched: float, available: float) -> ByBot:
    """The bot's times from the journal and from what was seen beside it; Unix seconds.

    Raises:
        RuntimeError: not every pod was found well.
    """
    applied = next(e for e in events if e.kind is Kind.STEP_APPLIED and e.data["step"] == _ROLLOUT)
    asked = next(e for e in events if e.kind is Kind.STEP_DONE and e.data["step"] == _HEALTH)
    found: Any = asked.data["checks"]
    if [check["verdict"] for check in found] != [Verdict.PASS]:
        raise RuntimeError(f"the pods were not all well: {found}")
    seen, answered = applied.at / 1000, asked.at / 1000
    return ByBot(dispatch=patched - clicked, rollout=available - patched, seen=seen - available, health=answered - seen)


@contextmanager
def _site(place: Path) -> Iterator[tuple[Site, Pods]]:
    """The product on a cluster with match-server on its good version and then its bad one, and no traffic."""
    with Stack(
        place, services=(NAME,), catalog=SHORT, slack_limits=SLACK_UNLIMITED, game=False, product=False
    ) as stack:
        stack.cluster.apply([game_objects()[0], *rbac_objects()])
        pods = Pods(stack.cluster, NAME)
        pods.deploy()
        _set_health(place / "services.yaml", stack.prometheus.url)
        stack.product.start()
        stack.product.wait_until_ready()
        yield Site(stack, Store(connect(stack.redis.url)), Outside(stack.slack_url)), pods


def _set_health(catalog: Path, url: str) -> None:
    written = yaml.safe_load(catalog.read_text())
    written["services"][NAME]["workload"]["health"] = _health(url)
    catalog.write_text(yaml.safe_dump(written, sort_keys=False))


def _health(url: str) -> list[str]:
    return shlex.split(f"curl -s --noproxy * {url}/-/healthy")


def _by_bot(site: Site, pods: Pods) -> ByBot:
    """One undo by the bot, and the bad version rolled out again."""
    kubernetes = KubernetesClient.connect(site.stack.cluster.kubeconfig("admin"))
    rollback_id = people.ask(site, "kubernetes", NAME)
    with Rolling(kubernetes, NAMESPACE, NAME, image=_image(GOOD)) as rolling:
        clicked = people.approve(site, rollback_id)
        available = rolling.done_at(within_s=_ROLLOUT_S)
    people.at_rest(site, rollback_id, within_s=_END_S)
    patch = next(e for e in site.stack.cluster.audit() if _is_template(e) and e.received_at >= clicked)
    times = times_of(
        site.store.journal(rollback_id),
        clicked=clicked.timestamp(),
        patched=patch.received_at.timestamp(),
        available=available,
    )
    pods.roll_out(1, pods.size)
    return times


def _by_hand(site: Site, pods: Pods) -> ByHand:
    """One undo with kubectl, and the bad version rolled out again."""
    took = by_kubectl.undo(
        site.stack.cluster,
        site.stack.folder,
        deployment=NAME,
        revision=_revision(site, GOOD),
        image=_image(GOOD),
        pods=pods.size,
        health=_health(site.stack.prometheus.url),
    )
    pods.roll_out(1, pods.size)
    return took


def _is_template(event: AuditEvent) -> bool:
    """Whether it is the bot's write of a pod template."""
    paths = [operation["path"] for operation in event.body] if isinstance(event.body, list) else []
    return event.wrote and event.user == _BOT and event.name == NAME and "/spec/template" in paths


def _revision(site: Site, wanted: str) -> int:
    """The number that `rollout history` shows for a version."""
    sets = site.stack.cluster.api().get(_SETS, labelSelector=f"app={NAME}")["items"]
    (found,) = [one for one in sets if version(image(one, NAME)) == wanted]
    return int(found["metadata"]["annotations"][REVISION])


def _image(wanted: str) -> str:
    return f"registry.example/{NAME}:{wanted}"


def _p50(values: Sequence[float]) -> float:
    return percentile(values, 50)


def _spread(values: Sequence[float]) -> str:
    return f"min {min(values):.2f}, max {max(values):.2f} s of {len(values)}"
