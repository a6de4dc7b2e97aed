"""A month of a restorer: what happens in it, under whatever policy, and its background work, looked at step by step."""

from datetime import UTC, datetime, timedelta
from typing import Final

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CrewStatus, FaultReported, OutageStarted, SupplyRestored
from services.policy import Policy, load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.app import Restorer
from services.restorer.tables.months.rules import MonthRules
from services.restorer.tables.months.watching import MonthWatch
from tests.kits.stack.databases import worker
from tests.kits.stack.tables.room import Room

CALENDAR: Final = WorkingCalendar("CN", "Asia/Shanghai")
STANDARD: Final = load_policy(policy_path("cn-service-standard"))
MARCH: Final = "2026-03"
SEEN: Final = datetime(2026, 3, 30, 9, tzinfo=UTC)
IN_APRIL: Final = datetime(2026, 4, 4, 3, tzinfo=UTC)
"""March is judged by then."""


async def look_at_months(room: Room, policy: Policy | None = None) -> None:
    """Until there is nothing more to do."""
    rules = MonthRules(policy or STANDARD, CALENDAR)
    while await MonthWatch(room.workers[0], room.pool, room.clock, rules).step():
        pass


async def begins(room: Room, policy: Policy) -> None:
    """A restorer begins under a policy, and looks at the months."""
    service = Restorer(policy, CALENDAR)
    room.workers[0] = await worker(service, room.pool, room.clock)
    async with room.pool.acquire() as connection:
        await service.renew(connection)
    await look_at_months(room, policy)


async def fault(room: Room, mrid: str) -> None:
    """A fault of early March, told at whatever time, whose crew is there after half an hour; its reporter is to be called."""
    where = Extent(lines=("east",))
    await room.say_all(
        FaultReported(mrid=mrid, report_id=f"R-{mrid}", reported_at=SEEN, extent=where, territory="urban"),
        OutageStarted(mrid=mrid, outage_class="fault", started_at=SEEN, extent=where),
        CrewStatus(mrid=mrid, crew_status="arrived", at=SEEN + timedelta(minutes=30)),
        SupplyRestored(mrid=mrid, restored_at=SEEN + timedelta(hours=1)),
    )
