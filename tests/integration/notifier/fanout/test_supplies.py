"""A works with two feeders on a real PostgreSQL: what the fan-out tells, and what the audit says of it."""

from typing import Any

from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted, Supply
from services.notifier.tables.fanout import read_holding
from tests.kits.deciders.notifier import at, confirmed, started
from tests.kits.stack.fanout import NORTH, SOUTH, out, resident, town

MAIN = Supply(id="1", role="main", line=NORTH)
STANDBY = Supply(id="2", role="standby", line=SOUTH)


def works(*supplies: Supply, **changes: Any) -> CustomerUpserted:
    return resident("works", supplies=supplies or (MAIN, STANDBY), lines=(), areas=("harbour",), **changes)


async def test_a_works_with_two_feeders_hears_of_each_and_of_being_dark(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, works())
        await city.settle(desks)
        await city.say(desks, out())
        await city.settle(desks)
        await city.say(desks, out("F2", SOUTH))
        await city.settle(desks)
        rows = await city.pool.fetch(
            "select data ->> 'templateId' as words from event where type = 'message.requested.v1' order by position"
        )
        assert [row["words"] for row in rows] == ["zh-CN/supply-lost", "zh-CN/fault"]
        assert await city.faults() == {}
        await city.pool.execute("update customer_supply set kinds = '{}' where supply_id = '2'")
        assert "is matched by supplies" in (await city.faults())["supplies"][0]


async def test_an_outage_that_names_the_area_and_another_line_is_not_theirs_and_holds_no_end_back(
    postgres: str,
) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, works(), resident("home", lines=(), areas=("harbour",)))
        await city.settle(desks)
        await city.say(desks, started("F3", at(5, 9, 12), extent=Extent(lines=("another",), areas=("harbour",))))
        await city.settle(desks)
        assert await city.members("F3") == {"home": True}
        async with city.pool.acquire() as connection:
            assert await read_holding(connection, "works") == ()
            assert await read_holding(connection, "home") == ("F3",)
        assert await city.faults() == {}


async def test_a_second_supply_that_comes_during_an_outage_is_looked_at_anew(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, works(MAIN))
        await city.settle(desks)
        await city.say(desks, out())
        await city.settle(desks)
        await city.say(desks, works(updated_at=at(2, 0)))
        await city.settle(desks)
        assert [touched for _, touched, _ in await city.words()] == [True, True], (
            "by which of them it holds them is said"
        )
        await city.say(desks, works(updated_at=at(3, 0)))
        await city.settle(desks)
        assert len(await city.words()) == 2, "nothing of it has changed"
        await city.say(desks, confirmed(at(5, 10)))
        await city.settle(desks)
        assert (await city.words())[-1] == ("works", True, "restored")
        assert await city.faults() == {}
