"""From requested to planned: who asks, what the world looks like, what would be done."""

from __future__ import annotations

from bot.domain.approval import at_terminal
from bot.domain.events import Kind
from bot.domain.plan import Plan
from bot.domain.refusal import Code, Refusal, Refused
from bot.domain.rollback import Request
from bot.domain.strategy import BY_NAME
from bot.service import known_member
from bot.service.gates import require_break_glass, require_good
from jobs.clients.errors import Temporary
from jobs.house import House
from jobs.turn import Outcome, Sleep, Turn, event

LIMIT_MS = 60_000
"""Planning that has not worked for so long is refused: somebody waits for an answer."""
AGAIN_MS = 2_000


def make_plan(turn: Turn) -> Outcome:
    """Observe, plan, and ask for approval; or say why not."""
    rollback, began = turn.rollback, turn.now()
    try:
        _require_asker(turn)
        plan = plan_for(turn.house, rollback.request)
    except Refused as refused:
        return _refuse(turn, refused.refusal)
    except Temporary as error:
        if turn.now() - rollback.requested_at < LIMIT_MS:
            return _wait(turn, error.system, since=began)
        return _refuse(turn, unanswered(error))
    policy = turn.service.policy(break_glass=rollback.request.break_glass)
    if BY_NAME[rollback.request.strategy].destructive:
        policy = policy.model_copy(update={"requester_counts": False})
    now = turn.now()
    return turn.write(
        event(
            Kind.PLANNED,
            plan=plan.model_copy(update={"seconds_to_plan": (now - rollback.requested_at) / 1000}).model_dump(
                mode="json"
            ),
            policy=policy.model_dump(mode="json"),
            expires_at=now + policy.expires_s * 1000,
        )
    )


def plan_for(house: House, request: Request) -> Plan:
    """The plan for a request, with nothing stored and nothing changed: also the dry run.

    Raises:
        Refused: this cannot be done now, and why.
        Temporary: something did not answer.
    """
    service = house.service(request.service)
    require_break_glass(request, service)
    strategy = house.strategies[BY_NAME[request.strategy].name]
    try:
        facts = strategy.observe(house.clients, request, service)
        plan = strategy.plan(facts, request, service, request.service)
    except Refused as refused:
        raise refused.about(request.service) from None
    if not request.undoes:  # Who takes a rollback back asks for the very version that it left.
        require_good(house.desk, request.service, plan.to_version)
    return plan


def unanswered(error: Temporary) -> Refusal:
    """What is said of a request for which a system did not answer in time."""
    return Refusal(code=Code.UNREACHABLE, figures={"system": error.system, "detail": error.detail})


def _wait(turn: Turn, system: str, *, since: int) -> Outcome:
    """Ask again soon. What is waited for is written down once, and again when it is another system."""
    rollback = turn.rollback
    if rollback.waiting_since is None or rollback.waiting_for != system:
        turn.write(event(Kind.WAITING, system=system, since=since))
    return Sleep(turn.now() + AGAIN_MS)


def _require_asker(turn: Turn) -> None:
    """Only full members may ask. At a terminal, with Slack away, it is whom the catalog lists: nobody else can say."""
    by = turn.rollback.request.by
    if at_terminal(by, frozenset(turn.service.approval.terminal)):
        known_member(turn.house.desk, by)
        return
    turn.house.people.require_full_member(by)


def _refuse(turn: Turn, refusal: Refusal) -> Outcome:
    return turn.write(event(Kind.REFUSED, code=refusal.code, figures=refusal.figures))
