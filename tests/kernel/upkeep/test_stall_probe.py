"""Records that Faust never delivered are read beside it, and offsets that hold nothing keep no mark down."""

from datetime import timedelta

import asyncpg

from services.kernel.manual_clock import ManualClock
from services.kernel.model import Record
from services.kernel.upkeep.caught_up_marks import MarkRaiser
from services.kernel.upkeep.stall_probe import STALL_SECONDS, StallProbe
from services.kernel.writing.ingest import Ingest
from tests.kits.kernel.facts import column, enquiry
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START

ZERO = ("outage.dispatch", 0)


def looking(ingest: Ingest, broker: PaperBroker, clock: ManualClock) -> StallProbe:
    async def take(records: list[Record]) -> None:
        await ingest.take(records)

    return StallProbe(ingest, broker, clock, lambda: [ZERO], take)


async def look(undelivered: StallProbe, clock: ManualClock, times: int) -> None:
    for _ in range(times):
        await undelivered.look()
        clock.advance(timedelta(seconds=STALL_SECONDS))


async def test_records_that_were_never_delivered_are_read(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await ingest.assigned([ZERO])
    tell(broker, "enquiry.received.v1", enquiry(), id="1")
    await look(looking(ingest, broker, clock), clock, 2)
    assert await column(pool, "select id from inbox") == ["1"]


async def test_a_wide_hole_at_the_end_of_a_compacted_partition_holds_no_mark_down(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await ingest.assigned([ZERO])
    broker.gap(ZERO, 60_000)
    await look(looking(ingest, broker, clock), clock, 2)
    assert await ingest.fences([ZERO]) == {ZERO: 60_000}
    await MarkRaiser(ingest.service, ingest, pool, broker, clock, lambda: [ZERO]).raise_marks()
    mark = "select watermark from consumer_offset where topic = 'outage.dispatch' and partition = 0"
    assert await pool.fetchval(mark) == clock.now() > START
