"""Whom a notice has reached, on a real PostgreSQL: texts count as long as they say what is so for the customer."""

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from schemas.contracts.base import Extent, Period
from schemas.contracts.notices import Notice, NoticeAmended, NoticePublished, NoticeWithdrawn
from services.kernel.model import Message
from services.notifier.domain.events import ATTEMPT_ACCEPTED, SENDING_RECEIPT, AttemptAccepted, SendingReceipt
from services.notifier.domain.outage.informed_promise import NoticeReach
from services.notifier.tables.fanout import read_reach
from tests.kits.deciders.notifier import at
from tests.kits.stack.fanout import NORTH, SOUTH, Desks, Town, resident, town

PUBLISHED = at(5, 9, 14)
PERIOD = Period(start=at(14, 9), end=at(14, 14))
OTHER = Period(start=at(15, 9), end=at(15, 14))
DUE = at(7, 9)


def notice(
    version: int, *lines: str, change: str = "", period: Period = PERIOD, published: datetime = PUBLISHED
) -> NoticePublished | NoticeAmended:
    fields: dict[str, Any] = {
        "mrid": "P1", "notice_id": f"P1/{version}", "revision_number": version, "version": version,
        "outage_class": "planned", "published_at": published, "planned_period": period, "extent": Extent(lines=lines),
    }  # fmt: skip
    if not change:
        return NoticePublished(**fields)
    return NoticeAmended(**fields, supersedes=f"P1/{version - 1}", previous_period=PERIOD, change=change)  # type: ignore[arg-type]


async def hear(city: Town, desks: Desks, said: Notice | NoticeWithdrawn, *, delivered: bool = True) -> None:
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


async def reach(city: Town, said: Notice, due_at: datetime = DUE) -> NoticeReach:
    return await read_reach(city.pool, said, due_at, PUBLISHED)


async def test_at_the_places_that_a_wider_notice_adds_customers_are_told_and_the_others_know_already(
    postgres: str,
) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, resident("mill"), resident("school", SOUTH))
        await hear(city, desks, notice(1, NORTH))
        wider = notice(2, NORTH, SOUTH, change="changed")
        await hear(city, desks, wider, delivered=False)
        assert (await city.texts("mill"), await city.texts("school")) == ({"planned-notice": 1}, {"planned-notice": 1})
        one = await reach(city, wider)
        assert (one.expected, one.reached, one.unreached) == (2, 1, ("school",))


async def test_who_was_told_that_the_work_is_off_for_them_has_to_be_told_anew(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, resident("mill"), resident("school", SOUTH))
        await hear(city, desks, notice(1, NORTH, SOUTH))
        await hear(city, desks, notice(2, NORTH, change="narrowed"))
        assert await city.texts("school") == {"planned-notice": 1, "cancelled": 1}
        again = notice(3, NORTH, SOUTH, change="changed")
        await hear(city, desks, again, delivered=False)
        assert await city.texts("school") == {"planned-notice": 2, "cancelled": 1}
        assert (await reach(city, again)).unreached == ("school",)
        same = notice(4, NORTH, SOUTH, change="narrowed")
        await hear(city, desks, same)
        assert (await reach(city, same)).unreached == ()


async def test_a_text_tells_of_a_notice_by_what_it_says_though_the_planners_clock_is_ahead_of_the_notifiers(
    postgres: str,
) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, resident("mill"))
        early = notice(1, NORTH, published=PUBLISHED + timedelta(minutes=4))
        await hear(city, desks, early)
        assert (await read_reach(city.pool, early, DUE, early.published_at)).unreached == ()


async def test_work_that_goes_back_to_its_first_time_is_known_to_whom_no_text_said_another(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, resident("mill"))
        await hear(city, desks, notice(1, NORTH))
        moved = notice(2, NORTH, change="moved", period=OTHER)
        await hear(city, desks, moved, delivered=False)
        assert await city.texts("mill") == {"planned-notice": 1, "moved": 1}
        assert (await reach(city, moved)).unreached == ("mill",), "the text of the first time says nothing of it"
        back = notice(3, NORTH, change="moved")
        await hear(city, desks, back)
        assert await city.texts("mill") == {"planned-notice": 1, "moved": 1}, "it had not gone, and need not any more"
        assert (await reach(city, back)).unreached == ()


async def test_work_that_goes_back_to_its_first_time_is_said_anew_to_whoever_was_told_another(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, resident("mill"))
        await hear(city, desks, notice(1, NORTH))
        moved = notice(2, NORTH, change="moved", period=OTHER)
        await hear(city, desks, moved)
        assert (await reach(city, moved)).unreached == ()
        back = notice(3, NORTH, change="moved")
        await hear(city, desks, back, delivered=False)
        assert (await reach(city, back)).unreached == ("mill",)


async def test_who_knows_of_a_cut_knows_of_a_shorter_one_within_it(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, resident("mill"))
        await hear(city, desks, notice(1, NORTH))
        shorter = notice(2, NORTH, change="narrowed", period=replace(PERIOD, end=at(14, 12)))
        await hear(city, desks, shorter, delivered=False)
        assert (await reach(city, shorter)).unreached == ()
        longer = notice(3, NORTH, change="changed", period=replace(PERIOD, end=at(14, 15)))
        await hear(city, desks, longer, delivered=False)
        assert (await reach(city, longer)).unreached == ("mill",)


async def test_work_called_off_after_the_deadline_leaves_those_told_who_knew_of_it_by_then(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, resident("mill"))
        planned = notice(1, NORTH)
        await hear(city, desks, planned)
        deadline = city.clock.now()
        gone = NoticeWithdrawn(
            mrid="P1", notice_id="P1/1", version=1, withdrawn_at=deadline, planned_period=PERIOD, reason="cancelled"
        )
        await hear(city, desks, gone)
        assert await city.texts("mill") == {"planned-notice": 1, "cancelled": 1}
        at_deadline, later = await reach(city, planned, deadline), await reach(city, planned)
        assert (at_deadline.unreached, later.unreached) == ((), ("mill",))
