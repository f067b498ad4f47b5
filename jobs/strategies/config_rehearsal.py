"""Asking the API server, without effect, whether it would take both objects: before anybody is asked to approve it."""

from __future__ import annotations

from bot.catalog.model import Service
from jobs.backups.document import SECRET
from jobs.clients import Clients, errors
from jobs.clients.resources import CONFIGURATION, Raw, Ref
from jobs.steps import patches
from jobs.steps.config_objects import replacing, unsaid
from jobs.strategies.config_facts import ConfigFacts, Piece
from jobs.strategies.preflight import MANAGER, objection


def rehearsed(clients: Clients, facts: ConfigFacts, service: Service) -> tuple[str, str]:
    """What the server says against one of the objects, and why it would not say: both "" where it would take both.

    One that is to be created is not rehearsed.

    Raises:
        Forbidden: one of them may not be written. Temporary: no answer now, or it changed while it was looked at.
    """
    for piece in facts.pieces:
        if piece.live is None or piece.same:
            continue
        try:
            ref = Ref(CONFIGURATION[piece.kind], service.kubernetes.namespace, piece.name)
            _rehearse(clients, piece, piece.live, ref)
        except errors.Rejected as error:
            return objection(str(error))
        except (errors.Moved, errors.NotFound) as error:
            raise errors.Temporary(f"{piece} was changed while it was looked at", system="Kubernetes") from error
    return "", ""


def _rehearse(clients: Clients, piece: Piece, live: Raw, ref: Ref) -> None:
    secrets = (piece.content, piece.backup.content) if piece.kind == SECRET else ()
    with unsaid(*secrets):
        operations = [patches.test("/metadata/uid", piece.uid), *replacing(live, piece.backup.content)]
        clients.kubernetes.json_patch(ref, operations, manager=MANAGER, dry_run=True)
