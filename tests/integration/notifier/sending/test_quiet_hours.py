"""A text about later work that ought to have gone by day and did not waits for the morning, whoever is late."""

import asyncio
from datetime import datetime, time, timedelta
from typing import Final

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Extent, Period
from services.kernel.clock import utc
from services.policy.quiet import Nights, QuietHours
from tests.kits.deciders.notifier import ZONE
from tests.kits.stack.sending import Office

ALWAYS: Final = Nights(QuietHours(time(0), time(23, 59)), ZONE)
"""Nights that last all day, so that it is night whenever this runs but for one minute."""


async def noticed(office: Office, starts: datetime) -> str:
    """The id of the text that tells a customer of work."""
    await office.text()
    name, now = f"KC-{office.customers:02}", office.clock.now()
    word = CustomerTouched(
        customer_id=name,
        mrid="P-1",
        outage_version=1,
        touched=True,
        outage_class="planned",
        status="noticed",
        trigger="notice.published.v1",
        planned_period=Period(start=starts, end=starts + timedelta(hours=4)),
        extent=Extent(lines=("10千伏城东线",)),
        at=now,
    )
    await office.say(name, word)
    found: str = await office.pool.fetchval(
        "select message_id from notification where customer_id = $1 and trigger = 'planned-notice'", name
    )
    # As if it had been asked for by day, and no sender had been there.
    await office.pool.execute("update notification set not_before = $2 where message_id = $1", found, now)
    return found


async def test_it_waits_though_it_should_have_gone_before_the_night(office: Office) -> None:
    text = await noticed(office, office.clock.now() + timedelta(days=9))
    off = await office.pool.fetchval("select message_id from notification where trigger = 'fault'")
    async with office.at_work(office.sender(nights=ALWAYS)):
        await office.comes_to(off, "accepted")
        await asyncio.sleep(1.5)
    row = await office.row(text)
    assert (row["state"], row["attempts"]) == ("ready", 0)
    assert row["not_before"] == utc(ALWAYS.over(office.clock.now()))


async def test_it_goes_though_it_is_night_where_the_work_leaves_no_time_in_the_morning(office: Office) -> None:
    text = await noticed(office, ALWAYS.over(office.clock.now()) + timedelta(hours=1))
    async with office.at_work(office.sender(nights=ALWAYS)):
        await office.comes_to(text, "accepted")


async def test_by_day_it_goes(office: Office) -> None:
    text = await noticed(office, office.clock.now() + timedelta(days=9))
    async with office.at_work(office.sender()):
        await office.comes_to(text, "accepted")
