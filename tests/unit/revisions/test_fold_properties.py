"""Whatever happens to a workload: what the history promises."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.revisions import merged
from bot.domain.sightings import GAP_MS, History, Sighting, noted, observed
from tests.unit.revisions.builders import BEGIN, GOOD_MS, looked, revision, rolling, sighting

VERSIONS = ("v0", "v1", "v2", "v3")
STEPS_MS = (0, 1, GOOD_MS // 2, GOOD_MS, GAP_MS, GAP_MS + 1)

Look = tuple[int, Sighting]


@st.composite
def lives(draw: st.DrawFn) -> list[Look]:
    """A workload's life as a watcher sees it: deploys, undos, lost pods, deletions, and looks that come late."""
    looks: list[Look] = []
    at, generation, object_number, version, number = 0, 1, 1, "v0", 1
    for _ in range(draw(st.integers(1, 25))):
        at += draw(st.sampled_from(STEPS_MS))
        match draw(st.sampled_from(("deploy", "status", "status", "recreate", "late"))):
            case "deploy":
                other = draw(st.sampled_from(VERSIONS))
                number += other != version
                version, generation = other, generation + 1
            case "recreate":
                object_number, generation, number = object_number + 1, 1, 1
            case "late" if looks:
                looks.append((at, draw(st.sampled_from(looks))[1]))
                continue
        made = sighting if draw(st.booleans()) else rolling
        seen = {"uid": f"uid-{object_number}", "created_at": BEGIN + object_number}
        looks.append((at, made(version, generation, number=draw(st.sampled_from((0, number))), **seen)))
    return looks


def accepted(looks: list[Look]) -> list[Look]:
    """Those that are not older than one before, by object and spec."""
    newest, kept = (0, 0), []
    for at, look in looks:
        if (look.created_at, look.generation) >= newest:
            newest = (look.created_at, look.generation)
            kept.append((at, look))
    return kept


def proven(looks: list[Look]) -> set[str]:
    """Which keys were seen whole for long enough without a break: the promise, read in another way."""
    found, since = set(), None
    for (before_at, before), (at, look) in pairwise([(0, looks[0][1]), *looks]):
        broken = (before.key, before.uid) != (look.key, look.uid) or at - before_at > GAP_MS or not look.complete
        since = since if since is not None and not broken else at if look.complete else None
        if since is not None and at - since >= GOOD_MS:
            found.add(look.key)
    return found


@given(lives())
def test_good_is_exactly_what_was_whole_long_enough(looks: list[Look]) -> None:
    """None that was proven is ever lost or forgotten, and none is called good that was not."""
    assert {r.key for r in looked(*looks).revisions if r.good_at is not None} == proven(accepted(looks))


@given(lives())
def test_a_look_twice_is_a_look_once(looks: list[Look]) -> None:
    """Two watchers that write the same look leave what one leaves."""
    history = looked(*looks)
    assert looked((looks[-1][0], looks[-1][1]), history=history) == history


@given(lives())
def test_each_template_and_each_number_stands_once(looks: list[Look]) -> None:
    """The present one stands first and alone runs; the history reads back as it was written."""
    history = History()
    for at, look in looks:
        history = observed(history, look, now=BEGIN + at, good_after_ms=GOOD_MS)
        numbers = [r.number for r in history.revisions if r.number]
        assert len(set(numbers)) == len(numbers)
        assert len({r.key for r in history.revisions}) == len(history.revisions)
        assert [r.runs for r in history.revisions] == [True] + [False] * (len(history.revisions) - 1)
    assert History.model_validate_json(history.model_dump_json(exclude_defaults=True)) == history
    assert history.revisions[0].key == accepted(looks)[-1][1].key


@given(lives(), st.permutations(VERSIONS), st.integers(0, 4), st.integers(0, 30))
def test_what_the_cluster_has_takes_nothing_away(looks: list[Look], order: list[str], many: int, first: int) -> None:
    """Joined with revisions of the cluster, none is lost and none twice, and joining again changes nothing."""
    history = looked(*looks).revisions
    owned = [revision(version, first + place + 1) for place, version in enumerate(order[:many])]
    joined = merged(history, owned)
    assert {r.key for r in joined} == {r.key for r in (*history, *owned)}
    assert len({r.key for r in joined}) == len(joined)
    assert {r.key: r.good_at for r in history}.items() <= {r.key: r.good_at for r in joined}.items()
    assert all(r.number == found.number for found in owned for r in joined if r.key == found.key)
    numbers = [r.number for r in joined if r.number]
    assert len(set(numbers)) == len(numbers)
    assert joined[0].key == history[0].key
    assert merged(joined, owned) == joined


@given(lives(), st.integers(0, 4))
def test_a_look_with_the_clusters_revisions_twice_is_one(looks: list[Look], many: int) -> None:
    """The same holds where a look comes with what the cluster has."""
    owned = [revision(version, 40 + place) for place, version in enumerate(VERSIONS[:many])]
    at, look = looks[-1]
    once = noted(looked(*looks), look, owned, now=BEGIN + at, good_after_ms=GOOD_MS)
    assert noted(once, look, owned, now=BEGIN + at, good_after_ms=GOOD_MS) == once
