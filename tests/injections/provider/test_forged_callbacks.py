"""Injections 45 and 48: callbacks that the provider did not sign so, and ten thousand that it did."""

import asyncio
from collections.abc import Callable, Mapping
from time import perf_counter

import aiohttp
import pytest

from devstack.twilio.carrier.signing import sign
from devstack.twilio.faults import Fault
from tests.kits.stack.injecting.calling_back import called_back
from tests.kits.stack.sending import Office

BEFORE, NOW = "the token of before", "local-stack-token"


@pytest.mark.injection(45)
async def test_45_only_what_is_signed_with_our_token_for_that_address_and_those_fields_counts(office: Office) -> None:
    async with called_back(office, tokens=[NOW, BEFORE]) as gateway:
        # What the simulator reports by itself would come at any moment, in between.
        office.sim.break_things(Fault(kind="callback-lost"))
        text = await office.text()
        async with office.at_work(office.sender()):
            await office.comes_to(text, "accepted")
        before = dict(await office.row(text))
        fields = {"MessageSid": str(before["provider_sid"]), "MessageStatus": "failed", "ErrorCode": "30005"}
        query = f"?n={text}&a=1"
        there = f"{gateway.url}/twilio/status"
        for what, status in {
            "forged": await gateway.call(fields, query=query, token="a guess"),
            "unsigned": await gateway.call(fields, query=query, headers={}),
            "signed with nothing": await gateway.call(fields, query=query, headers={"X-Twilio-Signature": ""}),
            "for https": await gateway.call(fields, query=query, signed=(there + query).replace("http:", "https:")),
            "another attempt": await gateway.call(fields, query=f"?n={text}&a=2", signed=there + query),
            "query in another order": await gateway.call(fields, query=f"?a=1&n={text}", signed=there + query),
            "a further field": await gateway.call(
                fields | {"Extra": "1"}, query=query, headers=signature(there + query, fields)
            ),
            "a changed field": await gateway.call(
                fields | {"MessageStatus": "delivered"}, query=query, headers=signature(there + query, fields)
            ),
        }.items():
            assert status == 403, what
        await gateway.is_read()
        assert dict(await office.row(text)) == before
        # While the token is being changed, both are good.
        for token, says in ((BEFORE, "sent"), (NOW, "delivered")):
            good = {"MessageSid": fields["MessageSid"], "MessageStatus": says}
            assert await gateway.call(good, query=query, token=token) == 204
            await gateway.is_read()
        assert (await office.row(text))["state"] == "delivered"


def signature(url: str, fields: Mapping[str, str]) -> dict[str, str]:
    return {"X-Twilio-Signature": sign(NOW, url, fields)}


@pytest.mark.injection(48)
@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=[pytest.mark.full, pytest.mark.timeout(600)])])
async def test_48_ten_thousand_callbacks_in_a_minute_are_taken_and_held_up_no_text(
    office: Office, record_property: Callable[[str, object], None], count: int
) -> None:
    async with called_back(office) as gateway:
        texts = [await office.text() for _ in range(count // 100)]
        async with office.at_work(office.sender()):
            for text in texts:
                await office.comes_to(text, "delivered", 60)
        rows = [await office.row(text) for text in texts]
        began = perf_counter()
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=16)) as session,
            office.at_work(office.sender()),
        ):
            urgent = await office.text()
            await storm(session, gateway.url, [(row["message_id"], row["provider_sid"]) for row in rows], count)
            await office.comes_to(urgent, "delivered", 10)
            await gateway.is_read()
        rate = count / (perf_counter() - began)
        record_property("figure", f"{count} callbacks, {rate:.0f} a second")
        assert rate > 10_000 / 60 or count < 10_000
    taken = await office.pool.fetchval("select count(*) from inbox where type = 'receipt.received.v1'")
    assert taken >= count
    assert {(await office.row(text))["state"] for text in texts} == {"delivered"}


async def storm(session: aiohttp.ClientSession, url: str, texts: list[tuple[str, str]], count: int) -> None:
    """So many callbacks about these texts, sixteen at a time; each is taken."""

    async def one(number: int) -> None:
        text, sid = texts[number % len(texts)]
        address = f"{url}/twilio/status?n={text}&a=1"
        fields = {"MessageSid": sid, "MessageStatus": ("sent", "delivered", "queued")[number % 3]}
        async with session.post(address, data=fields, headers=signature(address, fields)) as answer:
            assert answer.status == 204

    for start in range(0, count, 200):
        await asyncio.gather(*[one(number) for number in range(start, min(count, start + 200))])
