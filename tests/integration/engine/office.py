"""What every small production of the engine's tests shares: people, catalog, directory, systems that do not answer."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.catalog import Catalog, load
from bot.domain.model import Json, JsonObject
from bot.domain.people import Person
from bot.store import Store

TEAM: Final = "T1"
GROUP: Final = "game-server-approvers"
ASKER, FIRST, SECOND, THIRD, STRANGER = (Person(team=TEAM, id=f"U{n}", name=f"person {n}") for n in range(1, 6))
CLOSED: Final = "http://127.0.0.1:9"
"""Nobody answers here: these tests need no system but Redis."""
_KUBECONFIG: Final = f"""
apiVersion: v1
kind: Config
current-context: nowhere
contexts: [{{name: nowhere, context: {{cluster: nowhere, user: nobody}}}}]
clusters: [{{name: nowhere, cluster: {{server: "{CLOSED}"}}}}]
users: [{{name: nobody, user: {{token: none}}}}]
"""


def kubeconfig(folder: Path) -> Path:
    """A kubeconfig in this folder that leads nowhere."""
    path = folder / "kubeconfig"
    path.write_text(_KUBECONFIG)
    return path


def catalog(*services: str, expires_s: int = 900) -> Catalog:
    """The shipped entry without its canary section, once for each name."""
    shipped = load(Path("catalog/services.yaml")).services["game-server"]
    approval = shipped.approval.model_copy(update={"expires_s": expires_s})
    entry = shipped.model_copy(update={"canary": None, "approval": approval})
    return Catalog(services=dict.fromkeys(services, entry))


def introduce(store: Store, *members: Person, others: tuple[Person, ...] = ()) -> None:
    """Write the directory's copy as if it was read a moment ago: `members` are the approver group."""
    now = store.now()
    people: list[Json] = [{"id": person.id, "name": person.name, "full": True} for person in members]
    _note(store, "directory:workspace", {"team": TEAM, "bot_user_id": "U0", "bot_id": "B0"})
    _note(store, f"directory:group:{GROUP}", {"id": "S1", "members": people, "read_at": now})
    for person in (*members, *others):
        known: JsonObject = {"id": person.id, "name": person.name, "full": True, "team": TEAM, "read_at": now}
        _note(store, f"directory:person:{person.id}", known)


def _note(store: Store, name: str, value: JsonObject) -> None:
    _, version = store.note(name)
    store.put_note(name, value, version=version)
