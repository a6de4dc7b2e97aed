"""A restorer whose database went back to before a statement: it is found on the topic, and its number is given to no other."""

from datetime import timedelta

import asyncpg
import msgspec

from operations.audit.report import Report
from operations.fulfilment.audit import audit_months
from schemas.contracts.dispatch import CrewStatus
from schemas.contracts.restorations import TOPIC, FulfilmentPublished
from services.kernel.operating import OperatorDone
from services.restorer.publishing import PUBLISH, OneMonth
from tests.kits.kernel.asked import ask
from tests.kits.kernel.paper import PaperBroker
from tests.kits.stack.tables.months import IN_APRIL, MARCH, SEEN, STANDARD, begins, fault, look_at_months
from tests.kits.stack.tables.restorer import restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]
HEADERS = {"ce_type": b"fulfilment.published.v1", "ce_source": b"/outage/restorer"}


async def publishes(room: Room, broker: PaperBroker) -> OperatorDone:
    """As an operator asks for it; what is published lies on the topic."""
    service, before = room.workers[0].service, {row["event_id"] for row in await said(room)}
    answer = await ask(room.pool, service, room.clock, PUBLISH, OneMonth(month=MARCH, by="chen"), broker=broker)
    for row in await said(room):
        if row["event_id"] not in before:
            headers = {**HEADERS, "ce_id": str(row["event_id"]).encode()}
            broker.put(TOPIC, 0, MARCH, headers, row["data"].encode(), room.clock.now())
    return answer


async def said(room: Room) -> list[asyncpg.Record]:
    return list(await room.pool.fetch("select event_id, data from event where type = 'fulfilment.published.v1'"))


async def goes_back(room: Room) -> None:
    """Its database is as it was before anything was published."""
    for table in ("statement", "statement_looked", "statement_draft", "frozen_case"):
        await room.pool.execute(f"truncate {table} cascade")
    await room.pool.execute("set session_replication_role = replica")
    await room.pool.execute("delete from event where stream_id like 'month/%'")
    await room.pool.execute("delete from stream where stream_id like 'month/%'")
    await room.pool.execute("delete from live where stream_id like 'month/%'")


async def test_a_statement_that_a_restored_database_lacks_is_taken_up_and_corrected_under_the_next_number(
    restorer_room: Room,
) -> None:
    room, broker = restorer_room, PaperBroker()
    room.clock.set(SEEN + timedelta(hours=2))
    await begins(room, STANDARD)
    await fault(room, "A")
    room.clock.set(IN_APRIL)
    await look_at_months(room)
    assert (await publishes(room, broker)).result["statementId"] == "2026-03/1"
    assert (await publishes(room, broker)).reason == "published-before"
    await goes_back(room)
    room.clock.set(IN_APRIL + timedelta(hours=1))
    await look_at_months(room)
    answer = await publishes(room, broker)
    assert (answer.reason, answer.result["statementId"]) == ("published-in-a-lost-time", "2026-03/1")
    assert len(broker.logs[(TOPIC, 0)]) == 1, "nobody reads it twice"
    assert (await publishes(room, broker)).reason == "published-before"
    await room.say(CrewStatus(mrid="A", crew_status="arrived", at=SEEN + timedelta(minutes=20)))
    assert (await publishes(room, broker)).result["statementId"] == "2026-03/2"
    await goes_back(room)
    await room.say(CrewStatus(mrid="A", crew_status="arrived", at=SEEN + timedelta(minutes=10)))
    await look_at_months(room)
    assert (await publishes(room, broker)).result["statementId"] == "2026-03/3"
    on_topic = [msgspec.json.decode(one.value or b"", type=FulfilmentPublished) for one in broker.logs[(TOPIC, 0)]]
    assert [(one.statement_id, one.corrects) for one in on_topic] == [
        ("2026-03/1", None),
        ("2026-03/2", "2026-03/1"),
        ("2026-03/3", "2026-03/2"),
    ]
    assert await room.pool.fetchval("select lost from statement where statement_id = '2026-03/2'"), "its cases are gone"
    report = Report()
    async with room.pool.acquire() as connection:
        await audit_months(connection, report)
    assert [fault for check in report.checks for fault in check.faults if "statement" in fault or "2026" in fault] == []
