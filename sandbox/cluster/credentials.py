"""Who talks to the API server: tokens, groups and kubeconfigs."""

import json
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path

_CURVE = "prime256v1"
_MASTERS = ("system:masters",)


@dataclass(frozen=True)
class User:
    """One line of the API server's token file."""

    name: str
    groups: tuple[str, ...]


# The parts of the control plane have names of their own, so that the audit log tells their writes from a person's.
USERS = {
    "admin": User(name="admin", groups=_MASTERS),
    "game": User(name="game", groups=_MASTERS),
    "bot": User(
        name="system:serviceaccount:rollback-bot:rollback-bot",
        groups=("system:serviceaccounts", "system:serviceaccounts:rollback-bot"),
    ),
    "controller-manager": User(name="system:kube-controller-manager", groups=_MASTERS),
    "scheduler": User(name="system:kube-scheduler", groups=_MASTERS),
    "kwok": User(name="system:kwok", groups=_MASTERS),
}


def write_tokens(file: Path) -> dict[str, str]:
    """Write the API server's token file; returns the token of each of USERS."""
    tokens = {user: secrets.token_urlsafe(24) for user in USERS}
    lines = [f'{tokens[key]},{user.name},{key},"{",".join(user.groups)}"' for key, user in USERS.items()]
    _write_private(file, "\n".join(lines) + "\n")
    return tokens


def write_service_account_key(file: Path) -> None:
    """Write the key that the API server signs ServiceAccount tokens with. Raises CalledProcessError."""
    file.touch(mode=0o600)
    _openssl("ecparam", "-name", _CURVE, "-genkey", "-noout", "-out", str(file))


def write_certificate(certificate: Path, key: Path, *, address: str) -> None:
    """Write a certificate for `address` that is its own authority. Raises CalledProcessError.

    The API server would make one by itself, with RSA keys that take it a second.
    """
    key.touch(mode=0o600)
    extensions = (
        f"subjectAltName=IP:{address}",
        "basicConstraints=critical,CA:TRUE",
        "keyUsage=critical,digitalSignature,keyCertSign",
        "extendedKeyUsage=serverAuth",
    )
    _openssl(
        *("req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{_CURVE}"),
        *("-days", "3650", "-subj", "/CN=kube-apiserver", "-keyout", str(key), "-out", str(certificate)),
        *(word for extension in extensions for word in ("-addext", extension)),
    )


def write_kubeconfig(file: Path, *, url: str, ca: Path, token: str, namespace: str) -> None:
    """Write a kubeconfig with one cluster, one user and one context (JSON, which is YAML)."""
    context = {"cluster": "sandbox", "user": "user", "namespace": namespace}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "sandbox", "cluster": {"server": url, "certificate-authority": str(ca)}}],
        "users": [{"name": "user", "user": {"token": token}}],
        "contexts": [{"name": "sandbox", "context": context}],
        "current-context": "sandbox",
    }
    _write_private(file, json.dumps(config, indent=2) + "\n")


def _write_private(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text)


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
