"""Kubernetes: raw JSON over the official client's transport, each write sent exactly once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import config
from kubernetes.client import ApiClient, ApiException, Configuration

from jobs.clients.errors import Ambiguous, Forbidden, Moved, NotFound, Rejected, Temporary, Unreachable
from jobs.clients.resources import Kind, Raw, Ref

CONNECT_S = 2.0
READ_S = 10.0
POOL = 24
"""Connections kept: planning reads about a dozen things at once."""

_SYSTEM = "Kubernetes"
_VERBS = {"GET": "get", "PATCH": "patch", "DELETE": "delete"}
_JSON_PATCH = "application/json-patch+json"
_MERGE_PATCH = "application/merge-patch+json"
_NOT_SENT = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
_DENIED = {401, 403}
_CONFLICTS = {409, 422}
_TOO_MANY = 429
_BAD_REQUEST = 400
_NOT_FOUND = 404
_SERVER_ERROR = 500


class KubernetesClient:
    """Reads and writes objects as plain JSON. It connects at its first call, so it may be built before a fork.

    A call has a connect (2 s) and a read (10 s) time-out and is sent once; urllib3 repeats DELETE and PUT by default.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api

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
        return self._call("GET", ref)

    def list(self, kind: Kind, namespace: str, *, selector: str = "") -> list[Raw]:
        """All objects of a kind in a namespace, by label selector when given. Items carry no kind and apiVersion.

        Raises:
            NotFound: the API server does not know the kind.
            Forbidden, Temporary, Rejected.
        """
        query = {"labelSelector": selector} if selector else {}
        items: list[Raw] = self._call("GET", Ref(kind, namespace, ""), query=query).get("items") or []
        return items

    def json_patch(self, ref: Ref, operations: Sequence[Mapping[str, Any]], *, manager: str) -> Raw:
        """Apply a JSON patch (RFC 6902) with its tests; the object afterwards.

        Raises:
            Moved: a test failed. Ambiguous: sent, answer unknown. NotFound, Forbidden, Temporary, Rejected.
        """
        return self._call("PATCH", ref, body=list(operations), content=_JSON_PATCH, query={"fieldManager": manager})

    def merge_patch(self, ref: Ref, patch: Mapping[str, Any], *, manager: str) -> Raw:
        """Apply a merge patch (RFC 7386); one that carries resourceVersion or uid is refused when they moved.

        Raises:
            As `json_patch`.
        """
        return self._call("PATCH", ref, body=dict(patch), content=_MERGE_PATCH, query={"fieldManager": manager})

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
        self._call("DELETE", ref, body=options, content="application/json")

    def _call(
        self,
        method: str,
        ref: Ref,
        *,
        body: object = None,
        content: str = "",
        query: Mapping[str, str] | None = None,
    ) -> Raw:
        headers = {"Accept": "application/json"} | ({"Content-Type": content} if content else {})
        parts = self._api.param_serialize(
            method,
            ref.kind.path(ref.namespace, ref.name),
            query_params=list((query or {}).items()),
            header_params=headers,
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            answer = self._api.call_api(*parts, _request_timeout=(CONNECT_S, READ_S))
            status, text = answer.status, answer.read()  # type: ignore[no-untyped-call]  # theirs
        except (urllib3.exceptions.HTTPError, ApiException, OSError) as error:
            raise _lost(method, ref, error) from error
        if status >= _BAD_REQUEST:
            raise _refused(method, ref, status=status, message=_message(text))
        return _parsed(method, ref, text)


def _lost(method: str, ref: Ref, error: Exception) -> Exception:
    """What a call without an answer means: for a write that may have been sent, that nobody knows."""
    reason = str(getattr(error, "reason", "") or error)
    if isinstance(error, ApiException) and "forbidden" in reason.lower():
        return _forbidden(method, ref, reason)
    if method == "GET" or isinstance(error, _NOT_SENT):
        return Unreachable(_SYSTEM, reason)
    return Ambiguous(_SYSTEM, f"{_VERBS[method]} {ref}", reason)


def _refused(method: str, ref: Ref, *, status: int, message: str) -> Exception:
    if status in _DENIED:
        return _forbidden(method, ref, message)
    if status == _NOT_FOUND:
        return NotFound(f"{ref}: {message}")
    if status in _CONFLICTS:
        return Moved(f"{ref}: {message}")
    if status == _TOO_MANY:
        return Temporary(f"{_SYSTEM} is throttling: {message}", system=_SYSTEM)
    if status >= _SERVER_ERROR:
        # A gateway, or the API server's own time-out, may answer for a write that went through.
        read = Unreachable(_SYSTEM, f"HTTP {status} {message}")
        return read if method == "GET" else Ambiguous(_SYSTEM, f"{_VERBS[method]} {ref}", f"HTTP {status} {message}")
    return Rejected(f"{_SYSTEM} refused {_VERBS[method]} {ref} (HTTP {status}): {message}. Nothing was changed.")


def _forbidden(method: str, ref: Ref, message: str) -> Forbidden:
    verb = _VERBS[method] if ref.name else "list"
    return Forbidden(verb=verb, resource=ref.kind.resource, namespace=ref.namespace, name=ref.name, message=message)


def _message(text: bytes) -> str:
    try:
        status = json.loads(text)
    except ValueError:
        return text.decode(errors="replace")[:300]
    return str(status.get("message", ""))[:300] if isinstance(status, dict) else ""


def _parsed(method: str, ref: Ref, text: bytes) -> Raw:
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise _lost(method, ref, error) from error
    if not isinstance(parsed, dict):
        raise _lost(method, ref, ValueError("the answer is no object"))
    return parsed
