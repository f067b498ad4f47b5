"""The Web API refuses and answers as Slack does."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack import SlackServer
from tests.contract.slack.ends import GAME, Outside


def refusal(error: pytest.ExceptionInfo[SlackApiError]) -> str:
    """Give Slack's code from what slack_sdk raised."""
    code: str = error.value.response["error"]
    return code


@pytest.mark.parametrize(("token", "code"), [(None, "not_authed"), ("xoxb-another", "invalid_auth")])
def test_a_token_is_needed_and_must_be_the_apps(slack: SlackServer, token: str | None, code: str) -> None:
    """No token and a wrong token are told apart."""
    with pytest.raises(SlackApiError) as error:
        WebClient(token=token, base_url=f"{slack.url}/api/", retry_handlers=[]).auth_test()
    assert refusal(error) == code


def test_auth_test_says_who_the_app_is(client: WebClient) -> None:
    """The app learns its own ids."""
    answer = client.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == ("U0BOT", "B0BOT", "T0SANDBOX")


def test_an_unknown_method_is_named_so(client: WebClient) -> None:
    """A method the sandbox does not have is refused, not ignored."""
    with pytest.raises(SlackApiError) as error:
        client.api_call("chat.meMessage")
    assert refusal(error) == "unknown_method"


def test_a_missing_argument_is_named(client: WebClient) -> None:
    """invalid_arguments carries which one."""
    with pytest.raises(SlackApiError) as error:
        client.api_call("users.info")
    assert refusal(error) == "invalid_arguments"
    assert error.value.response["response_metadata"]["messages"] == ["[ERROR] missing required field: user"]


@pytest.mark.parametrize(
    ("channel", "text", "code"),
    [
        ("C0NOWHERE", "hello", "channel_not_found"),
        ("C0NOBOT", "hello", "not_in_channel"),
        (GAME, "", "no_text"),
        (GAME, "x" * 40_001, "msg_too_long"),
    ],
)
def test_a_post_is_refused_with_its_reason(client: WebClient, channel: str, text: str, code: str) -> None:
    """Each way in which a post cannot be made has its own code."""
    with pytest.raises(SlackApiError) as error:
        client.api_call("chat.postMessage", json={"channel": channel, "text": text})
    assert refusal(error) == code


def test_an_archived_channel_takes_nothing(client: WebClient, outside: Outside) -> None:
    """Archiving is seen at once."""
    outside.post("channels", id="game-server", is_archived=True)
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=GAME, text="hello")
    assert refusal(error) == "is_archived"
    assert client.conversations_info(channel=GAME)["channel"]["is_archived"] is True


def test_an_app_taken_out_of_a_channel_may_join_again(client: WebClient, outside: Outside) -> None:
    """not_in_channel ends with conversations.join."""
    outside.post("channels", id=GAME, remove_bot=True)
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=GAME, text="hello")
    assert refusal(error) == "not_in_channel"
    client.conversations_join(channel=GAME)
    assert client.chat_postMessage(channel=GAME, text="hello")["ok"]


def test_people_carry_what_tells_members_from_others(client: WebClient) -> None:
    """Guest, bot, deactivated and Connect people are recognisable, and so is a full member."""
    people = {person["name"]: person for person in client.users_list()["members"]}
    assert people["guest"]["is_restricted"] is True
    assert people["other-bot"]["is_bot"] is True
    assert people["gone"]["deleted"] is True
    assert people["connect"]["is_stranger"] is True
    assert people["connect"]["team_id"] != people["requester"]["team_id"]
    assert not any(people["requester"].get(flag) for flag in ("deleted", "is_bot", "is_restricted", "is_stranger"))


def test_group_membership_is_what_it_is_now(client: WebClient, outside: Outside) -> None:
    """A changed group is read as changed; an unknown one is refused."""
    outside.post("groups", id="game-server-approvers", users=["approver-3"])
    assert client.usergroups_users_list(usergroup="S0APPROVERS")["users"] == ["U0APPROVER3"]
    with pytest.raises(SlackApiError) as error:
        client.usergroups_users_list(usergroup="S0NONE")
    assert refusal(error) == "no_such_subteam"


def test_lists_come_in_pages(client: WebClient) -> None:
    """A cursor leads through the whole list and ends empty."""
    pages = [[person["name"] for person in page["members"]] for page in client.users_list(limit=4)]
    names = [name for page in pages for name in page]
    assert [len(page) for page in pages] == [4, 4, 2]
    assert len(names) == len(set(names)) == 10
    with pytest.raises(SlackApiError) as error:
        client.users_list(cursor="nonsense!")
    assert refusal(error) == "invalid_cursor"


def test_direct_messages_open_once(client: WebClient) -> None:
    """conversations.open and posting to a user id lead to the same place."""
    opened = client.conversations_open(users="U0REQUESTER")["channel"]["id"]
    assert client.chat_postMessage(channel="U0REQUESTER", text="hello")["channel"] == opened
    assert client.conversations_history(channel=opened)["messages"][0]["text"] == "hello"
