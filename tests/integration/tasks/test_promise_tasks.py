"""A promise near its deadline is work for people; broken, they are asked why, and what they say stands beside the verdict."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.customers import TOPIC as CUSTOMERS
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.dispatch import CrewStatus, FaultReported, OutageStarted
from services.kernel.model import Message
from services.kernel.observing.telemetry import Telemetry
from services.kernel.reading.projector import Projector
from services.readmodels.making import make_tables
from services.restorer.tables.silence.placing import CustomerPlacing
from services.tasks.worker import TaskWorker
from tests.kits.ctl import Ctl
from tests.kits.deciders.restorer import EAST
from tests.kits.stack.tables.restorer import restorer_in
from tests.kits.stack.tables.room import Room


@pytest.fixture
async def room(postgres: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    async with restorer_in(postgres) as made:
        monkeypatch.setenv("OUTAGE_POSTGRES", made.dsn)
        monkeypatch.setenv("OUTAGE_OPERATOR", "night shift")
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        await make_tables(made.dsn, "restorer", made.clock)
        yield made


async def looked(room: Room) -> None:
    """Read model and tasks have caught up."""
    service = room.workers[0].service
    following = Projector(service, room.pool, Telemetry("restorer"), wake=asyncio.Event())
    while await following.once():
        pass
    worker = TaskWorker(room.workers[0], room.pool, room.clock)
    while await worker.once():
        pass


async def reported(room: Room, mrid: str, where: Extent = EAST) -> str:
    """A fault in town that was just reported; the id of the promise that a crew comes."""
    now = room.clock.now()
    said = FaultReported(mrid=mrid, report_id=f"R-{mrid}", reported_at=now, extent=where, territory="urban")
    assert (await room.say(said)).outcome == "appended"
    view = await room.view(mrid)
    return next(one["promiseId"] for one in view["promises"] if one["ruleId"] == "cn.fault.crew-45min")


async def live(room: Room, *customers: CustomerUpserted) -> None:
    """The registry says who lives where, and the watch over silence has looked it up."""
    service: Any = room.workers[0].service
    now = room.clock.now()
    said = [
        Message("/registry", one.customer_id, "customer.upserted.v1", now, one, one.customer_id, 0, CUSTOMERS)
        for one in customers
    ]
    async with room.pool.acquire() as connection, connection.transaction():
        await service.copies[CUSTOMERS].put(connection, said)
    placing = CustomerPlacing()
    while await placing.some(room.pool, 0.0):
        pass


def customer(name: str, importance: Any, line: str, *, life_support: bool = False) -> CustomerUpserted:
    return CustomerUpserted(
        customer_id=name,
        name=name,
        importance=importance,
        life_support=life_support,
        lines=(line,),
        updated_at=datetime(2026, 3, 1, tzinfo=UTC),
    )


async def comes_due(room: Room, promise: str, what: str) -> None:
    """The next warning of a promise, or its deadline, at its instant."""
    name = f"promise/{promise}/{what}"
    due = await room.pool.fetchval("select due_at from timer where name = $1", name)
    room.clock.set(max(due, room.clock.now()))
    await room.fires(promise.partition("/")[0], name)


async def test_warned_twice_then_broken_it_is_asked_why_and_the_reason_stands_beside_the_verdict(
    room: Room, ctl: Ctl
) -> None:
    promise = await reported(room, "F-1")
    await comes_due(room, promise, "at-risk")
    await looked(room)
    (task,) = await ctl.json("task", "list")
    assert (task["kind"], task["mRID"], task["urgency"], task["whom"][0]["ref"]) == (
        "promise-at-risk",
        "F-1",
        4,
        promise,
    )
    assert (await ctl.run("task", "take", task["taskId"]))[0] == 0

    await comes_due(room, promise, "at-risk")
    await looked(room)
    (raised,) = await ctl.json("task", "list")
    assert (raised["taskId"], raised["urgency"]) == (task["taskId"], 3), "the same task, and it is urgent now"
    said = (await ctl.said("task", "list")).out
    assert "last warning" in said
    assert "night shift had the task" in said

    await comes_due(room, promise, "due")
    await looked(room)
    (asks,) = await ctl.json("task", "list")
    assert (asks["kind"], asks["reason"], asks["whom"][0]["ref"]) == (
        "promise-unexplained",
        "deadline-passed",
        promise,
    )
    left = datetime.fromisoformat(asks["dueAt"]) - datetime.fromisoformat(asks["openedAt"])
    assert (asks["urgency"], left) == (6, timedelta(hours=4)), "nobody waits in the dark for the reason"
    assert "night shift had the task" in (await ctl.said("task", "show", asks["taskId"])).out

    code, answer = await ctl.run("promises", "why", promise, "--reason", "road under water until noon", "--by", "chen")
    assert code == 0, answer
    await looked(room)
    assert await ctl.json("task", "list") == []
    (shown,) = [one for one in await ctl.json("promises", "--broken") if one["promiseId"] == promise]
    assert (shown["why"], shown["whyBy"], shown["warned"], shown["warnings"]) == (
        "road under water until noon",
        "chen",
        2,
        2,
    )
    broken = (await ctl.said("promises", "--broken")).out
    assert promise in broken, "the id that why takes"
    assert "“road under water until noon” (chen)" in broken
    assert "“road under water until noon” (chen)" in (await ctl.said("show", "outage", "F-1")).out
    published = await room.last("F-1", "promise.explained.v1")
    assert (published["promiseId"], published["by"]) == (promise, "chen")

    again = await ctl.run("promises", "why", promise, "--reason", "road under water until noon", "--by", "chen")
    assert (again[0], "stood there already" in again[1]) == (0, True)
    other = await ctl.run("promises", "why", promise, "--reason", "the crew was late")
    assert (other[0] != 0, "“road under water until noon”" in other[1]) == (True, True), (
        "nobody's word is replaced unseen"
    )


async def test_where_life_support_is_off_the_promise_comes_first_and_the_list_says_so(room: Room, ctl: Ctl) -> None:
    west, north = Extent(lines=("10千伏城西线",)), Extent(lines=("10千伏城北线",))
    home = customer("ventilator", "second", EAST.lines[0], life_support=True)
    await live(room, home, customer("hospital", "special", west.lines[0]), customer("shop", "second", north.lines[0]))
    for mrid, where in (("F-1", north), ("F-2", west), ("F-3", EAST)):
        await room.say(OutageStarted(mrid=mrid, outage_class="fault", started_at=room.clock.now(), extent=where))
        promise = await reported(room, mrid, where)
        await comes_due(room, promise, "at-risk")
    await looked(room)
    tasks = [one for one in await ctl.json("task", "list") if one["kind"] == "promise-at-risk"]
    assert [(one["mRID"], one["urgency"]) for one in tasks] == [("F-3", 1), ("F-2", 2), ("F-1", 4)]
    first, second, third = (line for line in (await ctl.said("task", "list")).out.splitlines() if "/cn.fault" in line)
    assert "LIFE SUPPORT is off under it" in first
    assert "a customer of special importance is off under it" in second
    assert "is off under it" not in third


async def test_a_warning_is_no_work_any_more_once_the_promise_is_kept(room: Room, ctl: Ctl) -> None:
    promise = await reported(room, "F-1")
    await comes_due(room, promise, "at-risk")
    await looked(room)
    assert [one["kind"] for one in await ctl.json("task", "list")] == ["promise-at-risk"]
    refused = await ctl.run("promises", "why", promise, "--reason", "it is not even broken")
    assert (refused[0] != 0, "promise-not-broken" in refused[1]) == (True, True)
    await room.say(CrewStatus(mrid="F-1", crew_status="arrived", at=room.clock.now()))
    await looked(room)
    assert await ctl.json("task", "list") == []
    assert await room.pool.fetchval("select count(*) from promise_alarm") == 0


async def test_one_reason_answers_for_all_that_a_task_asks_about(room: Room, ctl: Ctl) -> None:
    faults = [f"F-{number}" for number in range(1, 31)]
    promises = [await reported(room, mrid) for mrid in faults]
    for promise in promises:
        await comes_due(room, promise, "due")
    room.clock.advance(timedelta(seconds=1))
    await looked(room)
    tasks = await ctl.json("task", "list")
    assert len(tasks) <= 26, "beyond 24 of one outage each they are one task"
    assert sum(one["concerned"] for one in tasks) == len(faults)
    (many,) = [one for one in tasks if one["mRID"] is None]
    code, said = await ctl.run("promises", "why", "--task", many["taskId"], "--reason", "typhoon", "--yes")
    assert code == 0, said
    await looked(room)
    assert many["taskId"] not in {one["taskId"] for one in await ctl.json("task", "list")}
    own = next(one for one in tasks if one["mRID"])
    assert (await ctl.run("promises", "why", "--outage", own["mRID"], "--reason", "typhoon", "--yes"))[0] == 0
