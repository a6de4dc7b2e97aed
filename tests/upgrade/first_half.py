"""The first half of a story, played by the release before: run with its code on the path, and a data folder.

Everything here is imported from that release, so nothing may be used that it did not have.
"""

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import connectors
from connectors.registry_csv import read_registry
from devstack.play import Play
from schemas import dispatch
from schemas.base import Extent, Period, encode
from schemas.dispatch import CauseCleared, CrewStatus, ErtChanged, FaultReported, OutageStarted, PlannedRequested
from schemas.registry import TYPE_OF
from services.kernel.kafka import Produce

ZONE = ZoneInfo("Asia/Shanghai")
EAST = Extent(lines=("10千伏城东线",), areas=("中山路一带",), nominal_voltage=10)
RIVER = Extent(lines=("10千伏江滨线",), areas=("江滨路一带",), nominal_voltage=10)
INDUSTRY = Extent(lines=("10千伏工业线",), areas=("工业大道一带",), nominal_voltage=10)
FAULT, DONE, NEVER = "DJ-F-0305", "DJ-P-0311", "DJ-P-0310"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of March 2026 in the city's own time."""
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE)


def plan(mrid: str, extent: Extent, start: datetime, end: datetime) -> PlannedRequested:
    """A lawful plan, asked for on the 2nd."""
    return PlannedRequested(
        mrid=mrid,
        revision_number=1,
        outage_class="planned",
        planned_period=Period(start=start, end=end),
        extent=extent,
        requested_at=at(2, 9),
        reason="更换老旧导线",
    )


async def main(folder: Path) -> None:
    """Two notices; a fault at night whose expected time passes; an event that nobody can read. Then it stops."""
    start = at(2, 8)
    async with Play(folder, start) as play:
        sample = Path(connectors.__file__).parent / "samples" / "dongjiang-customers.csv"
        await play.register(read_registry(sample, updated_at=start).entries)
        await play.until(at(2, 9))
        await play.tell(
            plan(DONE, INDUSTRY, at(11, 8), at(11, 17)),
            plan(NEVER, RIVER, at(10, 13), at(10, 16)),
        )
        await play.until(at(5, 2, 14))
        await play.tell(
            OutageStarted(mrid=FAULT, outage_class="fault", started_at=at(5, 2, 14), extent=EAST, ert=at(5, 4)),
            FaultReported(mrid=FAULT, reported_at=at(5, 2, 14), territory="urban", report_id="95598-0412"),
        )
        await play.until(at(5, 2, 20))
        await play.tell(CrewStatus(mrid=FAULT, crew_status="assigned", at=at(5, 2, 20), crew_id="抢修二班"))
        await play.until(at(5, 4, 20))
        await play.tell(CauseCleared(mrid=FAULT, cleared_at=at(5, 4, 20), cause="树枝压断导线"))
        await play.until(at(5, 4, 30))
        await unreadable(play)
        await play.until(at(5, 4, 40))


async def unreadable(play: Play) -> None:
    """A dispatch system forgets the time zone: nobody can know which instant it means."""
    body = encode(ErtChanged(mrid=FAULT, changed_at=at(5, 4, 30), ert=at(5, 6))).replace(b"+08:00", b"")
    headers = {
        "ce_specversion": "1.0",
        "ce_id": "ert-without-zone",
        "ce_source": "/dispatch/east",
        "ce_type": TYPE_OF[ErtChanged],
        "ce_time": "2026-03-04T20:30:00Z",
        "content-type": "application/json",
    }
    packed = [(name, value.encode()) for name, value in headers.items()]
    bad = Produce(dispatch.TOPIC, FAULT.encode(), body, packed, play.clock.now())
    if not all(await play.producer.send([bad])):
        raise ConnectionError("Kafka did not take the event")
    await play.settle()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
