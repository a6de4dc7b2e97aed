"""Texts that customers send by the HTTP gateway: fetched or pushed, each is heard once, as Twilio's are, whoever is killed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from devstack.sms_gateway.config import SAMPLE_ACCOUNT, SAMPLE_SECRET
from devstack.sms_gateway.simulator import SmsGatewaySimulator
from devstack.twilio.faults import Fault
from services.gateway.sms_gateway.pushes import PATH
from services.kernel.adapters.kafka import Producer
from services.kernel.clock import SystemClock
from tests.kits.stack.answering import Answering, answered
from tests.kits.waiting import until

STRANGER = "+447700900198"


@pytest.fixture
async def answering(postgres: str, kafka: str, tmp_path: Path) -> AsyncIterator[Answering]:
    known = {"sms_gateway_account": SAMPLE_ACCOUNT, "sms_gateway_secret": SAMPLE_SECRET}
    async with answered(postgres, kafka, tmp_path, **known) as made:
        yield made


@pytest.fixture
async def sms(tmp_path: Path) -> AsyncIterator[SmsGatewaySimulator]:
    async with SmsGatewaySimulator(tmp_path / "sms-gateway", SystemClock()) as running:
        yield running


@pytest.fixture
async def producer(kafka: str) -> AsyncIterator[Producer]:
    made = Producer(kafka)
    yield made
    await made.stop()


async def test_replies_as_people_type_them_are_fetched_and_understood_as_twilios_are(
    answering: Answering, sms: SmsGatewaySimulator, producer: Producer
) -> None:
    text = await answering.told()
    ref, number = (await answering.office.row(text))["ref"], answering.office.number()
    puller = answering.puller(sms, producer)

    async def texts(body: str, sender: str = number) -> str:
        sid = f"gw:{sms.receive(sender, body)}"
        await puller.turn()
        return await answering.heard(sid)

    assert await texts("　１　") == "by-what-was-said-to-it"
    assert (await answering.kinds())[-1] == "contact.confirmed.v1"
    assert await texts(f"{ref.lower()} 没电") == "by-its-code"
    assert await texts("ＴＤ", STRANGER) == "opted-out"
    assert await texts("这里没电", STRANGER) == "unknown-sender"
    assert await texts("T") == "opted-out"
    assert "contact.opted-out.v1" in await answering.kinds()
    assert sms.account.uplinks.waiting() == []
    rows = await answering.office.pool.fetch("select customer_id, reason from reply_to_read order by reason")
    assert [tuple(row) for row in rows] == [("", "unknown-sender")]


async def test_killed_between_fetching_and_acknowledging_nothing_is_lost_and_nothing_heard_twice(
    answering: Answering, sms: SmsGatewaySimulator, producer: Producer
) -> None:
    await answering.told()
    sid = f"gw:{sms.receive(answering.office.number(), 'STOP')}"
    await answering.dies_at("uplinks-published:1", sms)
    assert len(sms.account.uplinks.waiting()) == 1, "not acknowledged"
    await answering.puller(sms, producer).turn()
    assert sms.account.uplinks.waiting() == []
    first, again = await answering.on_topic(sid, times=2)
    assert (first.source, first.id, first.data) == (again.source, again.id, again.data), "the inbox takes one of them"
    assert await answering.heard(sid) == "opted-out"


async def test_while_the_gateway_cannot_be_asked_its_texts_wait(
    answering: Answering, sms: SmsGatewaySimulator, producer: Producer
) -> None:
    await answering.told()
    sid = f"gw:{sms.receive(answering.office.number(), '收到')}"
    sms.break_things(Fault(kind="list-5xx", times=1))
    puller = answering.puller(sms, producer)
    await puller.turn()
    assert len(sms.account.uplinks.waiting()) == 1
    await puller.turn()
    assert await answering.heard(sid) == "by-what-was-said-to-it"


async def test_what_the_gateway_pushes_is_signed_and_goes_the_same_way(
    answering: Answering, sms: SmsGatewaySimulator
) -> None:
    await answering.told()
    sms.settings.push_again_seconds = 0.05
    sms.settings.secret = "a-forged-secret"
    sms.settings.uplink_url = f"{answering.gateway.url}{PATH}"
    sid = f"gw:{sms.receive(answering.office.number(), '退订')}"
    await until(lambda: sms.account.uplinks.refused > 1, 10)
    assert len(sms.account.uplinks.waiting()) == 1, "nobody else's signature is believed"
    sms.settings.secret = SAMPLE_SECRET
    await sms.account.uplinks.settled()
    assert await answering.heard(sid) == "opted-out"
