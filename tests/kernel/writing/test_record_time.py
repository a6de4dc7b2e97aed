"""When a record came: the broker's word for it, and no sender's clock lifts what is known of a partition."""

from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from structlog.testing import capture_logs

from schemas.contracts.dispatch import CauseCleared, CrewStatus, EnquiryReceived
from services.kernel.manual_clock import ManualClock
from services.kernel.observing.telemetry import Telemetry
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.timers import Timers
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START, Toy


class MachineClock(ManualClock):
    """Stands until told, and passes for the machine's own time."""

    real = True


@pytest.fixture
def clock() -> MachineClock:
    return MachineClock(START)


def put_on() -> CauseCleared:
    return CauseCleared(mrid="o1", cleared_at=START)


async def test_one_record_stamped_far_ahead_in_a_backlog_lets_no_deadline_fire_before_the_fact_that_answers_it(
    ingest: Ingest, timers: Timers, broker: PaperBroker, pool: asyncpg.Pool, clock: MachineClock
) -> None:
    other = EnquiryReceived(mrid="o2", enquiry_id="e", received_at=START)
    backlog = [
        tell(broker, "cause.cleared.v1", put_on(), id="1", at=START),
        tell(broker, "enquiry.received.v1", other, id="2", source="/fast", at=START + timedelta(days=400)),
    ]
    answer = tell(broker, "crew.status.v1", CrewStatus(mrid="o1", crew_status="arrived", at=START), id="3", at=START)
    clock.advance(timedelta(hours=5))
    await ingest.take(backlog)
    assert await timers.fire_due({0}) == 0, "the answer waits in Kafka"
    await ingest.take([answer])
    await ingest.caught_up(await broker.ends([("outage.dispatch", 0)]), clock.now())
    assert await timers.fire_due({0}) == 0
    assert await pool.fetchval("select count(*) from event where type = 'overdue.v1'") == 0


async def test_records_that_the_broker_dated_lift_the_watermark_and_never_past_now(
    ingest: Ingest, timers: Timers, broker: PaperBroker, pool: asyncpg.Pool, clock: MachineClock
) -> None:
    await ingest.take([replace(tell(broker, "cause.cleared.v1", put_on(), id="1", at=START), by_broker=True)])
    clock.advance(timedelta(minutes=11))
    later = EnquiryReceived(mrid="o2", enquiry_id="e", received_at=START)
    at = START + timedelta(minutes=12)
    await ingest.take([replace(tell(broker, "enquiry.received.v1", later, id="2", at=at), by_broker=True)])
    mark = await pool.fetchval(
        "select watermark from consumer_offset where topic = 'outage.dispatch' and partition = 0"
    )
    assert mark == clock.now()
    assert await timers.fire_due({0}) == 1


async def test_a_topic_that_its_senders_date_is_named_once_and_no_record_of_it_came_later_than_now(
    ingest: Ingest, broker: PaperBroker, clock: MachineClock
) -> None:
    ahead = START + timedelta(hours=1)
    with capture_logs() as logs:
        for name in ("1", "2"):
            record = tell(broker, "cause.cleared.v1", put_on(), id=name, at=ahead)
            (outcome,) = (await ingest.take([record])).outcomes
            assert outcome.message.recorded_at == clock.now()
    assert [line.get("reason") for line in logs].count("topic-without-broker-time") == 1


async def test_under_a_warped_clock_the_stacks_own_stamps_count(pool: asyncpg.Pool, broker: PaperBroker) -> None:
    clock = ManualClock(START)
    warped = Ingest(Transaction(Toy(), pool, Telemetry("toy")), broker, clock)
    clock.advance(timedelta(hours=1))
    await warped.take([tell(broker, "cause.cleared.v1", put_on(), id="1", at=START + timedelta(minutes=20))])
    mark = await pool.fetchval(
        "select watermark from consumer_offset where topic = 'outage.dispatch' and partition = 0"
    )
    assert mark == START + timedelta(minutes=20)


async def test_a_quarantined_record_is_judged_later_as_of_when_it_came(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: MachineClock
) -> None:
    clock.advance(timedelta(hours=3))
    bad = EnquiryReceived(mrid="o1", enquiry_id="e", received_at=START, subject="bug")
    await ingest.take([replace(tell(broker, "enquiry.received.v1", bad, id="1", at=START), by_broker=True)])
    assert await pool.fetchval("select recorded_at from quarantine") == START
