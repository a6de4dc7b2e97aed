"""Read what one snapshot is made of, as role `outage_board`: what changed since the last round, and now and then everything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import asyncpg

from services.board.domain.public import Board
from services.board.reading.kept import KeptRows
from services.board.reading.names import NamedElement, Nameless, Place, places_named
from services.board.reading.notices import SchemeOrder, text_row
from services.board.reading.outages import seen_outage
from services.board.reading.scheme import SchemeRow, public_scheme, scheme_row
from services.board.reading.statements import public_statement
from services.board.rendering.ports import NothingRead
from services.kernel.adapters.locks import Connection
from services.kernel.clock import Clock
from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[1] / "sql" / "reading.sql")
DATABASE_TIME = queries(Path(__file__).parents[2] / "kernel" / "sql" / "database_time.sql")["database_time"]
WHOLE_SECONDS: Final = 600.0
"""So often everything is read: the network model may name an element otherwise, and `outagectl rearm` moves no position."""
KEPT: Final = timedelta(days=30)
NAMES_AT_ONCE: Final = 2_000
PREFIX: Final = "outage/"


class BoardReading(NamedTuple):
    """What was read in one round."""

    board: Board
    age: timedelta
    """How old the truth in it was then, by the database's clock (where time is warped, by that clock)."""

    changed: int
    """Rows that were read anew."""


class BoardReader:
    """Reads round by round. One round at a time."""

    def __init__(
        self,
        clock: Clock,
        zone: ZoneInfo,
        *,
        salt: bytes,
        counted_by: tuple[str, ...] = ("published",),
        nameless: Nameless | None = None,
        kept: timedelta = KEPT,
    ) -> None:
        self._clock, self._zone, self._counted_by, self._kept_for = clock, zone, counted_by, kept
        self._salt = salt
        self._rows = KeptRows(salt, nameless or Nameless())
        self._whole_at: float | None = None

    def anew(self) -> None:
        """Read everything in the next round: another connection may be one to a database that went back."""
        self._whole_at = None

    async def read(self, connection: Connection) -> BoardReading:
        """The board as it is now. Rows are at least as new as its `as_of`: that is asked first.

        Raises:
            NothingRead: a service has not said yet up to when it knows all facts, or the views are not there.
            asyncpg.PostgresError, OSError: the database cannot be reached; what was read before is kept.

        """
        try:
            return await self._read(connection)
        except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError, asyncpg.UndefinedColumnError) as error:
            raise NothingRead(f"{error}: the database is older than this version; run: outagectl migrate") from error
        except asyncpg.InsufficientPrivilegeError as error:
            raise NothingRead(
                f"{error}: log in as outage_board, or as a member of it; if you do, run: outagectl migrate"
            ) from error

    async def _read(self, connection: Connection) -> BoardReading:
        (standing,) = await connection.fetch(SQL["standing"])
        now: datetime = await connection.fetchval(DATABASE_TIME)
        for service in ("planner", "restorer"):
            if standing[service] is None:
                raise NothingRead(f"the {service} has not said up to when it knows all facts: start it")
        as_of: datetime = min(standing["planner"], standing["restorer"])
        changed = await self._take_rows(connection, as_of - self._kept_for)
        scheme = [scheme_row(row) for row in await connection.fetch(SQL["scheme"])]
        statements = await connection.fetch(SQL["statements"])
        await self._ask_names(connection, scheme)
        rows = self._rows
        rows.make()
        board = Board(
            as_of=as_of,
            zone=self._zone.key,
            today=as_of.astimezone(self._zone).date(),
            outages=rows.outages(),
            notices=rows.notices(),
            scheme=public_scheme(scheme, rows.names),
            statements=tuple(public_statement(row) for row in statements),
            counted_by=self._counted_by,
            points=rows.points(),
            salt=self._salt,
        )
        return BoardReading(board, (now if self._clock.real else self._clock.now()) - as_of, changed)

    async def _take_rows(self, connection: Connection, before: datetime) -> int:
        """What changed, or everything where it is time for that."""
        began = self._clock.monotonic()
        rows = self._rows
        if self._whole_at is None or began - self._whole_at >= WHOLE_SECONDS:
            outages = [seen_outage(row) for row in await connection.fetch(SQL["outages"], before)]
            texts = [text_row(row) for row in await connection.fetch(SQL["notices"], before)]
            rows.replace(outages, texts)
            self._whole_at = began
        else:
            changed = await connection.fetch(SQL["changed_outages"], rows.outages_up_to)
            outages = [seen_outage(row) for row in changed]
            texts = [text_row(row) for row in await connection.fetch(SQL["changed_notices"], rows.notices_up_to)]
            rows.take(outages, texts)
        rows.forget(before)
        return len(outages) + len(texts)

    async def _ask_names(self, connection: Connection, scheme: Collection[SchemeRow]) -> None:
        """What the network model says of names that are new, and for which step of the scheme new orders are."""
        asked = sorted(self._rows.unnamed(places_named(row.places for row in scheme)))
        for start in range(0, len(asked), NAMES_AT_ONCE):
            some = asked[start : start + NAMES_AT_ONCE]
            found: dict[Place, list[NamedElement]] = defaultdict(list)
            for row in await connection.fetch(SQL["names"], [kind for kind, _ in some], [form for _, form in some]):
                found[row["words"], row["form"]].append(
                    NamedElement(
                        dedicated=row["dedicated"],
                        public_name=row["public_name"],
                        nominal_voltage=row["nominal_voltage"],
                        areas=tuple(row["areas"]),
                    )
                )
            self._rows.name(some, {place: tuple(each) for place, each in found.items()})
        if orders := self._rows.without_order():
            streams = [PREFIX + mrid for mrid in orders]
            for row in await connection.fetch(SQL["orders"], streams):
                mrid = row["stream_id"].removeprefix(PREFIX)
                self._rows.order(mrid, SchemeOrder(row["scheme_id"], row["step"]))
