"""Nobody sees a number without a word in the log; numbers that grow old are work for people."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from services.kernel.clock import SystemClock
from services.notifier.registry.numbers import NumberWatch
from tests.kits.stack.databases import as_role
from tests.kits.stack.importing.registry import CONTROL, DUTY, HOSPITAL, OFFICE, WATER, Desk

YEAR = timedelta(days=365)


class Later(SystemClock):
    """The machine's time, put ahead."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


@pytest.fixture
async def desk(desk: Desk) -> Desk:
    """With two customers and three numbers."""
    await desk.customers(HOSPITAL, WATER)
    await desk.contacts(DUTY, OFFICE, CONTROL)
    return desk


@pytest.fixture
async def pool(desk: Desk) -> AsyncIterator[asyncpg.Pool]:
    settings = {"search_path": "notifier"}
    async with asyncpg.create_pool(desk.address, min_size=1, max_size=2, server_settings=settings) as made:
        yield made


async def log_of(desk: Desk) -> str:
    rows = await desk.db.fetch(
        "select data::text as data from event union all select to_json(r)::text from operator_request r"
    )
    return " ".join(row["data"] for row in rows)


async def test_who_looked_at_a_number_and_why_is_in_the_log_and_the_number_is_not(desk: Desk) -> None:
    why = "nobody reached, task 4f2a"
    shown = await desk.ctl.json("vault", "show", f"{desk.prefix}1", "--reason", why)
    assert [one["number"] for one in shown["numbers"]] == ["+447700900101", "+447700900102"]
    (data,) = await desk.db.fetch(
        "select data from event where type = 'operator.requested.v1' and data ->> 'action' = 'vault show'"
    )
    asked = json.loads(data["data"])
    assert (asked["who"], asked["why"], asked["detail"]["customerId"]) == ("chen", why, f"{desk.prefix}1")
    assert asked["login"]
    assert "7700900" not in await log_of(desk)
    one = await desk.ctl.json(
        "vault", "show", f"{desk.prefix}1", "--contact", f"{desk.prefix}1-office", "--reason", why
    )
    assert [found["number"] for found in one["numbers"]] == ["+447700900102"]
    code, said = await desk.ctl.run("vault", "show", f"{desk.prefix}1", "--reason", why)
    assert (code, "On record: outagectl show operator" in said) == (0, True)


@pytest.mark.parametrize(
    ("words", "because"),
    [
        (("1", "--reason", "  "), "no-reason-given"),
        (("1", "--reason", "call 13800138000 back"), "holds a phone number"),
        (("9", "--reason", "nobody reached"), "no-number"),
        (("2", "--contact", "1-duty", "--reason", "nobody reached"), "no-such-contact"),
    ],
)
async def test_without_a_reason_or_a_number_nothing_is_shown(desk: Desk, words: tuple[str, ...], because: str) -> None:
    named = [f"{desk.prefix}{one}" if one[0].isdigit() else one for one in words]
    code, said = await desk.ctl.run("vault", "show", *named)
    assert code == 1
    assert because in " ".join(said.split())
    assert "7700900" not in said


async def test_whoever_may_not_read_the_vault_leaves_no_word_and_sees_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTAGE_POSTGRES", as_role(desk.address, "outage_operator"))
    code, said = await desk.ctl.run("vault", "show", f"{desk.prefix}1", "--reason", "nobody reached")
    assert code == 1
    assert "may not read the vault" in " ".join(said.split())
    assert "vault show" not in await log_of(desk)


async def test_a_number_that_nobody_confirmed_for_a_year_is_work_until_somebody_does(
    desk: Desk, pool: asyncpg.Pool
) -> None:
    clock = Later()
    watch = NumberWatch(pool, clock, CollectorRegistry(), 365)

    async def asked() -> list[str]:
        await watch.once()
        rows = await pool.fetch("select kind, ref from standing_cause order by ref")
        assert {row["kind"] for row in rows} <= {"number-old"}
        return [row["ref"].removeprefix(desk.prefix) for row in rows]

    clock.ahead = YEAR - timedelta(hours=1)
    assert await asked() == []
    clock.ahead = YEAR + timedelta(hours=1)
    assert await asked() == ["1-duty", "1-office", "2-control"]
    await pool.execute(
        "update contact_vault set put_at = put_at + interval '2 years' where customer_id = $1", f"{desk.prefix}2"
    )
    assert await asked() == ["1-duty", "1-office"], "a contact file had another number"
    await pool.execute(
        "update contact_vault set put_at = put_at - interval '2 years' where customer_id = $1", f"{desk.prefix}1"
    )
    assert await asked() == ["1-duty", "1-office"]
    confirmed = await desk.ctl.json(
        "vault", "confirm", f"{desk.prefix}1", "--by", "li", "--contact", f"{desk.prefix}1-duty"
    )
    assert confirmed["contactIds"] == [f"{desk.prefix}1-duty"]
    clock.ahead = YEAR - timedelta(hours=1)
    assert await asked() == ["1-office"], "confirmed today"
    await NumberWatch(pool, clock, CollectorRegistry(), 0).once()
    assert await pool.fetchval("select count(*) from old_number") == 0, "never, by the setting"
