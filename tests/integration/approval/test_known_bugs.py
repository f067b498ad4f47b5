"""Dual control as others got it wrong: each bug has its test here, named after where it was found."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.catalog import CatalogError, load
from bot.domain.events import Kind, NewEvent
from bot.domain.people import Person
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Rollback, State
from bot.service import retry, skip
from bot.store import QuorumMissing
from bot.views.card import card
from tests.integration.approval.chamber import (
    ASKER,
    FIRST,
    GROUP,
    OUTSIDER,
    SECOND,
    THIRD,
    Chamber,
    at_terminal,
    catalog,
    command,
)
from tests.integration.engine.office import TEAM


def headline(chamber: Chamber, rollback: Rollback) -> str:
    """The first line of the card as it would be shown now."""
    block = card(rollback, now=chamber.store.now(), catalog_revision="").blocks[0]["text"]
    assert isinstance(block, dict)
    return str(block["text"])


def of_policy(chamber: Chamber, need: int) -> Rollback:
    """A planned rollback whose policy asks for so few people, as no catalog can."""
    asked = chamber.asked()
    ended = chamber.planned()
    plan, policy = ended.plan, ended.policy
    assert plan is not None
    assert policy is not None
    data = {
        "plan": plan.model_dump(mode="json"),
        "policy": policy.model_copy(update={"need": need}).model_dump(mode="json"),
        "expires_at": chamber.store.now() + 60_000,
    }
    snapshot = chamber.store.load(asked.id)
    return chamber.store.transition(
        snapshot, [NewEvent.model_validate({"kind": Kind.PLANNED, "data": data})], command_id=command()
    )


@pytest.mark.parametrize("need", [0, -1])
def test_zero_approvals_start_nothing(chamber: Chamber, need: int) -> None:
    """openbao#3666: a need of zero was met by nobody. Here it is met by no number of people."""
    rollback = of_policy(chamber, need)
    for person in (FIRST, SECOND, THIRD):
        chamber.yes(chamber.now(rollback), person)
    chamber.runs(rollback)

    assert chamber.now(rollback).state is State.PLANNED
    with pytest.raises(QuorumMissing):
        chamber.store.transition(
            chamber.store.load(rollback.id),
            [NewEvent(kind=Kind.QUORUM, data={"have": 0, "need": 0})],
            command_id=command(),
            quorum=(rollback.digest, need),
        )
    chamber.untouched(rollback)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("need: 2", "need: 0"),
        ("need: 2", "need: 1"),
        ("group: game-server-approvers", "users: []"),
        ("group: game-server-approvers", 'group: ""'),
        ("group: game-server-approvers", "users: [U1, U1]"),
        ("break_glass: game-server-incident", "break_glass: game-server-approvers"),
    ],
)
def test_a_catalog_that_lets_too_few_decide_is_not_loaded(tmp_path: Path, line: str, instead: str) -> None:
    """openbao#3666 and hermes-agent#6735: an empty or too short list is refused before anything starts."""
    text = Path("catalog/services.yaml").read_text()
    assert line in text
    changed = tmp_path / "services.yaml"
    changed.write_text(text.replace(line, instead, 1))

    with pytest.raises(CatalogError):
        load(changed)


@pytest.mark.parametrize("team", ["T2", "", "t1", f"{TEAM} "])
def test_a_namesake_of_another_workspace_does_not_count(chamber: Chamber, team: str) -> None:
    """openbao#3815: the same name elsewhere counted. Who somebody is, is workspace and user."""
    rollback = chamber.planned()
    chamber.refuses(Code.NOT_APPROVER, rollback, FIRST.model_copy(update={"team": team}))


def test_a_group_of_the_same_name_elsewhere_does_not_count(chamber: Chamber) -> None:
    """openbao#3815: members that the directory lists under another workspace are nobody here."""
    chamber.members(FIRST, SECOND)
    note, version = chamber.store.note(f"directory:group:{GROUP}")
    assert note is not None
    members = note["members"]
    assert isinstance(members, list)
    moved = [{**member, "team": "T2"} for member in members if isinstance(member, dict)]
    assert chamber.store.put_note(f"directory:group:{GROUP}", {**note, "members": [*moved]}, version=version)

    chamber.refuses(Code.NOT_APPROVER, chamber.planned(), FIRST)


def test_an_approval_does_not_outlive_what_it_was_given_for(chamber: Chamber) -> None:
    """gitlab#415496: the target changed after the first approval. The plan is superseded, nothing is started."""
    rollback = chamber.planned()
    chamber.yes(rollback, FIRST)
    chamber.world.generation += 1
    chamber.yes(chamber.now(rollback), SECOND)

    assert chamber.runs(rollback).state is State.SUPERSEDED
    chamber.untouched(rollback)


def test_an_approval_does_not_outlive_the_catalog_entry(chamber: Chamber) -> None:
    """gitlab#422142: the rules changed after the first approval, and the old yes still counted."""
    rollback = chamber.approved()
    stricter = chamber.under(catalog(need=3))

    assert stricter.runs(rollback).state is State.SUPERSEDED
    chamber.untouched(rollback)


def test_the_successor_of_a_plan_begins_without_approvals(chamber: Chamber) -> None:
    """gitlab#424398 and gitea#25858: dismissing stale approvals was shown and not done. Here each plan has its own."""
    rollback = chamber.approved()
    chamber.world.generation += 1
    superseded = chamber.runs(rollback)
    chamber.runs(superseded)
    successor = chamber.store.load(str(superseded.last["successor"])).rollback
    planned = chamber.runs(successor)

    assert (planned.state, planned.approvals) == (State.PLANNED, ())
    assert "0 of 2" in headline(chamber, planned)
    chamber.refuses(Code.PLAN_CHANGED, rollback, FIRST, digest=rollback.digest)
    chamber.refuses(Code.PLAN_CHANGED, planned, FIRST, digest=rollback.digest)


def test_an_approval_of_another_digest_does_not_count(chamber: Chamber) -> None:
    """gitlab#415496: the digest on the button is the plan that was read, or the click is nothing."""
    rollback = chamber.planned()
    for digest in ("0" * 64, "", rollback.digest[:8], rollback.digest.upper()):
        chamber.refuses(Code.PLAN_CHANGED, rollback, FIRST, digest=digest)


def test_an_empty_group_is_not_everybody(chamber: Chamber) -> None:
    """hermes-agent#6735: the Slack button asked nobody who pressed it, and an empty list let everybody in."""
    rollback = chamber.planned()
    chamber.refuses(Code.NOT_APPROVER, rollback, OUTSIDER)
    chamber.members()
    chamber.refuses(Code.DIRECTORY_UNREADABLE, rollback, FIRST)
    with pytest.raises(Refused):
        chamber.no(rollback, OUTSIDER)


def test_a_group_emptied_after_the_quorum_starts_nothing(chamber: Chamber) -> None:
    """hermes-agent#6735: nobody is an approver any more when it is about to start."""
    rollback = chamber.approved()
    chamber.members()
    chamber.runs(rollback)

    chamber.untouched(rollback)
    assert chamber.now(rollback).state is State.APPROVED


def test_the_card_says_approved_only_when_it_is(chamber: Chamber) -> None:
    """hoop#1166: the page said approved when it was not."""
    rollback = chamber.planned()
    one = chamber.yes(rollback, FIRST)
    assert "Approval needed (1 of 2)" in headline(chamber, one)
    quorum = chamber.yes(one, SECOND)
    assert "Approved (2 of 2)" in headline(chamber, quorum)

    chamber.members(FIRST)
    fallen = chamber.runs(quorum)
    assert fallen.state is State.SUPERSEDED
    assert "Approved" not in headline(chamber, fallen)
    chamber.untouched(rollback)


@pytest.mark.parametrize(
    "person",
    [
        ASKER,
        ASKER.model_copy(update={"name": "somebody else"}),
        at_terminal(ASKER),
    ],
)
def test_a_crafted_click_by_the_requester_does_not_count(chamber: Chamber, person: Person) -> None:
    """CVE-2025-11957: self-approval by a crafted call. A name or a way of speaking makes nobody another person."""
    chamber.refuses(Code.REQUESTER_EXCLUDED, chamber.planned(), person)


@pytest.mark.parametrize(
    "spelling", [ASKER.id.lower(), f"{ASKER.id} ", f"<@{ASKER.id}>", f"{TEAM}/{ASKER.id}", "U0ASKEŔ"]
)
def test_another_spelling_of_the_requester_is_nobody(chamber: Chamber, spelling: str) -> None:
    """CVE-2025-11957: an id that reads alike is no member, and so no second person."""
    chamber.refuses(Code.NOT_APPROVER, chamber.planned(), ASKER.model_copy(update={"id": spelling}))


def test_another_spelling_of_an_approver_counts_no_second_time(chamber: Chamber) -> None:
    """CVE-2025-11957: one person is one approval, whatever a crafted click calls them."""
    rollback = chamber.planned()
    chamber.yes(rollback, FIRST)
    chamber.refuses(Code.ALREADY_COUNTED, rollback, FIRST.model_copy(update={"name": "second"}))
    chamber.refuses(Code.NOT_APPROVER, rollback, FIRST.model_copy(update={"id": FIRST.id.lower()}))
    assert chamber.now(rollback).state is State.PLANNED


@pytest.mark.parametrize("what", ["guest", "bot", "deactivated", "connect"])
def test_somebody_who_may_only_look_decides_nothing(chamber: Chamber, what: str) -> None:
    """GHSA-hxpw-7x95-q38m: read-only users answered an input step. Being in the group is not enough."""
    lookers = Person(team=TEAM, id=f"U0{what.upper()}", name=what)
    rollback = chamber.planned()
    chamber.members(lookers, full=False)
    chamber.refuses(Code.NOT_APPROVER, rollback, lookers)
    with pytest.raises(Refused) as caught:
        chamber.no(rollback, lookers)
    assert caught.value.refusal.code is Code.NOT_APPROVER


def test_somebody_who_may_only_look_resumes_nothing(chamber: Chamber) -> None:
    """GHSA-hxpw-7x95-q38m: a halted step waits for an approver, and for nobody else."""
    chamber.world.values["unwell"] = 1
    halted = chamber.runs(chamber.approved())
    for _ in range(20):
        if halted.state is State.HALTED:
            break
        halted = chamber.runs(halted)
    assert halted.state is State.HALTED

    for verb in (retry, skip):
        with pytest.raises(Refused) as caught:
            verb(chamber.house.desk, halted.id, seq=halted.seq, person=OUTSIDER, command_id=command())
        assert caught.value.refusal.code is Code.NOT_APPROVER
    assert chamber.now(halted) == halted
