"""What goes to the app, as signed requests or over web sockets: with Slack's deadline, kept so that it can be repeated.

Source of the signature: Slack's documentation "Verifying requests from Slack" (version v0).
"""

import hashlib
import hmac
import http.client
import json
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

from sandbox.slack.config import Json
from sandbox.slack.envelopes import Envelopes, envelope_of
from sandbox.slack.errors import OutsideError
from sandbox.slack.state import Workspace

KEPT = 2000
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Sign a body as Slack does: `v0=` and the hex HMAC-SHA256 of `v0:timestamp:body`."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Delivery:
    """One request as it went out."""

    id: str
    kind: str
    url: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What the app answered: `status` is None when it did not, and `error` then says how, in Slack's words."""

    delivery_id: str
    status: int | None
    text: str
    headers: dict[str, str]
    ack_ms: float
    error: str | None

    @property
    def ok(self) -> bool:
        """Whether it counts as acknowledged."""
        return self.error is None

    def public(self) -> Json:
        """Show it to a player."""
        return {
            "delivery_id": self.delivery_id,
            "status": self.status,
            "ack_ms": round(self.ack_ms, 3),
            "ack_body": self.text,
            "error": self.error,
        }


class Deliveries:
    """Sends to the app's Request URL, or in Socket Mode over its web sockets, and remembers the last KEPT of them."""

    def __init__(self, workspace: Workspace, envelopes: Envelopes) -> None:
        self._workspace = workspace
        self._envelopes = envelopes
        self._numbers = count(1)
        self._kept: OrderedDict[str, Delivery] = OrderedDict()
        self._lock = threading.Lock()

    def send(self, kind: str, body: bytes, content_type: str, extra: dict[str, str] | None = None) -> Answer:
        """Sign a body now, send it, and wait for the acknowledgement until Slack would give up."""
        timestamp = str(int(time.time()))
        signed = signature(self._workspace.app.signing_secret, timestamp, body)
        headers = {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signed, "Content-Type": content_type}
        return self.send_exactly(kind, body, {**headers, **(extra or {})})

    def send_exactly(self, kind: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Send a body with these headers, whatever they claim."""
        app = self._workspace.app
        url = "" if app.socket_mode else app.request_url
        if not url and not app.socket_mode:
            raise OutsideError("The app has no Request URL yet. POST /sandbox/app {request_url}.", status=409)
        fixed = {"User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)", "Accept": "application/json,*/*"}
        delivery = Delivery(f"dl-{next(self._numbers)}", kind, url, body, {**fixed, **headers})
        with self._lock:
            self._kept[delivery.id] = delivery
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return self._carry(delivery)

    def repeat(self, delivery_id: str) -> Answer:
        """Send the very same request once more: same body, same timestamp, same signature."""
        with self._lock:
            delivery = self._kept.get(delivery_id)
        if delivery is None:
            raise OutsideError(f"No delivery {delivery_id!r} is remembered.")
        return self._carry(delivery)

    def _carry(self, delivery: Delivery) -> Answer:
        return self._over_http(delivery) if delivery.url else self._over_a_web_socket(delivery)

    def _over_a_web_socket(self, delivery: Delivery) -> Answer:
        within_s = self._workspace.config.timings.ack
        began = time.perf_counter()
        if delivery.kind == "raw":
            error, carried = self._envelopes.deliver_text(delivery.body.decode("utf-8", "replace"), within_s=within_s)
        else:
            envelope = envelope_of(delivery.kind, delivery.body, delivery.headers)
            error, carried = self._envelopes.deliver(envelope, within_s=within_s)
        text = "" if carried is None else json.dumps(carried)
        return Answer(delivery.id, None if error else 200, text, {}, _ms(began), error or None)

    def _over_http(self, delivery: Delivery) -> Answer:
        parts = urlsplit(delivery.url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection = http.client.HTTPConnection(
            parts.hostname or "127.0.0.1", parts.port, timeout=self._workspace.config.timings.ack
        )
        began = time.perf_counter()
        try:
            connection.request("POST", target or "/", body=delivery.body, headers=delivery.headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except TimeoutError:
            return Answer(delivery.id, None, "", {}, _ms(began), "operation_timeout")
        except (OSError, http.client.HTTPException) as failure:
            return Answer(delivery.id, None, str(failure), {}, _ms(began), "dispatch_failed")
        finally:
            connection.close()
        error = None if 200 <= answer.status < 300 else "dispatch_failed"  # noqa: PLR2004  HTTP's own range of success
        return Answer(delivery.id, answer.status, text, dict(answer.getheaders()), _ms(began), error)


def _ms(began: float) -> float:
    return (time.perf_counter() - began) * 1000
