"""What a workload has run: its revisions, what is known of each, and which of them somebody means. Pure.

Histories are sequences of revisions, newest first: the one that runs now, the one before it, and so on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Final

from bot.domain.model import JsonObject, Value
from bot.domain.standing import Standing

DIGEST: Final = "sha256:"
SHORT: Final = len(DIGEST) + 8
"""Characters of an image's digest, `sha256:` included, from which on a part of it names an image."""
RESTARTED: Final = "kubectl.kubernetes.io/restartedAt"
"""The annotation that `kubectl rollout restart` writes into a template: another revision, the same thing in it."""


class Worth(StrEnum):
    """What is known of a revision, by what it did."""

    BAD = "bad"
    """A rollback left its version for cause."""
    GOOD = "good"
    """All its pods were Available for as long as the catalog asks, without a break."""
    UNPROVEN = "unproven"
    """All its pods were Available, but not for so long."""
    NEVER_AVAILABLE = "never-available"
    """It was seen to be rolled out, and its pods were never all Available."""
    UNKNOWN = "unknown"
    """The cluster has it, and nobody watched it."""


class Revision(Value):
    """One pod template that a workload had, and what is known of it. Times are ms since 1970, None: not known.

    `number`: the revision's number as kubectl shows it, 0 where the cluster has none for it (by now);
    `name`: the ReplicaSet or ControllerRevision that brought it, "" where that is not known.
    `key`: SHA-256 of the template, which tells templates apart; `template`: all of it, without controllers' labels.
    `image`: of the catalog's container; `version`: the part of it that people know.
    `created_at`: when the cluster first made it. `seen_at`, `available_at`, `good_at`: when it was first seen to be the
    workload's template, first had all its pods Available, was first proven; `left_at`: when it was last replaced.
    `rolled_back_by`: the rollback that left it for cause, "" for none (see `judged`).
    """

    number: int = 0
    name: str = ""
    key: str
    template: JsonObject
    image: str = ""
    version: str = ""
    created_at: int | None = None
    seen_at: int | None = None
    available_at: int | None = None
    good_at: int | None = None
    left_at: int | None = None
    rolled_back_by: str = ""

    @property
    def verdict(self) -> Worth:
        """What is known of it, the worst first."""
        if self.rolled_back_by:
            return Worth.BAD
        if self.good_at is not None:
            return Worth.GOOD
        if self.available_at is not None:
            return Worth.UNPROVEN
        return Worth.UNKNOWN if self.seen_at is None else Worth.NEVER_AVAILABLE

    @property
    def runs(self) -> bool:
        """Whether, as far as was seen, this is the workload's template now."""
        return self.seen_at is not None and self.left_at is None


def judged(history: Iterable[Revision], standing: Standing) -> tuple[Revision, ...]:
    """The revisions with the rollbacks that left their versions for cause, as the service's ledger has them now."""
    return tuple(
        revision.model_copy(update={"rolled_back_by": bad.rollback_id if bad else ""})
        for revision in history
        for bad in [standing.bad.get(revision.version)]
    )


def merged(ledger: Sequence[Revision], owned: Sequence[Revision]) -> tuple[Revision, ...]:
    """The ledger's revisions together with those that the cluster has, each once, newest first.

    One of both is the same by its key, else by its name (an upgraded API server may write a template differently). The
    cluster knows numbers and names; all else is the ledger's. What the ledger saw to run now stays the first.
    """
    keys = {revision.key for revision in ledger}
    by_key = {found.key: found for found in owned}
    by_name = {found.name: found for found in owned if found.name and found.key not in keys}
    pairs = [(revision, by_key.get(revision.key) or by_name.get(revision.name)) for revision in ledger]
    joined = {found.key for _, found in pairs if found}
    taken = {found.number for found in owned}
    known = [_joined(revision, found, taken=taken) for revision, found in pairs]
    first, rest = (known[:1], known[1:]) if known and known[0].runs else ([], known)
    rest += [found for key, found in by_key.items() if key not in joined]
    return (*first, *sorted(rest, key=lambda revision: -revision.number))


def last_good(history: Sequence[Revision], *, current_key: str, bad_versions: Collection[str] = ()) -> Revision | None:
    """The newest good revision that is another than the present one and not of a bad version; None for none.

    One that differs from the present one only in when its pods were restarted is no other: going there changes nothing.
    """
    current = next((revision for revision in history if revision.key == current_key), None)
    for revision in history:
        if revision.key == current_key or revision.verdict is not Worth.GOOD or revision.version in bad_versions:
            continue
        if current is None or not restart_of(current, revision):
            return revision
    return None


def named(history: Sequence[Revision], text: str) -> tuple[Revision, ...]:
    """All revisions that a person may mean by `text`, newest first: none, one, or several to be told apart by number.

    A revision is meant by its number as kubectl shows it ("12"), its version ("v2.0.5"), its whole image, or its
    image's digest ("sha256:" and at least 8 digits of it). Nothing is guessed: a version "12" and a revision number 12
    are two matches, and so are two revisions of the same version.
    """
    wanted = text.strip()
    return tuple(revision for revision in history if _means(wanted, revision)) if wanted else ()


def restart_of(one: Revision, other: Revision) -> bool:
    """Whether two revisions differ in nothing but when `kubectl rollout restart` was called."""
    return _without_restart(one.template) == _without_restart(other.template)


def _joined(revision: Revision, found: Revision | None, *, taken: Collection[int]) -> Revision:
    if found is None:
        return revision.model_copy(update={"number": 0}) if revision.number in taken else revision
    return revision.model_copy(
        update={
            "number": found.number or revision.number,
            "name": found.name or revision.name,
            "created_at": found.created_at or revision.created_at,
        }
    )


def _means(wanted: str, revision: Revision) -> bool:
    digest = revision.image.partition("@")[2]
    return (
        (wanted.isascii() and wanted.isdigit() and 0 < int(wanted) == revision.number)
        or wanted in {revision.version, revision.image}
        or (len(wanted) >= SHORT and wanted.startswith(DIGEST) and digest.startswith(wanted))
    )


def _without_restart(template: JsonObject) -> JsonObject:
    metadata = template.get("metadata")
    if not isinstance(metadata, dict):
        return template
    annotations = metadata.get("annotations")
    kept = {k: v for k, v in annotations.items() if k != RESTARTED} if isinstance(annotations, dict) else {}
    bare = {name: value for name, value in metadata.items() if name != "annotations" and value is not None}
    return {**template, "metadata": {**bare, "annotations": kept}}
