"""Create and rebuild the tables of read models beside those that readers see. Needs the schema's owner.

A build is one table of one read model. The new one is filled from the log while the live one goes on; then, in one
transaction, readers' view is moved to it. Readers are never turned away: they wait for that transaction at most.
A build is for READ COMMITTED readers, as all ours are: a snapshot older than a build sees it as empty as it was then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from services.kernel.adapters.locks import Connection, advisory_key, alone, lock_until_commit
from services.kernel.clock import Clock
from services.kernel.model import KernelError
from services.kernel.operating import BOARD, OPERATORS
from services.kernel.reading.projections import SQL, Batch, LogReader, ReadModel, put, read

BATCH = 25_000
"""Large, for what is said of one key within a batch is written once."""
NEAR = 2_000
"""So few events behind, the rest is caught up under the log lock."""
PATIENCE = "500ms"
"""How long a flip may make readers and writers wait before it gives way to them and is tried again."""
TRIES = 60


class RebuildRefused(KernelError):
    """A rebuild cannot start or end now; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rebuild is. Positions are those of the log; `read` counts the events that the model cares for."""

    position: int
    end: int
    start: int
    """The position it began at: 0, or where a killed rebuild had come to."""
    read: int
    seconds: float

    @property
    def rate(self) -> float:
        """Log positions passed per second."""
        return (self.position - self.start) / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """At this rate; None before there is one."""
        return (self.end - self.position) / self.rate if self.rate > 0 else None


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A rebuild that is over."""

    table: str
    resumed: bool
    events: int
    """Read in this run."""
    position: int
    seconds: float
    flip_seconds: float
    """How long the flip's transaction took, the longest that a reader may have waited."""
    dropped: tuple[str, ...]
    left: tuple[str, ...]
    """Old tables still in use; the next rebuild drops them."""


async def make(connection: Connection, schema: str, models: Iterable[ReadModel], clock: Clock) -> list[str]:
    """Make what has no build yet: table, view, and a live build that a service fills. Returns the tables made."""
    made: list[str] = []
    for model in models:
        if await connection.fetch(SQL["builds"], model.name):
            continue
        async with connection.transaction():
            # Two migrations at once: the second waits, and finds it made.
            await lock_until_commit(connection, advisory_key(schema, "rebuild", model.name))
            if await connection.fetch(SQL["builds"], model.name):
                continue
            table = await _add_build(connection, schema, model, 1, "live", clock.now())
            for index in model.indexes:
                await connection.execute(index.replace("{table}", table))
            await _show(connection, schema, model.name, table)
            made.append(table)
    return made


class Rebuild:
    """One rebuild of one read model, over two connections in the service's schema: while one batch is written, the next is read.

    `service` names the log (its advisory lock) and the role that gets rights on what is made.
    """

    def __init__(
        self,
        service: str,
        model: ReadModel,
        clock: Clock,
        *,
        on_progress: Callable[[Progress], None] = lambda _: None,
        batch: int = BATCH,
    ) -> None:
        self._service, self._model, self._clock = service, model, clock
        self._reading, self._size, self._on_progress = LogReader(model), batch, on_progress
        self._read = 0

    async def run(self, writer: Connection, reader: Connection, *, anew: bool = False) -> Rebuilt:
        """Build, flip, drop what is old. A build of this version that was broken off goes on unless `anew`.

        Raises:
            RebuildRefused: another rebuild runs, or the flip found no gap between long readers.

        """
        began = self._clock.monotonic()
        name = self._model.name
        # The lock ends with the session, so a killed rebuild leaves none.
        async with alone(writer, advisory_key(self._service, "rebuild", name)) as lock:
            if not lock.stands:
                raise RebuildRefused(
                    f"{name} of {self._service} is being rebuilt by somebody else: wait for that to end"
                )
            table, cursor, resumed = await self._open(writer, anew=anew)
            await self._fill(writer, reader, table, cursor)
            for index in self._model.indexes:
                await writer.execute(index.replace("{table}", table))
            await writer.execute(f"analyze {table}")
            position, flip_seconds = await self._flip_patiently(writer, reader, table)
            dropped, left = await self._drop_old(writer)
        return Rebuilt(
            table,
            resumed,
            self._read,
            position,
            self._clock.monotonic() - began,
            flip_seconds,
            tuple(dropped),
            tuple(left),
        )

    async def _open(self, writer: Connection, *, anew: bool) -> tuple[str, int, bool]:
        """The build to fill: the one broken off, or a new one. Returns table, cursor, whether it goes on."""
        await self._drop_old(writer)
        async with writer.transaction():
            builds = await writer.fetch(SQL["lock_builds"], self._model.name)
            for build in builds:
                if build["state"] != "building":
                    continue
                if build["version"] == self._model.version and not anew:
                    return build["table_name"], build["cursor"], build["cursor"] > 0
                await _drop(writer, build["table_name"])
            number = max((b["build"] for b in builds if b["version"] == self._model.version), default=0) + 1
            table = await _add_build(writer, self._service, self._model, number, "building", self._clock.now())
            return table, 0, False

    async def _fill(self, writer: Connection, reader: Connection, table: str, cursor: int) -> None:
        """Fold the log until the build is near its end."""
        began, start = self._clock.monotonic(), cursor
        end: int = await reader.fetchval(SQL["log_end"])
        batch = await self._next(reader, cursor, end)
        while True:
            writing = asyncio.create_task(self._write(writer, table, batch))
            following: Batch | None = None
            try:
                if not batch.full:
                    end = await reader.fetchval(SQL["log_end"])
                if batch.full or end - batch.cursor > NEAR:
                    following = await self._next(reader, batch.cursor, end)
            finally:
                await writing
            seconds = self._clock.monotonic() - began
            self._on_progress(Progress(batch.cursor, max(end, batch.cursor), start, self._read, seconds))
            if following is None:
                return
            batch = following

    async def _next(self, reader: Connection, cursor: int, end: int) -> Batch:
        async with reader.transaction():
            return await read(reader, self._reading, cursor, end, self._size)

    async def _write(self, writer: Connection, table: str, batch: Batch) -> None:
        async with writer.transaction():
            # A crash of the server may take the last batches back, rows and cursor together: they are read again.
            await writer.execute("set local synchronous_commit = off")
            await put(writer, self._model, table, batch)
        self._read += len(batch.events)

    async def _flip_patiently(self, writer: Connection, reader: Connection, table: str) -> tuple[int, float]:
        for _ in range(TRIES):
            # Making indexes or waiting for a reader took time: what came meanwhile is not left to the log lock.
            cursor: int = await reader.fetchval("select cursor from projection where table_name = $1", table)
            await self._fill(writer, reader, table, cursor)
            began = self._clock.monotonic()
            try:
                position = await self._flip(writer, table)
            except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
                # A long reader holds the view: those behind us must not wait for it too.
                await asyncio.sleep(0.5)
            else:
                return position, self._clock.monotonic() - began
        raise RebuildRefused(
            f"the new table {table} is ready, but readers never let go of {self._model.name} for a moment: end the long "
            f"transactions that read it (pg_stat_activity), then run the rebuild again; it goes on where it is"
        )

    async def _flip(self, writer: Connection, table: str) -> int:
        """Move readers and services to the new build. Locks: builds, view, log; the log is the last, as everywhere."""
        async with writer.transaction():
            await writer.execute(f"set local lock_timeout = '{PATIENCE}'")
            builds = {row["table_name"]: row for row in await writer.fetch(SQL["lock_builds"], self._model.name)}
            await _show(writer, self._service, self._model.name, table)
            await lock_until_commit(writer, advisory_key(self._service, "log"))
            end: int = await writer.fetchval(SQL["log_end"])
            cursor: int = builds[table]["cursor"]
            full = True
            while full:
                batch = await read(writer, self._reading, cursor, end, self._size)
                await put(writer, self._model, table, batch)
                self._read += len(batch.events)
                cursor, full = batch.cursor, batch.full
            await writer.execute(SQL["set_aside"], self._model.name)
            await writer.execute(SQL["make_live"], table, self._clock.now())
        return cursor

    async def _drop_old(self, writer: Connection) -> tuple[list[str], list[str]]:
        """Drop builds that nobody is shown any more. Returns those dropped, and those still in use."""
        dropped: list[str] = []
        left: list[str] = []
        for build in await writer.fetch(SQL["builds"], self._model.name):
            if build["state"] != "old":
                continue
            try:
                async with writer.transaction():
                    await writer.execute(f"set local lock_timeout = '{PATIENCE}'")
                    await _drop(writer, build["table_name"])
                dropped.append(build["table_name"])
            except asyncpg.LockNotAvailableError:
                left.append(build["table_name"])
        return dropped, left


async def _add_build(
    connection: Connection, service: str, model: ReadModel, build: int, state: str, now: datetime
) -> str:
    table = f"{model.name}_v{model.version}" + (f"_{build}" if build > 1 else "")
    await connection.execute(model.ddl.replace("{table}", table))
    await connection.execute(
        f"comment on table {table} is 'read model {model.name}, version {model.version}: read it by view {model.name}'"
    )
    await _grant(connection, service, table, "select, insert, update, delete")
    await connection.execute(SQL["add_build"], model.name, model.version, build, table, state, now)
    return table


async def _show(connection: Connection, service: str, view: str, table: str) -> None:
    """Put the view over `table`. Where the columns differ, a view cannot be replaced and is recreated, unseen."""
    definition = f"view {view} as select * from {table}"
    try:
        async with connection.transaction():
            await connection.execute(f"create or replace {definition}")
    except asyncpg.InvalidTableDefinitionError:
        await connection.execute(f"drop view {view}; create {definition}")
    await _grant(connection, service, view, "select")


async def _grant(connection: Connection, service: str, what: str, rights: str) -> None:
    """As migrate does for all tables; a database without the role (a test's) needs no grant."""
    # Who is on duty reads the view, whatever table stands behind it; so does the public board where it is to.
    roles = [f"outage_{service}"]
    if rights == "select":
        shown = await connection.fetchval("select exists(select from board_sees where table_name = $1)", what)
        roles += [OPERATORS, BOARD] if shown else [OPERATORS]
    for role in roles:
        if await connection.fetchval("select true from pg_roles where rolname = $1", role):
            await connection.execute(f"grant {rights} on {what} to {role}")


async def _drop(connection: Connection, table: str) -> None:
    await connection.execute(f"drop table if exists {table}")
    await connection.execute(SQL["forget_build"], table)
