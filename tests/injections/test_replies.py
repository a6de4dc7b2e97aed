"""Injections 50 and 51: what people answer, as they type it, over signed HTTP; who wants no texts gets none from there on."""

import asyncio

import msgspec
import pytest

from services.notifier.tables.vault import Vault
from tests.kits.stack.injecting.calling_back import INDEX_KEY, Gateway, called_back
from tests.kits.stack.sending import KEY, Office

STRANGER = "+447700900199"
REPLIES = "select meaning, reason, code, customers from reply order by received_at, reply_id"


@pytest.fixture
def answering(office: Office) -> Office:
    """The notifier knows numbers by the key that the gateway has, as in an installation."""
    office.vault = Vault.from_text(KEY, INDEX_KEY.decode())
    return office


async def heard(office: Office, door: Gateway) -> None:
    """All that came in is decided, and whom it concerns has heard of it."""
    await door.is_read()
    structs = office.ingest.transaction.service.structs
    words = "delete from outbox where topic = 'outage.audience' returning id, payload, type"
    for row in sorted(await office.pool.fetch(words), key=lambda row: row["id"]):
        word = msgspec.json.decode(row["payload"], type=structs[row["type"]])
        await office.say(word.customer_id, word)


async def texts(office: Office, door: Gateway, body: str, number: str | None = None) -> None:
    """A handset sends this, and it is heard."""
    _, status = await office.sim.account.receive(number or office.number(), body)
    assert status == 204
    await heard(office, door)


async def kinds(office: Office, customer: str = "KC-01") -> list[str]:
    rows = await office.pool.fetch(
        "select type from event where stream_id = $1 order by version", f"customer/{customer}"
    )
    return [row["type"] for row in rows]


@pytest.mark.injection(50)
async def test_50_a_stop_that_only_we_understand_ends_a_claimed_text_before_its_post(answering: Office) -> None:
    office = answering
    async with called_back(office) as door:
        first, text = await office.text(), await office.text()
        async with office.at_work(office.sender(per_second=1.0)):
            await office.comes_to(text, "sending")
            await office.sim.account.receive(office.number(), "请不要再发短信")
            await door.is_read()
            await office.comes_to(first, "delivered")
            async with asyncio.timeout(8):
                while (await office.row(text))["state"] in ("ready", "sending"):
                    await asyncio.sleep(0.05)
        await heard(office, door)
    assert office.posts(text) == [], "the provider, which does not know of it, would have sent it"
    assert (await office.row(text))["state"] in ("refused", "suppressed")
    assert (await kinds(office, "KC-02")).count("contact.unreached.v1") == 1, "somebody tells them another way"


@pytest.mark.injection(51)
async def test_51_replies_are_understood_as_people_type_them(answering: Office) -> None:
    office = answering
    async with called_back(office) as door:
        text = await office.text()
        async with office.at_work(office.sender()):
            await office.comes_to(text, "delivered")
        ref = (await office.row(text))["ref"]
        for body in ("YES", " １ ", f"{ref.lower()}。", f"{ref} 没电", "1️⃣", "K1K1K 没电", "stop please", "START"):
            await texts(office, door, body)
        for body in ("这里没电", "stop", "yes"):
            await texts(office, door, body, STRANGER)
    found = [tuple(row) for row in await office.pool.fetch(REPLIES)]
    said, own = "by-what-was-said-to-it", ["KC-01"]
    assert found == [
        ("confirms", said, None, own),
        ("confirms", said, None, own),
        ("confirms", "by-its-code", ref, own),
        ("says-off", "by-its-code", ref, own),
        ("confirms", said, None, own),
        ("says-off", said, None, own),
        ("stop", "of-all-with-this-number", None, own),
        ("start", "of-all-with-this-number", None, own),
        ("says-off", "unknown-sender", None, []),
        ("stop", "unknown-sender", None, []),
        ("start", "unknown-sender", None, []),
    ]
    assert (await kinds(office)).count("contact.confirmed.v1") == 1, "what is confirmed is confirmed once"
    rows = await office.pool.fetch("select customer_id, reason from reply_to_read")
    assert [tuple(row) for row in rows] == [("", "unknown-sender")]
    assert await office.pool.fetchval("select count(*) from opted_out") == 0


@pytest.mark.injection(51)
async def test_51_a_reply_that_the_provider_brings_twice_is_heard_once(answering: Office) -> None:
    office = answering
    async with called_back(office) as door:
        text = await office.text()
        async with office.at_work(office.sender()):
            await office.comes_to(text, "delivered")
        sid, _ = await office.sim.account.receive(office.number(), "我要投诉")
        fields = {"MessageSid": sid, "From": office.number(), "To": "+15005550006", "Body": "我要投诉"}
        assert await office.sim.account.webhooks.call(f"{door.url}/twilio/inbound", fields) == 204
        await heard(office, door)
    assert await office.pool.fetchval("select count(*) from reply") == 1
    assert await office.pool.fetchval("select count(*) from reply_to_read") == 1
