"""The catalog's health command inside every pod, side by side (REQUIREMENTS.md R1). It reads only."""

from __future__ import annotations

from bot.domain.verdict import Check
from jobs.checks.pod_health import Answered, healthy
from jobs.checks.quoting import quoted, quoted_lines
from jobs.clients import errors, workloads
from jobs.clients.objects import is_ready
from jobs.clients.resources import POD, Raw, Ref
from jobs.clients.together import each
from jobs.steps.model import Context
from jobs.steps.reads import Reads
from jobs.steps.rollout import ref

TIMEOUT_S = 5.0
"""A pod that has not answered its own health command for so long is not known to be healthy."""


class PodHealth(Reads):
    """Each pod that runs the workload's template says by itself whether it is well."""

    def check(self, ctx: Context) -> list[Check]:
        """Run the command in every pod that is not on its way out."""
        kubernetes, kind = ctx.clients.kubernetes, ctx.text("kind")
        workload = kubernetes.get(ref(ctx))
        found = [
            pod for pod in workloads.pods(kubernetes, kind, workload) if "deletionTimestamp" not in pod["metadata"]
        ]
        by_name = {str(pod["metadata"]["name"]): pod for pod in found}
        answers = each(lambda name: _asked(ctx, by_name[name]), by_name)
        return [healthy(list(answers.values()), command=_command(ctx), wanted=round(ctx.number("pods")))]


def _asked(ctx: Context, pod: Raw) -> Answered:
    name = str(pod["metadata"]["name"])
    if not is_ready(pod):
        return Answered(pod=name, code=None, why="not ready")
    place = Ref(POD, ctx.text("namespace"), name)
    try:
        ran = ctx.clients.kubernetes.run(place, ctx.text("container"), _command(ctx), timeout_s=TIMEOUT_S)
    except errors.NotFound:
        return Answered(pod=name, code=None, why="gone")
    except errors.Unreachable as error:
        return Answered(pod=name, code=None, why=error.detail)
    if ran.missing:
        return Answered(pod=name, code=None, why=f"no {_command(ctx)[0]} in the container")
    if ran.code is None:
        return Answered(pod=name, code=None, why=quoted(ran.why or ran.error))
    said = quoted_lines([*ran.out.splitlines(), *ran.error.splitlines()], most=1) if ran.code else []
    return Answered(pod=name, code=ran.code, why=": ".join([f"exit {ran.code}", *said]) if ran.code else "")


def _command(ctx: Context) -> list[str]:
    given = ctx.step.params["command"]
    return [str(word) for word in given] if isinstance(given, list) else []
