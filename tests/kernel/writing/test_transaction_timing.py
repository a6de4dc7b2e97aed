"""Transactions of the write path are timed, and conflicts and failures among them counted."""

import asyncio
from typing import NoReturn

import asyncpg
import pytest

from services.kernel.manual_clock import ManualClock
from services.kernel.observing.telemetry import Telemetry
from services.kernel.writing.failures.transaction_timing import measured
from services.kernel.writing.ingest import Ingest
from tests.kits.kernel.facts import enquiry
from tests.kits.kernel.paper import PaperBroker, tell


def value(telemetry: Telemetry, name: str, **labels: str) -> float:
    return telemetry.registry.get_sample_value(f"outage_{name}", labels) or 0.0


async def test_a_batch_is_timed_and_its_events_counted(
    ingest: Ingest, broker: PaperBroker, telemetry: Telemetry
) -> None:
    taken = await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    assert value(telemetry, "event_append_duration_seconds_count") == 1
    assert value(telemetry, "event_appends_total", outcome="ok") == taken.appended == 1


async def test_two_transactions_in_each_others_way_are_a_conflict_that_is_counted(
    pool: asyncpg.Pool, clock: ManualClock, telemetry: Telemetry
) -> None:
    async with pool.acquire() as other, other.transaction():
        await other.execute("lock table event in access exclusive mode")

        async def hindered() -> None:
            async with pool.acquire() as ours, ours.transaction():
                await ours.execute("set local lock_timeout = '50ms'")
                await ours.execute("select 1 from event limit 1")

        with pytest.raises(asyncpg.LockNotAvailableError):
            await measured(telemetry, clock, hindered())
    assert value(telemetry, "event_appends_total", outcome="conflict") == 1
    assert value(telemetry, "event_append_duration_seconds_count") == 0


@pytest.mark.parametrize(
    ("error", "counted"), [(KeyError("a bug"), 1), (ConnectionResetError(), 0), (TimeoutError(), 0)]
)
async def test_a_fault_is_counted_and_somebodys_being_away_is_none(
    clock: ManualClock, telemetry: Telemetry, error: Exception, counted: int
) -> None:
    async def fails() -> NoReturn:
        await asyncio.sleep(0)
        raise error

    with pytest.raises(type(error)):
        await measured(telemetry, clock, fails())
    assert value(telemetry, "event_appends_total", outcome="error") == counted
