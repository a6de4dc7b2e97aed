"""What a customer is promised of our words, on real tables: made with the fact, broken by a timer, a task, and told late."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from operations.audit.report import Report
from operations.audit.sending import audit_sending
from services.kernel.model import Message
from services.kernel.writing.timers import Timers
from services.notifier.domain.customer.owing.rules import WordRules
from services.notifier.domain.events import ATTEMPT_ACCEPTED, AttemptAccepted
from services.tasks.worker import TaskWorker
from tests.kits.ctl import Ctl
from tests.kits.stack.fanout import Desks, Town, out, resident, town

PLACES = 2  # partitions of the kit's broker


@pytest.fixture
async def city(postgres: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    async with town(postgres) as made:
        monkeypatch.setenv("OUTAGE_POSTGRES", made.dsn)
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        made.promises = WordRules("cn", "1")
        yield made


async def said(city: Town) -> Sequence[str]:
    """Words about promises, in order."""
    rows = await city.pool.fetch(
        "select type, data ->> 'obligation' as what, data ->> 'reason' as why from event"
        " where starts_with(stream_id, 'customer/') and starts_with(type, 'promise.') order by position"
    )
    return [" ".join(filter(None, (row["type"].split(".")[1], row["what"], row["why"]))) for row in rows]


async def overdue(city: Town) -> Sequence[str]:
    """What the audit says of promises past their time."""
    report = Report()
    async with city.pool.acquire() as connection, connection.transaction():
        await audit_sending(connection, city.clock.now(), report, None)
    return next(check.faults for check in report.checks if check.name == "words")


async def fires(city: Town, desks: Desks) -> None:
    """All that was sent by now is read, and what is due fires."""
    timers = Timers(desks.ingest.transaction, city.clock, grace=300.0)
    for topic in desks.service.inputs:
        for number in range(PLACES):
            await desks.ingest.caught_up({(topic, number): 0}, city.clock.now())
    while await timers.fire_due(range(PLACES)):
        pass


async def test_a_word_that_is_late_is_broken_by_its_timer_and_a_task_until_it_went(city: Town, ctl: Ctl) -> None:
    desks = await city.process()
    topics = desks.service.inputs
    await desks.ingest.assigned([(topic, number) for topic in topics for number in range(PLACES)])
    await city.say(desks, resident("ward", importance="special"), out())
    await city.settle(desks)
    assert await said(city) == ["made first-word"]
    assert await city.pool.fetchval("select count(*) from timer where name like 'owed/%'") == 1
    assert await overdue(city) == []
    city.clock.advance(timedelta(minutes=25))
    assert len(await overdue(city)) == 1, "nobody has judged it, and the audit says so"
    await fires(city, desks)
    assert await said(city) == [
        "made first-word",
        "at-risk too-late-to-warn",
        "broken text-not-taken-yet",
    ]
    assert await overdue(city) == []
    worker = TaskWorker(desks.ingest, city.pool, city.clock)
    while await worker.once():
        pass
    assert [task["kind"] for task in await ctl.json("task", "list")] == ["word-late"]
    row = await city.pool.fetchrow("select message_id from notification where state = 'ready'")
    taken = AttemptAccepted(
        message_id=row["message_id"],
        customer_id="ward",
        attempt=1,
        provider="twilio",
        provider_sid="SM1",
        at=city.clock.now(),
    )
    stream, now = "customer/ward", city.clock.now()
    await desks.ingest.submit([Message("/test", "taken", ATTEMPT_ACCEPTED, now, taken, "ward", 0, stream=stream)])
    assert await said(city) == [
        "made first-word",
        "at-risk too-late-to-warn",
        "broken text-not-taken-yet",
        "made next-word",
        "made customer-reached",
    ]
    while await worker.once():
        pass
    assert await ctl.json("task", "list") == []
    assert not any((await city.faults()).values())
