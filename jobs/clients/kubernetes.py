"""Kubernetes: raw JSON over the official client's transport, each write sent exactly once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from kubernetes import config
from kubernetes.client import ApiClient, Configuration

from jobs.clients import execute
from jobs.clients.refusals import Call
from jobs.clients.resources import EVENT, Kind, Raw, Ref
from jobs.clients.transport import JSON, READ_S, Query, Stream, Transport

POOL = 24
"""Connections kept: planning reads about a dozen things at once."""
LOG_BYTES = 1024 * 1024
"""No more of a log is read; the server leaves out the end of what is longer."""

Items: TypeAlias = list[Raw]

_JSON_PATCH = "application/json-patch+json"
_MERGE_PATCH = "application/merge-patch+json"
_APPLY_PATCH = "application/apply-patch+yaml"
_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_NEVER = "1"
"""A resourceVersion that no object has: etcd counts its first write as 2."""


class KubernetesClient:
    """Reads and writes objects as plain JSON. It connects at its first call, so it may be built before a fork.

    A call has a connect (2 s) and a read (10 s) time-out and is sent once; urllib3 repeats DELETE and PUT by default.
    Threads may share it.
    """

    def __init__(self, api: ApiClient) -> None:
        self._transport = Transport(api)

    @classmethod
    def connect(cls, kubeconfig: Path | None) -> KubernetesClient:
        """From a kubeconfig, or when None from the pod's ServiceAccount.

        Raises:
            kubernetes.config.ConfigException: neither can be read.
        """
        settings = Configuration()
        if kubeconfig is None:
            config.load_incluster_config(client_configuration=settings)  # type: ignore[no-untyped-call]  # theirs
        else:
            path = str(kubeconfig)
            config.load_kube_config(config_file=path, client_configuration=settings)  # type: ignore[no-untyped-call]  # theirs
        settings.retries = False
        settings.connection_pool_maxsize = POOL
        return cls(ApiClient(configuration=settings))

    def get(self, ref: Ref) -> Raw:
        """One object.

        Raises:
            NotFound, Forbidden, Temporary, Rejected.
        """
        return self._transport.json(Call("get", ref))

    def collection(
        self, kind: Kind, namespace: str, *, selector: str = "", field_selector: str = "", read_s: float = READ_S
    ) -> Raw:
        """The whole list as the server gives it: `items`, and `metadata.resourceVersion`, from which `watch` goes on.

        Raises:
            As `list`.
        """
        query = _selected(selector, field_selector)
        return self._transport.json(Call("list", Ref(kind, namespace, "")), query=query, read_s=read_s)

    def list(self, kind: Kind, namespace: str, *, selector: str = "", field_selector: str = "") -> Items:
        """All objects of a kind in a namespace, by label and field selector when given.

        Items carry no kind and apiVersion. Rights on one name (resourceNames) need the field selector metadata.name=it.

        Raises:
            NotFound: the API server does not know the kind.
            Forbidden, Temporary, Rejected.
        """
        return _items(self.collection(kind, namespace, selector=selector, field_selector=field_selector))

    def list_metadata(self, kind: Kind, namespace: str, *, selector: str = "") -> Items:
        """As `list`, but of each object only its `metadata`: less to send and to read where there are many.

        Raises:
            As `list`.
        """
        call = Call("list", Ref(kind, namespace, ""))
        return _items(self._transport.json(call, query=_selected(selector, ""), accept=_METADATA))

    def events(self, namespace: str, uid: str) -> Items:
        """The Events about one object, by its uid; the server keeps them for an hour by default.

        Raises:
            As `list`.
        """
        return self.list(EVENT, namespace, field_selector=f"involvedObject.uid={uid}")

    def watch(
        self,
        kind: Kind,
        namespace: str,
        *,
        version: str,
        selector: str = "",
        field_selector: str = "",
        within_s: float,
        silence_s: float,
    ) -> Stream:
        """What happens after `version`, as lines of JSON with `type` and `object`; `watching.follow` makes use of them.

        The server ends it after about `within_s` seconds; reading fails after `silence_s` seconds without a byte.

        Raises:
            NotFound, Forbidden, Temporary, Rejected.
        """
        query = [
            *_selected(selector, field_selector),
            ("watch", "true"),
            ("resourceVersion", version),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", str(int(within_s) + 1)),
        ]
        return self._transport.stream(Call("watch", Ref(kind, namespace, "")), query=query, silence_s=silence_s)

    def log(self, ref: Ref, container: str, *, lines: int, previous: bool = False) -> str:
        """The last lines of a container's log, or of the container that ran there before it.

        Raises:
            Rejected: the container has not started, or there was none before it. NotFound, Forbidden, Temporary.
        """
        query = [
            ("container", container),
            ("tailLines", str(lines)),
            ("limitBytes", str(LOG_BYTES)),
            ("previous", str(previous).lower()),
        ]
        return self._transport.text(Call("get", ref, part="log"), query=query).decode(errors="replace")

    def run(self, ref: Ref, container: str, command: Sequence[str], *, timeout_s: float) -> execute.Ran:
        """Run a command in a container of a pod, without a shell, and wait for it; see `execute.run`.

        Raises:
            Forbidden: get and create on pods/exec are needed. Unreachable: it was not started.
            NotFound, Temporary, Rejected.
        """
        return execute.run(self._transport, ref, container, command, timeout_s=timeout_s)

    def json_patch(
        self, ref: Ref, operations: Sequence[Mapping[str, Any]], *, manager: str, dry_run: bool = False
    ) -> Raw:
        """Apply a JSON patch (RFC 6902) with its tests; the object afterwards.

        A dry run asks validation, webhooks and policies, and changes nothing; a quota is not asked.

        Raises:
            Moved: a test failed. Ambiguous: sent, answer unknown (never of a dry run).
            Rejected: validation, a webhook or a policy refused. NotFound, Forbidden, Temporary.
        """
        return self._patch(ref, list(operations), _JSON_PATCH, manager=manager, dry_run=dry_run)

    def merge_patch(self, ref: Ref, patch: Mapping[str, Any], *, manager: str, dry_run: bool = False) -> Raw:
        """Apply a merge patch (RFC 7386); one that carries resourceVersion or uid is refused when they moved.

        Raises:
            As `json_patch`.
        """
        return self._patch(ref, dict(patch), _MERGE_PATCH, manager=manager, dry_run=dry_run)

    def create_by_apply(self, ref: Ref, body: Mapping[str, Any], *, manager: str) -> Raw:
        """Create an object that is not there, with rights on its name only (patch and create under resourceNames).

        `body` is without uid, managedFields and what else the server fills in. Two that create at once: one is Moved.

        Raises:
            Moved: there is one already. Ambiguous: sent, answer unknown. NotFound (the namespace), Forbidden,
            Temporary, Rejected.
        """
        # Server-side apply has no "only when absent", and without a version it takes over what stands there from the
        # same manager. A version that nothing can have refuses every object there is, and is not looked at for none.
        whole = {
            **body,
            "apiVersion": ref.kind.api_version,
            "kind": ref.kind.name,
            "metadata": {
                **body.get("metadata", {}),
                "name": ref.name,
                "namespace": ref.namespace,
                "resourceVersion": _NEVER,
            },
        }
        return self._patch(ref, whole, _APPLY_PATCH, manager=manager, dry_run=False)

    def delete(self, ref: Ref, *, uid: str, resource_version: str) -> None:
        """Delete exactly this object in exactly this version; what it owns is collected in the background.

        Raises:
            Moved: another uid or version. Ambiguous: sent, answer unknown. NotFound, Forbidden, Temporary, Rejected.
        """
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid, "resourceVersion": resource_version},
        }
        self._transport.json(Call("delete", ref, writes=True), body=options, content=JSON)

    def _patch(self, ref: Ref, body: object, content: str, *, manager: str, dry_run: bool) -> Raw:
        query = [("fieldManager", manager), *([("dryRun", "All")] if dry_run else [])]
        return self._transport.json(Call("patch", ref, writes=not dry_run), body=body, content=content, query=query)


def _selected(selector: str, field_selector: str) -> Query:
    given = (("labelSelector", selector), ("fieldSelector", field_selector))
    return [(name, value) for name, value in given if value]


def _items(answer: Raw) -> Items:
    items: Items = answer.get("items") or []
    return items
