"""Planner and restorer in one real PostgreSQL, and a reader of the public board that logs in as its role."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import asyncpg

from schemas.contracts.base import Wire
from services.board.domain.public import Board
from services.board.reading.reader import BoardReader, BoardReading
from services.kernel.manual_clock import ManualClock
from services.kernel.observing.telemetry import Telemetry
from services.kernel.reading.projector import Projector
from services.planner.app import Planner
from services.planner.domain.field.curtailment_scheme import Scheme
from services.restorer.app import Restorer
from tests.kits.deciders.planner import CALENDAR, POLICY
from tests.kits.stack.databases import as_role, database, pool_in, worker
from tests.kits.stack.tables.room import Room

ZONE = ZoneInfo("Asia/Shanghai")
SALT = b"salt of the board in this test 32"[:32]


@dataclass
class BoardRoom:
    """What a board reads of: both services judge what they are told, and what they know stands where a test puts it."""

    dsn: str
    clock: ManualClock
    planner: Room
    restorer: Room
    board: asyncpg.Connection
    """As role outage_board."""

    admin: asyncpg.Connection
    reader: BoardReader

    async def plans(self, *facts: Wire) -> None:
        """The planner is told, and its read models follow."""
        await self.planner.say_all(*facts)
        await self.follow()

    async def happens(self, *facts: Wire) -> None:
        """The restorer is told."""
        await self.restorer.say_all(*facts)

    async def follow(self) -> None:
        """The planner's read models follow its log."""
        service = self.planner.workers[0].transaction.service
        projector = Projector(service, self.planner.pool, Telemetry("planner"), wake=asyncio.Event())
        while await projector.once() is not None:
            pass

    async def stands(self, at: datetime, *services: str, partition: int = 0) -> None:
        """These services (all of them) know all facts up to then."""
        for service in services or ("planner", "restorer"):
            await self.has(service, partition)
            await self.admin.execute(
                f"insert into {service}.standing (partition, caught_up_at, raised_at) values ($1, $2, $2) "
                "on conflict (partition) do update set caught_up_at = excluded.caught_up_at, raised_at = excluded.raised_at",
                partition,
                at,
            )

    async def has(self, service: str, partition: int) -> None:
        """This service has that partition, whoever reads it."""
        await self.admin.execute(
            f"insert into {service}.consumer_offset (topic, partition, first_offset, next_offset, watermark) "
            "values ('outage.dispatch', $1, 0, 0, 'epoch') on conflict do nothing",
            partition,
        )

    async def reads(self) -> BoardReading:
        """A round of the reader."""
        return await self.reader.read(self.board)

    async def shows(self) -> Board:
        """What it came to, as of the clock's instant."""
        await self.stands(self.clock.now())
        return (await self.reads()).board


def reader(clock: ManualClock) -> BoardReader:
    """One that has read nothing yet."""
    return BoardReader(clock, ZONE, salt=SALT)


@contextlib.asynccontextmanager
async def board_room(postgres: str, now: datetime, scheme: Scheme | None = None) -> AsyncIterator[BoardRoom]:
    """A database of its own, as `outagectl migrate` makes it."""
    clock = ManualClock(now)
    async with contextlib.AsyncExitStack() as exits:
        dsn = await exits.enter_async_context(database(postgres, "all"))
        rooms = []
        for service in (
            Planner(POLICY, CALENDAR, planless=("connectors/",), scheme=scheme),
            Restorer(POLICY, CALENDAR),
        ):
            pool = await pool_in(dsn, service.name, most=3)
            exits.push_async_callback(pool.close)
            async with pool.acquire() as connection:
                await service.renew(connection)
            rooms.append(Room(dsn, pool, clock, [await worker(service, pool, clock)]))
        board, admin = await asyncpg.connect(as_role(dsn, "outage_board")), await asyncpg.connect(dsn)
        exits.push_async_callback(board.close)
        exits.push_async_callback(admin.close)
        yield BoardRoom(dsn, clock, *rooms, board, admin, reader(clock))
