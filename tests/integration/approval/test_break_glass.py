"""Break glass: one person of a separate role, a typed reason, never alone, never to destroy; the same code path."""

from __future__ import annotations

import pytest

from bot.domain import strategy
from bot.domain.events import Kind
from bot.domain.refusal import Code, Refused
from bot.domain.report import build
from bot.domain.rollback import Rollback, State
from bot.service import again, lock
from bot.service.gates import require_break_glass
from bot.views.calls import calls
from bot.views.card import card
from bot.views.report import Setting, show
from bot.views.words import get
from tests.integration.approval.chamber import (
    ASKER,
    DEPUTY,
    FIRST,
    INCIDENT,
    LEADER,
    SECOND,
    SERVICE,
    TYPED,
    Chamber,
    catalog,
    command,
)


def broken(chamber: Chamber) -> Rollback:
    """A planned rollback for which the glass was broken."""
    return chamber.planned(break_glass=True, reason=TYPED)


def code_of(chamber: Chamber, **changes: object) -> tuple[Code, object]:
    """With which code, and which variant of it, such a request is refused."""
    with pytest.raises(Refused) as caught:
        chamber.asked(break_glass=True, **changes)
    assert chamber.store.open_rollbacks() == []
    return caught.value.refusal.code, caught.value.refusal.figures.get("why")


def test_one_of_the_role_who_did_not_ask_is_enough(chamber: Chamber) -> None:
    """The policy differs, and nothing else: quorum, reservation, last look and steps are the same."""
    rollback = broken(chamber)
    assert rollback.policy is not None
    assert (rollback.policy.need, rollback.policy.group) == (1, INCIDENT)

    approved = chamber.yes(rollback, LEADER)
    assert approved.state is State.APPROVED
    assert Kind.STARTED in chamber.kinds(chamber.runs(approved))


def test_an_ordinary_approver_does_not_count(chamber: Chamber) -> None:
    """The role is a separate one: two of the everyday group are no leader of the incident."""
    rollback = broken(chamber)
    for person in (FIRST, SECOND):
        chamber.refuses(Code.NOT_APPROVER, rollback, person)


def test_the_requester_never_counts_though_they_have_the_role(chamber: Chamber) -> None:
    """Nobody rolls production back alone."""
    rollback = chamber.planned(break_glass=True, reason=TYPED, by=LEADER)
    chamber.refuses(Code.REQUESTER_EXCLUDED, rollback, LEADER)
    assert chamber.yes(rollback, DEPUTY).state is State.APPROVED


def test_an_ordinary_approver_may_still_say_no(chamber: Chamber) -> None:
    """Both groups are called, and one no ends it."""
    assert chamber.no(broken(chamber), FIRST).state is State.REJECTED


def test_a_role_that_was_emptied_starts_nothing(chamber: Chamber) -> None:
    """Membership of the role is judged at the click and at the start, like any other."""
    approved = chamber.yes(broken(chamber), LEADER)
    chamber.members(DEPUTY, group=INCIDENT)

    assert chamber.runs(approved).state is State.SUPERSEDED
    chamber.untouched(approved)


@pytest.mark.parametrize("reason", ["", "         ", "urgent", "   urgent     "])
def test_it_needs_a_reason_that_somebody_typed(chamber: Chamber, reason: str) -> None:
    """Ten characters at least, spaces around them not counted."""
    assert code_of(chamber, reason=reason) == (Code.NO_REASON, "break-glass")


def test_a_word_from_the_list_is_no_typed_reason(chamber: Chamber) -> None:
    """One of the five kinds of reason explains nothing to whoever reviews it."""
    assert code_of(chamber, reason="performance", reason_code="performance") == (Code.NO_REASON, "break-glass")


def test_it_is_refused_where_the_catalog_offers_none(chamber: Chamber) -> None:
    """Also when the catalog stopped offering it between request and plan."""
    none = chamber.under(catalog(break_glass=""))
    assert code_of(none, reason=TYPED) == (Code.NO_BREAK_GLASS, None)

    asked = chamber.asked(break_glass=True, reason=TYPED)
    ended = none.runs(asked)
    assert (ended.state, ended.last["code"]) == (State.REFUSED, Code.NO_BREAK_GLASS)


def test_it_is_never_offered_for_a_destructive_strategy(chamber: Chamber) -> None:
    """What destroys always needs everybody it ever needs, whatever the reason."""
    destructive = [one.name for one in strategy.STRATEGIES if one.destructive]
    wanted = broken(chamber).request
    for name in (*destructive, "a-strategy-nobody-knows"):
        with pytest.raises(Refused) as caught:
            require_break_glass(wanted.model_copy(update={"strategy": name}), chamber.house.service(SERVICE))
        assert caught.value.refusal.code is Code.NO_BREAK_GLASS
        assert caught.value.refusal.figures["why"] == "destructive"


def test_it_passes_a_lock(chamber: Chamber) -> None:
    """A person's lock refuses everything else."""
    lock(chamber.house.desk, SERVICE, person=FIRST, reason="database move", command_id=command())
    with pytest.raises(Refused) as caught:
        chamber.asked()
    assert caught.value.refusal.code is Code.LOCKED
    assert broken(chamber).state is State.PLANNED


def test_plan_again_does_not_break_the_glass_again(chamber: Chamber) -> None:
    """A button carries nobody's typed reason: what it asks for needs the ordinary quorum."""
    ended = chamber.no(broken(chamber), FIRST)
    asked = again(chamber.house.desk, ended.id, person=SECOND, command_id=command())
    planned = chamber.runs(asked)

    assert planned.policy is not None
    assert (planned.policy.need, planned.policy.break_glass) == (2, False)


def test_it_is_said_first_on_the_card_and_both_groups_are_called(chamber: Chamber) -> None:
    """Whoever reads the first words knows; the card names the role and the typed reason."""
    rollback = broken(chamber)
    shown = card(rollback, now=chamber.store.now(), catalog_revision="")
    (call,) = calls(
        rollback,
        card_link="https://slack.example/c",
        group_id="S0INCIDENT",
        ordinary_id="S0APPROVERS",
        now=chamber.store.now(),
    )

    head = shown.blocks[0]["text"]
    assert isinstance(head, dict)
    assert str(head["text"]).startswith("BREAK GLASS")
    assert shown.text.startswith("BREAK GLASS")
    assert TYPED in str(shown.blocks)
    assert f"one approval from {INCIDENT}" in str(shown.blocks)
    assert call.text.startswith("<!subteam^S0INCIDENT> <!subteam^S0APPROVERS> BREAK GLASS")
    assert TYPED in call.text


def test_its_report_begins_with_the_review_it_needs(chamber: Chamber) -> None:
    """Somebody else has to say whether it was right: the report asks for it first, and as an action."""
    rollback = chamber.yes(broken(chamber), LEADER)
    for _ in range(40):
        if rollback.ended_at is not None:
            break
        rollback = chamber.runs(rollback)
    assert rollback.ended_at is not None
    report = build(rollback, chamber.store.journal(rollback.id))
    blocks = show(report, rollback, Setting(card_link="https://slack.example/c")).message.blocks
    first = next(block for block in blocks if block["type"] == "section")

    assert "*Review needed*" in str(first)
    assert TYPED in str(first)
    assert "@leader" in str(first)
    assert report.actions[0].id == "review"
    assert get()("report.action.review") in str(blocks)
    assert report.requester.key == ASKER.key
