"""The caught-up mark: a quiet night rises by itself, a stuck or dead worker's mark grows old."""

from datetime import timedelta

import asyncpg
import pytest

from services.kernel.manual_clock import ManualClock
from services.kernel.model import TopicPartition
from services.kernel.observing.health import Health
from services.kernel.observing.measuring import Measure
from services.kernel.observing.telemetry import Telemetry
from services.kernel.queries import SQL
from services.kernel.upkeep.caught_up_marks import RAISE_SECONDS, MarkRaiser
from services.kernel.writing.ingest import Ingest
from tests.kits.kernel.facts import enquiry
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START

ZERO, ONE = ("outage.dispatch", 0), ("outage.dispatch", 1)


@pytest.fixture
async def worker(ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock) -> MarkRaiser:
    """A worker that reads both partitions."""
    await ingest.assigned([ZERO, ONE])
    return of(ingest, broker, pool, clock, ZERO, ONE)


def of(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock, *places: TopicPartition
) -> MarkRaiser:
    return MarkRaiser(ingest.service, ingest, pool, broker, clock, lambda: places)


async def stands(pool: asyncpg.Pool) -> tuple[object, object]:
    (row,) = await pool.fetch(SQL["standing"])
    return row["caught_up_at"], row["raised_at"]


async def test_a_quiet_night_raises_the_mark_though_no_deadline_stands(
    worker: MarkRaiser, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    assert worker.is_due()
    await worker.raise_marks()
    assert not worker.is_due()
    clock.advance(timedelta(seconds=RAISE_SECONDS))
    assert worker.is_due()
    await worker.raise_marks()
    assert await pool.fetchval("select count(*) from timer") == 0
    assert await stands(pool) == (START + timedelta(seconds=RAISE_SECONDS),) * 2


async def test_a_dead_worker_leaves_its_mark_behind(worker: MarkRaiser, pool: asyncpg.Pool, clock: ManualClock) -> None:
    await worker.raise_marks()
    clock.advance(timedelta(hours=1))
    assert await stands(pool) == (START, START)


async def test_a_worker_that_is_alive_and_behind_says_that_it_lives_and_what_it_knows(
    worker: MarkRaiser, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await worker.raise_marks()
    clock.advance(timedelta(minutes=5))
    tell(broker, "enquiry.received.v1", enquiry(), id="1", at=clock.now())  # nobody has taken it
    clock.advance(timedelta(minutes=5))
    await worker.raise_marks()
    assert await stands(pool) == (START, clock.wall())


async def test_a_topic_made_anew_is_not_known_by_how_far_the_one_before_it_was_read(
    ingest: Ingest, worker: MarkRaiser, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    for number in range(3):
        tell(broker, "enquiry.received.v1", enquiry(), id=str(number), at=clock.now())
    await ingest.take(broker.logs[ZERO])
    await worker.raise_marks()
    assert await stands(pool) == (START, START)
    clock.advance(timedelta(minutes=10))
    broker.next[ZERO] = 1  # another log, with a record that nobody has read
    await worker.raise_marks()
    assert await stands(pool) == (START, clock.wall())


async def test_a_topic_made_anew_is_not_known_though_as_many_records_lie_on_it_as_were_read(
    ingest: Ingest, worker: MarkRaiser, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    broker.stamps = True
    for number in range(3):
        tell(broker, "enquiry.received.v1", enquiry(), id=str(number), at=clock.now())
    await ingest.take(broker.logs.pop(ZERO))
    await worker.raise_marks()
    clock.advance(timedelta(minutes=10))
    del broker.next[ZERO]
    for number in range(3):
        tell(broker, "enquiry.received.v1", enquiry(), id=f"other {number}", at=clock.now())
    await worker.raise_marks()
    assert await stands(pool) == (START, clock.wall())


async def test_one_partition_that_nobody_reads_holds_the_whole_service_down(
    ingest: Ingest, worker: MarkRaiser, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await worker.raise_marks()
    survivor = of(ingest, broker, pool, clock, ZERO)
    clock.advance(timedelta(minutes=10))
    await survivor.raise_marks()
    assert await stands(pool) == (START, START)


async def test_until_every_partition_was_read_once_the_service_stands_nowhere(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await ingest.assigned([ZERO])
    await of(ingest, broker, pool, clock, ZERO).raise_marks()
    assert await stands(pool) == (None, None)


async def test_the_mark_never_goes_back(
    ingest: Ingest, worker: MarkRaiser, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    clock.advance(timedelta(minutes=1))
    await worker.raise_marks()
    await of(ingest, broker, pool, ManualClock(START), ZERO, ONE).raise_marks()  # a machine whose clock is behind
    assert await stands(pool) == (START + timedelta(minutes=1),) * 2


async def test_a_metric_shows_it_from_the_database_so_that_it_grows_old_also_beside_a_stuck_worker(
    worker: MarkRaiser, pool: asyncpg.Pool, clock: ManualClock, telemetry: Telemetry
) -> None:
    measure = Measure(clock, Health(clock), telemetry, lambda: [ZERO, ONE])
    await worker.raise_marks()
    clock.advance(timedelta(minutes=3))
    await measure.database(pool)
    for name in ("standing_timestamp_seconds", "standing_raised_timestamp_seconds"):
        assert telemetry.registry.get_sample_value(f"outage_{name}") == START.timestamp()


async def test_a_day_of_marks_leaves_the_tables_as_small_as_they_were(
    worker: MarkRaiser, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    for _ in range(400):
        clock.advance(timedelta(seconds=RAISE_SECONDS))
        await worker.raise_marks()
    for table in ("standing", "consumer_offset"):
        assert await pool.fetchval("select pg_relation_size($1::regclass)", table) <= 4 * 8192, table
