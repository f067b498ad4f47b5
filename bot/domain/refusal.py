"""Why something was refused: a code from a closed list and the figures that fill its wording (views hold the words)."""

from __future__ import annotations

from enum import StrEnum

from bot.domain.model import Json, JsonObject, Value


class Code(StrEnum):
    """Every reason the bot may give for not doing what was asked."""

    # What was typed
    UNKNOWN_COMMAND = "unknown-command"
    UNKNOWN_SERVICE = "unknown-service"
    UNKNOWN_OPTION = "unknown-option"
    UNKNOWN_ROLLBACK = "unknown-rollback"
    MISSING_SERVICE = "missing-service"
    MISSING_ID = "missing-id"
    AMBIGUOUS = "ambiguous"
    BAD_VALUE = "bad-value"
    DASHED_OPTION = "dashed-option"
    TOO_LONG = "too-long"
    NOT_BUILT = "not-built"
    # Who asked
    NOT_A_MEMBER = "not-a-member"
    NOT_APPROVER = "not-approver"
    NOT_REQUESTER = "not-requester"
    REQUESTER_EXCLUDED = "requester-excluded"
    ALREADY_COUNTED = "already-counted"
    DIRECTORY_UNREADABLE = "directory-unreadable"
    # What the click was for
    PLAN_CHANGED = "plan-changed"
    TOO_LATE = "too-late"
    STALE_BUTTON = "stale-button"
    # What production says
    NO_CANARY = "no-canary"
    NO_WORKLOAD = "no-workload"
    NO_ROUTE = "no-route"
    AMBIGUOUS_ROUTE = "ambiguous-route"
    BAD_WEIGHTS = "bad-weights"
    OWNED_ELSEWHERE = "owned-elsewhere"
    STABLE_NOT_READY = "stable-not-ready"
    PAUSED = "paused"
    ABOVE_MAX = "above-max"
    BAD_VERSION = "bad-version"
    CANNOT_UNDO = "cannot-undo"
    NO_REVISION = "no-revision"
    MANY_REVISIONS = "many-revisions"
    ALREADY_THERE = "already-there"
    NO_PODS = "no-pods"
    NO_SIDE = "no-side"
    MANY_SIDES = "many-sides"
    NO_SUBSET = "no-subset"
    NO_ROLLOUT = "no-rollout"
    NO_BACKUP = "no-backup"
    BAD_BACKUP = "bad-backup"
    CONFIG_FIXED = "config-fixed"
    ROUTE_SHARED = "route-shared"
    BAD_WINDOW = "bad-window"
    TARGET_BUSY = "target-busy"
    QUOTA_FULL = "quota-full"
    REFERENCE_GONE = "reference-gone"
    WOULD_BE_REFUSED = "would-be-refused"
    # What a person decided
    LOCKED = "locked"
    NOT_LOCKED = "not-locked"
    NO_REASON = "no-reason"
    NO_BREAK_GLASS = "no-break-glass"
    NOT_AT_TERMINAL = "not-at-terminal"
    MISSING_RIGHT = "missing-right"
    UNREACHABLE = "unreachable"
    STORE_UNREADABLE = "store-unreadable"
    STORE_UNACCEPTED = "store-unaccepted"
    STORE_FULL = "store-full"


class Refusal(Value):
    """A reason as data. Every refusal means that nothing was changed by the thing that was refused."""

    code: Code
    figures: JsonObject = {}


class Refused(Exception):  # noqa: N818 - it is the domain's word, and no error: the answer is no
    """Raised where the answer is no; carries the `Refusal` for the views."""

    def __init__(self, code: Code, **figures: Json) -> None:
        super().__init__(f"{code}: {figures}")
        self.refusal = Refusal(code=code, figures=figures)

    def about(self, service: str) -> Refused:
        """The same, naming the service it is about, for words that stand where no card names it."""
        return Refused(self.refusal.code, **{"service": service, **self.refusal.figures})
