"""Power is back, on real tables: proven by the watermarks of every partition of every input, or not said at all."""

import asyncio
from datetime import timedelta

from services.kernel.writing.timers import Timers
from tests.kits.stack.sending import Office, power_back

PLACES = 2  # partitions of the kit's broker


async def told_and_back(office: Office) -> None:
    """A customer who was told that power is off, and now it is back: the end settles, and its time is over."""
    topics = office.ingest.service.inputs
    await office.ingest.assigned([(topic, number) for topic in topics for number in range(PLACES)])
    async with office.at_work(office.sender()):
        await office.comes_to(await office.text(), "accepted")
    await office.say("KC-01", power_back("KC-01", office.clock.now()))
    office.clock.now_ahead += timedelta(seconds=30)


async def triggers(office: Office) -> list[str]:
    rows = await office.pool.fetch("select trigger from notification order by requested_at, message_id")
    return [row["trigger"] for row in rows]


async def caught_up(office: Office, *, but: tuple[str, int] | None = None) -> None:
    """Every partition is read to its end by now, but one."""
    for topic in office.ingest.service.inputs:
        for number in range(PLACES):
            if (topic, number) != but:
                await office.ingest.caught_up({(topic, number): 0}, office.clock.now())


async def test_power_is_back_is_asked_for_once_every_partition_of_every_input_is_known(office: Office) -> None:
    await told_and_back(office)
    timers = Timers(office.ingest.transaction, office.clock, grace=0.0)
    await caught_up(office, but=("outage.dispatch", 1))
    for _ in range(3):
        await asyncio.sleep(0.05)
        await timers.fire_due({0, 1})
    assert await triggers(office) == ["fault"], "one partition of another worker may hold an outage of theirs"
    await caught_up(office)
    await timers.fire_due({0, 1})
    assert await triggers(office) == ["fault", "restored"]


async def test_where_it_cannot_be_proven_an_alarm_stands_and_falls_with_the_proof(office: Office) -> None:
    await told_and_back(office)
    office.ingest.service.patience = {"customer/settle": None, "customer/unsettled": 0.0}  # type: ignore[attr-defined]
    timers = Timers(office.ingest.transaction, office.clock, grace=300.0)
    for _ in range(3):
        await asyncio.sleep(0.05)
        await timers.fire_due({0, 1})
    standing = await office.pool.fetch("select customer_id, kind, mrids from alarm")
    assert [tuple(row) for row in standing] == [("KC-01", "end-unproven", ["F-1"])]
    assert await triggers(office) == ["fault"]
    said = "select payload from outbox where type = 'contact.unreached.v1'"
    assert b"power-back-cannot-be-proven" in await office.pool.fetchval(said), "whoever watches reads it"
    await caught_up(office)
    await timers.fire_due({0, 1})
    assert await triggers(office) == ["fault", "restored"]
    assert await office.pool.fetch("select from alarm") == []
