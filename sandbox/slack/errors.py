"""How the Web API says no."""

from sandbox.slack.config import Json


class ApiError(Exception):
    """A refusal with Slack's own code; `messages` go to response_metadata, `http_status` is 200 as in Slack."""

    def __init__(self, code: str, messages: tuple[str, ...] = (), *, http_status: int = 200) -> None:
        super().__init__(code)
        self.code = code
        self.messages = messages
        self.http_status = http_status

    def body(self) -> Json:
        """Give the JSON body that Slack answers with."""
        body: Json = {"ok": False, "error": self.code}
        if self.messages:
            body["response_metadata"] = {"messages": list(self.messages)}
            if self.code == "invalid_blocks":
                body["errors"] = list(self.messages)
        return body


class RateLimitedError(ApiError):
    """Too many calls of one method; `retry_after` is in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited", http_status=429)
        self.retry_after = retry_after


class OutsideError(Exception):
    """A player asked for something a person could not do in Slack, such as pressing a button that is not there."""

    def __init__(self, message: str, *, status: int = 404) -> None:
        super().__init__(message)
        self.status = status
