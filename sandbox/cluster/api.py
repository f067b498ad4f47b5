"""A small client of the API server, for setting scenes and looking at them; the product has its own."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import requests
import yaml

Document = Mapping[str, Any]
PatchKind = Literal["json", "merge", "strategic", "apply"]

_TIMEOUT_S = 30.0
_PATCH_TYPES: dict[PatchKind, str] = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}


class ApiError(RuntimeError):
    """The API server refused; `status` is the HTTP status and `reason` the Status object's, both as it gave them."""

    def __init__(self, *, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason


class Api:
    """One user's way to the API server. Paths are the API's own, as in /apis/apps/v1/namespaces/x/deployments/y."""

    def __init__(self, url: str, *, ca: Path, token: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # this machine's proxy and CA bundle are for other servers
        self._session.verify = str(ca)
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._plurals: dict[str, dict[str, tuple[str, bool]]] = {}

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Read an object or a list. Raises ApiError, as all methods do."""
        return self._send("GET", path, query=query)

    def text(self, path: str, **query: str) -> str:
        """Read what is no JSON, as pods/log."""
        return self._ask("GET", path, query=query).text

    def create(self, path: str, document: Document) -> dict[str, Any]:
        """POST an object to the path of its list."""
        return self._send("POST", path, body=document)

    def delete(self, path: str) -> dict[str, Any]:
        """Delete an object."""
        return self._send("DELETE", path)

    def patch(
        self, path: str, body: Document | Sequence[Document], *, kind: PatchKind = "merge", manager: str = ""
    ) -> dict[str, Any]:
        """Patch an object; `manager` is the field manager, which kind "apply" must have."""
        query = {"fieldManager": manager} if manager else {}
        if kind == "apply":
            query["force"] = "true"
        return self._send("PATCH", path, query=query, body=body, content_type=_PATCH_TYPES[kind])

    def apply(self, documents: Path | Iterable[Document], *, manager: str = "sandbox") -> None:
        """Server-side apply objects, in order; a path is a YAML file, or a folder of them in order of name."""
        for document in _documents(documents):
            self.patch(self.path(document), document, kind="apply", manager=manager)

    def apply_text(self, path: str, text: str, *, manager: str = "sandbox") -> None:
        """Server-side apply one object as the YAML it is written in, at its own path."""
        query = {"fieldManager": manager, "force": "true"}
        self._send("PATCH", path, query=query, data=text, content_type=_PATCH_TYPES["apply"])

    def path(self, document: Document) -> str:
        """The path of an object, its plural looked up in the API's own discovery."""
        version, kind = document["apiVersion"], document["kind"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        plural, namespaced = self._plural(root, kind)
        meta = document["metadata"]
        scope = f"/namespaces/{meta.get('namespace', 'default')}" if namespaced else ""
        return f"{root}{scope}/{plural}/{meta['name']}"

    def _plural(self, root: str, kind: str) -> tuple[str, bool]:
        if kind not in self._plurals.get(root, {}):
            resources = self.get(root)["resources"]
            self._plurals[root] = {r["kind"]: (r["name"], r["namespaced"]) for r in resources if "/" not in r["name"]}
        return self._plurals[root][kind]

    def _send(self, method: str, path: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as _ask takes it
        told: dict[str, Any] = self._ask(method, path, **request).json()
        return told

    def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Document | Sequence[Document] | None = None,
        data: str | None = None,
        content_type: str = "application/json",
    ) -> requests.Response:
        answer = self._session.request(
            method,
            self.url + path,
            params=query,
            json=body,
            data=data.encode() if data else None,
            headers={"Content-Type": content_type},
            timeout=_TIMEOUT_S,
        )
        if not answer.ok:
            raise _refusal(answer)
        return answer


def _refusal(answer: requests.Response) -> ApiError:
    try:
        told = answer.json()
    except requests.JSONDecodeError:
        told = {"message": answer.text}
    return ApiError(status=answer.status_code, reason=told.get("reason", ""), message=told.get("message", ""))


def _documents(source: Path | Iterable[Document]) -> Iterable[Document]:
    if not isinstance(source, Path):
        return source
    files = sorted(source.glob("*.yaml")) if source.is_dir() else [source]
    return [document for file in files for document in load(file)]


def load(file: Path) -> list[dict[str, Any]]:
    """The objects of a YAML file."""
    return [document for document in yaml.load_all(file.read_text(), Loader=yaml.CSafeLoader) if document]
