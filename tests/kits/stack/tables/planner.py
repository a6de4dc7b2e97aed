"""Make one planner's tables on a real PostgreSQL, and the workers that judge in them."""

from collections.abc import AsyncIterator

import pytest

from schemas.contracts.base import Extent
from services.planner.app import Planner
from tests.kits.deciders.planner import CALENDAR, NOW, POLICY, span
from tests.kits.stack.tables.room import Room, room_of

MILL = Extent(lines=("35千伏钢厂线",), areas=("钢厂",), usage_points=("UP-35",), nominal_voltage=35)
LATER = span("2026-09-20 08:00", "2026-09-20 17:00")


@pytest.fixture
async def room(postgres: str) -> AsyncIterator[Room]:
    """Four workers, for plans of one place that come to them at once."""
    async with room_of(
        postgres, "planner", lambda: Planner(POLICY, CALENDAR, planless=("connectors/",)), NOW, workers=4
    ) as made:
        yield made


async def counted(room: Room) -> list[str]:
    """Works that use up a year."""
    return [row["mrid"] for row in await room.pool.fetch("select mrid from work where counted order by mrid")]
