"""Of outages that wait, those are told first that leave a hospital or a home with life support in the dark."""

from typing import Any

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import ExtentChanged
from tests.kits.deciders.notifier import at
from tests.kits.stack.fanout import NORTH, SOUTH, Town, out, resident, town

EAST = "eastern line"


async def told_first(city: Town, desks: Any) -> str | None:
    """The outage that the next chunk is of."""
    while await desks.fanner.place_one():
        pass
    before = await counts(city)
    assert await desks.fanner.tell_chunk()
    after = await counts(city)
    return next((mrid for mrid, words in before.items() if after[mrid] > words), None)


async def counts(city: Town) -> dict[str, int]:
    """How many words were said about each outage."""
    return {mrid: len(await city.words(mrid)) for mrid in ("A1", "B2", "Z9")}


@pytest.mark.parametrize("who", [{"importance": "special"}, {"life_support": True}], ids=["hospital", "life support"])
async def test_where_it_is_dark_for_a_hospital_or_life_support_is_told_before_all_others(
    postgres: str, who: dict[str, Any]
) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, resident("a", NORTH), resident("b", SOUTH), resident("ward", EAST, **who))
        await city.settle(desks)
        await city.say(desks, out("A1", NORTH), out("B2", SOUTH), out("Z9", EAST))
        assert await told_first(city, desks) == "Z9"
        await city.settle(desks)
        assert await city.faults() == {}


async def test_an_outage_that_grows_to_reach_a_hospital_is_looked_at_again(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, resident("a", NORTH), resident("b", SOUTH), resident("ward", EAST, importance="special"))
        await city.settle(desks)
        await city.say(desks, out("B2", SOUTH))
        await city.settle(desks)
        assert not await city.pool.fetchval("select urgent from fanout_job where mrid = 'B2'")
        wider = ExtentChanged(mrid="B2", changed_at=at(5, 9, 16), extent=Extent(lines=(SOUTH, EAST)))
        await city.say(desks, out("A1", NORTH), wider)
        assert await told_first(city, desks) == "B2"


async def test_a_large_outage_with_a_hospital_in_it_lets_small_ones_by_after_its_first_chunk(postgres: str) -> None:
    async with town(postgres, chunk=2) as city:
        desks = await city.process()
        wards = [resident(f"ward-{n}", EAST, importance="special") for n in range(5)]
        await city.say(desks, resident("a", NORTH), *wards)
        await city.settle(desks)
        await city.say(desks, out("A1", NORTH), out("Z9", EAST))
        assert [await told_first(city, desks) for _ in range(2)] == ["Z9", "A1"]
