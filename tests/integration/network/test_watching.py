"""The age of the network model is shown, and an edition that does not come whole."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from schemas.contracts.base import Wire
from services.kernel.manual_clock import ManualClock
from services.network.watching import WAITS_AT_MOST, NetworkWatch
from tests.kits.network.copied import brought
from tests.kits.network.models import EDITION, START, element, whole
from tests.kits.stack.databases import database, pool_in

CITY = [element("ss", "substation"), element("L1", "line", "ss")]


class Room:
    """A service's copy, and what its metrics say of it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool, self.clock, self.registry = pool, ManualClock(START), CollectorRegistry()
        self.watch = NetworkWatch(pool, self.clock, self.registry, days=30)

    async def hears(self, *said: Wire, after: int = 0) -> None:
        await brought(self.pool, *said, after=after)

    async def is_fit(self, later: timedelta = timedelta()) -> bool:
        self.clock.advance(later)
        await self.watch.once()
        return self.registry.get_sample_value("outage_network_ok") == 1

    @property
    def date(self) -> float | None:
        return self.registry.get_sample_value("outage_network_edition_timestamp_seconds", {"model": EDITION.model_id})


@pytest.fixture
async def room(postgres: str) -> AsyncIterator[Room]:
    async with database(postgres, "planner") as dsn:
        pool = await pool_in(dsn, "planner", most=2)
        yield Room(pool)
        await pool.close()


async def test_a_model_that_nobody_refreshed_for_longer_than_was_set_is_an_alarm(room: Room) -> None:
    assert await room.is_fit(), "without a model there is nothing to be old"
    await room.hears(*CITY, whole(CITY))
    assert await room.is_fit()
    assert room.date == EDITION.date.timestamp()
    assert not await room.is_fit(timedelta(days=31))


async def test_an_edition_whose_elements_do_not_all_come_is_an_alarm_after_an_hour(room: Room) -> None:
    await room.hears(*CITY, whole([*CITY, element("T1", "transformer", "L1")]))
    assert await room.is_fit()
    assert room.date is None
    assert await room.is_fit(WAITS_AT_MOST)
    assert not await room.is_fit(timedelta(seconds=1))
    await room.hears(element("T1", "transformer", "L1"), after=10)
    assert await room.is_fit()
    assert room.date == EDITION.date.timestamp()
