"""HTTP on the app's side of Slack: /api/METHOD, response URLs, uploads, and the files that were uploaded."""

import hmac
import json
import socket

from flask import Blueprint, Response, request

from sandbox.slack.answers import answer_hook
from sandbox.slack.api import METHODS
from sandbox.slack.api.arguments import Arguments
from sandbox.slack.api.method import Method
from sandbox.slack.config import Json
from sandbox.slack.errors import ApiError, RateLimitedError
from sandbox.slack.faults import Fault, FaultKind
from sandbox.slack.parts import Parts

_JSON = "application/json; charset=utf-8"


def web_api(parts: Parts) -> Blueprint:
    """Give the routes that an app calls."""
    routes = Blueprint("web_api", __name__)

    @routes.route("/api/<method>", methods=["GET", "POST"])
    def call(method: str) -> Response:
        fault = parts.faults.take(method)
        if fault and fault.kind is not FaultKind.DROP_ANSWER:
            return _fail(parts, fault, method, _values())
        answer = _call(parts, method)
        return _dropped(answer) if fault else answer

    @routes.post("/commands/<name>")
    @routes.post("/actions/<name>")
    def respond(name: str) -> Response:
        fault = parts.faults.take("response_url")
        if fault and fault.kind is not FaultKind.DROP_ANSWER:
            return _fail(parts, fault, "response_url", _values())
        answer = _respond(parts, name)
        return _dropped(answer) if fault else answer

    @routes.post("/upload/v1/<key>")
    def upload(key: str) -> Response:
        fault = parts.faults.take("upload")
        if fault and fault.kind is not FaultKind.DROP_ANSWER:
            return _fail(parts, fault, "upload", {})
        raw = request.get_data(parse_form_data=False)
        sent = next(iter(request.files.values()), None)
        file = parts.files.receive(key, sent.read() if sent else raw)
        answer = Response(f"OK - {file.length}", 200) if file else Response("not found", 404)
        return _dropped(answer) if fault else answer

    @routes.get("/files/<file_id>/<_name>")
    def download(file_id: str, _name: str) -> Response:
        file = parts.files.find(file_id)
        if file is None or file.content is None:
            return Response("not found", 404)
        return Response(file.content, mimetype=file.kind()[1], headers={"X-Content-Type-Options": "nosniff"})

    return routes


def _values() -> Json:
    values = request.values.to_dict()
    if request.mimetype == "application/json":
        body = request.get_json(silent=True)
        values |= body if isinstance(body, dict) else {}
    return values


def _call(parts: Parts, name: str) -> Response:
    values = _values()
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip() or str(values.pop("token", ""))
    try:
        body = {"ok": True, **_carried_out(parts, name, token, Arguments(values))}
        return _answer(parts, name, values, status=200, body=body)
    except RateLimitedError as limited:
        return _answer(parts, name, values, status=429, body=limited.body(), headers=_retry(limited.retry_after))
    except ApiError as refused:
        return _answer(parts, name, values, status=refused.http_status, body=refused.body())


def _carried_out(parts: Parts, name: str, token: str, args: Arguments) -> Json:
    method: Method | None = METHODS.get(name)
    if method is None:
        raise ApiError("unknown_method")
    if method.needs_token:
        _check_token(parts, token, for_app=method.for_app)
    if request.mimetype == "application/json" and request.get_data():
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise ApiError("json_not_object" if body is not None else "invalid_json")
    parts.limits.count_call(name, method.per_minute)
    return method.handler(parts, args)


def _check_token(parts: Parts, token: str, *, for_app: bool) -> None:
    app = parts.workspace.app
    if not token:
        raise ApiError("not_authed")
    if hmac.compare_digest(token.encode(), (app.bot_token if for_app else app.app_token).encode()):
        raise ApiError("not_allowed_token_type")
    wanted = app.app_token if for_app else app.bot_token
    in_header = "Authorization" in request.headers or not for_app
    if not in_header or not hmac.compare_digest(token.encode(), wanted.encode()):
        raise ApiError("invalid_auth")


def _answer(
    parts: Parts, name: str, values: Json, *, status: int, body: Json, headers: dict[str, str] | None = None
) -> Response:
    parts.record.add(name, values, status, body)
    return Response(json.dumps(body), status, headers, content_type=_JSON)


def _retry(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}


def _respond(parts: Parts, name: str) -> Response:
    values = _values()
    if "payload" in values:
        values = json.loads(values["payload"])
    try:
        answer_hook(parts, name, values)
    except ApiError as refused:
        status = 400 if refused.http_status == 200 else refused.http_status  # noqa: PLR2004  the Web API's own default
        parts.record.add("response_url", values, status, refused.body())
        return Response(refused.code, status, content_type="text/plain")
    parts.record.add("response_url", values, 200, {"ok": True})
    return Response("ok", 200, content_type="text/plain")


def _fail(parts: Parts, fault: Fault, name: str, values: Json) -> Response:
    values.pop("token", None)
    if fault.kind is FaultKind.RATELIMITED:
        body: Json = {"ok": False, "error": "ratelimited"}
        return _answer(parts, name, values, status=429, body=body, headers=_retry(fault.retry_after))
    if fault.kind is FaultKind.ERROR:
        return _answer(parts, name, values, status=200, body={"ok": False, "error": fault.error})
    if fault.kind is FaultKind.STATUS:
        parts.record.add(name, values, fault.status, {"fault": "status"})
        return Response("<html><body>Something went wrong</body></html>", fault.status, content_type="text/html")
    parts.record.add(name, values, 0, {"fault": "hang"})
    parts.stopping.wait(fault.seconds)
    return _dropped(Response("", 503))


def _dropped(answer: Response) -> Response:
    """Close the connection under the answer, so that the caller cannot know whether it acted."""
    connection = request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
    answer.headers["Connection"] = "close"
    return answer
