"""Who is registered at an element and at what it feeds, by the notifier's own tables."""

from operations.network.people import people_at
from operations.network.standing import standing
from operations.system.location import Where
from services.places.topology import NetworkModel
from tests.kits.network.models import element
from tests.kits.stack.fanout import resident, town

CITY = NetworkModel(
    [
        element("ss", "substation", name="城东变电站"),
        element("L1", "line", "ss", name="10千伏城东线"),
        element("L2", "line", "ss", name="10千伏城西线"),
        element("T1", "transformer", "L1", name="东一变"),
        element("P1", "usagePoint", "T1", name="UP-1"),
        element("A1", "area", name="中山路一带"),
    ]
)


async def test_whoever_hangs_on_a_line_is_registered_there_however_they_are_known(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(
            desks,
            resident("works", lines=("10kV 城东线",)),
            resident("hospital", lines=(), transformers=("东一变",), importance="special"),
            resident("home", lines=(), usage_points=("ＵＰ-1",), importance="second"),
            resident("mill", lines=("10千伏城西线",)),
            resident("shop", lines=(), areas=("东一变",)),
        )
        where, line = Where(postgres=city.dsn), standing(CITY, "L1")
        found = await people_at(where, [line, standing(CITY, "A1")])
        assert found is not None
        assert [one.customer_id for one in found["L1"]] == ["hospital", "works", "home"], "the most important first"
        assert {one.name for one in found["L1"]} == {"hospital", "works", "home"}
        assert found["A1"] == []


async def test_where_nobody_can_be_asked_it_says_so() -> None:
    assert await people_at(Where(), [standing(CITY, "L1")]) is None
