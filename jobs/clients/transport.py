"""Raw requests over the official client's connections and credentials: each is sent exactly once."""

from __future__ import annotations

import contextlib
import json
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import urllib3
from kubernetes.client import ApiClient, ApiException, Configuration
from kubernetes.client.rest import RESTResponse

from jobs.clients.errors import Unreachable
from jobs.clients.refusals import SYSTEM, Call, lost, refused
from jobs.clients.resources import Raw

CONNECT_S = 2.0
READ_S = 10.0
JSON = "application/json"

Query = Sequence[tuple[str, str]]
_METHODS = {"patch": "PATCH", "delete": "DELETE"}
_LOST = (urllib3.exceptions.HTTPError, ApiException, OSError)
_BAD_REQUEST = 400


@dataclass(frozen=True)
class Asked:
    """A request that is ready to be sent by other means: URL, headers, and how to make the connection.

    `tls`: the ApiClient's own certificates and rules, loaded once for all requests: that takes longer than a handshake.
    """

    url: str
    headers: Mapping[str, str]
    settings: Configuration
    tls: ssl.SSLContext


class Stream:
    """Lines of an answer that goes on. One thread reads; another may end it, and closes it when the first is done."""

    def __init__(self, response: urllib3.HTTPResponse) -> None:
        self._response = response

    def lines(self) -> Iterator[bytes]:
        """Each line as it arrives, until the server ends it.

        Raises:
            OSError, urllib3.exceptions.HTTPError: nothing came for too long, or the connection is lost.
        """
        yield from self._response

    def end(self) -> None:
        """Wake up whoever reads."""
        # Any of these says that it has ended already.
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            self._response.shutdown()

    def close(self) -> None:
        """Give up the connection."""
        self._response.close()
        self._response.release_conn()


class Transport:
    """Sends requests, with a connect time-out of 2 s and a read time-out, and puts refusals into our own errors."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    def json(
        self,
        call: Call,
        *,
        body: object = None,
        content: str = "",
        query: Query = (),
        accept: str = JSON,
        read_s: float = READ_S,
    ) -> Raw:
        """The object that the server answers with. `content` is the type of `body`.

        Raises:
            Ambiguous: a write was sent and its answer is not known. NotFound, Forbidden, Moved, Temporary, Rejected.
        """
        answer = self._send(call, body=body, content=content, query=query, accept=accept, read_s=read_s)
        try:
            parsed = json.loads(self._read(call, answer))
        except ValueError as error:
            raise lost(call, error) from error
        if not isinstance(parsed, dict):
            raise lost(call, ValueError("the answer is no object"))
        return parsed

    def text(self, call: Call, *, query: Query = ()) -> bytes:
        """What is no JSON, as a pod's log.

        Raises:
            As `json`.
        """
        return self._read(call, self._send(call, query=query, accept="text/plain, */*", read_s=READ_S))

    def stream(self, call: Call, *, query: Query, silence_s: float) -> Stream:
        """An answer that goes on; to be closed. Reading it fails once nothing came for `silence_s` seconds.

        Raises:
            As `json`.
        """
        answer = self._send(call, query=query, accept=JSON, read_s=silence_s)
        return Stream(answer.response)

    def prepared(self, call: Call, *, query: Query) -> Asked:
        """The request as it would be sent, with this moment's credentials.

        Raises:
            Unreachable: a certificate cannot be read.
        """
        _, url, headers, _, _ = self._parts(call, query=query, headers={})
        try:
            return Asked(url, headers, self._api.configuration, self._tls)
        except OSError as error:
            raise Unreachable(SYSTEM, str(error)) from error

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return _tls(self._api.configuration)

    def _send(
        self,
        call: Call,
        *,
        body: object = None,
        content: str = "",
        query: Query,
        accept: str,
        read_s: float,
    ) -> RESTResponse:
        headers = {"Accept": accept} | ({"Content-Type": content} if content else {})
        method, url, headers, body, _ = self._parts(call, query=query, headers=headers, body=body)
        try:
            answer = self._api.call_api(method, url, headers, body, _request_timeout=(CONNECT_S, read_s))
        except _LOST as error:
            raise lost(call, error) from error
        if answer.status >= _BAD_REQUEST:
            raise refused(call, status=answer.status, text=self._read(call, answer))
        return answer

    def _parts(self, call: Call, *, query: Query, headers: Mapping[str, str], body: object = None) -> tuple[Any, ...]:
        return self._api.param_serialize(
            _METHODS.get(call.verb, "GET"),
            call.path,
            query_params=list(query),
            header_params=dict(headers),
            body=body,
            auth_settings=["BearerToken"],
        )

    def _read(self, call: Call, answer: RESTResponse) -> bytes:
        try:
            text: bytes = answer.read()  # type: ignore[no-untyped-call]  # theirs
        except _LOST as error:
            raise lost(call, error) from error
        return text


def _tls(settings: Configuration) -> ssl.SSLContext:
    """As websocket-client and urllib3 make one from the same settings."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not settings.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif settings.ssl_ca_cert:
        context.load_verify_locations(cafile=settings.ssl_ca_cert)
    else:
        context.load_default_certs()
    if settings.verify_ssl and settings.assert_hostname is not None:
        context.check_hostname = bool(settings.assert_hostname)
    if settings.cert_file:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    return context
