"""`python -m sandbox`: the demo, the player, and the sandbox by itself."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from sandbox.outside import Outside
from sandbox.play import Played, Say, play
from sandbox.ports import is_free
from sandbox.services import SERVICES
from sandbox.stack import Stack

WATCH: dict[str, Any] = {"watch": {"for_s": 20, "every_s": 2}}
"""In the demo the service is watched for 20 s afterwards, so that the last edit of the report can be seen."""
PAGE_PORT = 8070


@click.group()
def main() -> None:
    """Real parts on loopback, with simulated traffic."""


@main.command()
@click.option("--socket-mode", is_flag=True, help="Slack and the bot speak over web sockets instead of HTTP.")
def demo(*, socket_mode: bool) -> None:
    """Start everything, play a canary rollback by itself, and stay up on a terminal."""
    with _stack(services=tuple(SERVICES), port=PAGE_PORT, socket_mode=socket_mode) as stack:
        click.echo(f"Ready. The page: {stack.slack_url}/  (simulated traffic)")
        for service in SERVICES.values():
            click.echo(f"  #{service.name}: {service.scene}")
        if os.environ.get("PLAY", "1") != "0":
            played = _played(stack, strategy="canary", service="game-server", say=click.echo)
            if played.report_text:
                _tell(played, stack)
        if sys.stdout.isatty():
            click.echo(f"\nThe page stays at {stack.slack_url}/ . Type /rollback help there. End with Ctrl-C.")
            _until_interrupted()


@main.command("play")
@click.argument("strategy")
@click.argument("service", type=click.Choice(list(SERVICES)))
@click.option("--to", default="", help="What the strategy is told; without it what the sandbox knows it needs.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else on stdout.")
def play_one(strategy: str, service: str, *, to: str, as_json: bool) -> None:
    """Start everything with SERVICE alone, take it back by STRATEGY as three people, print what came of it."""

    def say(line: str) -> None:
        click.echo(line, err=as_json)

    with _stack(services=(service,), say_on_stderr=as_json) as stack:
        played = _played(stack, strategy=strategy, service=service, to=to, say=say)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(played)))
    else:
        click.echo(played.card or played.problem)
    if played.state != "Succeeded" or played.problem:
        sys.exit(1)


@main.command()
def up() -> None:
    """Start everything and wait for you."""
    with _stack(services=tuple(SERVICES), port=PAGE_PORT) as stack:
        click.echo(f"Ready. The page: {stack.slack_url}/ . End with Ctrl-C.")
        _until_interrupted()


@contextmanager
def _stack(
    *, services: Sequence[str], port: int | None = None, say_on_stderr: bool = False, socket_mode: bool = False
) -> Iterator[Stack]:
    began = time.monotonic()

    def say(line: str) -> None:
        click.echo(f"{time.monotonic() - began:5.1f} s  {line}", err=say_on_stderr)

    with tempfile.TemporaryDirectory(prefix="rollback-sandbox-") as folder:
        with Stack(
            Path(folder),
            services=services,
            catalog=WATCH,
            slack_port=_free(port),
            socket_mode=socket_mode,
            say=say,
        ) as stack:
            say("Everything answers")
            yield stack
        say("Stopped")


def _free(port: int | None) -> int | None:
    """The port the page is looked for at, or none in particular when somebody else has it."""
    return port if port is not None and is_free(port) else None


def _played(stack: Stack, *, strategy: str, service: str, to: str = "", say: Say) -> Played:
    return play(
        Outside(stack.slack_url),
        strategy=strategy,
        service=service,
        to=to,
        api=stack.cluster.api(),
        prometheus=stack.prometheus,
        say=say,
    )


def _tell(played: Played, stack: Stack) -> None:
    outside = Outside(stack.slack_url)
    posted = outside.messages(SERVICES[played.service].channel)
    report = next(message for message in posted if message["text"].startswith("Rollback report"))
    click.echo("\nThe report")
    for block in report["blocks"]:
        for line in _plain(block):
            click.echo(f"  {line}")
    click.echo(f"\n{played.card}")
    click.echo("Weights of the canary seen in the VirtualService: " + " → ".join(f"{w} %" for w in played.weights))
    click.echo("Seconds: " + ", ".join(f"{name} {seconds:g}" for name, seconds in played.seconds.items()))


def _plain(block: dict[str, Any]) -> list[str]:
    """The text of a block, as a terminal shows it."""
    texts = [block["text"]["text"]] if "text" in block else []
    texts += [element["text"] for element in block.get("elements", []) if isinstance(element.get("text"), str)]
    texts += [f"[picture] {block['alt_text']}"] if block["type"] == "image" else []
    texts += [f"☐ {option['text']['text']}" for option in block.get("accessory", {}).get("options", [])]
    return [line for text in texts for line in text.splitlines()]


def _until_interrupted() -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()


if __name__ == "__main__":
    main()
