"""Validation as a step: the health URL is asked once a call (its spacing occupies no worker), then five checks."""

from __future__ import annotations

from bot.domain.model import Json, JsonObject
from bot.domain.verdict import Check
from jobs.checks import validation
from jobs.clients import errors, workloads
from jobs.clients.resources import DEPLOYMENT, ENDPOINT_SLICE, Ref
from jobs.steps.model import Context, Done, Settled, Waiting
from jobs.steps.reads import Reads

SLICES_OF = "kubernetes.io/service-name"
"""The label by which an EndpointSlice names its Service."""


class Validate(Reads):
    """Reads only: is the service really on the version that was promised, and does it answer."""

    def apply(self, ctx: Context) -> JsonObject:
        """Nothing is written; earlier answers are forgotten."""
        del ctx
        return {"health": []}

    def settle(self, ctx: Context) -> Settled:
        """Ask the health URL once more, until it was asked as often as the catalog says."""
        spec = ctx.service.validation
        answer = ctx.clients.probe.get(spec.health_url)
        noted: JsonObject = {"status": answer.status, "ms": answer.ms, "error": answer.error, "good": answer.good}
        answers: list[Json] = [*_answers(ctx), noted]
        if len(answers) < spec.health_times:
            return Waiting(spec.health_every_s, {"health": answers})
        return Done({"health": answers})

    def check(self, ctx: Context) -> list[Check]:
        """The five checks: image, pods, endpoints, health, up."""
        spec, kubernetes = ctx.service.validation, ctx.clients.kubernetes
        namespace, service = ctx.text("namespace"), ctx.service.kubernetes.service
        kind = str(ctx.step.params.get("kind", DEPLOYMENT.name))
        workload = kubernetes.get(Ref(workloads.KINDS[kind], namespace, ctx.text("deployment")))
        # A pod on its way out is no part of what is deployed: a rollout is done while the last ones still go.
        owned = [
            pod for pod in workloads.pods(kubernetes, kind, workload) if "deletionTimestamp" not in pod["metadata"]
        ]
        slices = kubernetes.list(ENDPOINT_SLICE, namespace, selector=f"{SLICES_OF}={service}")
        expected = validation.Expected(
            container=ctx.service.kubernetes.container,
            image=ctx.text("image"),
            digest=ctx.text("digest"),
            pods=round(ctx.number("pods")),
        )
        health = [answer for answer in _answers(ctx) if isinstance(answer, dict)]
        return [
            validation.image(owned, expected),
            validation.pods(workloads.counts(kind, workload), owned, expected),
            validation.endpoints(slices, owned, service=service),
            validation.health(health, url=spec.health_url, times=spec.health_times),
            validation.up(_up(ctx), query=spec.up),
        ]


def _answers(ctx: Context) -> list[Json]:
    found = ctx.figures.get("health")
    return found if isinstance(found, list) else []


def _up(ctx: Context) -> list[tuple[dict[str, str], float | None]] | None:
    try:
        return ctx.clients.prometheus.vector(ctx.service.validation.up)
    except errors.Unreachable:
        return None
