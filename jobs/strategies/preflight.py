"""What would keep a new pod template from being rolled out, found out before anybody is asked to approve it.

`look` asks production, with at most 10 requests however many pods there are; `require` and `risks` decide from what it
saw. A dry run lets validation, webhooks and policies speak; quotas are reckoned, because a dry run does not ask them;
and what the template names has to be there, or its pods would wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bot.catalog.model import Service
from bot.domain.model import Json, JsonObject
from bot.domain.plan import Note
from bot.domain.refusal import Code, Refused
from bot.domain.template_references import (
    CLAIM,
    CONFIG_MAP,
    SECRET,
    SERVICE_ACCOUNT,
    Reference,
    references,
)
from jobs.checks.quoting import quoted
from jobs.clients import Clients, KubernetesClient, errors, resources, workloads
from jobs.clients.resources import Kind, Raw, Ref
from jobs.clients.together import together
from jobs.steps import patches
from jobs.strategies import workload
from jobs.strategies.quotas import Lack, lacking

MOST_READ = 8
"""So many objects that a template names are looked for; the card says how many were not."""
MANAGER = "rollback-bot/preflight"
_NO_DRY_RUN = "does not support dry run"
_KINDS: dict[str, Kind] = {
    CONFIG_MAP: resources.CONFIG_MAP,
    SECRET: resources.SECRET,
    CLAIM: resources.PVC,
    SERVICE_ACCOUNT: resources.SERVICE_ACCOUNT,
}


@dataclass(frozen=True)
class Gone:
    """Something a template cannot do without and that is not there. `key`: of an object that is, "" for all of it."""

    kind: str
    name: str
    key: str = ""


@dataclass(frozen=True)
class Seen:
    """What was found out about one template. Names are as "ConfigMap/game-config".

    `quotas_known`: False where they may not be read; `lack`: the worst shortage in them. `rejected`: the server's words
    against the template; `undecided`: why it would not say. `hidden`: objects that may not be read; `unread`: those
    beyond the most that are read.
    """

    quotas_known: bool
    lack: Lack | None
    rejected: str
    undecided: str
    gone: tuple[Gone, ...]
    hidden: tuple[str, ...]
    unread: tuple[str, ...]


def look(clients: Clients, service: Service, found: workload.Live, template: Raw) -> Seen:
    """Ask for everything that `template` would meet on the workload, side by side. Changes nothing.

    Raises:
        Forbidden: the template may not be written. Temporary: no answer now, or the workload changes as we look.
        ClientError: as the client's reads.
    """
    kubernetes, namespace = clients.kubernetes, service.kubernetes.namespace
    wanted = needed(template, present=found.template)
    asked, unread = wanted[:MOST_READ], wanted[MOST_READ:]
    reads: dict[str, Callable[[], Any]] = {
        "quotas": lambda: _quotas(kubernetes, namespace),
        "tried": lambda: _tried(kubernetes, found, template),
        **{str(one): _reading(kubernetes, namespace, one) for one in asked},
    }
    read = together(reads)
    answers = [(one, read[str(one)]) for one in asked]
    quotas, (rejected, undecided) = read["quotas"], read["tried"]
    return Seen(
        quotas_known=quotas is not None,
        lack=_lack(quotas or [], found, template),
        rejected=rejected,
        undecided=undecided,
        gone=tuple(gone for _, answer in answers if isinstance(answer, tuple) for gone in answer),
        hidden=tuple(str(one) for one, answer in answers if answer is None),
        unread=tuple(str(one) for one in unread),
    )


def needed(template: Raw, *, present: Raw) -> tuple[Reference, ...]:
    """What the template's pods cannot start without; first what the present one does not name, the likeliest gone."""
    known = {str(one) for one in references(present)}
    wanted = [one for one in references(template) if not one.optional]
    return tuple(sorted(wanted, key=lambda one: (str(one) in known, str(one))))


def require(seen: Seen | None) -> None:
    """Nothing is known that would keep the template from being rolled out. `seen` None: nothing was looked at.

    Raises:
        Refused: reference-gone, would-be-refused, quota-full.
    """
    if seen is None:
        return
    if seen.gone:
        first, gone = seen.gone[0], list[Json](_told(each) for each in seen.gone)
        why = "key" if first.key else ""
        figures: JsonObject = {"kind": first.kind, "name": first.name, "missing": first.key, "gone": gone, "why": why}
        raise Refused(Code.REFERENCE_GONE, **figures)
    if seen.rejected:
        raise Refused(Code.WOULD_BE_REFUSED, said=seen.rejected)
    if seen.lack is not None and seen.lack.sure:
        raise Refused(Code.QUOTA_FULL, **_figures(seen.lack))


def risks(seen: Seen | None) -> tuple[Note, ...]:
    """What may keep it from being rolled out, or could not be found out."""
    if seen is None:
        return ()
    notes = []
    if seen.lack is not None and not seen.lack.sure:
        code = "quota-tight" if seen.lack.fits else "quota-used-up"
        notes.append(Note(code=code, figures=_figures(seen.lack)))
    if not seen.quotas_known:
        notes.append(Note(code="quota-unknown"))
    if seen.undecided:
        notes.append(Note(code="dry-run-unknown", figures={"said": seen.undecided}))
    if unknown := [*seen.hidden, *seen.unread]:
        names: list[Json] = [*unknown]
        notes.append(Note(code="references-unknown", figures={"names": names}))
    return tuple(notes)


def _quotas(kubernetes: KubernetesClient, namespace: str) -> list[Raw] | None:
    try:
        return kubernetes.list(resources.RESOURCE_QUOTA, namespace)
    except (errors.Forbidden, errors.NotFound):
        return None


def _tried(kubernetes: KubernetesClient, found: workload.Live, template: Raw) -> tuple[str, str]:
    """What the server says against the template, and why it would not say: both "" where it would take it."""
    meta = found.item["metadata"]
    ref = Ref(workloads.KINDS[found.kind], meta["namespace"], meta["name"])
    operations = [
        patches.test("/metadata/uid", meta["uid"]),
        *patches.value("/spec/template", old=found.item["spec"]["template"], new=template),
    ]
    try:
        kubernetes.json_patch(ref, operations, manager=MANAGER, dry_run=True)
    except errors.Rejected as error:
        return objection(str(error))
    except (errors.Moved, errors.NotFound) as error:
        raise errors.Temporary(f"{ref} was changed while it was looked at", system="Kubernetes") from error
    return "", ""


def objection(text: str) -> tuple[str, str]:
    """What a refused dry run says: the server's words against the change, or why it would not say. One of them is "".

    An old webhook may decline to be asked without effect; what it thinks of the change is then not known.
    """
    said = quoted(text.partition("): ")[2].removesuffix(". Nothing was changed.") or text)
    return ("", said) if _NO_DRY_RUN in text else (said, "")


def _reading(kubernetes: KubernetesClient, namespace: str, one: Reference) -> Callable[[], tuple[Gone, ...] | None]:
    """A read that gives what of it is gone; None where it may not be read. Of a Secret only the names are kept."""

    def read() -> tuple[Gone, ...] | None:
        try:
            item = kubernetes.get(Ref(_KINDS[one.kind], namespace, one.name))
        except errors.NotFound:
            return (Gone(one.kind, one.name),)
        except errors.Forbidden:
            return None
        if _lost(one.kind, item):
            return (Gone(one.kind, one.name),)
        there = {*(item.get("data") or {}), *(item.get("binaryData") or {})}
        return tuple(Gone(one.kind, one.name, key) for key in one.keys if key not in there)

    return read


def _lost(kind: str, item: Raw) -> bool:
    """Whether pods wait for it for ever though it is there: a claim whose volume is lost, or that is being deleted."""
    return kind == CLAIM and ("deletionTimestamp" in item["metadata"] or item.get("status", {}).get("phase") == "Lost")


def _lack(quotas: Iterable[Raw], found: workload.Live, template: Raw) -> Lack | None:
    counts = found.counts
    return lacking(
        quotas,
        present=found.template,
        target=template,
        surge=workload.pace(found),
        settled=counts.updated == counts.all == counts.of,
    )


def _figures(lack: Lack) -> JsonObject:
    return {
        "quota": lack.quota,
        "resource": lack.resource,
        "hard": lack.hard,
        "used": lack.used,
        "need": lack.need,
        "fits": lack.fits,
        "extra": lack.extra,
    }


def _told(gone: Gone) -> str:
    return f"{gone.kind}/{gone.name}" + (f":{gone.key}" if gone.key else "")
