"""Putting ConfigMap and Secret back (REQUIREMENTS.md R6), as a runbook: the backups of one time, then a restart.

First both objects get what their backups hold, or neither does (`jobs/steps/configuration.py` says how); then the
workload's pods are made anew, because most read their configuration only when they start; then the pods are asked for
their health, and both objects are read once more.

The plan holds digests of the Secret and of its backup, and never a value of it: the backup is read again when it is
written, and is refused when it is not the one that was approved.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.catalog.model import Configuration, Service
from bot.domain.model import Json, JsonObject
from bot.domain.plan import LIVE, Effect, Note, Plan, Shown, Step
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from jobs.clients import Clients, errors
from jobs.clients.resources import Raw
from jobs.steps.config_objects import SLUGS, Stands, planned, stands
from jobs.strategies import config_back, config_facts, preflight, reading, workload
from jobs.strategies.config_changes import changes
from jobs.strategies.config_facts import ConfigFacts, Piece
from jobs.strategies.config_gates import require_restorable, unused
from jobs.strategies.config_rehearsal import rehearsed
from jobs.strategies.model import Facts

NAME: Final = "config"
RESTARTED_AT: Final = "kubectl.kubernetes.io/restartedAt"
"""The annotation by which `kubectl rollout restart` makes pods anew."""
WRITE_S: Final = 2.0
WITHIN_S: Final = 60.0


class Config:
    """The way back to the configuration of an earlier time."""

    def observe(self, clients: Clients, request: Request, service: Service) -> Facts:
        """Read both backups and validate them, then production; last, what the writes and the restart would meet."""
        section = _section(service)
        asked = config_back.timestamp(clients.backups, service, section, request) if request.undoes else request.version
        facts = config_facts.look(clients, service, section, asked=asked)
        with reading.refusals():
            return replace(facts, ahead=_ahead(clients, facts, service))

    def bind(self, clients: Clients, plan: Plan, service: Service) -> tuple[JsonObject, dict[str, Shown]]:
        """The workload, both objects, both files."""
        kinds = [kind for kind, slug in SLUGS.items() if f"{slug}_uid" in plan.binding]
        found = config_facts.bound_now(clients, service, _section(service), timestamp=plan.to_version, kinds=kinds)
        return workload.bound_now(clients, service, workload.section(service, NAME)) | found, {}

    def production(self, clients: Clients, plan: Plan, service: Service) -> JsonObject:
        """How many pods were made anew, and of which objects the values are the backup's."""
        figures = workload.production(clients, service, workload.section(service, NAME), plan)
        return figures | {"config_restored": _restored(clients, plan)}

    def plan(self, facts: Facts, request: Request, service: Service, name: str) -> Plan:
        """Refuse, or write down the steps."""
        del request
        if not isinstance(facts, ConfigFacts):
            raise TypeError(f"{NAME} plans from ConfigFacts, not {type(facts).__name__}")
        entry, live, section = workload.section(service, NAME), facts.live, _section(service)
        workload.require_changeable(live, service)
        require_restorable(facts)
        preflight.require(facts.ahead)
        template = restarted(live.template, facts.at)
        digest = live.digest(service.kubernetes.container)
        return Plan(
            strategy=NAME,
            service=name,
            from_version=LIVE,
            to_version=facts.timestamp,
            steps=(
                _restore(facts, service, section),
                workload.rollout(live, service, template, label=facts.timestamp, code="restart"),
                *workload.health(live, service),
                _look_again(facts, service),
                workload.validate(live, service, template, digest=digest),
            ),
            binding={**workload.binding(live.item), **config_facts.bound(facts.pieces)},
            shown=workload.shown(live, service),
            entry=service.digest,
            targets=(*workload.targets(service, entry), *_targets(facts, service)),
            changes=changes(facts.pieces),
            left_out=tuple(_left_out(facts)),
            risks=(*workload.risks(live), *preflight.risks(facts.ahead), *unused(facts), Note(code="db-untouched")),
            budget_s=section.budget_s,
            undo=config_back.left(facts.pieces),
        )


def restarted(template: Raw, at: datetime) -> Raw:
    """The template, marked so that its pods are made anew, as `kubectl rollout restart` does."""
    changed: Raw = copy.deepcopy(template)
    metadata = changed.setdefault("metadata", {})
    metadata["annotations"] = {**(metadata.get("annotations") or {}), RESTARTED_AT: f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    return changed


def _ahead(clients: Clients, facts: ConfigFacts, service: Service) -> preflight.Seen | None:
    """What the API server says to all of it, asked without effect; None where `plan` refuses before.

    What an object lacks now does not count where its backup has it.
    """
    try:
        workload.require_changeable(facts.live, service)
        require_restorable(facts)
    except Refused:
        return None
    ours = {(piece.kind, piece.name) for piece in facts.pieces}
    seen = preflight.look(clients, service, facts.live, restarted(facts.live.template, facts.at))
    gone = tuple(one for one in seen.gone if (one.kind, one.name) not in ours)
    rejected, undecided = rehearsed(clients, facts, service)
    return replace(seen, gone=gone, rejected=rejected or seen.rejected, undecided=undecided or seen.undecided)


def _restore(facts: ConfigFacts, service: Service, section: Configuration) -> Step:
    return Step(
        kind="restore_config",
        params={**_objects(facts, service), "folder": section.folder},
        effect=Effect.CAS,
        deadline_s=WITHIN_S,
        estimate_s=WRITE_S,
        take_back="restore_config",
    )


def _look_again(facts: ConfigFacts, service: Service) -> Step:
    return Step(
        kind="config_live",
        params=_objects(facts, service),
        effect=Effect.READ,
        deadline_s=WITHIN_S,
        estimate_s=WRITE_S / 2,
        check="config_live",
        skippable=True,
    )


def _objects(facts: ConfigFacts, service: Service) -> JsonObject:
    """What both steps about the objects need: which ones, and the digests of what they hold before and after."""
    listed: list[Json] = [_described(piece) for piece in facts.pieces]
    return {
        "namespace": service.kubernetes.namespace,
        "name": ", ".join(piece.name for piece in facts.pieces),
        "version": facts.timestamp,
        "objects": listed,
    }


def _described(piece: Piece) -> JsonObject:
    return {
        "kind": piece.kind,
        "name": piece.name,
        "uid": piece.uid,
        "before_sha256": piece.before,
        "after_sha256": piece.backup.content.digest,
        "file": piece.file,
        "file_sha256": piece.file_sha256,
        "sealed": piece.backup.sealed,
        "members": list[Json](piece.backup.content.members),
        "members_before": list[Json](piece.content.members),
    }


def _left_out(facts: ConfigFacts) -> list[Note]:
    same: list[Json] = [str(piece) for piece in facts.pieces if piece.same]
    notes = [Note(code="config-same", figures={"names": same})] if same else []
    return notes + [Note(code="secret-not-kept", figures={"name": name}) for name in facts.left_alone]


def _targets(facts: ConfigFacts, service: Service) -> tuple[str, ...]:
    return tuple(f"{piece.kind}/{service.kubernetes.namespace}/{piece.name}" for piece in facts.pieces)


def _restored(clients: Clients, plan: Plan) -> JsonObject | None:
    """By object, whether its values are the backup's; None where it cannot be asked."""
    step = next(step for step in plan.steps if step.kind == "restore_config")
    namespace = str(step.params["namespace"])
    try:
        return {
            str(one): stands(one, reading.one(clients.kubernetes, one.ref(namespace))()) is Stands.AFTER
            for one in planned(step.params)
        }
    except errors.ClientError:
        return None


def _section(service: Service) -> Configuration:
    if service.config is None:
        raise Refused(Code.NOT_BUILT, strategy=NAME)
    return service.config
