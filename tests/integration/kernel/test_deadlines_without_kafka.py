"""Kafka is away on a real stack: deadlines fire unproven all the same, nobody is told yet, and a late fact corrects."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from devstack.system import System
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CrewStatus, FaultReported
from services.kernel.adapters.kafka import Produce, Producer
from services.kernel.clock import SystemClock
from tests.kits.stack.servers import frozen, stopped
from tests.kits.system.quick import Quick
from tests.kits.waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

CLOCK = SystemClock()
CREW_WITHIN = timedelta(minutes=45)
# The fault is taken and Kafka is gone before the crew's deadline, also on a slow machine.
LEFT = timedelta(seconds=25)
SECONDS = 120.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def restorer(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """One system: each test has an outage of its own there."""
    environment = {"OUTAGE_TIMER_GRACE_SECONDS": "2"}
    folder = tmp_path_factory.mktemp("deadlines") / "data"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OUTAGE_KAFKA", "OUTAGE_POSTGRES", "OUTAGE_CLOCK_FILE"):
            patch.delenv(name, raising=False)
        async with Quick(folder, services=("restorer",), environment=environment) as system:
            yield system


async def send(system: System, mrid: str, type_: str, data: msgspec.Struct) -> None:
    event = CloudEvent(source="/dispatch/east", id=f"{mrid}-{type_}", type=type_, time=CLOCK.now(), data=data)
    message = to_kafka(event)
    producer = Producer(system.stack.kafka)
    await producer.start()
    assert all(await producer.send([Produce(message.topic, message.key, message.value, message.headers, event.time)]))
    await producer.stop()


async def a_fault_whose_crew_is_due_soon(system: System, log: asyncpg.Connection, mrid: str) -> datetime:
    """Reported so long ago that the crew is due in a moment; returns when."""
    reported_at = CLOCK.now() - CREW_WITHIN + LEFT
    where = Extent(lines=("10kV F07",))
    await send(system, mrid, "fault.reported.v1", FaultReported(mrid=mrid, reported_at=reported_at, extent=where))

    async def armed() -> bool:
        return bool(await log.fetchval("select exists(select from timer where due_at = $1)", reported_at + CREW_WITHIN))

    await until(armed, SECONDS, "the deadline to be armed")
    return reported_at + CREW_WITHIN


async def told(log: asyncpg.Connection, mrid: str, type_: str) -> list[dict[str, Any]]:
    about = "select data from event where stream_id = 'outage/' || $1 and type = $2 order by position"
    rows = await log.fetch(about, mrid, type_)
    return [json.loads(row["data"]) for row in rows]


async def broken_unproven(log: asyncpg.Connection, mrid: str, due_at: datetime) -> None:
    async def broken() -> bool:
        return bool(await told(log, mrid, "promise.broken.v1"))

    await until(broken, SECONDS, "the deadline to fire")
    (said,) = await told(log, mrid, "promise.broken.v1")
    assert said["unproven"] is True
    assert datetime.fromisoformat(said["dueAt"]) == due_at
    waiting = await log.fetchval("select count(*) from outbox where type = 'promise.broken.v1'")
    assert waiting == 1, "it is decided, and nobody has been told"


async def corrected_once_kafka_is_back(system: System, log: asyncpg.Connection, mrid: str, due_at: datetime) -> None:
    """The crew had been there in time: that lay with Kafka, or with dispatch, all the while."""
    at = due_at - timedelta(seconds=5)
    await send(system, mrid, "crew.status.v1", CrewStatus(mrid=mrid, crew_status="arrived", at=at))

    async def corrected() -> bool:
        return bool(await told(log, mrid, "promise.corrected.v1"))

    await until(corrected, SECONDS, "the late fact to correct the verdict")
    assert [(one["was"], one["now"]) for one in await told(log, mrid, "promise.corrected.v1")] == [("broken", "kept")]

    async def published() -> bool:
        return not await log.fetchval("select count(*) from outbox")

    await until(published, SECONDS, "all to be told")
    assert system.restarts == {}


@pytest.mark.parametrize("how", [stopped, frozen])
async def test_while_kafka_is_away_a_deadline_fires_unproven_and_a_fact_that_comes_later_corrects_it(
    restorer: System, how: Callable[..., Any]
) -> None:
    assert restorer.stack.kafka_node is not None
    log, mrid = await restorer.connect("restorer"), f"F-{how.__name__}"
    due_at = await a_fault_whose_crew_is_due_soon(restorer, log, mrid)
    async with how(restorer.stack.kafka_node):
        await broken_unproven(log, mrid, due_at)
    await corrected_once_kafka_is_back(restorer, log, mrid, due_at)
    await log.close()


async def test_a_service_that_starts_while_kafka_is_away_holds_no_partition_and_looks_after_deadlines_all_the_same(
    restorer: System,
) -> None:
    assert restorer.stack.kafka_node is not None
    log, mrid = await restorer.connect("restorer"), "F-started"
    due_at = await a_fault_whose_crew_is_due_soon(restorer, log, mrid)
    await restorer.hold("restorer")
    async with stopped(restorer.stack.kafka_node):
        await restorer.release("restorer")
        await broken_unproven(log, mrid, due_at)
    await corrected_once_kafka_is_back(restorer, log, mrid, due_at)
    await log.close()
