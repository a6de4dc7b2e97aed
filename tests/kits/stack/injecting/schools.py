"""Schools whose heads answer for others, too, lose power: texts that are alike to the letter, to one telephone."""

from datetime import datetime, timedelta

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.customers import Contact, CustomerUpserted
from services.notifier.tables.vault import put_number
from tests.kits.stack.sending import Office

HEAD = "+447700900555"


async def school(office: Office, number: int, *, to: str = HEAD, mrid: str = "F-1", hours: int = 2) -> str:
    """A school whose head answers for others, too, loses power; returns the id of the text that says so."""
    name, now = f"SCH-{number:02}", office.clock.now().replace(microsecond=0)
    start = now.replace(second=0)
    if not await office.pool.fetchval("select count(*) from customer where customer_id = $1", name):
        contact = f"{name}-head"
        await put_number(office.pool, office.vault, customer_id=name, contact_id=contact, number=to, at=now)
        profile = CustomerUpserted(
            customer_id=name,
            name=f"第{number}小学",
            address=f"育才路{number}号",
            importance="second",
            lines=("10千伏城东线",),
            contacts=(Contact(contact_id=contact),),
            updated_at=now,
        )
        await office.say(name, profile)
    await office.say(name, off(name, mrid, start, hours))
    found: str = await office.pool.fetchval(
        "select message_id from notification where customer_id = $1 order by requested_at desc limit 1", name
    )
    return found


def off(name: str, mrid: str, start: datetime, hours: int = 2) -> CustomerTouched:
    return CustomerTouched(
        customer_id=name,
        mrid=mrid,
        outage_version=1,
        touched=True,
        outage_class="fault",
        status="out",
        trigger="outage.started.v1",
        started_at=start,
        ert=start + timedelta(hours=hours),
        at=start,
    )


async def schools(office: Office, count: int = 20) -> list[str]:
    return [await school(office, number) for number in range(1, count + 1)]
