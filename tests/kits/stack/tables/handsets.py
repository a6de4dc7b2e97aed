"""People's telephones beside a notifier's real tables: whose number one is, and a text that comes from it."""

from datetime import datetime
from itertools import count
from typing import Literal

from schemas.contracts.receipts import InboundReceived
from services.kernel.model import Message
from services.kernel.writing.decisions import Outcome
from tests.kits.stack.fanout import Desks, Town

_sids = count(1)


async def has_number(city: Town, customer: str, number: str, contact: str | None = None) -> None:
    """A contact's number is this one, given as its blind index."""
    now = city.clock.now()
    async with city.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "insert into customer_key (customer_id, wrapped_key, made_at) values ($1, '', $2) on conflict do nothing",
            customer,
            now,
        )
        await connection.execute(
            "insert into contact_vault (contact_id, customer_id, sealed, blind_index, put_at) values ($1, $2, '', $3, $4) "
            "on conflict do nothing",
            contact or f"{customer}-duty",
            customer,
            number,
            now,
        )


async def texts_us(
    city: Town,
    desks: Desks,
    number: str,
    body: str,
    *,
    sid: str | None = None,
    when: datetime | None = None,
    opt_out: Literal["stop", "start", "help"] | None = None,
) -> Outcome:
    """A text comes from a number, as the gateway tells it, and each customer concerned hears of it."""
    now = city.clock.now()
    sid = sid or f"SM-in-{next(_sids)}"
    text = InboundReceived(
        provider="twilio", provider_sid=sid, from_index=number, body=body, received_at=when or now, opt_out=opt_out
    )
    message = Message(
        "/twilio", f"{sid}/{next(_sids)}", "inbound.received.v1", now, text, sid, 0, topic="outage.receipts"
    )
    async with city.pool.acquire() as connection:
        routed = await desks.service.route(connection, message)
    within = Message(message.source, message.id, message.type, now, text, sid, 0, stream=routed.stream)
    (outcome,) = await desks.ingest.submit([within])
    await city.settle(desks)
    return outcome
