"""Putting environment variables back (REQUIREMENTS.md R7), as a runbook: the catalog's values on the one container.

Only literal values are written. A variable that the template takes from a ConfigMap, a Secret or the pod itself stays
as it is, and the card says so; other containers are not touched.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

from bot.catalog.model import Environment, Service
from bot.domain.model import Json, JsonObject
from bot.domain.plan import CATALOG, LIVE, Note, Plan, Shown
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from jobs.clients import Clients
from jobs.clients.resources import Raw
from jobs.strategies import preflight, reading, workload
from jobs.strategies.changes import changes
from jobs.strategies.model import Facts

NAME = "env"


@dataclass(frozen=True)
class EnvFacts(Facts):
    """The workload as it is, and what the changed template would meet; `ahead` None where nothing will be changed."""

    live: workload.Live
    ahead: preflight.Seen | None = None


class Env:
    """The way back to the catalog's values."""

    def observe(self, clients: Clients, request: Request, service: Service) -> Facts:
        """Read the workload with its pods, and Prometheus; then what lies ahead of the changed template."""
        with reading.refusals():
            live = workload.live(clients, service, workload.section(service, NAME))
            return EnvFacts(live=live, ahead=_ahead(clients, live, request, service))

    def bind(self, clients: Clients, plan: Plan, service: Service) -> tuple[JsonObject, dict[str, Shown]]:
        """One read: which object it is and what it runs."""
        del plan
        return workload.bound_now(clients, service, workload.section(service, NAME)), {}

    def production(self, clients: Clients, plan: Plan, service: Service) -> JsonObject:
        """How many pods run with the values that were asked for."""
        return workload.production(clients, service, workload.section(service, NAME), plan)

    def plan(self, facts: Facts, request: Request, service: Service, name: str) -> Plan:
        """Refuse, or write down the steps."""
        if not isinstance(facts, EnvFacts):
            raise TypeError(f"{NAME} plans from EnvFacts, not {type(facts).__name__}")
        entry, live, section = workload.section(service, NAME), facts.live, _section(service)
        template, kept = aimed_at(live, request, service)
        preflight.require(facts.ahead)
        return Plan(
            strategy=NAME,
            service=name,
            from_version=LIVE,
            to_version=CATALOG,
            steps=(
                workload.rollout(live, service, template, label=CATALOG, code="values"),
                *workload.health(live, service),
                workload.validate(live, service, template, digest=live.digest(service.kubernetes.container)),
            ),
            binding=workload.binding(live.item),
            shown=workload.shown(live, service),
            entry=service.digest,
            targets=workload.targets(service, entry),
            changes=changes(live.template, template),
            left_out=tuple(Note(code="value-from", figures={"name": one}) for one in kept),
            risks=(*workload.risks(live), *preflight.risks(facts.ahead), Note(code="config-and-db-untouched")),
            budget_s=section.budget_s,
            undo={"strategy": "kubernetes", "key": live.key},
        )


def aimed_at(live: workload.Live, request: Request, service: Service) -> tuple[Raw, list[str]]:
    """The template with the values that are wanted, and the names that it takes from elsewhere. Pure.

    Raises:
        Refused: as `workload.require_changeable` and `wanted`; already-there.
    """
    workload.require_changeable(live, service)
    values = wanted(request.version, _section(service))
    template, kept = applied(live.template, service.kubernetes.container, values)
    if workload.same(template, live):
        name = workload.section(service, NAME).name
        raise Refused(Code.ALREADY_THERE, why="values", name=name, kept=list[Json](kept))
    return template, kept


def wanted(asked: str, section: Environment) -> dict[str, str]:
    """The catalog's values, with those that were asked for as NAME=VALUE[,NAME=VALUE…] instead.

    Raises:
        Refused: bad-value (no NAME=VALUE, or a name that the catalog does not let anybody set).
    """
    values = dict(section.values)
    for pair in asked.split(",") if asked else ():
        name, equals, value = pair.partition("=")
        if not equals or name not in section.may_set:
            allowed: list[Json] = [f"to={one}=VALUE" for one in section.may_set]
            raise Refused(Code.BAD_VALUE, option="to", given=pair, why="no-setting", allowed=allowed)
        values[name] = value
    return values


def applied(template: Raw, container: str, values: Mapping[str, str]) -> tuple[Raw, list[str]]:
    """The template with these literal values on one container, and the names that it takes from elsewhere. Pure."""
    changed: Raw = copy.deepcopy(template)
    target = next(each for each in changed["spec"]["containers"] if each["name"] == container)
    variables: list[Raw] = target.setdefault("env", [])
    there = {str(variable["name"]): variable for variable in variables}
    kept = [name for name in values if "valueFrom" in there.get(name, {})]
    for name, value in values.items():
        if name in kept:
            continue
        if name in there:
            there[name]["value"] = value
        else:
            variables.append({"name": name, "value": value})
    if not variables:
        del target["env"]
    return changed, kept


def _ahead(clients: Clients, live: workload.Live, request: Request, service: Service) -> preflight.Seen | None:
    """What the template that `plan` will write would meet; None where it will refuse."""
    try:
        template, _ = aimed_at(live, request, service)
    except Refused:
        return None
    return preflight.look(clients, service, live, template)


def _section(service: Service) -> Environment:
    if service.env is None:
        raise Refused(Code.NOT_BUILT, strategy=NAME)
    return service.env
