"""Alarms about customers become tasks on the notifier's real tables: one an outage, gone with its cause, one person's."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from operations.audit.report import Report
from operations.audit.tasks import audit_tasks
from schemas.contracts.base import Extent
from services.kernel.operating import OperatorDone, OperatorRefused
from services.kernel.operators.answering import SQL as OPERATIONS
from services.kernel.operators.answering import Operations, answer_of
from services.tasks.actions import TAKE
from services.tasks.gauge import TaskGauge
from services.tasks.worker import TaskWorker
from tests.kits.ctl import Ctl
from tests.kits.deciders.notifier import published
from tests.kits.stack.fanout import NORTH, Town, at, resident, town

ASK = OPERATIONS["ask"]


@pytest.fixture
async def city(postgres: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    async with town(postgres) as made:
        monkeypatch.setenv("OUTAGE_POSTGRES", made.dsn)
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        yield made


@pytest.fixture
def tasks(ctl: Ctl) -> Ctl:
    return ctl.of("task")


async def alarm(city: Town, *customers: str, mrid: str = "F1", kind: str = "nobody-reached") -> None:
    """What any version leaves behind where nobody could be reached."""
    await city.pool.executemany(
        "insert into alarm (customer_id, kind, since, mrids) values ($1, $2, $3, $4)",
        [(one, kind, city.clock.now(), [mrid]) for one in customers],
    )


async def looked(city: Town) -> TaskWorker:
    """The worker has looked until nothing more follows."""
    desks = await city.process()
    worker = TaskWorker(desks.ingest, city.pool, city.clock)
    while await worker.once():
        pass
    return worker


async def said(city: Town) -> list[str]:
    """Types of what waits for the topic, in order."""
    rows = await city.pool.fetch("select type from outbox where topic = 'outage.tasks' order by id")
    return [row["type"] for row in rows]


async def faults(city: Town) -> Sequence[str]:
    report = Report()
    async with city.pool.acquire() as connection, connection.transaction():
        await audit_tasks(connection, "notifier", city.clock.now, report, None, running=True)
    return [text for check in report.checks for text in check.faults]


async def test_alarms_that_stand_in_an_older_database_are_one_task_an_outage_most_urgent_first(
    city: Town, tasks: Ctl
) -> None:
    desks = await city.process()
    await city.say(desks, resident("shop"), resident("ventilator", life_support=True, importance="second"))
    await alarm(city, "shop", "ventilator")
    await alarm(city, "shop", mrid="F2", kind="claim-unproven")
    assert len(await faults(city)) == 3, "nothing has looked yet"
    await looked(city)
    first, second = await tasks.json("list")
    assert (first["kind"], first["mRID"], first["concerned"]) == ("nobody-reached", "F1", 2)
    assert [one["customerId"] for one in first["whom"]] == ["ventilator", "shop"]
    assert (second["kind"], second["mRID"], second["urgency"]) == ("claim-unproven", "F2", 3)
    assert await said(city) == ["task.opened.v1", "task.opened.v1"]
    assert await faults(city) == []
    code, text = await tasks.run("show", first["taskId"])
    assert code == 0, text
    assert "请致电" in text


async def test_asking_after_a_repair_waits_behind_what_anybody_else_writes_though_it_is_asked_of_a_ventilator(
    city: Town, tasks: Ctl
) -> None:
    desks = await city.process()
    await city.say(desks, resident("ventilator", life_support=True), resident("shop", importance="second"))
    now = city.clock.now()
    await city.pool.execute(
        "insert into customer_cause (customer_id, kind, about, ref, reason, since)"
        " values ('ventilator', 'call-back', 'F1', 'm-1', 'x', $1)",
        now - timedelta(hours=1),
    )
    await city.pool.execute(
        "insert into reply_to_read (reply_id, customer_id, mrid, reason, since, useful_until)"
        " values ('r-1', 'shop', 'F2', 'in-words', $1, $2)",
        now,
        now + timedelta(days=1),
    )
    await looked(city)
    assert [(one["kind"], one["urgency"]) for one in await tasks.json("list")] == [
        ("reply-to-read", 4),
        ("call-back", 5),
    ]


async def test_the_cause_gone_the_task_expires_and_the_list_is_empty(city: Town, tasks: Ctl) -> None:
    await alarm(city, "hospital")
    await looked(city)
    await city.pool.execute("delete from alarm")
    assert await faults(city) != []
    await looked(city)
    assert await tasks.json("list") == []
    assert await said(city) == ["task.opened.v1", "task.expired.v1"]
    (over,) = await tasks.json("list", "--over")
    assert over["closedFor"] == "cause-gone"
    assert await faults(city) == []
    assert await city.pool.fetchval("select count(*) from task_cause") == 0


async def test_of_two_who_take_it_at_once_one_has_it_and_the_other_hears_who(
    city: Town, tasks: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    await alarm(city, "hospital")
    await looked(city)
    (task,) = await tasks.json("list")
    monkeypatch.setenv("OUTAGE_OPERATOR", "li")
    code, text = await tasks.run("take", task["taskId"])
    assert code == 0, text
    monkeypatch.setenv("OUTAGE_OPERATOR", "wang")
    code, text = await tasks.run("take", task["taskId"])
    assert code == 1
    assert "li has it since" in text
    code, text = await tasks.run("done", task["taskId"], "--note", "called them")
    assert code == 1, "it is somebody else's"
    monkeypatch.setenv("OUTAGE_OPERATOR", "li")
    code, text = await tasks.run("done", task["taskId"], "--note", "the night desk answered")
    assert code == 0, text
    row = await city.pool.fetchrow("select data from event where type = 'task.done.v1'")
    assert (json.loads(row["data"])["by"], json.loads(row["data"])["note"]) == ("li", "the night desk answered")
    assert await city.pool.fetchval("select count(*) from event where type = 'operator.refused.v1'") == 2
    await looked(city)
    assert await tasks.json("list") == [], "the alarm stands, and they were called"
    assert await faults(city) == []


async def test_requests_that_race_are_judged_one_after_the_other(city: Town, tasks: Ctl) -> None:
    await alarm(city, "hospital")
    await looked(city)
    (task,) = await tasks.json("list")
    asked = {"li": uuid4(), "wang": uuid4()}
    detail = json.dumps({"concern": task["concern"], "taskId": task["taskId"]})
    for who, request_id in asked.items():
        await city.pool.execute(ASK, request_id, city.clock.now(), who, TAKE, "", detail)
    judges = [Operations((await city.process()).ingest.transaction, city.clock) for _ in asked]
    await asyncio.gather(*(one.judge(request_id) for one, request_id in zip(judges, asked.values(), strict=True)))
    async with city.pool.acquire() as connection:
        answers = {who: await answer_of(connection, request_id) for who, request_id in asked.items()}
    has_it = [who for who, answer in answers.items() if isinstance(answer, OperatorDone)]
    (refused,) = (answer for answer in answers.values() if isinstance(answer, OperatorRefused))
    assert len(has_it) == 1
    assert (refused.reason, refused.explanation) == (
        "taken-by-another",
        f"{has_it[0]} has it since 2026-03-05T01:14:00Z",
    )


async def test_what_nobody_takes_is_raised_and_shows_on_the_metric(city: Town) -> None:
    await alarm(city, "hospital")
    worker = await looked(city)
    city.clock.advance(timedelta(minutes=59))
    assert not await worker.once()
    city.clock.advance(timedelta(minutes=2))
    await looked(city)
    registry = CollectorRegistry()
    await TaskGauge(city.pool, registry).once()
    assert registry.get_sample_value("outage_tasks_open", {"kind": "nobody-reached", "raised": "yes"}) == 1
    assert (await said(city))[-1] == "task.raised.v1"
    assert await faults(city) == []


async def test_a_thousand_outages_at_once_are_a_list_that_people_can_look_through(city: Town, tasks: Ctl) -> None:
    desks = await city.process()
    await city.say(desks, resident("ventilator", life_support=True))
    for number in range(150):
        await alarm(city, f"shop-{number}", f"store-{number}", mrid=f"F-{number}")
    await alarm(city, "ventilator", mrid="F-last")
    await looked(city)
    listed = await tasks.json("list")
    assert len(listed) <= 54
    assert listed[0]["whom"][0]["customerId"] == "ventilator"
    assert sum(task["concerned"] for task in listed) == 301
    assert await faults(city) == []
    await city.pool.execute("delete from alarm")
    await looked(city)
    assert await tasks.json("list") == []


async def test_a_crash_between_the_look_and_the_commit_loses_and_doubles_nothing(city: Town, tasks: Ctl) -> None:
    await alarm(city, "hospital")
    first, second = await city.process(), await city.process()
    workers = [TaskWorker(one.ingest, city.pool, city.clock) for one in (first, second)]
    await asyncio.gather(*(worker.once() for worker in workers))
    await looked(city)
    assert len(await tasks.json("list")) == 1
    assert await said(city) == ["task.opened.v1"]
    assert at(5, 9, 14) == city.clock.now()


async def test_whom_no_text_can_tell_of_a_notice_is_a_task_until_the_registry_has_a_contact(
    city: Town, tasks: Ctl
) -> None:
    desks = await city.process()
    await city.say(desks, resident("school", contacts=()))
    await city.say(desks, published(extent=Extent(lines=(NORTH,))))
    await city.settle(desks)
    await looked(city)
    (task,) = await tasks.json("list")
    assert (task["kind"], task["mRID"], task["reason"]) == ("no-contact", "P1", "no-contact-can-be-texted")
    assert task["urgency"] == 5, "work a week ahead: whoever sits in the dark comes first"
    assert await faults(city) == []
    await city.say(desks, resident("school", when=at(5, 9, 15)))
    await looked(city)
    assert await tasks.json("list") == []
    assert await city.pool.fetchval("select count(*) from customer_cause") == 0


async def test_an_open_circuit_is_a_task_once_it_did_not_mend_itself_and_names_no_number(
    city: Town, tasks: Ctl
) -> None:
    number = "+447700900001"
    await city.pool.execute(
        "insert into circuit (provider, scope, subject, is_open, reason, found_by, since, faulted_at, next_probe_at)"
        " values ('twilio', 'sender', $1, true, 'sender-refused', 'answer', $2, $2, $2)",
        number,
        city.clock.now(),
    )
    await looked(city)
    assert await tasks.json("list") == [], "it probes by itself first"
    city.clock.advance(timedelta(minutes=3))
    await looked(city)
    (task,) = await tasks.json("list")
    assert (task["kind"], task["urgency"]) == ("provider-stopped", 2)
    assert number not in json.dumps(task)
    payloads = await city.pool.fetch("select payload from outbox where topic = 'outage.tasks'")
    assert all(number.encode() not in row["payload"] for row in payloads)
