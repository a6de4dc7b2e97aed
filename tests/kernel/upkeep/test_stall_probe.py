"""Records that Faust never delivered are read beside it, and offsets that hold nothing keep no mark down."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

import asyncpg
import pytest

from services.kernel.manual_clock import ManualClock
from services.kernel.model import Record, TopicPartition
from services.kernel.upkeep.caught_up_marks import MarkRaiser
from services.kernel.upkeep.stall_probe import STALL_SECONDS, StallProbe
from services.kernel.writing.fence import FenceError
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
    assert (await ingest.fences([ZERO]))[ZERO].next_offset == 60_000
    await MarkRaiser(ingest.service, ingest, pool, broker, clock, lambda: [ZERO]).raise_marks()
    mark = "select watermark from consumer_offset where topic = 'outage.dispatch' and partition = 0"
    assert await pool.fetchval(mark) == clock.now() > START


async def test_a_topic_that_was_made_anew_so_soon_that_nobody_saw_it_gone_stops_the_service(
    ingest: Ingest, broker: PaperBroker, clock: ManualClock
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id=str(n)) for n in range(2)])
    undelivered = looking(ingest, broker, clock)
    await undelivered.look()
    broker.logs.clear()
    broker.next.clear()
    tell(broker, "enquiry.received.v1", enquiry(), id="lost below what was read")
    clock.advance(timedelta(seconds=STALL_SECONDS))
    with pytest.raises(FenceError, match=r"ends at 1 but 2 records were handled; .* outagectl offsets accept"):
        await undelivered.look()


@pytest.mark.parametrize("beyond", [0, 3], ids=["as many as were read", "more than were read"])
async def test_a_topic_that_was_made_anew_and_filled_before_anybody_looked_stops_the_service(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock, beyond: int
) -> None:
    broker.stamps = True
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id=str(n)) for n in range(2)])
    undelivered = looking(ingest, broker, clock)
    await undelivered.look()
    broker.logs.clear()
    broker.next.clear()
    clock.advance(timedelta(seconds=STALL_SECONDS))
    for number in range(2 + beyond):
        tell(broker, "enquiry.received.v1", enquiry(), id=f"anew/{number}", at=clock.now())
    with pytest.raises(FenceError, match=r"holds another record at 1 than was handled; .* outagectl offsets accept"):
        await undelivered.look()
    assert await column(pool, "select id from inbox order by seq") == ["0", "1"], "none of it is passed over, or taken"


async def test_a_record_that_comes_while_it_looks_is_no_alarm(
    ingest: Ingest, broker: PaperBroker, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    bounds = broker.bounds

    async def taken_meanwhile(places: Iterable[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        answer = await bounds(places)
        await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="2")])
        return answer

    monkeypatch.setattr(broker, "bounds", taken_meanwhile)
    await looking(ingest, broker, clock).look()
    assert (await ingest.fences([ZERO]))[ZERO].next_offset == 2
