"""Rollouts of every kind of workload on the real controllers: taken back, followed, stopped with a reason."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from bot.domain.model import JsonObject
from bot.domain.plan import Plan
from jobs.clients import workloads
from jobs.clients.resources import POD, Ref
from jobs.steps import CARRIERS, Context, Done, Fenced, Settled, Stuck, Waiting
from jobs.steps.rollout import FOLLOW_S, Rollout
from jobs.steps.stuck_pod import DELETED, DELETING
from tests.contract.clients.kinds import IMAGE, NAME, SOON_S, Deployed, Ledger, begun, followed, hurried
from tests.contract.clients.scene import Scene, eventually

BROKEN = "v2.0.0-image-pull-backoff"


def stuck_stateful_set(scene: Scene) -> Deployed:
    """A StatefulSet whose last pod cannot pull the image of the new version."""
    deployed = Deployed(scene, "StatefulSet")
    deployed.deploy("v1.0.0")
    deployed.deploy(BROKEN, wait=False)
    eventually(lambda: deployed.waiting_for("ImagePullBackOff"), within_s=SOON_S)
    return deployed


def retargeted(plan: Plan, version: str) -> Plan:
    """The plan with another image in its rollout's template: as if that were what to go back to."""
    step = plan.steps[0]
    template: Any = step.params["template"]
    containers = [{**template["spec"]["containers"][0], "image": IMAGE.format(version)}]
    changed = {**template, "spec": {**template["spec"], "containers": containers}}
    params: JsonObject = {**step.params, "template": changed, "to_key": workloads.template_key(changed)}
    return plan.model_copy(update={"steps": (step.model_copy(update={"params": params}), *plan.steps[1:])})


def said_last(scene: Scene, pod: str, line: str) -> bool:
    """Whether that is the last line of the container that ran in a pod before."""
    ref = Ref(POD, scene.namespace, pod)
    return scene.clients.kubernetes.log(ref, NAME, lines=1, previous=True) == f"{line}\n"


def until_told(ctx: Context, name: str, *, within_s: float = SOON_S) -> tuple[Settled, Context]:
    """Settle until a figure of that name was told; what told it, and the step as it was before."""
    seen: list[tuple[Settled, Context]] = [(Waiting(0), ctx)]

    def look() -> bool:
        last, before = seen[-1]
        then = replace(before, figures={**before.figures, **last.figures})
        seen.append((CARRIERS["rollout"].settle(then), then))
        return bool(seen[-1][0].figures.get(name)) or not isinstance(seen[-1][0], Waiting)

    eventually(look, within_s=within_s)
    return seen[-1]


def deletions(scene: Scene) -> list[str]:
    """The bot's deletions here."""
    return [write for write in scene.writes() if write.startswith("delete")]


def test_a_stateful_set_that_is_stuck_gets_its_pod_made_anew(scene: Scene) -> None:
    """The controller waits for the broken pod for ever: that one is deleted, once, and the step tells its name."""
    deployed = stuck_stateful_set(scene)
    plan = deployed.plan()
    assert "stuck-pod" in [risk.code for risk in plan.risks]
    settled, ctx = followed(begun(scene, plan))
    assert isinstance(settled, Done)
    assert settled.figures["updated"] == 4
    assert ctx.figures[DELETED] == [f"{NAME}-3"]
    assert ctx.figures[DELETING] is None
    assert deletions(scene) == [f"delete pods/{NAME}-3"]
    assert {pod["spec"]["containers"][0]["image"] for pod in deployed.pods()} == {IMAGE.format("v1.0.0")}


def test_a_deletion_that_was_written_down_is_told_by_whoever_carries_on(scene: Scene) -> None:
    """The worker died after it deleted and before it said so: the next one finds the pod gone, and deletes none."""
    deployed = stuck_stateful_set(scene)
    meant, before = until_told(begun(scene, deployed.plan()), DELETING)
    ctx = replace(before, figures={**before.figures, **meant.figures})
    CARRIERS["rollout"].settle(ctx)
    eventually(deployed.stands, within_s=SOON_S)
    told = CARRIERS["rollout"].settle(replace(ctx, fence=2))
    assert isinstance(told, Done) or told.figures[DELETED] == [f"{NAME}-3"]
    assert deletions(scene) == [f"delete pods/{NAME}-3"]


def test_a_worker_that_was_overtaken_deletes_nothing(scene: Scene) -> None:
    """The StatefulSet carries the fence of a newer one."""
    deployed = stuck_stateful_set(scene)
    meant, before = until_told(begun(scene, deployed.plan()), DELETING)
    late = replace(before, figures={**before.figures, **meant.figures})
    CARRIERS["rollout"].claim(replace(late, fence=2))
    with pytest.raises(Fenced):
        CARRIERS["rollout"].settle(late)
    assert deletions(scene) == []


def test_a_stateful_set_whose_pods_start_in_parallel_mends_itself(scene: Scene) -> None:
    """There the controller replaces the broken pods, and the bot deletes none."""
    deployed = Deployed(scene, "StatefulSet")
    deployed.deploy("v1.0.0", podManagementPolicy="Parallel")
    deployed.deploy(BROKEN, wait=False, podManagementPolicy="Parallel")
    eventually(lambda: deployed.waiting_for("ImagePullBackOff"), within_s=SOON_S)
    settled, ctx = followed(begun(scene, deployed.plan()))
    assert isinstance(settled, Done)
    assert DELETED not in ctx.figures
    assert deletions(scene) == []


def test_a_stateful_set_taken_back_halfway_is_done_only_when_every_pod_is_back(scene: Scene) -> None:
    """Its old revision is the present one at once, and all its pods are Ready: kubectl counts the updated ones."""
    deployed = Deployed(scene, "StatefulSet")
    deployed.deploy("v1.0.0")
    deployed.deploy("v2.0.0", wait=False, annotations={"sandbox.rollback/start-delay": "2s"})
    eventually(lambda: deployed.live()["status"].get("readyReplicas") == 3, within_s=SOON_S)
    settled, _ = followed(begun(scene, deployed.plan()))
    assert isinstance(settled, Done)
    assert {pod["spec"]["containers"][0]["image"] for pod in deployed.pods()} == {IMAGE.format("v1.0.0")}


def test_a_daemon_set_goes_back(scene: Scene) -> None:
    """Also from an image that cannot be pulled."""
    deployed = Deployed(scene, "DaemonSet")
    deployed.deploy("v1.0.0")
    deployed.deploy(BROKEN, wait=False)
    eventually(lambda: deployed.waiting_for("ImagePullBackOff"), within_s=SOON_S)
    plan = deployed.plan()
    assert "pods-away" in [risk.code for risk in plan.risks]
    settled, _ = followed(begun(scene, plan))
    assert settled == Done({"updated": 1, "available": 1, "of": 1})
    assert deployed.image() == IMAGE.format("v1.0.0")


def test_a_daemon_sets_failing_pod_is_found_by_its_history(scene: Scene) -> None:
    """Its status does not say which revision is the present one."""
    deployed = Deployed(scene, "DaemonSet")
    deployed.deploy("v1.0.0")
    deployed.deploy("v2.0.0")
    settled, _ = followed(hurried(begun(scene, retargeted(deployed.plan(), BROKEN))))
    assert isinstance(settled, Stuck)
    assert (settled.code, settled.figures["reason"]) == ("pods-failing", "ImagePullBackOff")


def test_without_a_history_in_the_cluster_the_ledger_knows_the_way_back(scene: Scene) -> None:
    """With revisionHistoryLimit 0 the controller throws the old template away, and the bot's own records have it."""
    ledger = Ledger()
    deployed = Deployed(scene, "Deployment", past=ledger.past)
    deployed.deploy("v1.0.0", revisionHistoryLimit=0)
    ledger.look(deployed)
    deployed.deploy("v2.0.0", revisionHistoryLimit=0)
    ledger.look(deployed)
    sets = f"/apis/apps/v1/namespaces/{scene.namespace}/replicasets"
    eventually(lambda: len(scene.admin.get(sets, labelSelector=f"app={NAME}")["items"]) == 1, within_s=SOON_S)
    plan = deployed.plan()
    assert (plan.from_version, plan.to_version) == ("v2.0.0", "v1.0.0")
    settled, _ = followed(begun(scene, plan))
    assert isinstance(settled, Done)
    assert deployed.image() == IMAGE.format("v1.0.0")


def test_a_deployment_that_lets_no_pod_be_away_is_never_short(scene: Scene) -> None:
    """With maxUnavailable 0 as many as asked for are Available throughout, and the step still ends."""
    deployed = Deployed(scene, "Deployment")
    whole = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    deployed.deploy("v1.0.0", strategy=whole)
    deployed.deploy("v2.0.0", strategy=whole)
    ctx, least = begun(scene, deployed.plan()), [4]

    def look() -> bool:
        least.append(deployed.live()["status"].get("availableReplicas", 0))
        return isinstance(CARRIERS["rollout"].settle(ctx), Done)

    eventually(look, within_s=SOON_S)
    assert min(least) == 4


def test_the_end_of_a_rollout_is_seen_when_it_happens(scene: Scene) -> None:
    """One look follows it: the last pod is told of well within the time after which a look gives up."""
    deployed = Deployed(scene, "Deployment")
    slow = {"sandbox.rollback/start-delay": "2s"}
    all_at_once = {"type": "Recreate"}
    deployed.deploy("v1.0.0", strategy=all_at_once, annotations=slow)
    deployed.deploy("v2.0.0", strategy=all_at_once, annotations=slow)
    ctx, ends = begun(scene, deployed.plan()), []

    def look() -> bool:
        began = time.monotonic()
        settled = CARRIERS["rollout"].settle(ctx)
        ends.append(time.monotonic() - began)
        return isinstance(settled, Done)

    eventually(look, within_s=SOON_S)
    assert all(took >= FOLLOW_S - 0.6 for took in ends[:-1])
    assert len(ends) <= 20
    assert deployed.stands()


def test_what_failing_pods_say_is_told_without_secrets(scene: Scene) -> None:
    """Of a crash: reason, exit code, the log of the one before, the pod's events; as progress first, then as a halt."""
    deployed = Deployed(scene, "Deployment")
    deployed.deploy("v1.0.0")
    deployed.deploy("v2.0.0")
    ctx = hurried(begun(scene, retargeted(deployed.plan(), "v3.0.0-crash-loop")))
    crashing = eventually(lambda: deployed.waiting_for("CrashLoopBackOff"), within_s=SOON_S)
    lines = [*(f"starting {n}" for n in range(9)), "connecting with password=hunter22", "panic: no database"]
    for pod in deployed.pods():
        if pod["spec"]["containers"][0]["image"].endswith("crash-loop"):
            name = pod["metadata"]["name"]
            scene.cluster.write_log(namespace=scene.namespace, pod=name, lines=lines)
            eventually(partial(said_last, scene, name, lines[-1]), within_s=SOON_S)  # kwok hears of it by a watch
    assert crashing
    progress, before = until_told(ctx, "failing")
    told: Any = progress.figures["failing"]
    assert (told["reason"], told["container"]) == ("CrashLoopBackOff (Error, exit 1)", NAME)
    assert told["log"][-2:] == ["connecting with password=…", "panic: no database"]
    assert len(told["log"]) == 5
    assert "BackOff: Back-off restarting failed container" in told["events"]
    settled, _ = followed(replace(before, figures={**before.figures, **progress.figures}))
    assert isinstance(settled, Stuck)
    assert settled.code == "pods-failing"
    assert settled.figures["log"] == told["log"]


def test_a_key_that_a_config_map_lacks_is_named(scene: Scene) -> None:
    """In the kubelet's words; kwok starts such pods, so the status is written as a kubelet would."""
    deployed = Deployed(scene, "Deployment")
    deployed.deploy("v1.0.0")
    deployed.deploy("v2.0.0")
    ctx = hurried(begun(scene, retargeted(deployed.plan(), BROKEN)))
    message = f"couldn't find key MAX_PLAYERS in ConfigMap {scene.namespace}/match-config"
    waiting = {"reason": "CreateContainerConfigError", "message": message}
    eventually(lambda: len(deployed.waiting_for("ImagePullBackOff")) == 2, within_s=SOON_S)
    for pod in deployed.waiting_for("ImagePullBackOff"):
        status = {**pod["status"]["containerStatuses"][0], "state": {"waiting": waiting}}
        path = f"/api/v1/namespaces/{scene.namespace}/pods/{pod['metadata']['name']}/status"
        scene.admin.patch(path, {"status": {"containerStatuses": [status]}})
    settled, _ = followed(ctx)
    assert isinstance(settled, Stuck)
    assert settled.code == "pods-failing"
    assert (settled.figures["reason"], settled.figures["message"]) == ("CreateContainerConfigError", message)
    assert settled.figures["container"] == NAME


def test_pods_that_a_quota_refuses_halt_it_within_fifteen_seconds(scene: Scene) -> None:
    """Nothing moves and nothing is going: the API server's own words, well before the Deployment's deadline."""
    deployed = Deployed(scene, "Deployment")
    whole = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    deployed.deploy("v1.0.0", strategy=whole)
    deployed.deploy("v2.0.0", strategy=whole)
    plan = deployed.plan()
    eventually(lambda: len(deployed.pods()) == 4, within_s=SOON_S)
    full_quota(scene, pods=4)
    ctx = begun(scene, plan)
    began = time.monotonic()
    settled, _ = followed(ctx)
    assert isinstance(settled, Stuck)
    assert settled.code == "rollout-no-pods"
    assert "exceeded quota" in str(settled.figures["message"])
    assert time.monotonic() - began < 25


def full_quota(scene: Scene, *, pods: int) -> None:
    """A quota of pods that is used up. Its controller does not run here, so what it counts is written for it."""
    path = f"/api/v1/namespaces/{scene.namespace}/resourcequotas"
    hard = {"pods": str(pods)}
    scene.admin.create(path, {"metadata": {"name": "team"}, "spec": {"hard": hard}})
    scene.admin.patch(f"{path}/team/status", {"status": {"hard": hard, "used": {"pods": str(pods)}}})


def test_pods_that_are_late_are_named_and_so_is_the_budget(scene: Scene) -> None:
    """A probe that fails says so in an event; over the budget is told once."""
    deployed = Deployed(scene, "Deployment")
    deployed.deploy("v1.0.0")
    deployed.deploy("v2.0.0")
    ctx = begun(scene, retargeted(deployed.plan(budget_s=2), "v3.0.0-never-ready"))
    over, told = until_told(ctx, "over_budget")
    before = hurried(told)
    assert over.figures["over_budget"] is True
    slow = eventually(lambda: [pod for pod in deployed.pods() if _never_ready(pod)], within_s=SOON_S)
    for pod in slow:
        _warn(scene, pod, "Unhealthy", "Readiness probe failed: HTTP 503")
    late, then = until_told(replace(before, figures={**before.figures, **over.figures}), "late")
    assert "over_budget" not in late.figures
    assert then.figures["over_budget"] is True
    names: Any = late.figures["late_names"]
    assert set(names) <= {pod["metadata"]["name"] for pod in deployed.pods() if _never_ready(pod)}
    assert late.figures["late_why"] == "Unhealthy: Readiness probe failed: HTTP 503"


def _never_ready(pod: dict[str, Any]) -> bool:
    return str(pod["spec"]["containers"][0]["image"]).endswith("-never-ready")


def _warn(scene: Scene, pod: dict[str, Any], reason: str, message: str) -> None:
    """An event about a pod, as a kubelet's."""
    meta = pod["metadata"]
    about = {"kind": "Pod", "namespace": scene.namespace, "name": meta["name"], "uid": meta["uid"]}
    event = {
        "metadata": {"name": f"{meta['name']}.warned", "namespace": scene.namespace},
        "involvedObject": about,
        "type": "Warning",
        "reason": reason,
        "message": message,
        "lastTimestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    scene.admin.create(f"/api/v1/namespaces/{scene.namespace}/events", event)


def test_settling_again_after_the_end_says_done_at_once(scene: Scene) -> None:
    """A doubled call waits for nothing."""
    deployed = Deployed(scene, "Deployment")
    deployed.deploy("v1.0.0")
    deployed.deploy("v2.0.0")
    settled, ctx = followed(begun(scene, deployed.plan()))
    began = time.monotonic()
    assert Rollout().settle(ctx) == settled
    assert time.monotonic() - began < FOLLOW_S
