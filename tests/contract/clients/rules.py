"""The admission policies, webhooks and Roles that a test lays over a namespace of its own."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sandbox.cluster import Cluster
from tests.answering import Handler, answering

_API = "admissionregistration.k8s.io/v1"


@contextmanager
def policy(
    cluster: Cluster, namespace: str, *, group: str, resource: str, operation: str, allows: str, reason: str = "Invalid"
) -> Iterator[None]:
    """A ValidatingAdmissionPolicy that lets through what the CEL expression `allows` is true of, here only."""
    rule = {"apiGroups": [group], "apiVersions": ["v1"], "operations": [operation], "resources": [resource]}
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"namespaceSelector": _here(namespace), "resourceRules": [rule]},
        "validations": [{"expression": allows, "message": "the house says no", "reason": reason}],
    }
    binding = {"policyName": namespace, "validationActions": ["Deny"]}
    with _laid(
        cluster,
        _object("ValidatingAdmissionPolicy", namespace, spec=spec),
        _object("ValidatingAdmissionPolicyBinding", namespace, spec=binding),
    ):
        yield


@contextmanager
def webhook(cluster: Cluster, namespace: str, url: str) -> Iterator[None]:
    """Ask the webhook at `url` about every change of a Deployment, here only; without its yes nothing is changed."""
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["deployments"]}
    asked = {
        "name": "house.example.com",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 5,
        "failurePolicy": "Fail",
        "namespaceSelector": _here(namespace),
        "rules": [rule],
        "clientConfig": {"url": url, "caBundle": base64.b64encode(cluster.ca.read_bytes()).decode()},
    }
    with _laid(cluster, _object("ValidatingWebhookConfiguration", namespace, webhooks=[asked])):
        yield


@contextmanager
def refusing(cluster: Cluster, status: Mapping[str, Any]) -> Iterator[str]:
    """A webhook that refuses everything with this Status, at the URL given back; its certificate is the cluster's."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cluster.ca, cluster.folder / "apiserver.key")
    with answering(type("_Refuses", (_Webhook,), {"status": status}), tls=tls) as address:
        yield f"{address}/"


class _Webhook(Handler):
    status: Mapping[str, Any]

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = {"uid": asked["request"]["uid"], "allowed": False, "status": self.status}
        body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def grant(cluster: Cluster, namespace: str, rules: list[dict[str, Any]]) -> None:
    """Give the bot these rules of a Role in the namespace, and no others."""
    meta = {"name": "granted", "namespace": namespace}
    bot = {"kind": "ServiceAccount", "name": "rollback-bot", "namespace": "rollback-bot"}
    group = "rbac.authorization.k8s.io"
    cluster.apply(
        [
            {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": meta, "rules": rules},
            {
                "apiVersion": f"{group}/v1",
                "kind": "RoleBinding",
                "metadata": meta,
                "roleRef": {"apiGroup": group, "kind": "Role", "name": "granted"},
                "subjects": [bot],
            },
        ]
    )


@contextmanager
def _laid(cluster: Cluster, *objects: dict[str, Any]) -> Iterator[None]:
    cluster.apply(objects)
    try:
        yield
    finally:
        for each in reversed(objects):
            cluster.api().delete(cluster.api().path(each))


def _here(namespace: str) -> dict[str, Any]:
    return {"matchLabels": {"kubernetes.io/metadata.name": namespace}}


def _object(kind: str, name: str, **rest: object) -> dict[str, Any]:
    return {"apiVersion": _API, "kind": kind, "metadata": {"name": name}, **rest}
