"""A number that changes while an answer is lost: the text is looked for where it went, and never sent a second time."""

from devstack.twilio.faults import Fault
from services.notifier.tables.vault import erase_customer, put_number
from tests.kits.stack.sending import Office

NEW = "+447700900999"


async def moved(office: Office) -> None:
    """The contact of the newest customer gets another number."""
    name, now = f"KC-{office.customers:02}", office.clock.now()
    contact = f"{name}-duty"
    await put_number(office.pool, office.vault, customer_id=name, contact_id=contact, number=NEW, at=now)


async def handsets(office: Office) -> list[str]:
    await office.sim.account.delivery.settled()
    return [received.to for received in office.sim.texts()]


async def test_the_same_text_on_another_handset_is_not_taken_for_it(office: Office) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="drop", number=office.number()))
    sender = office.sender()
    async with office.at_work(sender):
        await office.comes_to(text, "unknown")
        # Somebody else's message with the same words.
        body = (await office.row(text))["body"]
        other = office.provider()
        await other._client.messages.create_async(to="+447700900555", body=body, from_=other.sender)
        await moved(office)
        async with office.at_work(office.resolver(sender, quiet=0.3)):
            await office.comes_to(text, "accepted")
    assert len(await office.attempts(text)) == 2
    assert sorted(await handsets(office)) == ["+447700900555", NEW]


async def test_the_text_of_a_customer_erased_meanwhile_is_still_found(office: Office) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="created-drop", number=office.number()))
    sender = office.sender()
    async with office.at_work(sender):
        await office.comes_to(text, "unknown")
        await erase_customer(office.pool, "KC-01", office.clock.now())
        async with office.at_work(office.resolver(sender, quiet=0.3)):
            await office.comes_to(text, "accepted")
    assert len(office.posts()) == 1


async def test_an_attempt_of_an_older_version_is_looked_up_by_the_present_number(office: Office) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="created-drop", number=office.number()))
    sender = office.sender()
    async with office.at_work(sender):
        await office.comes_to(text, "unknown")
        await office.pool.execute("update attempt set number_ref = null")
        async with office.at_work(office.resolver(sender, quiet=0.3)):
            await office.comes_to(text, "accepted")
    assert len(office.posts()) == 1


async def test_a_number_of_an_older_version_learns_its_country_when_it_is_opened(office: Office) -> None:
    text = await office.text()
    await office.pool.execute("update contact_vault set country = null")
    async with office.at_work(office.sender()):
        await office.comes_to(text, "accepted")
    assert await office.pool.fetchval("select country from contact_vault") == "GB"
