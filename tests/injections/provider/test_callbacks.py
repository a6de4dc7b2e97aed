"""Injections 38-44, 46 and 47: callbacks come early, never, twice, in any order, or of what nobody knows."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from devstack.twilio.api.requests import read_create
from devstack.twilio.faults import Fault
from tests.kits.stack.injecting.calling_back import Gateway, called_back
from tests.kits.stack.injecting.lone_sender import lone_senders
from tests.kits.stack.sending import Office
from tests.kits.waiting import until


@pytest.fixture
async def gateway(office: Office) -> AsyncIterator[Gateway]:
    async with called_back(office) as made:
        yield made


async def accepted(office: Office) -> tuple[str, str]:
    """A text that the provider has and says nothing more of; its id, and the provider's."""
    office.sim.break_things(Fault(kind="callback-lost", number=f"{office.prefix}{101 + office.customers}"))
    text = await office.text()
    async with office.at_work(office.sender()):
        await office.comes_to(text, "accepted")
    return text, str((await office.row(text))["provider_sid"])


@pytest.mark.injection(38)
async def test_38_a_callback_before_our_commit_is_the_answer_and_the_commit_changes_nothing(
    office: Office, gateway: Gateway
) -> None:
    text = await office.text()
    with lone_senders(office) as lone:
        # Its own callbacks go nowhere: this one is ours to make.
        process = await lone("posted")
        assert (await office.row(text))["state"] == "sending"
        (post,) = office.posts(text)
        await gateway.says(text, "delivered", str(post.sid))
        await office.comes_to(text, "delivered")
        process.resume()

        async def recorded() -> bool:
            return [attempt["outcome"] for attempt in await office.attempts(text)] == ["accepted"]

        await until(recorded, 10, "the attempt to be recorded")
    assert (await office.row(text))["state"] == "delivered"
    assert len(await office.log(text, "message.accepted.v1")) == 1


@pytest.mark.injection(39)
async def test_39_callbacks_before_the_201_are_the_answer(office: Office, gateway: Gateway) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="created-late", number=office.number(), times=1, seconds=1.0))
    sender = office.sender()
    async with office.at_work(sender, office.resolver(sender)):
        await office.comes_to(text, "delivered")
        assert sender.in_flight == 1, "its answer is still to come"
        await until(lambda: not sender.in_flight)
        await gateway.is_read()
    assert (await office.row(text))["state"] == "delivered"
    assert [said["foundBy"] for said in await office.log(text, "message.accepted.v1")] == ["callback"]
    assert len(office.posts(text)) == 1


@pytest.mark.injection(39)
async def test_39_callbacks_tell_of_a_text_whose_201_never_comes(office: Office, gateway: Gateway) -> None:
    text = await office.text()
    office.sim.break_things(
        Fault(kind="created-hang", number=office.number(), times=1), Fault(kind="list-5xx", number=office.number())
    )
    sender = office.sender()
    async with office.at_work(sender, office.resolver(sender, quiet=0.2)):
        await office.comes_to(text, "delivered")
        await until(lambda: not sender.in_flight)
        await gateway.is_read()
    assert (await office.row(text))["state"] == "delivered"
    assert len(office.posts(text)) == 1


@pytest.mark.injection(40)
@pytest.mark.usefixtures("gateway")
async def test_40_where_no_callback_comes_the_provider_is_asked(office: Office) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="callback-lost"))
    sender = office.sender()
    async with office.at_work(sender, office.resolver(sender)):
        await office.comes_to(text, "accepted")
        await office.sim.account.delivery.settled()
        await asyncio.sleep(0.3)
        assert (await office.row(text))["state"] == "accepted"
        office.clock.wall_ahead = timedelta(minutes=11)
        await office.comes_to(text, "delivered")


@pytest.mark.injection(41)
async def test_41_each_callback_twice_says_everything_once(office: Office, gateway: Gateway) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="callback-doubled"))
    async with office.at_work(office.sender()):
        await office.comes_to(text, "delivered")
        await gateway.is_read()
    for type_ in ("message.accepted.v1", "message.delivered.v1"):
        assert len(await office.log(text, type_)) == 1


@pytest.mark.injection(42)
async def test_42_callbacks_in_reverse_end_where_they_would_in_order(office: Office, gateway: Gateway) -> None:
    text, sid = await accepted(office)
    for status in ("delivered", "sent", "sending", "queued"):
        await gateway.says(text, status, sid)
    await gateway.is_read()
    assert (await office.row(text))["state"] == "delivered"
    assert len(await office.log(text, "message.delivered.v1")) == 1


@pytest.mark.injection(42)
async def test_42_callbacks_that_overtake_each_other_take_nothing_back(office: Office, gateway: Gateway) -> None:
    texts = [await office.text() for _ in range(6)]
    office.sim.break_things(Fault(kind="callback-reordered", rate=0.6))
    async with office.at_work(office.sender()):
        for text in texts:
            await office.comes_to(text, "delivered", 15)
        await office.sim.account.delivery.settled()
        await gateway.is_read()
    assert {(await office.row(text))["state"] for text in texts} == {"delivered"}


@pytest.mark.injection(43)
async def test_43_sent_after_delivered_takes_nothing_back(office: Office, gateway: Gateway) -> None:
    text, sid = await accepted(office)
    for status in ("delivered", "sent", "undelivered"):
        await gateway.says(text, status, sid)
        await gateway.is_read()
        assert (await office.row(text))["state"] == "delivered"


@pytest.mark.injection(44)
async def test_44_failed_and_then_delivered_is_delivered(office: Office, gateway: Gateway) -> None:
    text, sid = await accepted(office)
    await gateway.says(text, "failed", sid, ErrorCode="30008")
    await office.comes_to(text, "undelivered")
    await gateway.says(text, "delivered", sid)
    await office.comes_to(text, "delivered")
    await gateway.says(text, "failed", sid, ErrorCode="30008")
    await gateway.is_read()
    assert (await office.row(text))["state"] == "delivered"


@pytest.mark.injection(46)
async def test_46_a_status_that_nobody_knows_moves_nothing(office: Office, gateway: Gateway) -> None:
    text, sid = await accepted(office)
    await gateway.says(text, "teleported", sid)
    await gateway.is_read()
    assert (await office.row(text))["state"] == "accepted"
    await gateway.says(text, "delivered", sid)
    await office.comes_to(text, "delivered")


@pytest.mark.injection(46)
async def test_46_a_receipt_for_no_text_of_ours_is_noted_and_stops_nobody(office: Office, gateway: Gateway) -> None:
    text, sid = await accepted(office)
    await gateway.says("11111111-2222-3333-4444-555555555555", "delivered", "SM" + "7" * 32)
    await gateway.is_read()
    reason = "select count(*) from inbox where reason = 'receipt-for-no-text-of-ours'"
    assert await office.pool.fetchval(reason) == 1
    # Without our own words in the address it is known by the provider's id.
    assert await gateway.call({"MessageSid": sid, "MessageStatus": "delivered"}) == 204
    await office.comes_to(text, "delivered")


@pytest.mark.injection(46)
@pytest.mark.parametrize("attempt", [7, 2])
async def test_46_a_wrong_attempt_number_changes_no_attempt(office: Office, gateway: Gateway, attempt: int) -> None:
    text, sid = await accepted(office)
    await gateway.says(text, "delivered", sid, attempt)
    await office.comes_to(text, "delivered")
    (row,) = await office.attempts(text)
    assert (row["n"], row["outcome"], row["provider_sid"]) == (1, "accepted", sid)


@pytest.mark.injection(47)
async def test_47_a_second_provider_id_for_one_attempt_is_seen_by_people(office: Office, gateway: Gateway) -> None:
    text, sid = await accepted(office)
    second = provider_doubles(office, text)
    await gateway.says(text, "delivered", second)
    await gateway.says(text, "delivered", second)
    await gateway.is_read()
    (seen,) = await office.log(text, "text.doubled.v1")
    assert (seen["firstSid"], seen["secondSid"]) == (sid, second)
    await gateway.says(text, "delivered", sid)
    await office.comes_to(text, "delivered")
    assert len(office.posts(text)) == 1


def provider_doubles(office: Office, text: str) -> str:
    """The provider makes another message of a POST that it had answered; its id."""
    (first,) = [message for message in office.sim.account.book.all() if message.message_id == text]
    form: dict[str, Any] = {
        "To": first.to,
        "From": first.sender,
        "Body": first.body,
        "StatusCallback": first.status_callback,
    }
    draft = read_create(form, office.sim.settings, office.clock.wall())
    return office.sim.account.create(draft).sid
