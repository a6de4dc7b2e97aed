"""The operators' brake on the real sender: what is stopped is not claimed, what is running goes on, what is old expires."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from devstack.twilio.faults import Fault
from services.notifier.sending.gates.brake import CLAIMING, SQL
from tests.kits.ctl import Ctl
from tests.kits.stack import sending
from tests.kits.stack.sending import Office

PATIENCE = 25.0


@pytest.fixture
async def office(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async with sending.office(postgres, tmp_path) as made:
        monkeypatch.setenv("OUTAGE_POSTGRES", made.dsn)
        monkeypatch.setenv("OUTAGE_OPERATOR", "chen")
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        yield made


@pytest.fixture
def brake(ctl: Ctl) -> Ctl:
    return ctl.of("sending")


async def in_lane(office: Office, text: str, lane: str, rank: int) -> None:
    await office.pool.execute(
        "update notification set lane = $2, lane_rank = $3 where message_id = $1", text, lane, rank
    )


async def until_gauge(office: Office, lane: str, value: float) -> None:
    registry = office.ingest.transaction.telemetry.registry
    async with asyncio.timeout(PATIENCE):
        while registry.get_sample_value("outage_sending_stopped", {"lane": lane}) != value:
            await asyncio.sleep(0.05)


async def test_a_stopped_lane_sends_nothing_new_and_the_others_go_on(office: Office, brake: Ctl) -> None:
    async with office.at_work(office.sender()):
        stopped = await brake.json("stop", "key", "--reason", "wrong wording went out")
        assert stopped["stopped"] == ["key"]
        assert stopped["certain"]
        held, critical = await office.text(), await office.text()
        await in_lane(office, critical, "critical", 0)
        await office.comes_to(critical, "accepted", PATIENCE)
        await until_gauge(office, "key", 1)
        assert (await office.row(held))["state"] == "ready"
        assert not office.posts(held)
        (lane,) = await brake.json("status", "key")
        assert (lane["stopped"], lane["who"], lane["reason"]) == (True, "chen", "wrong wording went out")
        assert (lane["waiting"], lane["underWay"]) == (1, 0)
        assert lane["oldestRequestedAt"]
        resumed = await brake.json("resume", "key")
        assert resumed["resumed"] == ["key"]
        assert resumed["lanes"][0]["waiting"] == 1
        await office.comes_to(held, "accepted", PATIENCE)
        await until_gauge(office, "key", 0)
    rows = await office.pool.fetch(
        "select data->>'who' as who, data->>'action' as action, data->>'why' as why from event "
        "where type = 'operator.requested.v1' order by position"
    )
    assert [tuple(row) for row in rows] == [
        ("chen", "sending stop", "wrong wording went out"),
        ("chen", "sending resume", None),
    ]


async def test_texts_under_way_may_finish_and_are_counted(office: Office, brake: Ctl) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="created-hang", number=office.number()))
    async with office.at_work(office.sender()):
        await office.comes_to(text, "sending", PATIENCE)
        stopped = await brake.json("stop", "--reason", "the provider doubles texts")
        assert stopped["stopped"] == ["critical", "key", "notice", "bulk"]
        assert stopped["underWay"] == 1
        await office.comes_to(text, "unknown", PATIENCE)
    assert len(office.posts(text)) == 1


async def test_what_is_of_no_use_any_more_still_expires_while_stopped(office: Office, brake: Ctl) -> None:
    await brake.json("stop", "--reason", "a drill")
    old = await office.text()
    async with office.at_work(office.sender()):
        office.clock.now_ahead = timedelta(hours=3)
        await office.comes_to(old, "expired", PATIENCE)
        code, said = await brake.run("resume")
        assert code == 0, said
        assert "1 text expired meanwhile and is not sent late" in said
        await asyncio.sleep(0.5)
    assert not office.posts(old)


async def test_stopping_waits_for_a_claim_that_began_before_it_so_that_the_count_is_true(
    office: Office, brake: Ctl
) -> None:
    sender, text = office.sender(), await office.text()
    async with office.pool.acquire() as other, other.transaction():
        # As a sender in the middle of its claim.
        await other.execute(SQL["hold_still"], CLAIMING)
        asked = asyncio.create_task(brake.run("stop", "key", "--reason", "a drill"))
        async with asyncio.timeout(PATIENCE):
            while not await office.pool.fetchval("select count(*) from brake"):
                await asyncio.sleep(0.02)
        await other.execute("update notification set state = 'sending', attempts = 1 where message_id = $1", text)
        assert not asked.done()
    code, said = await asked
    assert code == 0, said
    assert "1 under way" in said
    assert not await sender.lanes["key"].claims.take(5, sender.owner)


async def test_a_sender_that_hangs_in_its_claim_does_not_keep_the_brake_off(office: Office, brake: Ctl) -> None:
    async with office.pool.acquire() as other, other.transaction():
        await other.execute(SQL["hold_still"], CLAIMING)
        code, said = await brake.run("stop", "--reason", "a drill")
    assert code == 0, said
    assert "A sender hangs" in said
    assert await office.pool.fetchval("select count(*) from brake") == 4


async def test_stopping_twice_says_who_was_first(office: Office, brake: Ctl) -> None:
    await brake.run("stop", "notice", "--reason", "the first reason")
    code, said = await brake.run("stop", "notice", "--reason", "the second reason")
    assert code == 0
    assert "was stopped already" in said
    assert "chen: the first reason" in said
    assert (await brake.run("resume", "notice"))[0] == 0
    code, said = await brake.run("resume", "notice")
    assert code == 0
    assert "Nothing was stopped" in said
    reasons = await office.pool.fetch("select reason from event where type = 'operator.done.v1' order by position")
    assert [row["reason"] for row in reasons] == [
        "sending-stopped",
        "was-stopped-already",
        "sending-resumed",
        "nothing-was-stopped",
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("stop", "key"), 2, "say why"),
        (("stop", "slow", "--reason", "x"), 2, "there is no lane slow"),
        (("stop", "--reason", "call +44 7700 900123"), 1, "holds a phone number"),
    ],
)
async def test_a_stop_without_reason_or_lane_is_refused(
    office: Office, brake: Ctl, words: tuple[str, ...], code: int, said: str
) -> None:
    got, told = await brake.run(*words)
    assert got == code
    assert said in told
    assert await office.pool.fetchval("select count(*) from brake") == 0


async def test_the_role_for_operators_may_look_at_the_brake_and_ask_and_not_touch_it(office: Office) -> None:
    async with office.pool.acquire() as connection, connection.transaction():
        await connection.execute("set local role outage_operator")
        assert await connection.fetch("select * from brake") == []
        for forbidden in ("delete from brake", "delete from operator_request", "update operator_request set who = 'x'"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.transaction():
                    await connection.execute(forbidden)
