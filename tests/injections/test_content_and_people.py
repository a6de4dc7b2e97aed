"""Injections 49, 50, 52 and 53: what texts consist of, and what people do while one is under way."""

from datetime import timedelta

import pytest

from devstack.twilio.carrier.segments import count
from devstack.twilio.faults import Fault
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts.customers import Contact, CustomerUpserted
from services.notifier.domain.wording.segments import segments
from services.notifier.tables.vault import put_number
from tests.kits.kernel.paper import PaperBroker
from tests.kits.stack.injecting.calling_back import called_back
from tests.kits.stack.sending import Office, power_back

NEW = "+447700900999"
BORDERS = {
    "UCS-2, 70": ("电" * 70, 1),
    "UCS-2, 71": ("电" * 71, 2),
    "UCS-2, 134": ("电" * 134, 2),
    "UCS-2, 135": ("电" * 135, 3),
    "GSM, 160": ("a" * 160, 1),
    "GSM, 161": ("a" * 161, 2),
    "GSM with a euro, 160": ("a" * 158 + "€", 1),
    "GSM with a euro, 161": ("a" * 159 + "€", 2),
    "an emoji counts two": ("电" * 69 + "⚡️🔌"[-1], 2),
    "zero width makes it UCS-2": ("a" * 70 + "\u200b", 2),
}


@pytest.mark.injection(49)
async def test_49_a_text_of_any_length_is_counted_sent_and_found_letter_by_letter(office: Office) -> None:
    assert {what: segments(words).count for what, (words, _) in BORDERS.items()} == {
        what: parts for what, (_, parts) in BORDERS.items()
    }
    assert [count(words) for words, _ in BORDERS.values()] == [parts for _, parts in BORDERS.values()]
    texts = {await office.text(): words for words, _ in BORDERS.values()}
    for text, words in texts.items():
        await office.pool.execute("update notification set body = $2 where message_id = $1", text, words)
    # One after the other, so that no circuit opens for so many answers lost.
    office.sim.break_things(Fault(kind="created-drop", rate=0.5))
    sender = office.sender(at_once=1)
    async with office.at_work(sender, office.resolver(sender)):
        for text in texts:
            await office.comes_to(text, "accepted")
    await office.sim.account.delivery.settled()
    assert {received.message_id: received.body for received in office.sim.texts()} == texts
    assert len(office.posts()) == len(texts)


@pytest.mark.injection(49)
async def test_49_a_lone_surrogate_is_set_aside_where_it_comes_in_and_stops_nobody(office: Office) -> None:
    broker = office.ingest._broker
    assert isinstance(broker, PaperBroker)
    now = office.clock.now()
    customer = CustomerUpserted(
        customer_id="KC-77",
        name="HOLD",
        importance="first",
        lines=("10千伏城东线",),
        contacts=(Contact(contact_id="c"),),
        updated_at=now,
    )
    event = CloudEvent(source="/registry", id="77", type="customer.upserted.v1", time=now, data=customer)
    message = to_kafka(event, "outage.customers")
    value = message.value.replace(b'"HOLD"', b'"\\ud83d"')
    assert value != message.value
    record = broker.put(message.topic, 0, "KC-77", dict(message.headers), value, now)
    await office.ingest.take([record])
    assert await office.pool.fetchval("select count(*) from quarantine") == 1
    text = await office.text()
    async with office.at_work(office.sender()):
        await office.comes_to(text, "accepted")


@pytest.mark.injection(50)
async def test_50_a_stop_between_claim_and_post_ends_the_text_and_charges_it_to_nobody_else(office: Office) -> None:
    async with called_back(office):
        first, text = await office.text(), await office.text()
        number = office.number()
        # The second is claimed with the first, and its turn comes a second later.
        async with office.at_work(office.sender(per_second=1.0)):
            await office.comes_to(text, "sending")
            await office.sim.account.receive(number, "STOP")
            await office.comes_to(text, "refused")
            await office.comes_to(first, "delivered")
    (said,) = await office.log(text, "message.undelivered.v1")
    assert (said["reason"], said["code"]) == ("opted-out", 21610)
    assert office.sim.texts(number) == []


@pytest.mark.injection(53)
@pytest.mark.parametrize("made", [True, False], ids=["made", "not made"])
async def test_53_a_number_that_changes_between_two_attempts_gets_the_text_at_one_of_them(
    office: Office, *, made: bool
) -> None:
    text = await office.text()
    old = office.number()
    office.sim.break_things(Fault(kind="created-drop" if made else "drop", number=old, times=1))
    sender = office.sender()
    async with office.at_work(sender):
        await office.comes_to(text, "unknown")
        await put_number(
            office.pool,
            office.vault,
            customer_id="KC-01",
            contact_id="KC-01-duty",
            number=NEW,
            at=office.clock.now(),
        )
        async with office.at_work(office.resolver(sender, quiet=0.3)):
            await office.comes_to(text, "accepted")
    refs = [attempt["number_ref"] for attempt in await office.attempts(text)]
    assert refs == [office.vault.blind_index(number) for number in ([old] if made else [old, NEW])]
    await office.sim.account.delivery.settled()
    assert [received.to for received in office.sim.texts()] == [old if made else NEW]


@pytest.mark.injection(52)
async def test_52_a_text_that_power_is_off_is_not_written_once_it_is_back_though_it_was_claimed(
    office: Office,
) -> None:
    first, text = await office.text(), await office.text()
    async with office.at_work(office.sender(per_second=1.0)):
        await office.comes_to(text, "sending")
        await office.say("KC-02", power_back("KC-02", office.clock.now(), timedelta()))
        assert (await office.row(text))["unwanted"] == "suppressed"
        await office.comes_to(text, "suppressed")
        await office.comes_to(first, "accepted")
    assert office.posts(text) == []
    assert [attempt["outcome"] for attempt in await office.attempts(text)] == ["not-created"]
