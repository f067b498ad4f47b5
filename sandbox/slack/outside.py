"""/sandbox/*: what players, tests and the page do and see. No authentication; the server listens on loopback only.

People are named by id or name, channels by id, name or #name. Anybody may act, even those who could not in Slack (a
deactivated person, a bot): an app must stand that too.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from flask import Blueprint, Response, jsonify, request, send_from_directory
from pydantic import BaseModel, ValidationError

from sandbox.slack import interactivity, subscriptions
from sandbox.slack import outside_bodies as bodies
from sandbox.slack.config import Json
from sandbox.slack.errors import ApiError, OutsideError
from sandbox.slack.faults import Fault
from sandbox.slack.interactivity import Pick, Target
from sandbox.slack.outside_links import outside_links
from sandbox.slack.parts import Parts
from sandbox.slack.wire import outside_json, person_json

_PAGE = Path(__file__).with_name("page")
_LONGEST_WAIT = 120.0
Body = TypeVar("Body", bound=BaseModel)


def outside(parts: Parts) -> Blueprint:
    """Give every route of this module."""
    routes = Blueprint("outside", __name__)
    for register in (_errors, _page, _acts, _looks, _waits, _settings, outside_links):
        register(routes, parts)
    return routes


def _body(model: type[Body]) -> Body:
    return model.model_validate(request.get_json(silent=True) or {})


def _timeout(default: str) -> float:
    try:
        return max(0.0, min(float(request.args.get("timeout", default)), _LONGEST_WAIT))
    except ValueError:
        raise OutsideError("`timeout` is a number of seconds.", status=422) from None


def _errors(routes: Blueprint, _parts: Parts) -> None:
    @routes.errorhandler(OutsideError)
    def refused(error: OutsideError) -> tuple[Response, int]:
        return jsonify(error=str(error)), error.status

    @routes.errorhandler(ApiError)
    def bad_answer(error: ApiError) -> tuple[Response, int]:
        return jsonify(error=error.code, messages=error.messages), 502

    @routes.errorhandler(ValidationError)
    def not_understood(error: ValidationError) -> tuple[Response, int]:
        return jsonify(error="not understood", details=error.errors(include_url=False, include_context=False)), 422


def _page(routes: Blueprint, _parts: Parts) -> None:
    @routes.get("/")
    @routes.get("/archives/<_channel>/<_message>")
    def page(_channel: str = "", _message: str = "") -> Response:
        answer = send_from_directory(_PAGE, "index.html")
        answer.headers["Content-Security-Policy"] = "default-src 'self'; img-src 'self' http: https: data:"
        return answer

    @routes.get("/page/<path:name>")
    def asset(name: str) -> Response:
        return send_from_directory(_PAGE, name)


def _acts(routes: Blueprint, parts: Parts) -> None:
    def act(path: str, model: type[Body], perform: Callable[[Body], Json]) -> None:
        def view() -> Response:
            return jsonify(perform(_body(model)))

        routes.add_url_rule(f"/sandbox/{path}", f"act_{path}", view, methods=["POST"])

    def target(body: bodies.Click) -> Target:
        user = parts.workspace.person(body.user).id
        return Target(user, body.channel, body.ts, body.view_id)

    def pick(body: bodies.Click) -> Pick:
        return Pick(body.action_id, body.block_id, body.text, body.value)

    def say(body: bodies.Say) -> Json:
        said = subscriptions.say(parts, **body.model_dump())
        return outside_json(parts.workspace, said)

    def submit(body: bodies.Submit) -> Json:
        return interactivity.submit(parts, user=body.user, view_id=body.view_id, raw_state=body.state)

    def home(body: bodies.Home) -> Json:
        subscriptions.open_home(parts, user=body.user, tab=body.tab)
        return {"ok": True}

    def raw(body: bodies.Raw) -> Json:
        return bodies.send_raw(parts, body).public()

    act("command", bodies.Command, lambda body: interactivity.command(parts, **body.model_dump()))
    act("click", bodies.Click, lambda body: interactivity.click(parts, target(body), pick(body), body.state))
    act("options", bodies.Click, lambda body: interactivity.options(parts, target(body), pick(body)))
    act("submit", bodies.Submit, submit)
    act("close", bodies.Close, lambda body: interactivity.close(parts, **body.model_dump()))
    act("say", bodies.Say, say)
    act("home", bodies.Home, home)
    act("repeat", bodies.Repeat, lambda body: parts.deliveries.repeat(body.delivery_id).public())
    act("raw", bodies.Raw, raw)


def _looks(routes: Blueprint, parts: Parts) -> None:
    workspace = parts.workspace

    def user() -> str:
        return workspace.person(request.args.get("user", "")).id

    def channel() -> str:
        return workspace.channel(request.args.get("channel", "")).id

    @routes.get("/sandbox/workspace")
    def show_workspace() -> Response:
        return jsonify(bodies.workspace_json(parts))

    @routes.get("/sandbox/messages")
    def messages() -> Response:
        return jsonify(messages=[bodies.with_files(parts, m) for m in workspace.messages(channel())])

    @routes.get("/sandbox/thread")
    def thread() -> Response:
        lines = workspace.thread(channel(), request.args.get("ts", ""))
        return jsonify(messages=[bodies.with_files(parts, m) for m in lines])

    @routes.get("/sandbox/ephemerals")
    def ephemerals() -> Response:
        return jsonify(messages=[outside_json(workspace, m) for m in workspace.ephemerals(user())])

    @routes.get("/sandbox/views")
    def views() -> Response:
        stack = parts.views.wait_for_modal(user(), _timeout("0"))
        return jsonify(views=[view.payload(workspace) | {"errors": view.errors} for view in stack])

    @routes.get("/sandbox/home")
    def home() -> Response:
        view = parts.views.home(user())
        return jsonify(view=view.payload(workspace) if view else None)

    @routes.get("/sandbox/record")
    def record() -> Response:
        return jsonify(calls=parts.record.calls(request.args.get("method")), history=workspace.history())


def _waits(routes: Blueprint, parts: Parts) -> None:
    workspace = parts.workspace

    @routes.get("/sandbox/wait")
    def wait() -> tuple[Response, int]:
        asked, timeout = request.args, _timeout("10")
        wanted, after = asked.get("contains", ""), asked.get("after", "0")
        here = workspace.channel(asked.get("channel", "")).id
        user = workspace.person(asked["user"]).id if "user" in asked else None
        found = workspace.wait_for(here, lambda m: m.ts > after and bodies.contains(m, wanted), timeout, user=user)
        if found is None:
            return jsonify(error=f"Nothing said {wanted!r} within {timeout:g} s."), 408
        return jsonify(outside_json(workspace, found)), 200

    @routes.get("/sandbox/events")
    def events() -> Response:
        return Response(parts.feed.stream(), mimetype="text/event-stream", headers={"Cache-Control": "no-store"})


def _settings(routes: Blueprint, parts: Parts) -> None:
    workspace = parts.workspace

    @routes.post("/sandbox/app")
    def set_app() -> Response:
        body = _body(bodies.App)
        with workspace.changed:
            workspace.app = workspace.app.model_copy(update=body.model_dump(include={"request_url", "socket_mode"}))
        if not body.socket_mode:
            parts.links.disconnect("link_disabled")
        answer = subscriptions.verify_url(parts).public() if body.verify else None
        return jsonify(request_url=body.request_url, socket_mode=body.socket_mode, verification=answer)

    @routes.post("/sandbox/limits")
    def set_limits() -> Response:
        body = _body(bodies.LimitFactor)
        parts.limits.set_factor(body.factor)
        return jsonify(factor=body.factor)

    @routes.post("/sandbox/groups")
    def set_group() -> Response:
        return jsonify(bodies.change_group(parts, _body(bodies.GroupChange)))

    @routes.post("/sandbox/people")
    def set_person() -> Response:
        return jsonify(person_json(workspace, bodies.change_person(parts, _body(bodies.PersonChange))))

    @routes.post("/sandbox/channels")
    def set_channel() -> Response:
        return jsonify(bodies.change_channel(parts, _body(bodies.ChannelChange)))

    @routes.post("/sandbox/faults")
    def add_fault() -> Response:
        parts.faults.add(_body(Fault))
        return jsonify(waiting=[fault.model_dump() for fault in parts.faults.waiting()])

    @routes.get("/sandbox/faults")
    def show_faults() -> Response:
        return jsonify(waiting=[fault.model_dump() for fault in parts.faults.waiting()])

    @routes.delete("/sandbox/faults")
    def clear_faults() -> Response:
        parts.faults.clear(request.args.get("name"))
        return jsonify(waiting=[fault.model_dump() for fault in parts.faults.waiting()])
