"""Undoing a deployment on a real control plane: which revision, what is written, when it is done, what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from bot.catalog.model import Undo, Workload
from bot.domain.people import Person
from bot.domain.plan import Plan
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from bot.domain.verdict import Verdict
from jobs.clients import workloads
from jobs.steps import CARRIERS, AlreadySo, AsPlanned, Done, Moved, Stuck
from jobs.strategies import STRATEGIES
from tests.contract.clients.kinds import followed
from tests.contract.clients.scene import APPS, Scene, eventually, settled

NAME = "game-server"
GOOD, BAD = "v2.0.5", "v2.1.0"
UNDO = {
    "workload": Workload(name=NAME, health=("true",), rollout_s=60),
    "undo": Undo(budget_s=120),
}
IMAGE = "registry.example/game-server:{}"


def planned(scene: Scene, *, version: str = "") -> Plan:
    """A plan from what is live now."""
    by = Person(team="T1", id="U1", name="ann")
    asked = Request(service=NAME, strategy="kubernetes", by=by, channel="C1", version=version)
    service, undo = scene.service.model_copy(update=UNDO), STRATEGIES["kubernetes"]
    return undo.plan(undo.observe(scene.clients, asked, service), asked, service, NAME)


def deploy(scene: Scene, version: str, **changes: Any) -> None:  # noqa: ANN401 - fields of a pod's spec
    """Give stable another image, as a pipeline does, and wait until it is rolled out."""
    container: dict[str, Any] = {"name": NAME, "image": IMAGE.format(version), **changes}
    patch(scene, {"spec": {"template": {"spec": {"containers": [container]}}}})
    eventually(lambda: workloads.rolled_out("Deployment", scene.deployment(NAME)), within_s=30)


def patch(scene: Scene, body: dict[str, Any]) -> None:
    """A strategic merge patch of stable's Deployment, as admin."""
    scene.admin.patch(APPS.format(scene.namespace, NAME), body, kind="strategic")


def image(scene: Scene) -> str:
    """The image stable's template names."""
    return str(scene.deployment(NAME)["spec"]["template"]["spec"]["containers"][0]["image"])


def refusal(scene: Scene, *, version: str = "") -> Refused:
    """The refusal that planning ends with."""
    with pytest.raises(Refused) as no:
        planned(scene, version=version)
    return no.value


def test_it_goes_back_to_the_revision_before_and_writes_the_template_alone(scene: Scene) -> None:
    """The template is the old one again, whole; replicas, labels and annotations stay; one claim and one patch."""
    before = scene.deployment(NAME)
    env = [{"name": "FEATURE_FLAG_GUILD_WAR_V2", "value": "true"}]
    deploy(scene, BAD, env=env)
    plan = planned(scene)
    assert (plan.from_version, plan.to_version) == (BAD, GOOD)
    changes = {note.code: note.figures for note in plan.changes}
    assert (changes["image"]["before"], changes["image"]["after"]) == (BAD, GOOD)
    assert changes["env-changed"]["name"] == "FEATURE_FLAG_GUILD_WAR_V2"

    ctx, carrier = scene.step(plan, "rollout"), CARRIERS["rollout"]
    assert isinstance(carrier.look(ctx), AsPlanned)
    carrier.claim(ctx)
    carrier.apply(ctx)
    assert isinstance(settled(ctx, within_s=40), Done)
    after = scene.deployment(NAME)
    assert after["spec"]["template"] == before["spec"]["template"]
    assert after["spec"]["replicas"] == before["spec"]["replicas"]
    assert after["metadata"]["labels"] == before["metadata"]["labels"]
    assert scene.writes(ctx.manager) == ["patch deployments/game-server", "patch deployments/game-server"]
    assert isinstance(carrier.look(ctx), AlreadySo)


def test_a_named_revision_version_or_image_is_found_and_others_are_listed(scene: Scene) -> None:
    """By number, by version, by whole image; what nobody has is answered with what there is."""
    deploy(scene, BAD)
    for named in ("1", GOOD, IMAGE.format(GOOD)):
        assert planned(scene, version=named).to_version == GOOD
    for unknown in ("0", "7", "v9.9.9", "latest"):
        no = refusal(scene, version=unknown)
        assert no.refusal.code is Code.NO_REVISION
        assert any(GOOD in str(known) for known in no.refusal.figures["known"])  # type: ignore[union-attr]
    assert refusal(scene, version=BAD).refusal.code is Code.ALREADY_THERE


def test_a_workload_that_nobody_changed_has_nothing_to_go_back_to(scene: Scene) -> None:
    """One revision is no way back."""
    assert refusal(scene).refusal.code is Code.NO_REVISION


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"spec": {"paused": True}}, Code.PAUSED),
        ({"spec": {"replicas": 0}}, Code.NO_PODS),
        ({"metadata": {"annotations": {"meta.helm.sh/release-name": "game"}}}, Code.OWNED_ELSEWHERE),
        ({"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "game:x"}}}, Code.OWNED_ELSEWHERE),
        ({"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}}, Code.OWNED_ELSEWHERE),
    ],
)
def test_what_would_not_be_rolled_out_or_not_stay_is_refused(scene: Scene, change: dict[str, Any], code: Code) -> None:
    """Paused, nothing to roll out, or kept elsewhere: said before anybody is asked to approve."""
    deploy(scene, BAD)
    patch(scene, change)
    no = refusal(scene).refusal
    assert no.code is code
    if code is Code.OWNED_ELSEWHERE:
        assert str(no.figures["command"]).split()[0] in {"helm", "argocd", "flux"}


def test_a_deploy_during_approval_moves_the_binding_and_stops_the_step(scene: Scene) -> None:
    """Somebody else's template is neither overwritten nor mistaken for ours."""
    deploy(scene, BAD)
    plan = planned(scene)
    deploy(scene, "v2.1.1")
    undo, service = STRATEGIES["kubernetes"], scene.service.model_copy(update=UNDO)
    binding, _ = undo.bind(scene.clients, plan, service)
    assert binding["workload_template"] != plan.binding["workload_template"]
    assert isinstance(CARRIERS["rollout"].look(scene.step(plan, "rollout")), Moved)
    assert image(scene) == IMAGE.format("v2.1.1")


def test_pods_that_cannot_start_halt_it_with_the_reason(scene: Scene) -> None:
    """An image nobody can pull is said after 15 s, with pod, container and reason; not at the deadline."""
    deploy(scene, BAD)
    plan = planned(scene)
    params = dict(plan.steps[0].params)
    template: Any = params["template"]
    containers = [{**template["spec"]["containers"][0], "image": IMAGE.format("v2.0.5-image-pull-backoff")}]
    broken = {**template, "spec": {**template["spec"], "containers": containers}}
    params |= {"template": broken, "to_key": workloads.template_key(broken)}
    step = plan.steps[0].model_copy(update={"params": params})
    ctx = scene.step(plan.model_copy(update={"steps": (step, *plan.steps[1:])}), "rollout")
    carrier = CARRIERS["rollout"]
    assert isinstance(carrier.look(ctx), AsPlanned)
    carrier.claim(ctx)
    carrier.apply(ctx)
    stuck, _ = followed(ctx)
    assert isinstance(stuck, Stuck)
    assert (stuck.code, stuck.figures["reason"]) == ("pods-failing", "ImagePullBackOff")
    assert stuck.figures["container"] == NAME


def test_production_says_how_many_pods_run_what_was_asked_for(scene: Scene) -> None:
    """Before: none of four; afterwards: all four."""
    deploy(scene, BAD)
    plan, undo = planned(scene), STRATEGIES["kubernetes"]
    service = scene.service.model_copy(update=UNDO)
    before = undo.production(scene.clients, plan, service)
    assert (before["updated"], before["of"]) == (0, 4)
    ctx, carrier = scene.step(plan, "rollout"), CARRIERS["rollout"]
    carrier.claim(ctx)
    carrier.apply(ctx)
    assert isinstance(settled(ctx, within_s=40), Done)
    after = undo.production(scene.clients, plan, service)
    assert (after["updated"], after["of"], after["available"]) == (4, 4, 4)


def test_each_pod_is_asked_for_its_health(scene: Scene) -> None:
    """A command that ends with 0 everywhere passes, one that fails anywhere fails, one nobody has is unknown."""
    deploy(scene, BAD)
    for command, verdict in ((["true"], Verdict.PASS), (["false"], Verdict.FAIL), (["nosuch"], Verdict.UNKNOWN)):
        plan = planned(scene)
        step = next(step for step in plan.steps if step.kind == "pod_health")
        asked = step.model_copy(update={"params": {**step.params, "command": list(command)}})
        steps = tuple(asked if one is step else one for one in plan.steps)
        ctx = scene.step(plan.model_copy(update={"steps": steps}), "pod_health")
        (check,) = CARRIERS["pod_health"].check(ctx)
        assert (check.verdict, check.figures["pods"]) == (verdict, 4)
