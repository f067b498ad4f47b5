"""The Web API: one table of methods, each with its rate limit and what carries it out."""

from sandbox.slack.api import apps, chat, conversations, files, people, views
from sandbox.slack.api.method import Method

METHODS: dict[str, Method] = {
    method.name: method
    for family in (apps.METHODS, people.METHODS, chat.METHODS, conversations.METHODS, views.METHODS, files.METHODS)
    for method in family
}
