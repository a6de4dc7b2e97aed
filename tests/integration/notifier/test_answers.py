"""What customers answer, on a real PostgreSQL: numbers are known by their blind index alone; what a person must read is a task."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from operations.audit.report import Report
from operations.audit.tasks import audit_tasks
from schemas.contracts.customers import CustomerErased
from services.notifier.replying.tables import is_opted_out
from services.tasks.worker import TaskWorker
from tests.kits.ctl import Ctl
from tests.kits.deciders.notifier import at
from tests.kits.stack.fanout import Desks, Town, out, resident, town
from tests.kits.stack.sending import power_back
from tests.kits.stack.tables.handsets import has_number, texts_us

TAKEN = "update notification set state = 'delivered' where customer_id = $1"
LOG = "select type, data from event where stream_id = $1 order by version"


@dataclass
class Answers:
    """A town in which power went off, and everybody was told."""

    here: Town
    desks: Desks

    async def texts(self, body: str, number: str = "ix", **more: Any) -> str:
        outcome = await texts_us(self.here, self.desks, number, body, **more)
        return outcome.reason

    async def codes(self) -> dict[str, str]:
        rows = await self.here.pool.fetch("select distinct customer_id, ref from notification")
        return {row["customer_id"]: row["ref"] for row in rows}

    async def to_read(self) -> list[tuple[str, str]]:
        rows = await self.here.pool.fetch(
            "select customer_id, reason from reply_to_read order by since, reply_id, customer_id"
        )
        return [(row["customer_id"], row["reason"]) for row in rows]

    async def kinds(self, customer: str) -> list[str]:
        return [row["type"] for row in await self.here.pool.fetch(LOG, f"customer/{customer}")]

    async def tasks(self) -> None:
        worker = TaskWorker(self.desks.ingest, self.here.pool, self.here.clock)
        while await worker.once():
            pass

    async def amiss(self) -> list[str]:
        report, clock = Report(), self.here.clock
        async with self.here.pool.acquire() as connection:
            await audit_tasks(connection, "notifier", clock.now, report, None, running=False)
        return [fault for check in report.checks for fault in check.faults]


@pytest.fixture
async def answers(postgres: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Answers]:
    async with town(postgres) as here:
        monkeypatch.setenv("OUTAGE_POSTGRES", here.dsn)
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        desks = await here.process()
        await here.say(desks, resident("hospital", importance="special"), resident("works"))
        await here.say(desks, out())
        await here.settle(desks)
        for name in ("hospital", "works"):
            await has_number(here, name, "ix")
            await here.pool.execute(TAKEN, name)
        here.clock.advance(timedelta(minutes=10))
        yield Answers(here, desks)


async def test_stop_is_of_the_number_and_each_customer_with_it_and_start_ends_it(answers: Answers) -> None:
    assert await answers.texts("ＳＴＯＰ") == "opted-out"
    assert await is_opted_out(answers.here.pool, "ix")
    assert "contact.opted-out.v1" in await answers.kinds("hospital")
    assert "contact.opted-out.v1" in await answers.kinds("works")
    assert await answers.texts("stop", "stranger") == "opted-out"
    assert await answers.texts("START") == "opted-in"
    assert not await is_opted_out(answers.here.pool, "ix")
    assert await is_opted_out(answers.here.pool, "stranger")


async def test_a_code_says_which_of_two_sites_with_one_number_is_meant(answers: Answers) -> None:
    code = (await answers.codes())["works"]
    assert await answers.texts(f"{code} 我要投诉") == "by-its-code"
    assert await answers.to_read() == [("works", "in-words")]
    assert await answers.texts(f"ok {code.lower()}") == "by-its-code"


async def test_what_only_a_person_can_answer_is_a_task_with_its_words_until_somebody_has_read_it(
    answers: Answers, ctl: Ctl
) -> None:
    await answers.texts("呼吸机只能再撑十分钟", sid="SM-urgent")
    await answers.texts("我是新来的", "stranger", sid="SM-stranger")
    await answers.tasks()
    first, second = await ctl.json("task", "list", "--json")
    assert (first["kind"], first["urgency"], first["whom"][0]["ref"]) == ("reply-to-read", 2, "SM-urgent")
    assert (second["urgency"], second["whom"][0].get("customerId")) == (5, None)
    assert await answers.amiss() == []
    listed = (await ctl.said("task", "list")).out
    assert listed.index("“呼吸机只能再撑十分钟”") < listed.index("“我是新来的”"), (
        "whoever looks sees what comes first, and why"
    )
    shown = await ctl.said("task", "show", first["taskId"])
    assert "呼吸机只能再撑十分钟" in shown.out
    assert "我是新来的" not in shown.out
    assert [one["body"] for one in await ctl.json("reply", "list", "--unread", "--json")] == [
        "我是新来的",
        "呼吸机只能再撑十分钟",
    ]
    await ctl.json("task", "done", first["taskId"], "--note", "已致电", "--json")
    (left,) = await ctl.json("reply", "list", "--unread", "--json")
    assert left["body"] == "我是新来的"
    assert len(await ctl.json("reply", "list", "--json")) == 2


async def test_after_a_day_three_times_over_nobody_need_read_it(answers: Answers, ctl: Ctl) -> None:
    await answers.texts("我要投诉")
    await answers.tasks()
    answers.here.clock.advance(timedelta(hours=73))
    await answers.tasks()
    assert await ctl.json("task", "list", "--json") == []


async def test_whoever_takes_no_texts_is_listed_and_what_they_are_owed_is_a_task(answers: Answers, ctl: Ctl) -> None:
    await answers.texts("退订")
    (one, other) = await ctl.json("reply", "stopped", "--json")
    assert {one["customerId"], other["customerId"]} == {"hospital", "works"}
    now = answers.here.clock.now()
    await answers.here.say(answers.desks, power_back("hospital", now), power_back("works", now))
    await answers.tasks()
    assert await answers.amiss() == []


async def test_of_an_erased_customer_what_they_wrote_is_forgotten_and_that_they_want_no_texts_is_not(
    answers: Answers,
) -> None:
    await has_number(answers.here, "works", "own", "works-night")
    await answers.texts("我要投诉", "own")
    await answers.texts("stop", "own")
    await answers.here.say(answers.desks, CustomerErased(customer_id="works", erased_at=answers.here.clock.now()))
    rows = await answers.here.pool.fetch("select reply_id from reply where handset = 'own'")
    assert rows == []
    assert await answers.to_read() == []
    assert await is_opted_out(answers.here.pool, "own")


async def test_the_log_and_the_rows_agree_and_a_second_call_of_the_provider_adds_nothing(answers: Answers) -> None:
    await answers.texts("还没电", sid="SM-once")
    assert await answers.texts("还没电", sid="SM-once") == "heard-before"
    assert await answers.here.pool.fetchval("select count(*) from reply") == 1
    assert await answers.here.faults() == {}
    assert await answers.texts("收到", when=at(5, 9, 30)) == "by-what-was-said-to-it"
