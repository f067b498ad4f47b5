"""Small values that the domain's tests share."""

from __future__ import annotations

from bot.domain.approval import Policy
from bot.domain.people import Person
from bot.domain.plan import Effect, Plan, Shown, Step
from bot.domain.rollback import Request

ALICE = Person(team="T1", id="U1", name="alice")
BOB = Person(team="T1", id="U2", name="bob")
CAROL = Person(team="T1", id="U3", name="carol")
POLICY = Policy(need=2, group="approvers")
REQUEST = Request(service="shop", strategy="canary", by=ALICE, channel="C1", reason="errors")
PLAN = Plan(
    strategy="canary",
    service="shop",
    from_version="v2",
    to_version="v1",
    steps=(
        Step(kind="set_weight", params={"from": 50, "to": 0}, effect=Effect.CAS, hold_s=30),
        Step(kind="validate", params={}, effect=Effect.READ),
    ),
    binding={"uid": "a", "weights": [50, 50]},
    shown={"replicas": Shown(value=4, tolerance=0.5), "error_share": Shown(value=0.08)},
    entry="e" * 64,
    targets=("VirtualService/shop/shop",),
    budget_s=300,
)
