"""views.*: modals need a trigger that is three seconds young, a Home needs none."""

from sandbox.slack.api.arguments import Arguments
from sandbox.slack.api.method import Method
from sandbox.slack.blockkit import check_view
from sandbox.slack.config import Json
from sandbox.slack.errors import ApiError
from sandbox.slack.limits import TIER_4
from sandbox.slack.mrkdwn import normalise_blocks
from sandbox.slack.parts import Parts
from sandbox.slack.views import View


def checked_view(parts: Parts, value: object, kind: str) -> Json:
    """Give a view as it is stored; raises ApiError invalid_arguments with JSON pointers."""
    view = check_view(value, file_ready=parts.files.ready)
    if view["type"] != kind:
        raise ApiError("invalid_arguments", (f"[ERROR] must be a {kind} view [json-pointer:/view/type]",))
    return {**view, "blocks": normalise_blocks(view["blocks"])}


def _shown(parts: Parts, view: View) -> Json:
    return {"view": view.payload(parts.workspace)}


def _open(parts: Parts, args: Arguments) -> Json:
    trigger, content = args.text("trigger_id"), checked_view(parts, args.require_json("view"), "modal")
    return _shown(parts, parts.views.open(parts.triggers.take(trigger).user, content))


def _push(parts: Parts, args: Arguments) -> Json:
    name, content = args.text("trigger_id"), checked_view(parts, args.require_json("view"), "modal")
    trigger = parts.triggers.take(name)
    if trigger.view_id is None:
        raise ApiError("invalid_trigger_id")
    return _shown(parts, parts.views.open(trigger.user, content, on_top=True))


def _update(parts: Parts, args: Arguments) -> Json:
    content = checked_view(parts, args.require_json("view"), "modal")
    if external_id := args.maybe("external_id"):
        old = parts.views.by_external_id(external_id)
    else:
        old = parts.views.get(args.text("view_id"))
    return _shown(parts, parts.views.update(old.id, content, args.maybe("hash")))


def _publish(parts: Parts, args: Arguments) -> Json:
    user, content = args.text("user_id"), checked_view(parts, args.require_json("view"), "home")
    if user not in parts.workspace.people:
        raise ApiError("user_not_found")
    return _shown(parts, parts.views.publish(user, content, args.maybe("hash")))


METHODS = (
    Method("views.open", TIER_4, _open),
    Method("views.push", TIER_4, _push),
    Method("views.update", TIER_4, _update),
    Method("views.publish", TIER_4, _publish),
)
