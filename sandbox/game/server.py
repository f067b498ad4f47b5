"""The game over HTTP: what players and Prometheus see, and under /sandbox what a test or a demo changes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.game.behaviour import Override
from sandbox.game.controls import Controls
from sandbox.game.listeners import Listeners
from sandbox.game.proxies import Frozen, Proxies
from sandbox.game.state import State, state
from sandbox.game.traffic import OK, Traffic
from sandbox.game.watching import Watching

UNAVAILABLE, BAD_REQUEST = 503, 400
Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Game:
    """The running parts, as the server needs them. `clock` is the monotonic clock of the proxies, in seconds."""

    traffic: Traffic
    proxies: Proxies
    controls: Controls
    listeners: Listeners
    watching: Watching
    region: str
    clock: Callable[[], float]


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Freeze(_Command):
    frozen: bool = True
    what: Frozen = Frozen.ROUTES


class _Stop(_Command):
    stopped: bool = True


class _Lag(_Command):
    seconds: Annotated[tuple[Annotated[float, Field(ge=0, le=600)], ...], Field(min_length=1, max_length=20)]


class _Rate(_Command):
    rps: float = Field(ge=0, le=5000)


class _Behaviour(_Command):
    version: str
    error_share: float | None = Field(default=None, ge=0, le=1)
    latency_ms: float | None = Field(default=None, gt=0)
    capacity_rps: float | None = Field(default=None, gt=0)
    reset: bool = False


class _Listener(_Command):
    name: str
    up: bool


def create_app(game: Game) -> Flask:
    """The WSGI application of one game."""
    app = Flask("game")
    app.register_error_handler(ValidationError, _refuse)
    _public(app, game)
    _commands(app, game)
    return app


def _public(app: Flask, game: Game) -> None:
    @app.get("/metrics")
    def metrics() -> ResponseReturnValue:
        return Response(game.traffic.metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/health")
    @app.get("/api/v1/version")
    @app.get("/api/v1/region")
    def answer() -> ResponseReturnValue:
        outcome = game.traffic.serve(request.path, trivial=True)
        body: dict[str, str | None] = {"version": outcome.version, "subset": outcome.subset, "pod": outcome.pod}
        if outcome.status != OK:
            return {"error": f"No endpoint of subset {outcome.subset} takes the request.", **body}, outcome.status
        return {"status": "ok", "region": game.region, **body}

    @app.get("/sandbox/ready")
    def ready() -> ResponseReturnValue:
        complete = game.watching.complete
        return {"ready": complete}, OK if complete else UNAVAILABLE

    @app.get("/sandbox/state")
    def current() -> ResponseReturnValue:
        return jsonify(_state(game).model_dump(mode="json"))

    @app.get("/sandbox/pods")
    def pods() -> ResponseReturnValue:
        return {name: {"proxy_url": url} for name, url in game.listeners.addresses().items()}


def _commands(app: Flask, game: Game) -> None:
    @app.post("/sandbox/freeze")
    def freeze() -> ResponseReturnValue:
        body = _read(_Freeze)
        game.proxies.freeze(body.what if body.frozen else Frozen.NOTHING, now=game.clock())
        return jsonify(_state(game).model_dump(mode="json"))

    @app.post("/sandbox/stop-traffic")
    def stop_traffic() -> ResponseReturnValue:
        game.controls.stopped = _read(_Stop).stopped
        return jsonify(_state(game).model_dump(mode="json"))

    @app.post("/sandbox/lag")
    def lag() -> ResponseReturnValue:
        game.proxies.set_lags(_read(_Lag).seconds, now=game.clock())
        return jsonify(_state(game).model_dump(mode="json"))

    @app.post("/sandbox/rate")
    def rate() -> ResponseReturnValue:
        game.controls.rps = _read(_Rate).rps
        return jsonify(_state(game).model_dump(mode="json"))

    @app.post("/sandbox/behaviour")
    def behave() -> ResponseReturnValue:
        body = _read(_Behaviour)
        if body.reset:
            game.controls.forget(body.version)
        latency_s = None if body.latency_ms is None else body.latency_ms / 1000
        game.controls.override(body.version, Override(body.error_share, latency_s, body.capacity_rps))
        return jsonify(_state(game).model_dump(mode="json"))

    @app.post("/sandbox/listener")
    def listener() -> ResponseReturnValue:
        body = _read(_Listener)
        game.listeners.switch(body.name, up=body.up)
        return {name: {"proxy_url": url} for name, url in game.listeners.addresses().items()}


def _state(game: Game) -> State:
    return state(traffic=game.traffic, proxies=game.proxies, controls=game.controls, world=game.watching.world)


def _read(model: type[Body]) -> Body:
    return model.model_validate(request.get_json(silent=True) or {})


def _refuse(error: Exception) -> ResponseReturnValue:
    return {"error": f"Nothing was changed: {error}"}, BAD_REQUEST
