"""Words that stand deeper in an event, or in another event, are forgotten with their own: wherever one searches, none is left."""

from datetime import timedelta

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.customers import Contact, CustomerUpserted
from schemas.contracts.receipts import InboundReceived
from services.kernel.model import Message
from services.kernel.operators.forgetting import FORGOTTEN
from services.notifier.sending.followers import Followers
from services.notifier.tables.vault import put_number
from services.tasks.worker import TaskWorker
from tests.kits.forgetting.archive import DAY, Archive
from tests.kits.kernel.asked import put


async def test_what_a_customer_said_when_they_were_called_is_forgotten_in_the_request_that_says_so_as_well(
    archive: Archive,
) -> None:
    office, said = archive.office, "我妈妈的呼吸机停了二十分钟"
    detail = {"customerId": "KC-60", "power": "back", "opinion": said}
    await put(office.pool, office.clock, "callback", detail)
    await archive.operations.once()
    assert said in await archive.everything()
    (answer,) = await office.pool.fetch("select reason from event where type = 'operator.refused.v1'")
    assert answer["reason"] == "customer-erased", "refused, and on record all the same"
    office.clock.now_ahead = 1096 * DAY
    await archive.a_round()
    held = await archive.everything()
    assert said not in held
    assert "KC-60" in held, "that they were called stays"
    assert await archive.faults() == []


async def test_what_somebody_noted_of_a_task_is_forgotten_wherever_it_stands(archive: Archive) -> None:
    office, note = archive.office, "spoke with Mrs. Li, she is at her sister's in Nanhai"
    await office.pool.execute(
        "insert into alarm (customer_id, kind, since, mrids) values ('KC-61', 'nobody-reached', $1, '{F-1}')",
        office.clock.now(),
    )
    worker = TaskWorker(office.ingest, office.pool, office.clock)
    while await worker.once():
        pass
    (task,) = await office.pool.fetch("select task_id, concern from task")
    detail = {"concern": task["concern"], "taskId": task["task_id"]}
    await put(office.pool, office.clock, "task done", detail, why=note)
    await archive.operations.once()
    await put(office.pool, office.clock, "task done", detail, why=note)
    await archive.operations.once()
    assert await office.pool.fetchval("select count(*) from event where data::text like '%' || $1 || '%'", note) == 3
    await office.pool.execute("delete from outbox")  # published long ago
    office.clock.now_ahead = 1096 * DAY
    await archive.a_round()
    held = await archive.everything()
    assert note not in held
    assert await office.pool.fetchval("select note from task") == FORGOTTEN
    assert await archive.faults() == []


async def test_a_reason_that_somebody_gave_for_anything_else_stays(archive: Archive) -> None:
    office, why = archive.office, "the storm is over"
    await put(office.pool, office.clock, "sending stop", {"lanes": ["bulk"]}, why=why)
    await archive.operations.once()
    office.clock.now_ahead = 1096 * DAY
    await archive.a_round()
    assert why in await archive.everything()


async def test_what_came_in_is_gone_with_its_row_though_nobody_wrote_since(archive: Archive) -> None:
    office, said = archive.office, "门口的变压器在冒烟"
    now = office.clock.now()
    text = InboundReceived(provider="twilio", provider_sid="SM-in", from_index="f" * 64, body=said, received_at=now)
    stream = f"handset/{'f' * 64}"
    await office.ingest.submit([Message("/test", "in-1", "inbound.received.v1", now, text, "SM-in", 0, stream=stream)])
    assert said in await archive.everything()
    office.clock.now_ahead = 1096 * DAY
    await archive.a_round()
    assert said not in await archive.everything()
    assert await archive.faults() == []


async def test_fields_that_became_forgettable_later_are_looked_for_in_what_a_version_before_had_looked_through(
    archive: Archive,
) -> None:
    office, said = archive.office, "她说还是没电"
    await put(office.pool, office.clock, "callback", {"customerId": "KC-60", "power": "off", "opinion": said})
    await archive.operations.once()
    await office.pool.execute("insert into forgetting (rule, position) values ('words', 1000000)")
    office.clock.now_ahead = 1096 * DAY
    await archive.a_round()
    assert said not in await archive.everything()


async def test_one_text_for_two_sites_is_forgotten_in_both_conversations_and_in_the_attempt(archive: Archive) -> None:
    office = archive.office
    started = office.clock.now().replace(second=0, microsecond=0)
    for name in ("SCH-1", "SCH-2"):
        contact = f"{name}-head"
        await put_number(
            office.pool, office.vault, customer_id=name, contact_id=contact, number="+447700900555", at=started
        )
        profile = CustomerUpserted(
            customer_id=name,
            name=name,
            address=f"育才路{name}号",
            importance="second",
            lines=("10千伏城东线",),
            contacts=(Contact(contact_id=contact),),
            updated_at=started,
        )
        await office.say(name, profile)
        word = CustomerTouched(
            customer_id=name,
            mrid="F-1",
            outage_version=1,
            touched=True,
            outage_class="fault",
            status="out",
            trigger="outage.started.v1",
            started_at=started,
            ert=started + timedelta(hours=2),
            at=started,
        )
        await office.say(name, word)
    sender = office.sender()
    texts = [row["message_id"] for row in await office.pool.fetch("select message_id from notification")]
    async with office.at_work(sender, Followers(sender.recorder, office.pool, office.clock)):
        for text in texts:
            await office.comes_to(text, "accepted")
    (posted,) = office.sim.account.book.all()
    assert (await archive.everything()).count(posted.body) == 3, "in the attempt, and in each conversation"
    await office.pool.execute("delete from outbox")
    office.clock.now_ahead = 1096 * DAY
    await archive.a_round()
    held = await archive.everything()
    for words in (posted.body, "共2处", "SCH-1号、", "停电"):
        assert words not in held
    assert await archive.faults() == []
