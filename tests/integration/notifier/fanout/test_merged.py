"""Outages that are one, on a real PostgreSQL: whom the merged one holds hear the next word of the other, whatever it says."""

import asyncio

from services.merging.handing_on import HandingOn
from services.notifier.tables.merged import select
from tests.kits.deciders.handing_on import merge
from tests.kits.deciders.notifier import at, confirmed, ert
from tests.kits.stack.fanout import NORTH, SOUTH, Desks, Town, out, resident, town

PEOPLE = [f"KC-{n:02}" for n in range(1, 5)]


async def hand_on(city: Town, desks: Desks) -> None:
    handing_on = HandingOn(desks.ingest, city.pool, city.clock, asyncio.Event(), select)
    while await handing_on.step():
        pass


async def two_told(city: Town) -> Desks:
    """F1 is told to four customers in the north, F2 to one in the south."""
    desks = await city.process()
    await city.say(desks, *map(resident, PEOPLE), resident("KC-09", SOUTH))
    await city.settle(desks)
    await city.say(desks, out("F1", NORTH), out("F2", SOUTH))
    await city.settle(desks)
    return desks


async def test_all_of_both_are_members_of_the_one_that_goes_on(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await two_told(city)
        await city.say(desks, merge(at(5, 9, 14)))
        assert await desks.service.feeding(city.pool), "no deadline of theirs may fire before it is handed on"
        await hand_on(city, desks)
        await city.settle(desks)
        assert await city.members("F2") == dict.fromkeys([*PEOPLE, "KC-09"], True)
        assert {words[2] for words in await city.words("F2")} == {"out"}
        assert await city.texts(PEOPLE[0]) == {"fault": 1}, "that it is another outage is told to nobody"
        assert await city.faults() == {}
        await city.say(desks, ert(at(5, 18), at(5, 9, 20), "F1"))
        await hand_on(city, desks)
        await city.settle(desks)
        assert await city.texts(PEOPLE[0]) == await city.texts("KC-09") == {"fault": 2}, (
            "as the first went to nobody yet"
        )
        assert not await desks.service.feeding(city.pool)


async def test_power_back_before_they_heard_of_it_reaches_them_all_the_same(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await two_told(city)
        await city.say(desks, merge(at(5, 9, 14)))
        await hand_on(city, desks)
        await city.say(desks, confirmed(at(5, 9, 30), "F2"))
        await city.settle(desks)
        told = [words for words in await city.words("F2") if words[0] in PEOPLE]
        assert told == [(name, True, "restored") for name in PEOPLE]
        assert await city.faults() == {}


async def test_a_text_of_the_merged_one_waits_for_the_word_of_the_other(postgres: str) -> None:
    """What it says is not so any more by the tables, though the word of that is still to be said."""
    async with town(postgres) as city:
        desks = await two_told(city)
        claimable = "select count(*) from notification where state = 'ready' and customer_id = $1"
        assert await city.pool.fetchval(claimable, PEOPLE[0]) == 1
        await city.say(desks, merge(at(5, 9, 14)))
        await hand_on(city, desks)
        places = await city.pool.fetch("select distinct mrid from outage_match")
        assert {row["mrid"] for row in places} == {"F2"}


async def test_two_processes_hand_on_once(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await two_told(city)
        other = await city.process()
        await city.say(desks, merge(at(5, 9, 14)))
        await asyncio.gather(hand_on(city, desks), hand_on(city, other))
        joins = "select count(*) from event where stream_id = 'outage/F2' and type = 'truth.joins.v1'"
        assert await city.pool.fetchval(joins) == 1
