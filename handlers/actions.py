"""Buttons and check boxes. What a button says is never trusted: the state is read again, and a click is always answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import structlog
from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot import service
from bot.domain.model import JsonObject
from bot.domain.people import Person
from bot.domain.refusal import Code, Refused
from bot.views import forms
from bot.views.buttons import Action, ButtonValue, parse_value
from bot.views.message import Message
from handlers.dispatch import dispatch
from handlers.front import Front, Payload, Place, answered, place_of, speaker, tell

log = structlog.get_logger()
