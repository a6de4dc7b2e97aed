"""From a handset to a conversation: a signed request over HTTP, the gateway, Kafka, the notifier's tables, the sender.

The numbers in square brackets are those of the list of failures in the notes on sending (content and people).
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from devstack.twilio.carrier.signing import sign
from devstack.twilio.config import SimulatorSettings
from schemas.cloudevent import from_kafka
from schemas.contracts import receipts
from services.kernel.adapters.kafka import record_of
from services.kernel.model import Message
from services.notifier.sending.claiming import Claim
from services.notifier.tables.vault import Vault
from tests.kits.stack.gateway import Served, prepare, served, settings
from tests.kits.stack.sending import KEY, Office, office

INDEX_KEY, PUBLIC = "a-key-of-sixteen-or-more", "https://gateway.example"
TOKEN = SimulatorSettings().auth_token
STRANGER = "+447700900199"


@dataclass
class Answering:
    """An office whose customers answer, and the gateway between."""

    office: Office
    gateway: Served
    kafka: str

    async def texts(self, body: str, number: str | None = None) -> str:
        """A handset sends this; the reason of what the notifier decided."""
        sid, status = await self.office.sim.account.receive(number or self.office.number(), body)
        assert status == 204, status
        return await self.heard(sid)

    async def heard(self, sid: str) -> str:
        """The text with this id is read from Kafka and decided, and whom it concerns hears of it."""
        message = await self._from_topic(sid)
        service, ingest = self.office.ingest.transaction.service, self.office.ingest
        async with self.office.pool.acquire() as connection:
            routed = await service.route(connection, message)
        within = Message(
            message.source, message.id, message.type, message.time, message.data, sid, 0, stream=routed.stream
        )
        (outcome,) = await ingest.submit([within])
        for row in await self.office.pool.fetch(
            "delete from outbox where topic = 'outage.audience' returning id, aggregateid, payload, type"
        ):
            word = msgspec.json.decode(row["payload"], type=service.structs[row["type"]])
            await self.office.say(word.customer_id, word)
        return outcome.reason

    async def _from_topic(self, sid: str) -> Message:
        places = [TopicPartition(receipts.TOPIC, number) for number in range(4)]
        async with AIOKafkaConsumer(bootstrap_servers=self.kafka, auto_offset_reset="earliest") as consumer:
            consumer.assign(places)
            async with asyncio.timeout(20):
                while True:
                    for batch in (await consumer.getmany(timeout_ms=200)).values():
                        for record in map(record_of, batch):
                            event = from_kafka(record.topic, record.key, record.headers, record.value)
                            if getattr(event.data, "provider_sid", None) == sid:
                                time = event.time
                                return Message(
                                    event.source, event.id, event.type, time, event.data, sid, 0, topic=record.topic
                                )

    async def kinds(self, customer: str = "KC-01") -> list[str]:
        rows = await self.office.pool.fetch(
            "select type from event where stream_id = $1 order by version", f"customer/{customer}"
        )
        return [row["type"] for row in rows]

    async def told(self) -> str:
        """A new customer whose power is off, and who was told so; the id of the text."""
        text = await self.office.text()
        async with self.office.at_work(self.office.sender()):
            await self.office.comes_to(text, "accepted")
        return text


@pytest.fixture
async def answering(postgres: str, kafka: str, tmp_path: Path) -> AsyncIterator[Answering]:
    await prepare(kafka, postgres)
    async with (
        served(kafka, postgres, tmp_path, twilio_auth_token=TOKEN, public_url=PUBLIC) as gateway,
        office(postgres, tmp_path) as at,
    ):
        assert settings(kafka, postgres, tmp_path).index_key.get_secret_value() == INDEX_KEY
        at.vault = Vault.from_text(KEY, INDEX_KEY)
        known = at.sim.account.settings
        known.inbound_url, known.reach = f"{PUBLIC}/twilio/inbound", {PUBLIC: gateway.url}
        yield Answering(at, gateway, kafka)


async def _claimed(at: Office) -> tuple[object, Claim]:
    sender = at.sender()
    (claim,) = await sender.lanes["key"].claims.take(1, sender.owner)
    return sender, claim


async def test_50_stop_between_claim_and_post_is_heeded_and_what_is_owed_is_a_persons(answering: Answering) -> None:
    text = await answering.office.text()
    sender, claim = await _claimed(answering.office)
    assert claim.message_id == text
    assert await answering.texts("ＳＴＯＰ") == "opted-out"
    await sender._send(claim)  # type: ignore[attr-defined]
    assert answering.office.posts() == [], "nothing was written to the provider, which would have refused it"
    (attempt,) = await answering.office.attempts(text)
    assert attempt["outcome"] == "refused"
    assert (await answering.office.row(text))["state"] == "suppressed"
    assert (await answering.kinds()).count("contact.unreached.v1") == 1
    (alarm,) = await answering.office.pool.fetch("select kind from alarm")
    assert alarm["kind"] == "nobody-reached", "their power is off, and somebody calls"


async def test_50_the_same_where_only_the_number_knows_of_stop(answering: Answering) -> None:
    text = await answering.office.text()
    sender, claim = await _claimed(answering.office)
    index = answering.office.vault.blind_index(answering.office.number())
    await answering.office.pool.execute(
        "insert into opted_out (blind_index, since, reply_id) values ($1, $2, 'SM-before')",
        index,
        answering.office.clock.now(),
    )
    await sender._send(claim)  # type: ignore[attr-defined]
    assert answering.office.posts() == []
    assert [one["reason"] for one in await answering.office.log(text, "message.undelivered.v1")] == ["opted-out"]


async def test_51_replies_as_people_type_them_over_signed_http(answering: Answering) -> None:
    text = await answering.told()
    ref = (await answering.office.row(text))["ref"]
    assert await answering.texts(" １ ") == "by-what-was-said-to-it"
    assert (await answering.kinds())[-1] == "contact.confirmed.v1"
    assert await answering.texts("YES") == "by-what-was-said-to-it"
    assert await answering.texts(f"{ref.lower()} 没电") == "by-its-code"
    assert await answering.texts("K1K1K 没电") == "by-what-was-said-to-it"
    assert await answering.texts("STOP", STRANGER) == "opted-out"
    assert await answering.texts("yes", STRANGER) == "opted-in"
    assert await answering.texts("这里没电", STRANGER) == "unknown-sender"
    assert await answering.texts("stop please") == "opted-out", "Twilio does not hear this one"
    assert await answering.texts("start") == "opted-in"
    rows = await answering.office.pool.fetch("select customer_id, reason from reply_to_read order by reason")
    assert [tuple(row) for row in rows] == [("", "unknown-sender")]


async def test_a_reply_that_is_not_signed_is_nobodys(answering: Answering) -> None:
    form = {"MessageSid": "SM-forged", "From": "+447700900101", "To": "+15005550006", "Body": "STOP"}
    signature = sign("another-secret", f"{PUBLIC}/twilio/inbound", form)
    answer = await answering.gateway.send(
        "POST", "/twilio/inbound", data=form, headers={"X-Twilio-Signature": signature}
    )
    assert answer.status == 403


async def test_stop_in_a_language_that_twilio_was_set_to_is_believed(answering: Answering) -> None:
    await answering.office.text()
    form = {
        "MessageSid": "SM-arret",
        "From": answering.office.number(),
        "To": "+15005550006",
        "Body": "ARRET",
        "OptOutType": "STOP",
    }
    signature = sign(TOKEN, f"{PUBLIC}/twilio/inbound", form)
    answer = await answering.gateway.send(
        "POST", "/twilio/inbound", data=form, headers={"X-Twilio-Signature": signature}
    )
    assert answer.status == 204
    assert await answering.heard("SM-arret") == "opted-out"


async def test_whoever_asks_how_it_stands_gets_the_present_truth_by_the_same_way(answering: Answering) -> None:
    answering.office.clock.now_ahead = timedelta(minutes=-10)
    first = await answering.told()
    answering.office.clock.now_ahead = timedelta(0)
    await answering.texts("什么时候来电？")
    (second,) = await answering.office.pool.fetch(
        "select message_id, trigger from notification where message_id <> $1", first
    )
    async with answering.office.at_work(answering.office.sender()):
        await answering.office.comes_to(second["message_id"], "accepted")
    assert second["trigger"] == "fault"
    assert len(answering.office.posts()) == 2
