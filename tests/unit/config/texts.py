"""Backups as text, for the tests that read them."""

from __future__ import annotations

import base64

from jobs.backups.document import Backup, parse
from jobs.backups.sealing import Seal

NAMESPACE, CONFIG, SECRETS = "game-production", "game-config", "game-secrets"
HIDDEN = "hunter2-hunter2"
"""A secret's value: no error, note or print may hold it."""


def b64(value: str | bytes) -> str:
    """Base64 of a text or bytes."""
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


CONFIG_MAP = f"""\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {CONFIG}
  namespace: {NAMESPACE}
data:
  MAX_PLAYERS: "1000"
"""
SECRET = f"""\
apiVersion: v1
kind: Secret
metadata:
  name: {SECRETS}
  namespace: {NAMESPACE}
type: Opaque
data:
  PASSWORD: {b64(HIDDEN)}
"""
RAW = f"""\
apiVersion: v1
binaryData:
  map.bin: {b64(bytes(range(256)))}
data:
  MAX_PLAYERS: "1000"
  settings.ini: |
    [game]
    mode = ranked
kind: ConfigMap
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {{"apiVersion":"v1","data":{{"MAX_PLAYERS":"1000"}},"kind":"ConfigMap"}}
    rollback/fence: "12"
    owner: game-team
  creationTimestamp: 2026-10-02T09:14:33Z
  labels:
    app: game-server
  managedFields:
  - apiVersion: v1
    fieldsType: FieldsV1
    fieldsV1:
      f:data:
        .: {{}}
        f:MAX_PLAYERS: {{}}
    manager: kubectl
    operation: Update
    time: "2026-11-17T15:02:10Z"
  name: {CONFIG}
  namespace: {NAMESPACE}
  ownerReferences:
  - apiVersion: v1
    kind: Namespace
    name: x
    uid: 5f0c1f5e
  resourceVersion: "48151623"
  uid: 5f0c1f5e-9a57-4c1e-8a3e-0d7c8d1b2f42
status: {{}}
"""


def config_map(text: str | bytes = CONFIG_MAP) -> Backup:
    """The game's ConfigMap, read from a text."""
    raw = text.encode() if isinstance(text, str) else text
    return parse(raw, kind="ConfigMap", name=CONFIG, namespace=NAMESPACE, seal=Seal())


def secret(text: str = SECRET, *, keys: tuple[str, ...] = ()) -> Backup:
    """The game's Secret, read from a text."""
    return parse(text.encode(), kind="Secret", name=SECRETS, namespace=NAMESPACE, seal=Seal(keys))
