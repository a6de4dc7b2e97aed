"""A usage point that is named as back, on a real PostgreSQL: nearer than the line that stays off, whatever a model knows."""

import asyncio
from typing import Any

import msgspec
import pytest

from operations.lookup.by_network import meant
from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted, Supply
from schemas.contracts.dispatch import ExtentChanged, OutageReopened, SupplyRestored
from services.concerned.matching import pairs
from services.merging.handing_on import HandingOn
from services.notifier.tables.fanout import read_holding
from services.notifier.tables.merged import select
from services.notifier.tables.renewing import renew
from tests.kits.deciders.handing_on import merge
from tests.kits.deciders.notifier import at, ert, part, started
from tests.kits.network.copied import brought
from tests.kits.network.models import element, whole
from tests.kits.stack.fanout import NORTH, SOUTH, Desks, Town, at_place, out, resident, town

GRID = [
    element("ss", "substation", name="港口变电站"),
    element("L1", "line", "ss", name=NORTH),
    element("L2", "line", "ss", name=SOUTH),
    element("T1", "transformer", "L1", name="北一变"),
]
POINTS = [element("UP-9", "usagePoint", "T1"), element("UP-2", "usagePoint", "T1")]
MODELS = {"no model": [], "a model without the point": GRID, "a model with the point": [*GRID, *POINTS]}
NORTH_IS_OFF = Extent(lines=(NORTH,), usage_points=("UP-9", "UP-2"))
STEP = part(Extent(usage_points=("UP-9",)), Extent(lines=(NORTH,), usage_points=("UP-2",)), at(5, 9, 13))
HOSPITAL = resident(
    "hospital",
    lines=(),
    supplies=(
        Supply(id="1", role="main", line=SOUTH),
        Supply(id="2", role="standby", line=NORTH, usage_point="UP-9"),
    ),
)
CLINIC = at_place("clinic", lines=(NORTH,), usage_points=("UP-9",))
SCHOOL = at_place("school", lines=(NORTH,), usage_points=("UP-2",))
MILL = at_place("mill", lines=(NORTH,), usage_points=("UP-9", "UP-10"))


async def stepped(city: Town, *people: CustomerUpserted, model: str = "no model") -> Desks:
    """The northern line was off, and one of its points is back."""
    desks = await city.process()
    if grid := MODELS[model]:
        await brought(city.pool, *grid, whole(grid))
    await city.say(desks, *people)
    await city.settle(desks)
    await city.say(desks, started("F1", at(5, 9, 12), extent=NORTH_IS_OFF))
    await city.settle(desks)
    await city.say(desks, STEP)
    await city.settle(desks)
    return desks


async def last_of(city: Town, customer: str, mrid: str = "F1") -> dict[str, Any]:
    row = await city.pool.fetchval(
        "select data from event where type = 'customer.touched.v1' and data ->> 'customerId' = $1 "
        "and data ->> 'mRID' = $2 order by position desc limit 1",
        customer,
        mrid,
    )
    found: dict[str, Any] = msgspec.json.decode(row)
    return found


@pytest.mark.parametrize("model", MODELS)
async def test_who_takes_power_there_is_held_no_more_by_the_line(postgres: str, model: str) -> None:
    async with town(postgres) as city:
        desks = await stepped(city, HOSPITAL, CLINIC, SCHOOL, MILL, model=model)
        assert await city.members() == {"hospital": True, "clinic": False, "school": True, "mill": True}
        assert (await last_of(city, "clinic"))["status"] == "part-restored", "a step gave power back there"
        assert (await last_of(city, "hospital"))["backAt"] == ["usagePoint:up-9"], "of several each is judged apart"
        async with city.pool.acquire() as connection:
            assert await read_holding(connection, "clinic") == ()
            assert await read_holding(connection, "school") == ("F1",)
            assert await read_holding(connection, "mill") == ("F1",), "its other point nobody spoke of"
            lies = (await meant(connection, ["notifier"], frozenset(pairs(CLINIC))))["F1"]
            assert lies.are_back(frozenset({("line", NORTH)}), [CLINIC]), "who explains it says what was told"
        await city.say(desks, ert(at(5, 12), at(5, 9, 14)))
        await city.settle(desks)
        assert (await last_of(city, "school"))["ert"], "it was heard"
        assert await city.members() == {"hospital": True, "clinic": False, "school": True, "mill": True}
        assert (await last_of(city, "hospital"))["backAt"] == ["usagePoint:up-9"]
        assert await city.faults() == {}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "word",
    [
        OutageReopened(mrid="F1", reopened_at=at(5, 9, 14), reason="tripped-again"),
        ExtentChanged(mrid="F1", changed_at=at(5, 9, 14), extent=Extent(lines=(NORTH,))),
    ],
    ids=["reopened", "said anew"],
)
async def test_until_something_says_that_it_is_off_again(postgres: str, model: str, word: Any) -> None:
    async with town(postgres) as city:
        desks = await stepped(city, CLINIC, model=model)
        await city.say(desks, word)
        await city.settle(desks)
        assert await city.members() == {"clinic": True}


@pytest.mark.parametrize("model", MODELS)
async def test_so_it_is_of_the_outage_into_which_it_was_merged(postgres: str, model: str) -> None:
    async with town(postgres) as city:
        desks = await stepped(city, HOSPITAL, CLINIC, SCHOOL, model=model)
        await city.say(desks, out("F2", SOUTH), merge(at(5, 9, 14)))
        handing_on = HandingOn(desks.ingest, city.pool, city.clock, asyncio.Event(), select)
        while await handing_on.step():
            pass
        await city.settle(desks)
        assert {name for name, held in (await city.members("F2")).items() if held} == {"hospital", "school"}
        assert (await last_of(city, "hospital", "F2"))["backAt"] == ["usagePoint:up-9"]
        assert await city.faults() == {}


async def test_where_the_version_before_put_no_such_places_the_first_start_does(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await stepped(city, SCHOOL)
        await city.pool.execute("delete from outage_match where back")
        await city.say(desks, HOSPITAL, CLINIC)
        await city.settle(desks)
        assert (await city.members())["clinic"], "as the version before tells it"
        assert "backAt" not in await last_of(city, "hospital")
        for _ in range(2):
            async with city.pool.acquire() as connection:
                assert await renew(connection) == 0
            again = await city.process()
            await city.settle(again)
            assert await city.members() == {"hospital": True, "clinic": False, "school": True}
            assert (await last_of(city, "hospital"))["backAt"] == ["usagePoint:up-9"]
            assert (await last_of(city, "clinic"))["status"] == "part-restored", "not as if they had been told in error"
        assert len(await city.words()) == 6, "the second start says nothing"
        assert await city.faults() == {}


def claim(minute: int, **where: tuple[str, ...]) -> SupplyRestored:
    return SupplyRestored(mrid="F1", restored_at=at(5, 9, minute), scope="part", extent=Extent(**where))


@pytest.mark.parametrize("model", MODELS)
async def test_while_it_is_only_said_to_be_back_still_off_is_held_from_whoever_takes_power_there(
    postgres: str, model: str
) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        if grid := MODELS[model]:
            await brought(city.pool, *grid, whole(grid))
        await city.say(desks, HOSPITAL, CLINIC, SCHOOL, MILL)
        await city.settle(desks)
        await city.say(desks, started("F1", at(5, 9, 12), extent=Extent(lines=(NORTH,))))
        await city.settle(desks)
        await city.say(desks, claim(13, usage_points=("UP-9",)))
        await city.settle(desks)
        everybody = ("hospital", "clinic", "school", "mill")
        held = {name for name in everybody if (await last_of(city, name)).get("proofPending")}
        assert held == {"clinic"}, "the mill has another point"
        assert (await last_of(city, "hospital"))["saidBackAt"] == ["usagePoint:up-9"], "of several each is judged apart"
        assert all((await city.members()).values()), "it frees nobody"
        await city.say(desks, claim(14, transformers=("北一变",)))
        await city.settle(desks)
        hanging = {"clinic", "school"} if "with the point" in model else {"clinic"}
        assert {name for name in everybody if (await last_of(city, name)).get("proofPending")} == hanging
        assert await city.faults() == {}
