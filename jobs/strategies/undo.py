"""Undoing a deployment (REQUIREMENTS.md R1), as a runbook: look at what the workload has run, then put that back.

`kubectl rollout undo` goes to the revision before, and a second one goes forward to the bad version again. This goes to
the last revision that is known to be good, or to the one that is named, and to no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.catalog.model import Service
from bot.domain.model import Json, JsonObject
from bot.domain.plan import Note, Plan, Shown
from bot.domain.refusal import Code, Refused
from bot.domain.revisions import Revision, Worth, last_good, named
from bot.domain.rollback import Request
from jobs.clients import Clients, workloads
from jobs.clients.objects import version
from jobs.clients.together import together
from jobs.revisions.recorded import Look, Past, nothing, revisions
from jobs.revisions.seed import owned
from jobs.strategies import preflight, reading, workload
from jobs.strategies.changes import changes
from jobs.strategies.model import Facts

NAME = "kubernetes"
MOST_LISTED = 6
"""Revisions named in a refusal."""


@dataclass(frozen=True)
class UndoFacts(Facts):
    """The workload as it is, what it ran before, newest first, and what the one of these to go to would meet.

    `ahead`: None where there is none to go to.
    """

    live: workload.Live
    history: tuple[Revision, ...]
    ahead: preflight.Seen | None = None


class Undo:
    """The way back to an earlier revision of one workload."""

    def __init__(self, past: Past = nothing) -> None:
        self._past = past

    def observe(self, clients: Clients, request: Request, service: Service) -> Facts:
        """Read the workload with its pods, its revisions in cluster and ledger, Prometheus; then what lies ahead."""
        entry, container = workload.section(service, NAME), service.kubernetes.container
        with reading.refusals():
            item = workload.read(clients, service, entry)
            read: dict[str, Any] = together(
                {
                    "live": lambda: workload.around(clients, service, entry, item),
                    "owned": lambda: owned(clients.kubernetes, item, workloads.KINDS[entry.kind], container),
                    "past": lambda: self._past(request.service),
                }
            )
            look = Look(workloads.KINDS[entry.kind], item, container, good_after_s=entry.good_after_s)
            facts = UndoFacts(live=read["live"], history=revisions(read["past"], look, read["owned"]))
            return replace(facts, ahead=_ahead(clients, facts, request, service))

    def bind(self, clients: Clients, plan: Plan, service: Service) -> tuple[JsonObject, dict[str, Shown]]:
        """One read: which object it is and what it runs."""
        del plan
        return workload.bound_now(clients, service, workload.section(service, NAME)), {}

    def production(self, clients: Clients, plan: Plan, service: Service) -> JsonObject:
        """How many pods run what was asked for."""
        return workload.production(clients, service, workload.section(service, NAME), plan)

    def plan(self, facts: Facts, request: Request, service: Service, name: str) -> Plan:
        """Refuse, or write down the steps."""
        if not isinstance(facts, UndoFacts):
            raise TypeError(f"{NAME} plans from UndoFacts, not {type(facts).__name__}")
        entry, live = workload.section(service, NAME), facts.live
        workload.require_changeable(live, service)
        wanted = chosen(facts, request)
        preflight.require(facts.ahead)
        return Plan(
            strategy=NAME,
            service=name,
            from_version=version(live.image(service.kubernetes.container)),
            to_version=wanted.version,
            steps=(
                workload.rollout(live, service, wanted.template),
                *workload.health(live, service),
                workload.validate(live, service, wanted.template, digest=""),
            ),
            binding=workload.binding(live.item),
            shown=workload.shown(live, service) | _shown(facts, wanted),
            entry=service.digest,
            targets=workload.targets(service, entry),
            changes=(_revision(wanted), *changes(live.template, wanted.template)),
            risks=(*workload.risks(live), *preflight.risks(facts.ahead), *_risks(wanted)),
            budget_s=_budget(service),
            undo={"strategy": NAME, "key": live.key},
        )


def chosen(facts: UndoFacts, request: Request) -> Revision:
    """The revision to go to: the one that is named, else the last good one, else the newest that is not known bad.

    Raises:
        Refused: no-revision (none of that name; nothing to go back to), many-revisions, already-there, bad-version.
    """
    current = facts.live.key
    if request.undoes:
        return _left_by(facts, request)
    others = [revision for revision in facts.history if revision.key != current]
    if request.version:
        return _named(facts, request.version)
    good = last_good(facts.history, current_key=current)
    if good is not None:
        return good
    unwatched = [revision for revision in others if revision.verdict in {Worth.UNKNOWN, Worth.UNPROVEN}]
    if not unwatched:
        raise Refused(Code.NO_REVISION, why="none", known=_listed(others), name=facts.live.item["metadata"]["name"])
    return unwatched[0]


def _ahead(clients: Clients, facts: UndoFacts, request: Request, service: Service) -> preflight.Seen | None:
    """What the revision that `plan` will choose would meet; None where it will refuse."""
    try:
        workload.require_changeable(facts.live, service)
        wanted = chosen(facts, request)
    except Refused:
        return None
    return preflight.look(clients, service, facts.live, wanted.template)


def _left_by(facts: UndoFacts, request: Request) -> Revision:
    """The revision that a rollback had left, whatever is thought of it: somebody asks for just that."""
    key, undone = str(request.undoes.get("key")), str(request.undoes.get("id"))
    name = str(facts.live.item["metadata"]["name"])
    if key == facts.live.key:
        raise Refused(Code.ALREADY_THERE, asked=undone, version=undone, name=name)
    found = next((revision for revision in facts.history if revision.key == key), None)
    if found is None:
        raise Refused(Code.NO_REVISION, asked=undone, known=_listed(facts.history), name=name)
    return found


def _named(facts: UndoFacts, asked: str) -> Revision:
    found = named(facts.history, asked)
    name = str(facts.live.item["metadata"]["name"])
    if not found:
        raise Refused(Code.NO_REVISION, asked=asked, known=_listed(facts.history), name=name)
    if len(found) > 1:
        raise Refused(Code.MANY_REVISIONS, asked=asked, known=_listed(found), name=name)
    if found[0].key == facts.live.key:
        raise Refused(Code.ALREADY_THERE, asked=asked, version=found[0].version, name=name)
    if found[0].verdict is Worth.BAD:
        raise Refused(Code.BAD_VERSION, asked=found[0].version, marked_by=found[0].rolled_back_by)
    return found[0]


def _listed(revisions: Sequence[Revision]) -> list[Json]:
    """Revisions by number and version, with what is known of each."""
    told = [f"{revision.number or '-'}: {revision.version} ({revision.verdict})" for revision in revisions]
    return list[Json](told[:MOST_LISTED])


def _revision(wanted: Revision) -> Note:
    return Note(code="revision", figures={"number": wanted.number, "version": wanted.version, "worth": wanted.verdict})


def _shown(facts: UndoFacts, wanted: Revision) -> dict[str, Shown]:
    current = next((revision for revision in facts.history if revision.key == facts.live.key), None)
    values: JsonObject = {
        "to_image": wanted.image,
        "revision": wanted.number,
        "worth": wanted.verdict,
        "deployed_at": (current.seen_at or current.created_at) if current else None,
        "replica_set": current.name if current else None,
    }
    return {name: Shown(value=value) for name, value in values.items()}


def _risks(wanted: Revision) -> tuple[Note, ...]:
    notes = []
    if wanted.verdict is Worth.BAD:
        notes.append(Note(code="revision-bad", figures={"version": wanted.version, "by": wanted.rolled_back_by}))
    elif wanted.verdict is not Worth.GOOD:
        notes.append(Note(code=f"revision-{wanted.verdict}", figures={"version": wanted.version}))
    return (*notes, Note(code="config-and-db-untouched"))


def _budget(service: Service) -> float:
    if service.undo is None:
        raise Refused(Code.NOT_BUILT, strategy=NAME)
    return service.undo.budget_s
