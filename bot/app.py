"""Composition root of the web process: settings → store, catalog, verbs → Bolt → HTTP or Socket Mode.

Starting asks Slack nothing.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from flask import Flask
from pydantic import SecretStr
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.catalog import CatalogError, load
from bot.directory import Directory
from bot.logs import configure
from bot.queues import Queues
from bot.service import Desk
from bot.settings import Settings, SettingsError, read
from bot.socket_mode import Link
from bot.store import Store, StoreUnaccepted, StoreUnreadable, connect
from bot.store.lua import Scripts, source
from bot.store.wake import waking_store
from bot.waking import Background
from handlers import actions, commands, deploy_hold, forms, mentions, web
from handlers.envelopes import Envelopes
from handlers.front import Front
from handlers.gate import Gate

WRONG = 2
"""What a process exits with when its environment or its catalog has to be mended first."""
SLACK_TIMEOUT_S = 1
"""For the only calls made from a listener, after its ack: views.open and views.update."""
REDIS_TIMEOUT_S, REDIS_RETRIES = 0.5, 1
"""The web process gives up on Redis while Slack, which waits 3 s for an ack, can still be told so."""
LINK = "rollback-link"
"""Under which name the web app carries its link to Slack, in Socket Mode."""


def from_environment() -> Flask:
    """What gunicorn starts. Says on stderr what has to be mended, and exits 2, before anything is listened to."""
    try:
        settings = read(Settings)
        return create_app(settings)
    except (SettingsError, CatalogError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(WRONG)


def create_app(settings: Settings, *, scripts: Scripts = source) -> Flask:
    """Build the web process. With an app-level token Slack comes in over Socket Mode, once its link is started.

    `scripts`: as for `Store`.

    Raises:
        CatalogError: the catalog does not fit.
    """
    token, secret = settings.slack_bot_token.get_secret_value(), _secret(settings.slack_signing_secret)
    configure(settings.log_level, secrets=settings.secrets)
    catalog = load(settings.catalog)
    url = settings.redis_url
    store = waking_store(url, timeout_s=REDIS_TIMEOUT_S, retries=REDIS_RETRIES, through=Background, scripts=scripts)
    directory = Directory(store)
    desk = Desk(store=store, directory=directory, catalog=catalog)
    queue = connect(url, timeout_s=REDIS_TIMEOUT_S, retries=REDIS_RETRIES, text=False)
    front = Front(desk=desk, queues=Queues(queue))
    bolt = App(
        name="rollback",
        logger=_bolt_logger(),
        client=WebClient(base_url=settings.slack_api_url, timeout=SLACK_TIMEOUT_S, retry_handlers=[]),
        signing_secret=secret,
        authorize=identity(directory, token=token),
        token_verification_enabled=False,
        # The answer leaves when the listener has returned: by then it is stored, and nobody polls for an ack.
        process_before_response=True,
    )
    for part in (commands, actions, forms, mentions):
        part.register(bolt, front)
    app_token = _secret(settings.slack_app_token)
    if not app_token:
        return deploy_hold.served(web.create(bolt, Gate(secret), ready=lambda: unready(store)), front.desk)
    link = Link(app_token=app_token, api_url=settings.slack_api_url, answer=Envelopes(bolt).take)
    app = web.create(bolt, None, ready=lambda: [*unready(store), *link.unready()])
    app.extensions[LINK] = link
    return deploy_hold.served(app, front.desk)


def link_of(app: object) -> Link | None:
    """The link to Slack that a web app carries; None over HTTP. Whoever serves the app starts and closes it."""
    link = app.extensions.get(LINK) if isinstance(app, Flask) else None
    return link if isinstance(link, Link) else None


def unready(store: Store) -> list[str]:
    """What keeps the process from serving; empty: nothing. The catalog was loaded before it began to listen."""
    try:
        store.ping()
        store.epoch()
        small = store.too_small()
    except StoreUnaccepted:
        return ["store: nobody accepted it. Run `python -m cli store accept`."]
    except StoreUnreadable as error:
        return [f"store: Redis cannot be read ({error}). Look at REDIS_URL and at Redis."]
    return [f"store: {small}"] if small else []


def identity(directory: Directory, *, token: str) -> Callable[..., AuthorizeResult]:
    """Bolt's `authorize` without a Slack call a request: the bot's ids come from the directory's copy.

    A plain function, because Bolt passes arguments by the names that it finds in the signature.
    """
    known: list[tuple[str, str]] = []

    def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        try:
            bot = known[0] if known else directory.bot()
        except StoreUnreadable:
            bot = ("", "")
        if all(bot) and not known:
            known.append(bot)
        user_id, bot_id = bot
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=user_id or None,
            bot_id=bot_id or None,
            bot_token=token,
        )

    return authorize


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value is not None else ""


def _bolt_logger() -> logging.Logger:
    """Bolt logs whole bodies below this level, and warns at each start that the token comes from `authorize`."""
    logger = logging.getLogger("slack_bolt")
    logger.setLevel(logging.ERROR)
    return logger
