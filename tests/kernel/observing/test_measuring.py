"""What a worker is behind with is measured beside its work: while the work is stuck, the figures rise."""

from datetime import timedelta

import asyncpg
import pytest

from services.kernel.manual_clock import ManualClock
from services.kernel.observing.health import STALL_LIMIT, Health
from services.kernel.observing.measuring import Measure
from services.kernel.observing.telemetry import Telemetry
from services.kernel.writing.ingest import Ingest
from tests.kits.kernel.facts import enquiry
from tests.kits.kernel.faults import DISPATCH
from tests.kits.kernel.paper import PaperBroker, tell

LABELS = {"consumer_group": "toy", "topic": "outage.dispatch", "partition": "0"}


@pytest.fixture
def health(clock: ManualClock) -> Health:
    made = Health(clock)
    made.started()
    made.assigned([DISPATCH])
    return made


@pytest.fixture
def measure(clock: ManualClock, health: Health, telemetry: Telemetry) -> Measure:
    return Measure(clock, health, telemetry, lambda: [DISPATCH])


def lag(telemetry: Telemetry) -> float | None:
    return telemetry.registry.get_sample_value("outage_consumer_lag_records", LABELS)


def progress(telemetry: Telemetry) -> float | None:
    return telemetry.registry.get_sample_value("outage_consumer_last_progress_timestamp_seconds", LABELS)


async def test_lag_rises_and_progress_grows_old_while_nothing_is_taken(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock, telemetry: Telemetry, measure: Measure
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    await measure.broker(await broker.ends([DISPATCH]))
    await measure.database(pool)
    assert lag(telemetry) == 0
    stood = clock.wall().timestamp()
    for number in range(2, 42):  # they come, and nobody takes them
        tell(broker, "enquiry.received.v1", enquiry(), id=str(number))
        clock.advance(timedelta(seconds=1))
        await measure.broker(await broker.ends([DISPATCH]))
        await measure.database(pool)
    assert (lag(telemetry), progress(telemetry)) == (40, stood)


async def test_lag_rises_also_while_the_database_says_nothing(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock, telemetry: Telemetry, measure: Measure
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    await measure.database(pool)
    for number in range(2, 10):
        tell(broker, "enquiry.received.v1", enquiry(), id=str(number))
    await measure.broker(await broker.ends([DISPATCH]))
    assert lag(telemetry) == 8


async def test_a_quiet_partition_is_no_stuck_one(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock, telemetry: Telemetry, measure: Measure
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    for _ in range(5):
        clock.advance(timedelta(minutes=10))
        await measure.broker(await broker.ends([DISPATCH]))
        await measure.database(pool)
    assert (lag(telemetry), progress(telemetry)) == (0, clock.wall().timestamp())


async def test_the_oldest_of_the_outbox_grows_older_while_nobody_can_ask(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock, telemetry: Telemetry, measure: Measure
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    await measure.database(pool)
    clock.advance(timedelta(seconds=45))
    measure.show()
    assert telemetry.registry.get_sample_value("outage_outbox_oldest_age_seconds") == 45


async def test_a_partition_that_stands_still_with_records_waiting_ends_in_a_restart_though_the_tick_hangs(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock, health: Health, measure: Measure
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    tell(broker, "enquiry.received.v1", enquiry(), id="2")
    await measure.database(pool)
    await measure.broker(await broker.ends([DISPATCH]))
    clock.advance(timedelta(seconds=STALL_LIMIT + 1))
    health.beat()
    await measure.database(pool)
    assert health.live() == [f"stalled: outage.dispatch/0 at 1 of 2 for {STALL_LIMIT + 1:.0f} s"]
