"""Fill a restorer's tables with what dispatch said, on a real PostgreSQL, where `outagectl` finds them."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from operations.system.database import enter
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.dispatch import Fact
from schemas.contracts.evidence.meters import MeterReading
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Message
from services.kernel.observing.telemetry import Telemetry
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.transaction import Transaction
from services.plausibility import FIGURES
from services.policy import load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.app import Restorer
from services.restorer.tables.meter_news import MeterNews
from services.restorer.tables.meters import MeterCopy
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.stack.databases import database, pool_in
from tests.kits.stack.tables.room import Room, room_of


@asynccontextmanager
async def restorer_told(
    postgres: str, monkeypatch: pytest.MonkeyPatch, folder: Path, facts: Iterable[Fact], at: datetime
) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the schema of a restorer that was told `facts` at that instant, by the standard's own rules."""
    monkeypatch.chdir(folder)
    async with database(postgres, "restorer") as address:
        monkeypatch.setenv("OUTAGE_POSTGRES", address)
        monkeypatch.setenv("OUTAGE_OPERATOR", "night shift")
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        pool = await pool_in(address, "restorer", most=2)
        broker = PaperBroker(partitions=1)
        for number, fact in enumerate(facts, start=1):
            tell(broker, TYPE_OF[type(fact)], fact, id=str(number), at=at)
        ingest = Ingest(Transaction(_by_the_standard(), pool, Telemetry("restorer")), broker, ManualClock(at))
        await ingest.take(broker.logs[("outage.dispatch", 0)])
        await pool.close()
        made = await asyncpg.connect(address)
        await enter(made, "restorer")
        try:
            yield made
        finally:
            await made.close()


NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


@asynccontextmanager
async def restorer_in(postgres: str) -> AsyncIterator[Room]:
    """A database of its own with two workers."""
    async with room_of(postgres, "restorer", _by_the_standard, NOW, workers=2) as made:
        yield made


def _by_the_standard() -> Restorer:
    return Restorer(load_policy(policy_path("cn-service-standard")), WorkingCalendar("CN", "Asia/Shanghai"))


@pytest.fixture
async def restorer_room(postgres: str) -> AsyncIterator[Room]:
    async with restorer_in(postgres) as room:
        yield room


async def reads(room: Room, *readings: MeterReading) -> None:
    """Meters are read, and each outage that it is news to looks at them: however lately it did."""
    said = [
        Message("/metering/test", f"{next(room.ids)}", "meter.reading.v1", NOW, one, one.usage_point, 0)
        for one in readings
    ]
    async with room.pool.acquire() as connection, connection.transaction():
        await MeterCopy(FIGURES).put(connection, said)
    await look(room)


async def look(room: Room) -> None:
    """Outages that have something to look at do."""
    while await MeterNews(room.workers[0], room.pool, room.clock, CollectorRegistry()).step():
        pass
