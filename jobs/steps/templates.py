"""What people approved runs this very pod template: nothing is sent to another one, and no other one is deleted."""

from __future__ import annotations

from bot.domain.model import sha256
from jobs.clients.resources import Raw
from jobs.steps.model import Context, Moved


def template_moved(ctx: Context, side: str, deployment: Raw) -> Moved | None:
    """Say when a side's Deployment ("stable", "canary") runs another template than the plan's binding facts name.

    The dispatch compares all binding facts; this is for somebody who deploys while the rollback runs or is halted.
    """
    name = f"{side}_template"
    planned, now = ctx.plan.binding.get(name), sha256(deployment["spec"]["template"])
    return None if planned in {None, now} else Moved(name, planned, now)
