"""Drills: steps of every class of effect beside the canary's own, against systems that count what reaches them."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pymysql
import requests
from pymysql.connections import Connection

from bot.catalog import Service
from bot.domain.model import JsonObject
from bot.domain.plan import Effect, Plan, Shown, Step
from bot.domain.rollback import Request
from bot.domain.verdict import Check
from jobs.clients import Clients
from jobs.clients.errors import Ambiguous, Temporary, Unreachable
from jobs.steps import CARRIERS, AlreadySo, AsPlanned, Carrier, Context, Done, Fenced, Look, Settled
from jobs.strategies import STRATEGIES, Facts, Strategy
from sandbox.mariadb import DATABASE, PASSWORD, USER, MariaDB
from sandbox.ports import LOOPBACK
from tests.chaos.counter import SETTLE_S, Counter

COUNTER, SQL_PORT, PLANNED = "CHAOS_COUNTER", "CHAOS_SQL_PORT", "CHAOS_DRILLS"
"""Environment variables of these tests' own composition roots."""
READ, SQL, FILE, ONCE = "drill_read", "drill_sql", "drill_file", "drill_once"
ALL = (READ, SQL, FILE, ONCE)
_EFFECTS = {READ: Effect.READ, SQL: Effect.SERVER_LOCKED, FILE: Effect.CONVERGENT, ONCE: Effect.UNREPEATABLE}
KNOWN_S = SETTLE_S + 1
"""Seconds after which a look says for sure whether the unrepeatable thing was done."""
_DEADLINE_S = 120.0
_ANSWER_S = 10.0
_LOCK_S = 3
_TABLES = (
    "CREATE TABLE IF NOT EXISTS drill_effects (rollback VARCHAR(32), step INT, fence BIGINT)",
    "CREATE TABLE IF NOT EXISTS drill_fences (service VARCHAR(64) PRIMARY KEY, fence BIGINT)",
)


def prepare(mariadb: MariaDB) -> None:
    """Make the tables that the drills write."""
    with contextlib.closing(_connect(mariadb.port)) as connection, connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(table)


def environment(counter: Counter, mariadb: MariaDB, planned: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """What the roots need: where the systems are, and which service's plans carry which drills."""
    return {COUNTER: counter.url, SQL_PORT: str(mariadb.port), PLANNED: json.dumps(planned)}


def strategies() -> dict[str, Strategy]:
    """The product's, the canary's with drills."""
    planned = {name: tuple(kinds) for name, kinds in json.loads(os.environ[PLANNED]).items()}
    return {**STRATEGIES, "canary": WithDrills(STRATEGIES["canary"], planned)}


def carriers() -> dict[str, Carrier]:
    """The product's, and one for each kind of drill."""
    url = os.environ[COUNTER]
    drilled: dict[str, Carrier] = {
        READ: ReadDrill(url),
        SQL: SqlDrill(int(os.environ[SQL_PORT])),
        FILE: FileDrill(url),
        ONCE: OnceDrill(url),
    }
    return {**CARRIERS, **drilled}


@dataclass(frozen=True)
class WithDrills:
    """A strategy whose plans carry further steps, right behind the first."""

    within: Strategy
    planned: Mapping[str, tuple[str, ...]]

    def observe(self, clients: Clients, request: Request, service: Service) -> Facts:
        """As the strategy within."""
        return self.within.observe(clients, request, service)

    def bind(self, clients: Clients, plan: Plan, service: Service) -> tuple[JsonObject, dict[str, Shown]]:
        """As the strategy within."""
        return self.within.bind(clients, plan, service)

    def production(self, clients: Clients, plan: Plan, service: Service) -> JsonObject:
        """As the strategy within."""
        return self.within.production(clients, plan, service)

    def plan(self, facts: Facts, request: Request, service: Service, name: str) -> Plan:
        """The plan of the strategy within, with this service's drills."""
        plan = self.within.plan(facts, request, service, name)
        drills = tuple(
            Step(kind=kind, params={}, effect=_EFFECTS[kind], deadline_s=_DEADLINE_S, estimate_s=1, long=kind == SQL)
            for kind in self.planned.get(name, ())
        )
        return plan.model_copy(update={"steps": (*plan.steps[:1], *drills, *plan.steps[1:])})


@dataclass(frozen=True)
class _Drill:
    """What all drills have in common: nothing to wait for, nothing to judge."""

    def claim(self, ctx: Context) -> None:
        """Nothing to claim."""

    def settle(self, ctx: Context) -> Settled:
        """It is done when it was answered."""
        del ctx
        return Done()

    def check(self, ctx: Context) -> list[Check]:
        """Nothing to judge."""
        del ctx
        return []


@dataclass(frozen=True)
class ReadDrill(_Drill):
    """A read."""

    url: str

    def look(self, ctx: Context) -> Look:
        """A read is never done already."""
        del ctx
        return AsPlanned()

    def apply(self, ctx: Context) -> JsonObject:
        """Read."""
        return {"content": _get(f"{self.url}/file/{ctx.plan.service}")["content"]}


@dataclass(frozen=True)
class FileDrill(_Drill):
    """Convergent: a file written whole."""

    url: str

    def look(self, ctx: Context) -> Look:
        """Whether it holds this already."""
        content = _get(f"{self.url}/file/{ctx.plan.service}")["content"]
        return AlreadySo() if content == tag(ctx.rollback_id, ctx.index) else AsPlanned()

    def apply(self, ctx: Context) -> JsonObject:
        """Write it."""
        _send("PUT", f"{self.url}/file/{ctx.plan.service}", tag(ctx.rollback_id, ctx.index))
        return {}


@dataclass(frozen=True)
class OnceDrill(_Drill):
    """Unrepeatable: it shows that it was done only after a while."""

    url: str

    def look(self, ctx: Context) -> Look:
        """Done for sure, or nobody can tell."""
        done = _get(f"{self.url}/once/{tag(ctx.rollback_id, ctx.index)}")["done"]
        return AlreadySo() if done else AsPlanned()

    def apply(self, ctx: Context) -> JsonObject:
        """Do it."""
        _send("POST", f"{self.url}/once/{tag(ctx.rollback_id, ctx.index)}", "")
        return {}


@dataclass(frozen=True)
class SqlDrill(_Drill):
    """Server-locked: who holds the lock writes, on the very connection that holds it; who takes over ends that one."""

    port: int
    held: dict[str, Connection[Any]] = field(default_factory=dict)

    def look(self, ctx: Context) -> Look:
        """Whether the row is there."""
        with _asking(self.port) as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM drill_effects WHERE rollback = %s AND step = %s", (ctx.rollback_id, ctx.index)
            )
            (rows,) = cursor.fetchone() or (0,)
        return AlreadySo({"rows": rows}) if rows else AsPlanned()

    def claim(self, ctx: Context) -> None:
        """End whoever holds the lock, take it, and leave the fence; whoever has a higher one is left alone."""
        lock = f"drill/{ctx.plan.service}"
        with _asking(self.port) as cursor:
            self._not_overtaken(cursor, ctx)
            cursor.execute("SELECT IS_USED_LOCK(%s)", (lock,))
            (holder,) = cursor.fetchone() or (None,)
            mine = self.held.pop(ctx.manager, None)
            if mine is not None:
                mine.close()
            elif holder is not None:
                with contextlib.suppress(pymysql.err.OperationalError):  # It may have gone by itself meanwhile.
                    cursor.execute(f"KILL CONNECTION {int(holder)}")
        with _problems("GET_LOCK"):
            connection = _connect(self.port)
            with connection.cursor() as cursor:
                cursor.execute("SELECT GET_LOCK(%s, %s)", (lock, _LOCK_S))
                (got,) = cursor.fetchone() or (0,)
                if not got:
                    connection.close()
                    raise Temporary(f"the lock {lock} is not free yet")
                self._not_overtaken(cursor, ctx)
                cursor.execute("REPLACE INTO drill_fences VALUES (%s, %s)", (ctx.plan.service, ctx.fence))
                connection.commit()
        self.held[ctx.manager] = connection

    def apply(self, ctx: Context) -> JsonObject:
        """Write the row on the connection that holds the lock."""
        connection = self.held.pop(ctx.manager)
        with _problems("INSERT"), contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("INSERT INTO drill_effects VALUES (%s, %s, %s)", (ctx.rollback_id, ctx.index, ctx.fence))
            connection.commit()
        return {}

    @staticmethod
    def _not_overtaken(cursor: Any, ctx: Context) -> None:  # noqa: ANN401 - a cursor of any kind
        cursor.execute("SELECT fence FROM drill_fences WHERE service = %s", (ctx.plan.service,))
        (found,) = cursor.fetchone() or (0,)
        if found > ctx.fence:
            raise Fenced(f"drill_fences/{ctx.plan.service}", found=str(found), mine=ctx.fence)


def tag(rollback_id: str, step: int) -> str:
    """The name of one effect."""
    return f"{rollback_id}-{step}"


def _connect(port: int) -> Connection[Any]:
    return pymysql.connect(
        host=LOOPBACK,
        port=port,
        user=USER,
        password=PASSWORD,
        database=DATABASE,
        connect_timeout=5,
        read_timeout=10,
        write_timeout=10,
    )


@contextlib.contextmanager
def _asking(port: int) -> Iterator[Any]:
    """A cursor of a connection of its own, for reads."""
    try:
        with contextlib.closing(_connect(port)) as connection, connection.cursor() as cursor:
            yield cursor
    except pymysql.err.MySQLError as error:
        raise Unreachable("MariaDB", str(error)) from error


@contextlib.contextmanager
def _problems(what: str) -> Iterator[None]:
    try:
        yield
    except pymysql.err.MySQLError as error:
        raise Ambiguous("MariaDB", what, str(error)) from error


def _get(url: str) -> dict[str, Any]:
    try:
        with _session() as session:
            answer: dict[str, Any] = session.get(url, timeout=_ANSWER_S).json()
            return answer
    except requests.RequestException as error:
        raise Unreachable("the counting system", str(error)) from error


def _send(method: str, url: str, content: str) -> None:
    try:
        with _session() as session:
            session.request(method, url, data=content, timeout=_ANSWER_S).raise_for_status()
    except requests.RequestException as error:
        raise Ambiguous("the counting system", f"{method} {url}", str(error)) from error


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # this machine's proxy is for other servers
    return session
