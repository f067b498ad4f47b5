"""api.test, auth.test, users.* and usergroups.*."""

from sandbox.slack.api.arguments import Arguments, page_of, paged
from sandbox.slack.api.method import Method
from sandbox.slack.config import Json
from sandbox.slack.errors import ApiError
from sandbox.slack.limits import SPECIAL, TIER_2, TIER_3, TIER_4
from sandbox.slack.parts import Parts
from sandbox.slack.wire import channel_json, group_json, person_json


def _api_test(_parts: Parts, args: Arguments) -> Json:
    if error := args.maybe("error"):
        raise ApiError(error)
    return {"args": args.all()}


def _auth_test(parts: Parts, _args: Arguments) -> Json:
    config, app = parts.workspace.config, parts.workspace.app
    return {
        "url": f"{parts.base_url}/",
        "team": config.team_name,
        "team_id": config.team_id,
        "user": app.name,
        "user_id": app.bot_user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def _users_info(parts: Parts, args: Arguments) -> Json:
    person = parts.workspace.people.get(args.text("user"))
    if person is None:
        raise ApiError("user_not_found")
    return {"user": person_json(parts.workspace, person)}


def _users_list(parts: Parts, args: Arguments) -> Json:
    people = [person_json(parts.workspace, person) for person in parts.workspace.people.values()]
    return paged("members", page_of(people, args)) | {"cache_ts": 1_700_000_000}


def _users_conversations(parts: Parts, args: Arguments) -> Json:
    workspace = parts.workspace
    user = args.maybe("user") or workspace.app.bot_user_id
    if user not in workspace.people:
        raise ApiError("user_not_found")
    kinds = (args.maybe("types") or "public_channel").split(",")
    with workspace.changed:
        shown = [
            channel_json(workspace, channel)
            for channel in workspace.channels.values()
            if user in channel.members
            and ("im" if channel.im_with else "public_channel") in kinds
            and not (args.flag("exclude_archived") and channel.is_archived)
        ]
    return paged("channels", page_of(shown, args))


def _usergroups_list(parts: Parts, args: Arguments) -> Json:
    groups = list(parts.workspace.groups.values())
    with_users = args.flag("include_users")
    return {"usergroups": [group_json(parts.workspace, group, with_users=with_users) for group in groups]}


def _usergroups_users_list(parts: Parts, args: Arguments) -> Json:
    group = parts.workspace.groups.get(args.text("usergroup"))
    if group is None:
        raise ApiError("no_such_subteam")
    return {"users": list(group.users)}


METHODS = (
    Method("api.test", TIER_4, _api_test, needs_token=False),
    Method("auth.test", SPECIAL, _auth_test),
    Method("users.info", TIER_4, _users_info),
    Method("users.list", TIER_2, _users_list),
    Method("users.conversations", TIER_3, _users_conversations),
    Method("usergroups.list", TIER_2, _usergroups_list),
    Method("usergroups.users.list", TIER_2, _usergroups_users_list),
)
