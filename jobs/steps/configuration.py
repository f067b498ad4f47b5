"""Putting a ConfigMap and a Secret back: both or none, and never the Secret's values anywhere but in the request.

The API server writes one object at a time, so between the two there is a moment with one written. It is closed so:

- Before the first write, every write is rehearsed (`dryRun=All`): rights, validation, policies and webhooks have said
  yes to both, or nothing is written.
- The ConfigMap goes first. In the same write it keeps what it held in an annotation of its own (`rollback/before`), so
  that whoever comes next can put it back: neither plan nor journal hold its values. The Secret is written last, and so
  never has to be put back: its old values are kept nowhere.
- A worker that is killed between the two leaves the step begun. The next one claims both objects and looks: it writes
  the Secret, or, when that cannot be written any more, puts the ConfigMap back and then says why it halts.
- Once both are there, the annotation is taken away.

Left are three ways to half, and each halts and says so: the API server does not answer at all any more; the ConfigMap
was created by this step (a deletion is destructive, and nobody approved one); what it held does not fit into an
annotation (256 KiB, compressed) and the worker that knew it is gone.

On an object that is there only its values are replaced, as a whole: keys added since the backup disappear; labels and
annotations stay. One that is gone is created with those of the backup.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from bot.domain.model import Json, JsonObject
from bot.domain.verdict import Check
from jobs.backups.content import Content
from jobs.backups.document import SECRET, Backup, parse
from jobs.backups.problems import BadBackup
from jobs.backups.timestamps import of_ours
from jobs.checks.config_live import as_in_backup
from jobs.clients import errors
from jobs.clients.resources import Raw
from jobs.snapshots.taking import take
from jobs.steps import patches
from jobs.steps.claims import FENCE, claim
from jobs.steps.config_objects import (
    KEPT,
    Planned,
    Stands,
    current,
    forgetting,
    keeping,
    kept,
    kept_by,
    moved,
    planned,
    replacing,
    stands,
    unsaid,
)
from jobs.steps.model import AlreadySo, AsPlanned, Context, Done, Look, Moved, Settled, Stuck
from jobs.steps.reads import Reads

REFUSED = (errors.Forbidden, errors.NotFound, errors.Rejected, errors.Moved)
"""How a write fails for good, or for as long as nobody looks again."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Written:
    """An object that this step has written: as it is now, and what it held (None: nothing that could be put back)."""

    one: Planned
    live: Raw = field(repr=False)
    before: Content | None


class RestoreConfig:
    """Both objects hold what their backups hold."""

    def look(self, ctx: Context) -> Look:
        """Compare both with the plan, and the files with those that were approved.

        One that this step has written already is never left behind: while the other has moved it is there to be
        put back, so the answer is AsPlanned, and `apply` puts it back.
        """
        found = {one: current(ctx, one) for one in planned(ctx.step.params)}
        states = {one: stands(one, live) for one, live in found.items()}
        if all(state is Stands.AFTER for state in states.values()):
            return AlreadySo(_told(found))
        if _half(ctx, found):
            return AsPlanned()
        for one, state in states.items():
            if state is Stands.OTHER:
                return Moved(*moved(one, found[one]))
            now = _file_now(ctx, one)
            if now != one.file_sha256:
                return Moved(one.fact("backup"), one.file_sha256, now)
        return AsPlanned()

    def claim(self, ctx: Context) -> None:
        """Each object that is there. What refuses its claim is left to `apply`, which puts the other one back first."""
        for one in planned(ctx.step.params):
            if one.uid is not None and one.changes:
                with suppress(*REFUSED):
                    claim(ctx, one.ref(ctx.text("namespace")), uid=one.uid)

    def apply(self, ctx: Context) -> JsonObject:
        """Rehearse what is left to write, then write it; whatever refuses, what was written is put back."""
        found = {one: current(ctx, one, afresh=False) for one in planned(ctx.step.params)}
        written = _half(ctx, found)
        try:
            left = _left(found)
            backups = {one: _opened(ctx, one) for one in left}
            if not written:
                _kept_for_later(ctx)
            for one in left:
                _write(ctx, one, found[one], backups[one], more=one is not left[-1], rehearsal=True)
            for one in left:
                written.append(_write(ctx, one, found[one], backups[one], more=one is not left[-1]))
        except errors.Ambiguous:
            # It may have happened, and putting the other back could make the half that it is to prevent.
            raise
        except errors.ClientError as error:
            _put_back(ctx, written, error)
            raise
        return _told(found)

    def settle(self, ctx: Context) -> Settled:
        """Read both back, and take away what was kept for putting back."""
        found = {one: current(ctx, one) for one in planned(ctx.step.params)}
        other: list[Json] = [str(one) for one, live in found.items() if stands(one, live) is not Stands.AFTER]
        if other:
            return Stuck("config-changed", {"names": other, "version": ctx.text("version")})
        for one, live in found.items():
            if live is not None and forgetting(live):
                ref = one.ref(ctx.text("namespace"))
                claimed = claim(ctx, ref, uid=live["metadata"]["uid"])
                operations = patches.guarded(
                    uid=live["metadata"]["uid"], fence=ctx.fence, operations=forgetting(claimed)
                )
                ctx.clients.kubernetes.json_patch(ref, operations, manager=ctx.manager)
        return Done(_told(found))

    def check(self, ctx: Context) -> list[Check]:
        """Nothing to judge: it is read back, and once more after the rollout."""
        del ctx
        return []


class ConfigLive(Reads):
    """What is live after the rollout is what the backups hold. It reads only."""

    def check(self, ctx: Context) -> list[Check]:
        """Read both objects and compare them with the backups, by digest."""
        found = {str(one): stands(one, current(ctx, one)) is Stands.AFTER for one in planned(ctx.step.params)}
        return [as_in_backup(found, version=ctx.text("version"))]


def _kept_for_later(ctx: Context) -> None:
    """Where the service asks for snapshots, one of what is there now: it is the way back from this rollback.

    A rollback at 3 a.m. does not wait for the folder: without that snapshot undo-rollback refuses, and says why.
    """
    section = ctx.service.config
    if section is None or not section.snapshot_every_s:
        return
    try:
        # Nothing is taken away: this rollback's own backup may be the oldest one.
        take(ctx.clients.kubernetes, ctx.clients.backups, ctx.service, timestamp=of_ours(ctx.now()), prune=False)
    except errors.ClientError as error:
        log.warning("no snapshot before the restore", error=str(error))


def _half(ctx: Context, found: dict[Planned, Raw | None]) -> list[Written]:
    """What this step has written while something else is left: by its own mark, not by its values alone."""
    return [
        Written(one, live, kept(live))
        for one, live in found.items()
        if live is not None and stands(one, live) is Stands.AFTER and kept_by(live) == _by(ctx)
    ]


def _left(found: dict[Planned, Raw | None]) -> list[Planned]:
    """What is still to be written, in order.

    Raises:
        Moved: somebody else has changed one of them.
    """
    left = []
    for one, live in found.items():
        state = stands(one, live)
        if state is Stands.OTHER:
            raise errors.Moved(f"{one} is not as it was planned")
        if state is Stands.BEFORE:
            left.append(one)
    return left


def _write(
    ctx: Context, one: Planned, live: Raw | None, backup: Backup, *, more: bool, rehearsal: bool = False
) -> Written:
    """Write one object, or rehearse it. `more`: another comes after it, so it keeps what it held.

    Raises:
        Moved: it has changed since it was read. Ambiguous, Forbidden, NotFound, Temporary, Rejected.
    """
    kubernetes, ref = ctx.clients.kubernetes, one.ref(ctx.text("namespace"))
    secrets = (backup.content, Content.of(live or {})) if one.kind == SECRET else ()
    with unsaid(*secrets):
        if live is None:
            # A creation is not rehearsed: it is the one write that replaces nothing.
            return Written(one, {} if rehearsal else _created(ctx, one, backup, more=more), None)
        change = replacing(live, backup.content) + (keeping(live, by=_by(ctx)) if more else [])
        operations = patches.guarded(uid=live["metadata"]["uid"], fence=ctx.fence, operations=change)
        answer = kubernetes.json_patch(ref, operations, manager=ctx.manager, dry_run=rehearsal)
        return Written(one, answer, Content.of(live))


def _created(ctx: Context, one: Planned, backup: Backup, *, more: bool) -> Raw:
    """Create an object; it carries the fence from the start, and, when another comes after it, whose it is."""
    body = backup.body()
    marks = {FENCE: str(ctx.fence)} | ({KEPT: _by(ctx)} if more else {})
    metadata = {**body["metadata"], "annotations": {**backup.annotations, **marks}}
    ref = one.ref(ctx.text("namespace"))
    try:
        return ctx.clients.kubernetes.create_by_apply(ref, {**body, "metadata": metadata}, manager=ctx.manager)
    except errors.Forbidden as refused:
        if "cannot create" in refused.message:
            # Server-side apply is sent as a patch, and needs the right to create where there is nothing yet.
            refused.verb = "create"
        raise


def _put_back(ctx: Context, written: list[Written], error: errors.ClientError) -> None:
    """Give back what was written, because the rest cannot be: nothing stays half while that can be helped.

    Raises:
        Rejected: what was written stays, and why. Temporary, Ambiguous: it is tried again.
    """
    for each in reversed(written):
        if each.before is None:
            if isinstance(error, REFUSED):
                raise errors.Rejected(f"{each.one} is written and cannot be put back: {_said(error)}") from error
            continue
        ref = each.one.ref(ctx.text("namespace"))
        change = [*replacing(each.live, each.before), *forgetting(each.live)]
        operations = patches.guarded(uid=each.live["metadata"]["uid"], fence=ctx.fence, operations=change)
        try:
            ctx.clients.kubernetes.json_patch(ref, operations, manager=ctx.manager)
        except REFUSED as also:
            raise errors.Rejected(
                f"{each.one} is written and cannot be put back: {_said(also)}; {_said(error)}"
            ) from also
        log.info("put back", object=str(ref), because=str(error))


def _said(error: errors.ClientError) -> str:
    """What happened, without the sentence that nothing was changed: something was."""
    return str(error).partition(" Nothing was changed")[0].rstrip(". ")


def _opened(ctx: Context, one: Planned) -> Backup:
    """The backup, read again and found to be the one that was approved.

    Raises:
        Moved: it is another file by now. Rejected: it no longer opens. Temporary, Forbidden.
    """
    raw = ctx.clients.backups.folder(ctx.text("folder")).read(one.file)
    if raw is None or hashlib.sha256(raw).hexdigest() != one.file_sha256:
        raise errors.Moved(f"{one.file} is not the backup that was approved")
    try:
        return parse(raw, kind=one.kind, name=one.name, namespace=ctx.text("namespace"), seal=ctx.clients.backups.seal)
    except BadBackup as bad:
        raise errors.Rejected(f"{one.file} cannot be used any more ({bad.why}). Nothing was changed.") from None


def _file_now(ctx: Context, one: Planned) -> str | None:
    raw = ctx.clients.backups.folder(ctx.text("folder")).read(one.file)
    return hashlib.sha256(raw).hexdigest() if raw is not None else None


def _by(ctx: Context) -> str:
    return f"{ctx.rollback_id}/{ctx.index + 1}"


def _told(found: dict[Planned, Raw | None]) -> JsonObject:
    return {"objects": [str(one) for one in found]}
