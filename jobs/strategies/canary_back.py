"""Taking a canary rollback back: each route's share that it had, as long as the canary's Deployment is there. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.catalog.model import Service
from bot.domain.model import Json, JsonObject
from bot.domain.plan import Note, Step
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from jobs.clients.objects import image, version
from jobs.steps import moves, routers
from jobs.steps.moves import percent
from jobs.steps.splits import Route, Split
from jobs.strategies import canary_steps, two_sides_steps
from jobs.strategies.canary_decision import Decision, entry_of


@dataclass(frozen=True)
class Past:
    """How traffic was split before a rollback that is to be taken back.

    `shares`: each route's name ("" for none) and canary percent, in the object's order. `matches`: names of the routes
    whose match sent everything to the canary. `request`: what the refusals of a way back name.
    """

    shares: tuple[tuple[str, float], ...]
    matches: tuple[str, ...]
    request: Request

    @classmethod
    def of(cls, request: Request) -> Past:
        """As `left` wrote it down.

        Raises:
            Refused: cannot-undo, when it is not in the request.
        """
        routes, matches = request.undoes.get("routes"), request.undoes.get("matches")
        if not isinstance(routes, list) or not isinstance(matches, list):
            raise _refused(request, "")
        shares = tuple((str(each["name"]), float(str(each["percent"]))) for each in routes if isinstance(each, dict))
        return cls(shares=shares, matches=tuple(map(str, matches)), request=request)

    def upwards(self, split: Split) -> list[tuple[Route, float]]:
        """Each route as it is now with the percent that it goes to; none goes down.

        Raises:
            Refused: cannot-undo, when the routes are not those of then, or a match was switched to stable since.
        """
        if [route.name for route in split.routes] != [name for name, _ in self.shares]:
            raise _refused(self.request, "routes-changed")
        switched = set(self.matches) - {match.name for match in split.matches}
        if switched:
            raise _refused(self.request, "match-switched", routes=list[Json](sorted(switched)))
        return [
            (route, max(percent(route.canary_percent), share))
            for route, (_, share) in zip(split.routes, self.shares, strict=True)
        ]


def left(decision: Decision) -> JsonObject:
    """What a plan keeps for the way back from it."""
    routes: list[Json] = [
        {"name": route.name, "percent": percent(route.canary_percent)} for route in decision.split.routes
    ]
    return {"strategy": "canary", "routes": routes, "matches": [match.name for match in decision.split.matches]}


@dataclass(frozen=True)
class Back:
    """The way back: the routes that go up, and the highest of their percents."""

    moved: list[tuple[Route, float]]
    decision: Decision
    service: Service

    @classmethod
    def decided(cls, decision: Decision, service: Service, request: Request) -> Back:
        """What there is to move.

        Raises:
            Refused: cannot-undo; already-there, when every route has its share or more.
        """
        moved = Past.of(request).upwards(decision.split)
        if all(to <= percent(route.canary_percent) for route, to in moved):
            name = entry_of(service).canary.deployment
            raise Refused(Code.ALREADY_THERE, why="weight", name=name, weight=decision.live)
        return cls(moved, decision, service)

    @property
    def weight(self) -> int | float:
        """The canary's highest percent afterwards."""
        return percent(max(to for _, to in self.moved))

    def steps(self, *, digest: str) -> tuple[Step, ...]:
        """One move up, and the checks at the end. Stable keeps the pods it has."""
        stable, hpa = self.decision.stable, self.decision.hpa
        return (self._raise(), two_sides_steps.validate(stable, self.service, digest=digest, needed=1, hpa=hpa))

    def changes(self) -> tuple[Note, ...]:
        """The shares of several routes."""
        if len(self.moved) < 2:  # noqa: PLR2004 - one is the step itself
            return ()
        shares: list[Json] = [f"{r.label} ({percent(r.canary_percent):g} → {percent(to):g} %)" for r, to in self.moved]
        _, name = routers.named_by(entry_of(self.service))
        return (Note(code="several-routes-back", figures={"name": name, "routes": shares}),)

    def risks(self) -> tuple[Note, ...]:
        """That traffic goes to the version that was taken back."""
        bad = version(image(self.decision.canary, self.service.kubernetes.container))
        given = Note(code="weight-back", figures={"version": bad, "weight": self.weight})
        return (given, Note(code="config-and-db-untouched"))

    def _raise(self) -> Step:
        decision = self.decision
        shares = [(route.canary_percent, to) for route, to in self.moved]
        moved = moves.written(decision.split, shares, was=decision.live, to=self.weight, switch=False)
        return canary_steps.set_weight(decision, self.service, moved, first=True, pods=1, check="")


def _refused(request: Request, why: str, **more: Json) -> Refused:
    figures: JsonObject = {"id": request.undoes.get("id"), "service": request.service, **more}
    return Refused(Code.CANNOT_UNDO, why=why, strategy=request.strategy, **figures)
