"""Keeping what a workload has run, one look at it after the other. Pure; times are ms, of one clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain.model import JsonObject, Value
from bot.domain.revisions import Revision, merged

MOST: Final = 50
"""Revisions that are kept of a workload."""
MOST_BYTES: Final = 512 * 1024
"""Bytes that they may take together."""
GAP_MS: Final = 60_000
"""After so long without a look nobody knows what happened meanwhile: the time to be proven begins again."""
LOOK_MS: Final = 15_000
"""While a revision is being proven, that somebody still looks is written down this often."""


class Sighting(Value):
    """One look at a workload.

    `workload`: "kind/namespace/name"; `uid`, `created_at`, `generation`: which object, and which of its specs.
    `key`, `template`, `image`, `version`, `number`, `name`: as in a Revision; 0 and "" where it does not say.
    `observed`: its controller has seen this generation; `complete`: its rollout is done, with at least one pod.
    `wanted`, `updated`, `available`: pods that are asked for, that are of this template, that are Available.
    """

    workload: str
    uid: str
    created_at: int
    generation: int
    key: str
    template: JsonObject
    image: str = ""
    version: str = ""
    number: int = 0
    name: str = ""
    observed: bool = True
    complete: bool = False
    paused: bool = False
    wanted: int = 0
    updated: int = 0
    available: int = 0

    def holds(self, pods: int) -> bool:
        """Whether none of `pods` Available pods is gone, but by a wish for fewer. Waiting for more breaks nothing."""
        least = max(1, min(self.wanted, pods))
        return not self.observed or (self.available >= least and self.updated >= least)


class History(Value):
    """What one workload has run, newest first, as it was last looked at.

    `uid`, `created_at`, `generation`: of the object then; `looked_at`: when that was.
    `steady_since`: from when on the present revision has had all its pods Available, None while it has not or is proven
    already; `steady_pods`: how many those were.
    """

    workload: str = ""
    uid: str = ""
    created_at: int = 0
    generation: int = 0
    looked_at: int = 0
    steady_since: int | None = None
    steady_pods: int = 0
    revisions: tuple[Revision, ...] = ()

    @property
    def current(self) -> Revision | None:
        """The revision that ran when it was last looked at."""
        return self.revisions[0] if self.revisions and self.revisions[0].runs else None


def observed(history: History, sighting: Sighting, *, now: int, good_after_ms: int) -> History:
    """The history after one more look.

    A look at an older spec than one looked at before, and a template that a paused workload does not roll out, change
    nothing. Another workload than the history's begins a new one. A template that reads differently under the number
    or name it had is the same revision: an upgraded API server fills in what an older one did not know.
    """
    if history.workload != sighting.workload:
        history = History(workload=sighting.workload)
    current = history.current
    if _older(sighting, history) or (sighting.paused and (current is None or current.key != sighting.key)):
        return history
    same = current is not None and history.uid == sighting.uid and _is(current, sighting)
    began = history if same else _rolled_out(history, sighting, now=now)
    looked = began.model_copy(
        update={
            "uid": sighting.uid,
            "created_at": sighting.created_at,
            "generation": sighting.generation,
            "looked_at": max(now, history.looked_at),
            "revisions": _as_seen(began.revisions, sighting),
        }
    )
    return _proven(looked, sighting, gap=now - history.looked_at > GAP_MS, now=now, good_after_ms=good_after_ms)


def noted(history: History, sighting: Sighting, owned: Sequence[Revision], *, now: int, good_after_ms: int) -> History:
    """As `observed`, together with the revisions that the cluster had at this look."""
    after = observed(history, sighting, now=now, good_after_ms=good_after_ms)
    if (after.uid, after.generation) != (sighting.uid, sighting.generation):
        return after
    return after.model_copy(update={"revisions": _fitted(merged(after.revisions, owned))})


def absent(history: History, *, now: int) -> History:
    """The history after a look that found no such workload."""
    return history.model_copy(
        update={"revisions": _left(history.revisions, now), "steady_since": None, "steady_pods": 0}
    )


def tells_more(after: History, before: History) -> bool:
    """Whether one history is to be written over another: it says something else, or that somebody still looks."""
    if after.model_copy(update={"looked_at": before.looked_at}) != before:
        return True
    return after.steady_since is not None and after.looked_at - before.looked_at >= LOOK_MS


def good_in_ms(history: History, *, now: int, good_after_ms: int) -> int | None:
    """After how many ms the present revision is proven if nothing breaks; None when that is not what is waited for."""
    return None if history.steady_since is None else max(0, history.steady_since + good_after_ms - now)


def _older(sighting: Sighting, history: History) -> bool:
    if sighting.uid == history.uid:
        return sighting.generation < history.generation
    return sighting.created_at < history.created_at


def _is(revision: Revision, sighting: Sighting) -> bool:
    return (
        revision.key == sighting.key
        or (revision.number == sighting.number != 0)
        or (revision.name == sighting.name != "")
    )


def _rolled_out(history: History, sighting: Sighting, *, now: int) -> History:
    """Another template than before, or another object of this name, whose numbers begin anew."""
    past = _left(history.revisions, now)
    if sighting.uid != history.uid:
        past = tuple(revision.model_copy(update={"number": 0, "name": ""}) for revision in past)
    new = Revision(key=sighting.key, template=sighting.template, seen_at=now)
    old = next((revision for revision in past if revision.key == sighting.key), new)
    begun = old.model_copy(update={"number": 0, "name": "", "seen_at": old.seen_at or now, "left_at": None})
    others = tuple(revision for revision in past if revision is not old)
    return history.model_copy(update={"steady_since": None, "steady_pods": 0, "revisions": _fitted((begun, *others))})


def _left(revisions: tuple[Revision, ...], now: int) -> tuple[Revision, ...]:
    if not revisions or not revisions[0].runs:
        return revisions
    return (revisions[0].model_copy(update={"left_at": now}), *revisions[1:])


def _as_seen(revisions: tuple[Revision, ...], sighting: Sighting) -> tuple[Revision, ...]:
    """The present revision as it reads now, under the number and name that it has; no other has that number."""
    current, *others = revisions
    seen = current.model_copy(
        update={
            "number": sighting.number or current.number,
            "name": sighting.name or current.name,
            "key": sighting.key,
            "template": sighting.template,
            "image": sighting.image,
            "version": sighting.version,
        }
    )
    past = [revision for revision in others if revision.key != seen.key]
    taken = seen.number
    return (seen, *(r.model_copy(update={"number": 0}) if taken and r.number == taken else r for r in past))


def _proven(history: History, sighting: Sighting, *, gap: bool, now: int, good_after_ms: int) -> History:
    current, *others = history.revisions
    if current.good_at is not None:
        return history.model_copy(update={"steady_since": None, "steady_pods": 0})
    since = history.steady_since
    if gap or since is None or not sighting.holds(history.steady_pods):
        since = now if sighting.complete else None
    good = since is not None and sighting.observed and now - since >= good_after_ms
    known = current.model_copy(
        update={
            "available_at": current.available_at or since,
            "good_at": now if good else None,
        }
    )
    pods = sighting.available if sighting.complete else history.steady_pods
    return history.model_copy(
        update={
            "steady_since": None if good else since,
            "steady_pods": pods if since is not None and not good else 0,
            "revisions": (known, *others),
        }
    )


def _fitted(revisions: tuple[Revision, ...]) -> tuple[Revision, ...]:
    """As many as may be kept. The oldest goes first, those that are good last of all, the present one never."""
    kept = list(revisions)
    sizes = {revision.key: len(revision.model_dump_json().encode()) for revision in kept}
    room = MOST_BYTES - sum(sizes.values())
    while len(kept) > 1 and (len(kept) > MOST or room < 0):
        plain = [place for place, revision in enumerate(kept) if place and revision.good_at is None]
        gone = kept.pop(plain[-1] if plain else -1)
        room += sizes[gone.key]
    return tuple(kept)
