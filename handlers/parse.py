"""What a command asks for, or why it cannot be understood. Pure: text and names in, a decision out; no guesses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.domain.model import Json, JsonObject
from bot.domain.refusal import Code, Refused
from bot.domain.strategy import BY_NAME, STRATEGIES, Strategy
from bot.durations import seconds_of
from bot.nearest import one_edit
from handlers.words import LONGEST, Words, split

ROLLBACK_ID = re.compile(r"rb-[0-9]{1,9}")
VERSION = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._+:@/=,-]{0,255}")
REASON_CODES = ("data", "security", "critical", "performance", "logic")
"""The five reasons of R13; any other text is kept as it is."""
FOR_TAIL = re.compile(r"(?:^|\s+)for\s*=\s*(\S+(?:\s[a-z]+)?)\s*$", re.IGNORECASE)
NO_SWITCHES = frozenset({"to", "reason", "break-glass"})
"""Options that are no yes or no handed on to the strategy."""
HELP = frozenset({"help", "--help", "-help", "-h", "--h", "?", "h"})
YES = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}
LOOKS = ("status", "abort", "report")
LOCKS = ("lock", "unlock", "history")
UNDO = "undo-rollback"
COMMANDS = ("plan", *LOOKS, *LOCKS, UNDO, "help")
OWN_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "lock": ("reason", "for"),
    "unlock": (),
    "history": ("for",),
    UNDO: ("reason",),
}


@dataclass(frozen=True)
class Ask:
    """A rollback is wanted; with `dry`, only its plan."""

    strategy: str
    service: str
    version: str = ""
    reason: str = ""
    reason_code: str = ""
    options: JsonObject = field(default_factory=dict)
    dry: bool = False
    break_glass: bool = False


@dataclass(frozen=True)
class Undo:
    """A rollback is to be taken back."""

    rollback_id: str
    reason: str = ""
    reason_code: str = ""


@dataclass(frozen=True)
class Look:
    """`status`, `abort` or `report`, of a rollback's id, a service, or (status only) everything: ""."""

    command: str
    what: str = ""


@dataclass(frozen=True)
class Lock:
    """Nobody may begin a rollback of this service, for so many seconds or until somebody lifts it: None."""

    service: str
    reason: str = ""
    seconds: int | None = None


@dataclass(frozen=True)
class Unlock:
    """The lock and the deploy hold of this service are to be lifted."""

    service: str


@dataclass(frozen=True)
class History:
    """What was rolled back, of one service or of all: "", in the last `seconds`, or ever: None."""

    service: str = ""
    seconds: int | None = None


@dataclass(frozen=True)
class Help:
    """The help of one command, or of all: ""."""

    command: str = ""


Command: TypeAlias = Ask | Undo | Look | Lock | Unlock | History | Help


def parse(text: str, *, services: Iterable[str], here: Sequence[str] = ()) -> Command:
    """Understand the text after `/rollback`. `services` are the catalog's; `here` those whose channel this is.

    Raises:
        Refused: with the code and what to send instead.
    """
    if len(text) > LONGEST:
        raise Refused(Code.TOO_LONG, length=len(text), limit=LONGEST)
    return _Parser(split(text), services=frozenset(services), here=tuple(here)).command()


@dataclass(frozen=True)
class _Parser:
    words: Words
    services: frozenset[str]
    here: tuple[str, ...]

    def command(self) -> Command:
        plain: tuple[str, ...] = self.words.plain
        if not plain and not self.words.options:
            return Help()
        if any(word in HELP for word in plain):
            about = next((word for word in plain if word not in HELP), "")
            return Help(self._known_command(about))
        self._refuse_dashes()
        if not plain:
            raise Refused(Code.UNKNOWN_COMMAND, command=self.words.options[0].name, nearest=[], send="/rollback help")
        first, *others = plain
        rest = tuple(others)
        if first in self.services and rest and (rest[0] in BY_NAME or rest[0] in COMMANDS):
            first, rest = rest[0], (first, *rest[1:])
        if first == "plan":
            return self._dry(rest)
        if first in LOOKS:
            return self._look(first, rest)
        if first == UNDO:
            return self._undo(rest)
        if first in LOCKS:
            return self._standing(first, rest)
        return self._ask(first, rest, prefix="")

    def _dry(self, rest: tuple[str, ...]) -> Command:
        if not rest:
            raise Refused(Code.MISSING_SERVICE, command="plan", here=list(self.here), send=self._example("plan canary"))
        first, *others = rest
        after = tuple(others)
        if first in self.services and after and after[0] in BY_NAME:
            first, after = after[0], (first, *after[1:])
        return self._ask(first, after, prefix="plan ")

    def _ask(self, first: str, rest: tuple[str, ...], *, prefix: str) -> Ask:
        strategy = BY_NAME.get(first)
        if strategy is None:
            raise self._no_command(first, rest, prefix=prefix)
        name = f"{prefix}{strategy.name}"
        if not rest:
            raise Refused(Code.MISSING_SERVICE, command=name, here=list(self.here), send=self._example(name))
        service = self._service(rest[0], command=name)
        self._no_more(rest[1:], command=name, options=strategy.options)
        return self._filled(strategy, service, name=name, dry=bool(prefix))

    def _filled(self, strategy: Strategy, service: str, *, name: str, dry: bool) -> Ask:
        given = self._given(name, strategy.options)
        version = given.get("to", "")
        if "to" in given and not VERSION.fullmatch(version):
            raise Refused(Code.BAD_VALUE, option="to", given=version, why="no-version", allowed=[])
        if strategy.needs_version and not version:
            raise Refused(Code.BAD_VALUE, option="to", given="", why="missing", allowed=[])
        reason = given.get("reason", "")
        return Ask(
            strategy=strategy.name,
            service=service,
            version=version,
            reason=reason,
            reason_code=_reason_code(reason),
            options={option: self._yes(option, given[option]) for option in given if option not in NO_SWITCHES},
            dry=dry,
            break_glass="break-glass" in given and self._yes("break-glass", given["break-glass"]),
        )

    def _undo(self, rest: tuple[str, ...]) -> Undo:
        if not rest:
            raise Refused(Code.MISSING_ID, command=UNDO, send="")
        if not ROLLBACK_ID.fullmatch(rest[0]):
            raise Refused(Code.UNKNOWN_ROLLBACK, id=rest[0])
        self._no_more(rest[1:], command=UNDO, options=OWN_OPTIONS[UNDO])
        reason = self._given(UNDO, OWN_OPTIONS[UNDO]).get("reason", "")
        return Undo(rest[0], reason=reason, reason_code=_reason_code(reason))

    def _given(self, command: str, options: Sequence[str]) -> dict[str, str]:
        given: dict[str, str] = {}
        for option in self.words.options:
            if option.name not in options:
                raise self._no_option(option.name, command=command, options=options)
            if option.name in given:
                raise Refused(Code.BAD_VALUE, option=option.name, given=option.value, why="twice", allowed=[])
            given[option.name] = option.value
        return given

    def _standing(self, command: str, rest: tuple[str, ...]) -> Lock | Unlock | History:
        options = OWN_OPTIONS[command]
        if not rest and command != "history":
            raise Refused(Code.MISSING_SERVICE, command=command, here=list(self.here), send=self._example(command))
        service = self._service(rest[0], command=command) if rest else ""
        self._no_more(rest[1:], command=command, options=options)
        given = self._given(command, options)
        if command == "lock" and "for" not in given and (tail := FOR_TAIL.search(given.get("reason", ""))):
            # An unquoted reason takes the rest of the line, and no lock is to stand for ever because of that.
            given |= {"reason": given["reason"][: tail.start()], "for": tail[1]}
        seconds = self._seconds(given["for"]) if "for" in given else None
        match command:
            case "lock":
                return Lock(service, reason=given.get("reason", ""), seconds=seconds)
            case "unlock":
                return Unlock(service)
            case _:
                return History(service, seconds=seconds)

    @staticmethod
    def _seconds(given: str) -> int:
        seconds = seconds_of(given)
        if seconds is None:
            raise Refused(Code.BAD_VALUE, option="for", given=given, why="for", allowed=["30m", "2h", "30d"])
        return seconds

    @staticmethod
    def _yes(option: str, value: str) -> bool:
        if value.lower() not in YES:
            raise Refused(Code.BAD_VALUE, option=option, given=value, why="not-yes-or-no", allowed=["yes", "no"])
        return YES[value.lower()]

    def _look(self, command: str, rest: tuple[str, ...]) -> Look:
        if self.words.options:
            raise self._no_option(self.words.options[0].name, command=command, options=())
        if not rest and command != "status":
            raise Refused(Code.MISSING_ID, command=command, send=self._example(command))
        self._no_more(rest[1:], command=command, options=())
        if not rest or ROLLBACK_ID.fullmatch(rest[0]):
            return Look(command, rest[0] if rest else "")
        return Look(command, self._service(rest[0], command=command))

    def _service(self, given: str, *, command: str) -> str:
        if given in self.services:
            return given
        near: list[Json] = list(one_edit(given, self.services))
        if ROLLBACK_ID.fullmatch(given):
            # "undo rb-1042" means the rollback, not a service of that name.
            send = f"/rollback {UNDO if command == 'kubernetes' else 'status'} {given}"
            raise Refused(Code.UNKNOWN_SERVICE, service=given, is_rollback=True, nearest=[], send=send)
        send = f"/rollback {command} {near[0]}" if len(near) == 1 else ""
        raise Refused(Code.UNKNOWN_SERVICE, service=given, nearest=near, send=send, services=[*sorted(self.services)])

    def _no_command(self, given: str, rest: tuple[str, ...], *, prefix: str) -> Refused:
        if rest and (rest[0] in BY_NAME or rest[0] in COMMANDS):
            near: list[Json] = list(one_edit(given, self.services))
            send = f"/rollback {prefix}{rest[0]} {near[0]}" if len(near) == 1 else ""
            return Refused(
                Code.UNKNOWN_SERVICE, service=given, nearest=near, send=send, services=[*sorted(self.services)]
            )
        if given in self.services:
            ways = tuple(strategy.name for strategy in STRATEGIES)
            names = ways if prefix else (*ways, "status")
            return Refused(
                Code.AMBIGUOUS, given=given, candidates=[f"/rollback {prefix}{name} {given}" for name in names]
            )
        nearest: list[Json] = list(one_edit(given, BY_NAME if prefix else (*BY_NAME, *COMMANDS)))
        tail = f" {rest[0]}" if rest and (rest[0] in self.services or ROLLBACK_ID.fullmatch(rest[0])) else ""
        send = f"/rollback {prefix}{nearest[0]}{tail}" if len(nearest) == 1 else "/rollback help"
        return Refused(Code.UNKNOWN_COMMAND, command=given, nearest=nearest, send=send)

    def _no_option(self, given: str, *, command: str, options: Sequence[str]) -> Refused:
        return Refused(
            Code.UNKNOWN_OPTION,
            option=given,
            command=command,
            options=list(options),
            nearest=list(one_edit(given, options)),
        )

    def _no_more(self, rest: tuple[str, ...], *, command: str, options: Sequence[str]) -> None:
        if rest:
            raise self._no_option(rest[0], command=command, options=options)

    def _refuse_dashes(self) -> None:
        for option in self.words.options:
            if option.dashed:
                write = f"{option.name}={option.value}"
                raise Refused(Code.DASHED_OPTION, given=f"--{write}", write=write)
        known = {name for strategy in BY_NAME.values() for name in strategy.options} | {"for"}
        for word in self.words.plain:
            if word.startswith("-") and word.lstrip("-") in known:
                raise Refused(Code.DASHED_OPTION, given=word, write=f"{word.lstrip('-')}=")

    def _known_command(self, given: str) -> str:
        if given in BY_NAME:
            return BY_NAME[given].name
        return given if given in COMMANDS else ""

    def _example(self, command: str) -> str:
        return f"/rollback {command} {self.here[0]}" if len(self.here) == 1 else ""


def _reason_code(reason: str) -> str:
    """The reason of R13 that the text names; "" for any other text."""
    code = reason.lower().strip(" .,:")
    return code if code in REASON_CODES else ""
