"""What is measured: the whole sandbox with the product, and a catalog of three services.

`game-server` is the shipped entry with its holds of 30 s. `quick` is the same game with short holds. `nowhere` has no
Deployments: planning refuses it after its first reads.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from bot.store import Store, connect
from sandbox.outside import Outside
from sandbox.stack import Stack

CANARY, QUICK, NOWHERE = "game-server", "quick", "nowhere"
CHANNEL = "C0GAMESERVER"
SLACK_UNLIMITED = 1000.0
SHORT: Final = {
    "channel": CHANNEL,
    "validation": {"health_every_s": 0.1},
    "watch": {"for_s": 2, "every_s": 1},
}
"""Of a catalog entry: what comes after a run is short, and its cards come where the bench's people are."""
_QUICK_S = 6


@dataclass(frozen=True)
class Site:
    """The running sandbox, the product's own records, and the people's side of Slack."""

    stack: Stack
    store: Store
    outside: Outside


@contextmanager
def site() -> Iterator[Site]:
    """Start everything in a folder that goes away afterwards."""
    with tempfile.TemporaryDirectory(prefix="rollback-bench-") as folder:
        place = Path(folder)
        with Stack(place, slack_limits=SLACK_UNLIMITED, product=False, say=_say) as stack:
            _widen(place / "services.yaml")
            _say("Starting the bot")
            stack.product.start()
            stack.product.wait_until_ready()
            yield Site(stack, Store(connect(stack.redis.url)), Outside(stack.slack_url))


def _widen(catalog: Path) -> None:
    written = yaml.safe_load(catalog.read_text())
    services = written["services"]
    quick = services[QUICK] = copy.deepcopy(services[CANARY])
    quick["canary"] |= {"hold_s": _QUICK_S, "drain_s": _QUICK_S}
    nowhere = services[NOWHERE] = copy.deepcopy(services[CANARY])
    nowhere["canary"]["stable"]["deployment"] = NOWHERE
    nowhere["canary"]["canary"]["deployment"] = f"{NOWHERE}-canary"
    catalog.write_text(yaml.safe_dump(written, sort_keys=False))


def _say(line: str) -> None:
    print(f"  {line}", flush=True)
