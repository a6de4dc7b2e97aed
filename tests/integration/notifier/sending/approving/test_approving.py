"""People on duty look at a large send and say whether it goes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from services.notifier.sending.approving.large_sends import SQL, send_id
from services.notifier.sending.approving.watch import ApprovalWatch
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


async def test_texts_of_a_large_send_go_once_somebody_has_approved_it(office: Office, ctl: Ctl) -> None:
    desk = ctl.of("sending")
    await office.pool.execute(SQL["ask"], "F-1", send_id("F-1"), 1, 6_000, office.clock.now())
    text = await office.text()
    registry = CollectorRegistry()
    async with office.at_work(office.sender(), ApprovalWatch(office.pool, registry)):
        await asyncio.sleep(1.0)
        assert (await office.row(text))["state"] == "ready"
        assert registry.get_sample_value("outage_sends_waiting") == 1
        code, said = await desk.run("status")
        assert code == 0
        assert f"{send_id('F-1')}: outage F-1, 6,000 customers: WAITS for approval" in said.replace("6000", "6,000")
        code, said = await desk.run("approve", "F-1")
        assert (code, "--reason" in said) == (2, True)
        answer = await desk.json("approve", send_id("F-1"), "--reason", "the whole east is off")
        assert (answer["became"], answer["mRID"], answer["people"]) == ("send-approved", "F-1", 6_000)
        await office.comes_to(text, "accepted", PATIENCE)
    code, said = await desk.run("approve", "F-2", "--reason", "x")
    assert (code, "no-such-send" in said) == (1, True)


async def test_a_refused_send_shows_who_refused_it_and_can_be_approved_after_all(office: Office, ctl: Ctl) -> None:
    desk = ctl.of("sending")
    await office.pool.execute(SQL["ask"], "F-1", send_id("F-1"), 1, 6_000, office.clock.now())
    text = await office.text()
    code, said = await desk.run("refuse", "F-1", "--reason", "an exercise")
    assert code == 0
    assert "is refused" in said
    code, said = await desk.run("status")
    assert "refused by chen: an exercise. 1 text lapse" in said
    assert (await desk.json("refuse", "F-1", "--reason", "an exercise"))["became"] == "was-refused-already"
    await desk.json("approve", "F-1", "--reason", "no exercise")
    async with office.at_work(office.sender(), ApprovalWatch(office.pool, CollectorRegistry())):
        await office.comes_to(text, "accepted", PATIENCE)
