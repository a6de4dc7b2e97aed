"""Fan-outs after a restore of the database: customers hear again, from the topic, what was said in the lost time."""

import pytest

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageReopened
from tests.kits.deciders.notifier import at, confirmed
from tests.kits.stack.fanout import NORTH, Town, out, resident, town

BACKUP = at(5, 9, 10)


def lost(version: int, status: str = "out", mrid: str = "F1") -> CustomerTouched:
    """A word that was said in the lost time."""
    return CustomerTouched(
        customer_id="school",
        mrid=mrid,
        outage_version=version,
        touched=True,
        matched_by=("line:northernline",),
        outage_class="fault",
        status=status,  # type: ignore[arg-type]
        trigger="outage.started.v1",
        started_at=at(5, 9, 12),
        restored_at=at(5, 9, 13) if status == "restored" else None,
        extent=Extent(lines=(NORTH,)),
        at=at(5, 9, 12),
    )


async def heard(city: Town) -> str | None:
    """What the school last heard of the outage."""
    status: str | None = await city.pool.fetchval(
        "select data->>'status' from event where stream_id = 'customer/school' and type = 'customer.touched.v1' "
        "order by position desc limit 1"
    )
    return status


async def test_an_outage_whose_end_is_read_before_its_beginning_is_over_for_whom_the_lost_time_told(
    postgres: str,
) -> None:
    async with town(postgres) as city:
        desks = await city.process(restored_to=BACKUP)
        await city.say(desks, resident("school"))
        await city.settle(desks)
        await city.say(desks, lost(1))
        await city.say(desks, confirmed(at(5, 9, 13)))
        await city.say(desks, out())
        await city.settle(desks)
        assert await heard(city) == "restored"
        assert await city.faults() == {}


@pytest.mark.parametrize("first", ["the word", "the end"])
async def test_whom_only_the_lost_time_told_of_an_outage_hears_of_its_end(postgres: str, first: str) -> None:
    async with town(postgres) as city:
        desks = await city.process(restored_to=BACKUP)
        await city.say(desks, resident("school"))
        await city.settle(desks)
        if first == "the word":
            await city.say(desks, lost(1))
        # Read again, begin and end come at once: nobody is told of it.
        await city.say(desks, out(), confirmed(at(5, 9, 13)))
        if first == "the end":
            await city.settle(desks)
            assert await city.words() == []
            await city.say(desks, lost(1))
        await city.settle(desks)
        assert await city.words() == [("school", True, "restored")]
        assert await heard(city) == "restored"
        assert await city.faults() == {}


async def test_what_is_decided_again_is_heard_though_the_lost_time_said_more_of_it(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process(restored_to=BACKUP)
        await city.say(desks, resident("school"))
        await city.settle(desks)
        await city.say(desks, lost(7), lost(9, "restored"))
        await city.say(desks, out())
        await city.say(desks, confirmed(at(5, 9, 13)))
        await city.say(desks, OutageReopened(mrid="F1", reopened_at=at(5, 9, 14)))
        await city.settle(desks)
        assert await heard(city) == "out"
        assert await city.faults() == {}


async def test_an_outage_that_was_told_before_the_backup_is_not_asked_again(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, resident("school"))
        await city.say(desks, out())
        await city.settle(desks)
        again = await city.process(restored_to=BACKUP)
        await city.say(again, lost(5))
        assert not await again.service.feeding(city.pool)
        assert await city.words() == [("school", True, "out")]
