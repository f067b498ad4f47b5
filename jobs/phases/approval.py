"""From planned to running: while people decide, and the last look before anything is touched."""

from __future__ import annotations

from bot.domain.approval import enough, still_counting
from bot.domain.events import Kind
from bot.domain.model import Json
from bot.domain.plan import moved
from bot.store import QuorumMissing, TooLate
from jobs.clients.errors import ClientError, Forbidden
from jobs.phases.superseding import supersede
from jobs.turn import Again, Outcome, Sleep, Turn, event

LOOK_MS = 15_000
"""DESIGN.md, principle 2: while a plan waits, its binding facts are read this often."""
AGAIN_MS = 1_000


def wait_for_approval(turn: Turn) -> Outcome:
    """While a plan waits: let it expire, and supersede it when what it rests on has moved."""
    expires_at = turn.rollback.expires_at or 0
    if turn.now() >= expires_at:
        return _expire(turn)
    # While another rollback changes the same objects they move all the time: what then stands is compared afterwards.
    busy = any(turn.house.store.holder(target) not in {None, turn.rollback.id} for target in turn.plan.targets)
    if not busy and turn.now() - (turn.rollback.planned_at or 0) >= LOOK_MS - AGAIN_MS:
        try:
            changed = _moved(turn)
        except ClientError:
            changed = {}  # Not knowing supersedes nothing; dispatch looks again before anything is touched.
        if changed:
            return supersede(turn, changed)
    return Sleep(min(turn.now() + LOOK_MS, expires_at))


def dispatch(turn: Turn) -> Outcome:
    """The look at dispatch: expiry, people and facts once more. The start script itself rechecks the quorum."""
    rollback = turn.rollback
    policy, expires_at = rollback.policy, rollback.expires_at
    if policy is None or expires_at is None:
        raise RuntimeError(f"{rollback.id} was approved without a policy")
    if turn.now() >= expires_at:
        return _expire(turn)
    group = turn.house.approvers(rollback)
    standing = still_counting(
        rollback.approvals,
        requester=rollback.request.by,
        policy=policy,
        group=group,
        now=turn.now(),
        digest=rollback.digest,
        terminal=turn.house.desk.terminal(rollback),
    )
    if not enough(standing, policy=policy):
        if group.stale(turn.now()):
            # Nobody known is no verdict on anybody: it is asked again until the plan expires.
            turn.house.directory.ask_refresh()
            return Sleep(turn.now() + AGAIN_MS)
        return supersede(turn, {"approvers": (policy.need, len(standing))})
    try:
        changed = _moved(turn)
    except Forbidden as refused:
        # Planning anew says which right is missing.
        return supersede(turn, {"rights": (None, f"{refused.verb} {refused.resource}")})
    except ClientError:
        return Sleep(turn.now() + AGAIN_MS)
    if changed:
        return supersede(turn, changed)
    return _start(turn, need=policy.need, counting=[a.person.key for a in standing], expires_at=expires_at)


def _start(turn: Turn, *, need: int, counting: list[str], expires_at: int) -> Outcome:
    began = event(Kind.STEP_STARTED, step=0, attempt=1, fence=turn.kept.lease.fence)
    try:
        return turn.write(
            event(Kind.STARTED, have=len(counting)),
            # A destructive step is begun only after what must come before it.
            *([] if turn.plan.steps[0].destructive else [began]),
            not_after=expires_at,
            quorum=(turn.rollback.digest, need),
            counting=counting,
        )
    except TooLate:
        return _expire(turn)
    except QuorumMissing:
        return supersede(turn, {"approvers": (need, len(counting))})


def _moved(turn: Turn) -> dict[str, tuple[Json, Json]]:
    plan, service = turn.plan, turn.service
    if plan.entry != service.digest:
        return {"catalog": (plan.entry[:6], service.digest[:6])}
    strategy = turn.house.strategies[plan.strategy]
    binding, shown = strategy.bind(turn.house.clients, plan, service)
    return moved(plan, binding=binding, shown=shown)


def _expire(turn: Turn) -> Again:
    have = len({a.person.key for a in turn.rollback.approvals})
    need = turn.rollback.policy.need if turn.rollback.policy else 0
    return turn.write(event(Kind.EXPIRED, have=have, need=need))
