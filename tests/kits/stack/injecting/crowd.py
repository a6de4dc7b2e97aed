"""Have many key customers lose power at once: their texts are asked for in batches, as words from Kafka come."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import msgspec

from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.audience import CustomerTouched
from schemas.contracts.customers import Contact, CustomerUpserted
from services.kernel.model import Message
from services.notifier.tables.vault import put_number
from tests.kits.stack.sending import Office

BATCH = 200
AREAS = [area for area in range(201, 990) if area % 100 != 11]
"""Area codes; with 555 01xx behind them they are numbers of fiction."""
_ids = count(1)


def number_of(customer: int) -> str:
    """A number that no other customer has."""
    return f"+1{AREAS[customer // 100 % len(AREAS)]}55501{customer % 100:02}"


async def lose_power(office: Office, names: Sequence[str], *, ert: timedelta, **profile: Any) -> list[str]:
    """New customers of these names hear that power is off, and expected back after `ert`; the ids of their texts, in order."""
    for start in range(0, len(names), BATCH):
        some = names[start : start + BATCH]
        await _in_the_dark(office, some, ert, {"importance": "first", "lines": ("10千伏城东线",)} | profile)
    rows = await office.pool.fetch(
        "select customer_id, message_id from notification where customer_id = any($1::text[])", list(names)
    )
    found = {row["customer_id"]: row["message_id"] for row in rows}
    return [found[name] for name in names]


async def _in_the_dark(office: Office, names: Sequence[str], ert: timedelta, profile: dict[str, Any]) -> None:
    now = office.clock.now()
    words: list[tuple[str, msgspec.Struct]] = []
    async with office.pool.acquire() as connection, connection.transaction():
        for name in names:
            contact, number = f"{name}-duty", number_of(office.customers)
            office.customers += 1
            await put_number(connection, office.vault, customer_id=name, contact_id=contact, number=number, at=now)
            contacts = (Contact(contact_id=contact),)
            words.append(
                (name, CustomerUpserted(customer_id=name, name=name, contacts=contacts, updated_at=now, **profile))
            )
            words.append((name, _touched(name, office, ert)))
    for some in (words[::2], words[1::2]):
        await office.ingest.submit([_message(office, name, data) for name, data in some])


def _touched(customer: str, office: Office, ert: timedelta) -> CustomerTouched:
    now = office.clock.now()
    return CustomerTouched(
        customer_id=customer,
        mrid="F-1",
        outage_version=1,
        touched=True,
        outage_class="fault",
        status="out",
        trigger="outage.started.v1",
        started_at=now,
        ert=now + ert,
        at=now,
    )


def _message(office: Office, customer: str, data: msgspec.Struct) -> Message:
    stream, type_ = f"customer/{customer}", TYPE_OF[type(data)]  # type: ignore[index]
    return Message("/crowd", f"{next(_ids)}", type_, office.clock.now(), data, customer, 0, stream=stream)
