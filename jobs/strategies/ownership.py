"""Who else writes an object: a controller that would undo a change at once, or a tool that does when it syncs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.domain.model import JsonObject
from bot.domain.refusal import Code, Refused
from jobs.clients.resources import Raw

WRITERS = {"flagger": "Flagger", "rollouts": "Argo Rollouts"}
"""Controllers that move weights, templates and replicas themselves and would undo ours (by their own marks)."""
KEEPERS = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "argocd.argoproj.io/instance": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
    "meta.helm.sh/release-name": "Helm",
}
"""Labels and annotations of tools that write an object only when they are told, or when they sync."""


def require_unmoved(items: Iterable[tuple[str, Raw]]) -> None:
    """No controller moves these objects (kind, item) by itself.

    Raises:
        Refused: owned-elsewhere.
    """
    for kind, item in items:
        for mark in _marks(item):
            for sign, name in WRITERS.items():
                if sign in mark.lower():
                    figures = {"owner": name, "kind": kind, "name": str(item["metadata"]["name"]), "mark": mark}
                    raise Refused(Code.OWNED_ELSEWHERE, **figures)


def keepers(items: Iterable[tuple[str, Raw]]) -> list[JsonObject]:
    """Tools that may write these objects back when they sync: named once each, with an object they hold."""
    found: dict[str, JsonObject] = {}
    for kind, item in items:
        for key in _own_marks(item):
            if key in KEEPERS:
                figures: JsonObject = {"by": KEEPERS[key], "kind": kind, "name": str(item["metadata"]["name"])}
                found.setdefault(KEEPERS[key], figures)
    return list(found.values())


def require_free(item: Raw, *, kind: str) -> None:
    """Nobody else says what this workload runs: neither a controller nor a tool that syncs it from elsewhere.

    Raises:
        Refused: owned-elsewhere, with the command that does it there.
    """
    require_unmoved([(kind, item)])
    meta, marks = item["metadata"], _own_marks(item)
    for key, owner in KEEPERS.items():
        if key in marks:
            command = _command(owner, name=str(meta["name"]), namespace=str(meta["namespace"]), value=marks[key])
            figures = {"owner": owner, "kind": kind, "name": str(meta["name"]), "mark": key, "command": command}
            raise Refused(Code.OWNED_ELSEWHERE, **figures)


def _command(owner: str, *, name: str, namespace: str, value: str) -> str:
    """What takes it back where it is kept. `value` is what the mark says: the application, release or kustomization."""
    match owner:
        case "Argo CD":
            return f"argocd app rollback {value.partition(':')[0] or name}"
        case "Helm":
            return f"helm -n {namespace} rollback {value or name}"
        case _:
            return f"flux suspend kustomization {value or name}"


def _own_marks(item: Raw) -> dict[str, str]:
    meta = item["metadata"]
    return {**(meta.get("labels") or {}), **(meta.get("annotations") or {})}


def _marks(item: Raw) -> Iterator[str]:
    for owner in item["metadata"].get("ownerReferences") or []:
        yield f"{owner.get('apiVersion', '')} {owner.get('kind', '')}".replace("Rollout", "rollouts")
    for key, value in _own_marks(item).items():
        if key.partition("/")[0].endswith(("flagger.app", "argoproj.io")):
            yield key
        elif key == "app.kubernetes.io/managed-by":
            yield str(value)
