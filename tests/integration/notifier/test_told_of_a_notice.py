"""Whom a notice has reached, on a real PostgreSQL: texts count as long as they say what is so for the customer."""

from datetime import datetime
from typing import Any

from schemas.contracts.base import Extent, Period
from schemas.contracts.notices import NoticeAmended, NoticePublished
from services.kernel.model import Message
from services.notifier.domain.events import ATTEMPT_ACCEPTED, SENDING_RECEIPT, AttemptAccepted, SendingReceipt
from services.notifier.domain.outage.informed_promise import NoticeReach
from services.notifier.tables.fanout import read_reach
from tests.kits.deciders.notifier import at
from tests.kits.stack.fanout import NORTH, SOUTH, Desks, Town, resident, town

PUBLISHED = at(5, 9, 14)
PERIOD = Period(start=at(14, 9), end=at(14, 14))


def notice(version: int, *lines: str, change: str = "") -> NoticePublished | NoticeAmended:
    fields: dict[str, Any] = {
        "mrid": "P1", "notice_id": f"P1/{version}", "revision_number": version, "version": version,
        "outage_class": "planned", "published_at": PUBLISHED, "planned_period": PERIOD, "extent": Extent(lines=lines),
    }  # fmt: skip
    if not change:
        return NoticePublished(**fields)
    return NoticeAmended(**fields, supersedes=f"P1/{version - 1}", previous_period=PERIOD, change=change)  # type: ignore[arg-type]


async def hear(city: Town, desks: Desks, said: NoticePublished | NoticeAmended, *, delivered: bool = True) -> None:
    """A notice is told, and what is asked for therefore reaches the handsets, unless it is still under way."""
    await city.say(desks, said)
    await city.settle(desks)
    asked = await city.pool.fetch("select message_id, customer_id from notification where state = 'ready'")
    for row in asked if delivered else ():
        sid, now = f"SM{row['message_id']}", city.clock.now()
        ids = {"message_id": row["message_id"], "customer_id": row["customer_id"], "provider_sid": sid, "at": now}
        taken = AttemptAccepted(**ids, attempt=1, provider="twilio")
        arrived = SendingReceipt(**ids, provider="twilio", status="delivered")
        for type_, word in ((ATTEMPT_ACCEPTED, taken), (SENDING_RECEIPT, arrived)):
            stream = f"customer/{row['customer_id']}"
            await desks.ingest.submit([Message("/sender", f"{sid}/{type_}", type_, now, word, "", 0, stream=stream)])


async def reach(city: Town, since: datetime = PUBLISHED) -> NoticeReach:
    return await read_reach(city.pool, "P1", since)


async def test_at_the_places_that_a_wider_notice_adds_customers_are_told_and_the_others_know_already(
    postgres: str,
) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, resident("mill"), resident("school", SOUTH))
        await hear(city, desks, notice(1, NORTH))
        await hear(city, desks, notice(2, NORTH, SOUTH, change="changed"), delivered=False)
        assert (await city.texts("mill"), await city.texts("school")) == ({"planned-notice": 1}, {"planned-notice": 1})
        one = await reach(city)
        assert (one.expected, one.reached, one.unreached) == (2, 1, ("school",))


async def test_who_was_told_that_the_work_is_off_for_them_has_to_be_told_anew(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, resident("mill"), resident("school", SOUTH))
        await hear(city, desks, notice(1, NORTH, SOUTH))
        await hear(city, desks, notice(2, NORTH, change="narrowed"))
        assert await city.texts("school") == {"planned-notice": 1, "cancelled": 1}
        await hear(city, desks, notice(3, NORTH, SOUTH, change="changed"), delivered=False)
        assert await city.texts("school") == {"planned-notice": 2, "cancelled": 1}
        assert (await reach(city)).unreached == ("school",)
        await hear(city, desks, notice(4, NORTH, SOUTH, change="narrowed"))
        assert (await reach(city)).unreached == ()
