"""A works with two feeders on a real PostgreSQL: what the fan-out tells, and what the audit says of it."""

from typing import Any

import pytest

from operations.lookup.by_network import find_fed_elsewhere
from operations.lookup.named import NamedThing
from operations.lookup.result import TouchingOutage
from operations.lookup.supplies import plight_of
from operations.lookup.views import SupplyView
from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted, Supply
from services.notifier.tables.fanout import read_holding
from services.places import normal
from tests.kits.deciders.notifier import at, confirmed, started
from tests.kits.network.copied import brought
from tests.kits.network.models import by, element, whole
from tests.kits.stack.fanout import NORTH, SOUTH, Town, out, resident, town

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


BY_TRANSFORMER = Supply(id="2", role="standby", transformer="南一变")
GRID = [
    element("ss", "substation", name="港口变电站"),
    element("L1", "line", "ss", name=NORTH),
    element("L2", "line", "ss", name=SOUTH),
    element("T2", "transformer", "L2", by("L1", "tie", normally="open"), name="南一变"),
]


async def words_of(city: Town) -> list[str]:
    rows = await city.pool.fetch(
        "select data ->> 'templateId' as words from event where type = 'message.requested.v1' order by position"
    )
    return [row["words"] for row in rows]


async def test_a_second_supply_of_which_the_network_knows_the_line_is_not_lost_with_the_first(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await brought(city.pool, *GRID, whole(GRID))
        await city.say(desks, works(MAIN, BY_TRANSFORMER))
        await city.settle(desks)
        await city.say(desks, out())
        await city.settle(desks)
        assert await words_of(city) == ["zh-CN/supply-lost"]
        hit = TouchingOutage(
            "F1", (f"line:{normal(NORTH)}",), SupplyView(status="confirmed", extent=Extent(lines=(NORTH,)))
        )
        one = works(MAIN, BY_TRANSFORMER)
        async with city.pool.acquire() as connection:
            await find_fed_elsewhere(connection, ["notifier"], [hit], [one])
        asked_for = NamedThing("customer", "works", frozenset(), people=(one,))
        explained = plight_of([asked_for], [hit], at(5, 10))
        assert explained is not None
        assert (explained.off, explained.ids) == (False, {"1"}), "who explains it says what was told"

        await city.say(desks, out("F2", SOUTH))
        await city.settle(desks)
        assert await words_of(city) == ["zh-CN/supply-lost", "zh-CN/fault"]
        assert await city.faults() == {}


@pytest.mark.parametrize(
    "why", ["it hangs there", "no power comes to it", "the line is not in the network", "no network"]
)
async def test_where_nobody_can_say_it_counts_as_lost_with_the_first(postgres: str, why: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        grid = [one for one in GRID if one.element_id != "L1"] if why == "the line is not in the network" else GRID
        if why != "no network":
            await brought(city.pool, *grid, whole(grid))
        if why == "it hangs there":
            await brought(city.pool, element("T2", "transformer", "L1", "L2", name="南一变"), after=60)
        if why == "no power comes to it":
            await brought(city.pool, element("T2", "transformer", name="南一变"), after=60)
        await city.say(desks, works(MAIN, BY_TRANSFORMER))
        await city.settle(desks)
        await city.say(desks, out())
        await city.settle(desks)
        assert await words_of(city) == ["zh-CN/fault"]
