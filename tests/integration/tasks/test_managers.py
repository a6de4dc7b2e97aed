"""Account managers have their own list: what they are to know of at their customers, and whom they are to call."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.tasks.worker import TaskWorker
from tests.kits.ctl import Ctl
from tests.kits.stack.fanout import Town, out, resident, town

MIGRATIONS = Path(__file__).parents[3] / "services" / "notifier" / "sql" / "migrations"


@pytest.fixture
async def city(postgres: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    async with town(postgres) as made:
        monkeypatch.setenv("OUTAGE_POSTGRES", made.dsn)
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        yield made


async def test_each_sees_their_own_customers_last_among_what_is_to_be_done(city: Town, ctl: Ctl) -> None:
    desks = await city.process()
    await city.say(desks, resident("ward", account_manager="林涛", importance="special"))
    await city.say(desks, resident("mill", account_manager="Sam"), resident("shop", contacts=()), out())
    await city.settle(desks)
    worker = TaskWorker(desks.ingest, city.pool, city.clock)
    while await worker.once():
        pass
    listed = await ctl.json("task", "list")
    assert (listed[-1]["kind"], listed[-1]["urgency"], listed[-1]["concerned"]) == ("account-manager-informed", 6, 2)
    assert listed[0]["kind"] == "nobody-reached", "whom somebody is to call comes first"
    (own,) = await ctl.json("task", "list", "--manager", "林涛")
    assert [(one["customerId"], one["mRID"], one["ref"]) for one in own["whom"]] == [("ward", "F1", "林涛")]
    assert await ctl.json("task", "list", "--manager", "nobody") == []
    code, _ = await ctl.run("task", "list", "--over", "--manager", "Sam")
    assert code == 2


async def test_an_outage_and_a_customer_are_shown_with_what_people_have_to_do_about_them(
    city: Town, ctl: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks = await city.process()
    await city.say(desks, resident("ward", importance="special", contacts=()), resident("shop", contacts=()), out())
    await city.settle(desks)
    worker = TaskWorker(desks.ingest, city.pool, city.clock)
    while await worker.once():
        pass
    (task,) = (await ctl.json("show", "outage", "F1"))["tasks"]
    assert (task["kind"], task["state"], task["concerned"]) == ("nobody-reached", "open", 2)
    code, said = await ctl.run("show", "outage", "F1")
    assert code == 0, said
    assert "nobody has it, to be taken by" in said
    monkeypatch.setenv("OUTAGE_OPERATOR", "li")
    assert (await ctl.run("task", "take", task["taskId"]))[0] == 0
    code, said = await ctl.run("show", "customer", "ward")
    assert "li has it since" in said
    assert (await ctl.run("task", "done", task["taskId"], "--note", "the ward sister knows"))[0] == 0
    code, said = await ctl.run("show", "outage", "F1")
    assert "done by li" in said
    assert "the ward sister knows" in said
    assert (await ctl.json("show", "customer", "shop"))["tasks"][0]["taskId"] == task["taskId"], (
        "it named the shop, too"
    )


LATEST = ("0043_promises_as_tasks", "0040_notices_wait", "0038_call_backs_last")
"""Migrations that rewrote the view, the newest first."""


async def test_migrations_of_the_order_can_be_taken_back_and_made_again(city: Town) -> None:
    wrapped = await city.pool.fetchval("select pg_get_viewdef('standing_cause'::regclass)")
    assert "account-manager-informed" in wrapped
    assert await city.pool.fetchval("select count(*) from standing_cause") == 0
    newest_first = [MIGRATIONS / f"{name}.sql" for name in LATEST]
    for file in newest_first:
        await city.pool.execute(file.read_text(encoding="utf-8").partition("-- migrate: rollback")[2])
    before = await city.pool.fetchval("select pg_get_viewdef('standing_cause'::regclass)")
    assert "call-back" not in before
    assert "account-manager-informed" in before
    for file in reversed(newest_first):
        await city.pool.execute(file.read_text(encoding="utf-8").partition("-- migrate: rollback")[0])
    assert await city.pool.fetchval("select pg_get_viewdef('standing_cause'::regclass)") == wrapped
