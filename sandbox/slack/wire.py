"""The shapes in which Slack's Web API and payloads show people, groups, channels and messages."""

from sandbox.slack.config import Channel, Group, Json, Kind, Person
from sandbox.slack.state import SLACKBOT, Message, Workspace


def person_json(workspace: Workspace, person: Person) -> Json:
    """Show a person as users.info does."""
    team = person.team_id or workspace.config.team_id
    shown: Json = {
        "id": person.id,
        "team_id": team,
        "name": person.name,
        "real_name": person.real_name,
        "deleted": person.kind is Kind.DEACTIVATED,
        "tz": person.tz,
        "profile": {
            "real_name": person.real_name,
            "display_name": person.display_name,
            "real_name_normalized": person.real_name,
            "display_name_normalized": person.display_name,
            "team": team,
        },
        "is_bot": person.kind is Kind.BOT,
        "is_app_user": False,
        "updated": 1_700_000_000,
    }
    if person.kind is Kind.CONNECT:
        shown["is_stranger"] = True
    if person.kind is not Kind.DEACTIVATED:
        shown |= {
            "is_admin": False,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": person.kind is Kind.GUEST,
            "is_ultra_restricted": False,
        }
    return shown


def group_json(workspace: Workspace, group: Group, *, with_users: bool) -> Json:
    """Show a user group as usergroups.list does."""
    shown: Json = {
        "id": group.id,
        "team_id": workspace.config.team_id,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name or group.handle,
        "handle": group.handle,
        "description": "",
        "is_external": False,
        "date_delete": 0,
        "user_count": len(group.users),
    }
    if with_users:
        shown["users"] = list(group.users)
    return shown


def channel_json(workspace: Workspace, channel: Channel) -> Json:
    """Show a channel or the app's direct messages as conversations.info does."""
    shown: Json = {
        "id": channel.id,
        "created": 1_700_000_000,
        "is_im": channel.im_with is not None,
        "is_archived": channel.is_archived,
        "context_team_id": workspace.config.team_id,
    }
    if channel.im_with is not None:
        return shown | {"user": channel.im_with, "is_open": True}
    return shown | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": True,
        "is_group": False,
        "is_mpim": False,
        "is_private": False,
        "is_general": channel.name == "general",
        "is_member": workspace.app.bot_user_id in channel.members,
        "num_members": len(channel.members),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def message_json(workspace: Workspace, message: Message, *, with_metadata: bool = False) -> Json:
    """Show a message as conversations.history does; metadata only when asked for."""
    shown: Json = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text}
    shown["team"] = workspace.config.team_id
    if message.user == workspace.app.bot_user_id:
        app = workspace.app
        shown |= {
            "bot_id": app.bot_id,
            "app_id": app.app_id,
            "bot_profile": {"id": app.bot_id, "app_id": app.app_id, "name": app.name, "deleted": False},
        }
    if message.blocks:
        shown["blocks"] = list(message.blocks)
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
    if message.is_reply and message.thread_ts:
        parent = workspace.find(message.channel, message.thread_ts)
        shown["parent_user_id"] = parent.user if parent else SLACKBOT
    if message.edited_ts:
        shown["edited"] = {"user": message.user, "ts": message.edited_ts}
    if message.files:
        shown["files"] = [{"id": file} for file in message.files]
    if with_metadata and message.metadata:
        shown["metadata"] = message.metadata
    return shown


def parent_json(workspace: Workspace, message: Message, *, with_metadata: bool = False) -> Json:
    """Show a message with what Slack adds once it has replies."""
    shown = message_json(workspace, message, with_metadata=with_metadata)
    replies = workspace.thread(message.channel, message.ts)[1:] if not message.is_reply else []
    if replies:
        writers = list(dict.fromkeys(reply.user for reply in replies))
        shown |= {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users": writers,
            "reply_users_count": len(writers),
            "latest_reply": replies[-1].ts,
            "is_locked": False,
            "subscribed": False,
        }
    return shown


def outside_json(workspace: Workspace, message: Message) -> Json:
    """Show a message to players and the page: as in history, and what Slack's clients know besides."""
    return parent_json(workspace, message, with_metadata=True) | {
        "channel": message.channel,
        "ephemeral_to": message.ephemeral_to,
        "notified": list(message.notified),
    }
