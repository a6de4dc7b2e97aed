"""What is read of a network about one element is what the whole model says of it; and where it lies, at which voltage."""

import asyncio
from collections.abc import Sequence

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from operations.network.about import SQL, part_about
from operations.network.standing import elements_called, standing
from operations.times import Times
from outagectl.commands.network.show import document, lines
from schemas.contracts.base import Extent
from schemas.contracts.network import NetworkElement, SwitchState
from services.network import asking, surroundings
from services.network.copy import NetworkCopy
from services.places import normal
from services.places.topology import NetworkModel
from services.places.topology.territory import territories
from tests.kits.network.models import by, element, models, thrown, whole, words
from tests.kits.stack.tables.plans import nodes, parts, rows

CITY = [
    element("ss", "substation", name="城东变电站", territory="urban", kilovolts=110),
    element("L1", "line", "ss", name="10千伏城东线", areas=("A1",), territory="urban", kilovolts=10),
    element("L2", "line", "ss", name="10千伏山里线", territory="rural"),
    element("T1", "transformer", "L1", areas=("A1",)),
    element("T2", "transformer", by("L1", "cut"), by("L2", "tie", normally="open")),
    element("T3", "transformer", "L1", areas=("A2",)),
    element("P1", "usagePoint", "T1", kilovolts=0.4),
    element("P2", "usagePoint", "T2"),
    element("P3", "usagePoint", "T3"),
    element("A1", "area", name="中山路一带"),
    element("A2", "area", name="山口村", territory="remote"),
]


async def brought(
    db: asyncpg.Connection, elements: Sequence[NetworkElement], *switches: tuple[str, SwitchState]
) -> None:
    moved = [thrown(switch, state, n) for n, (switch, state) in enumerate(switches)]
    await NetworkCopy().put(db, words(*elements, *moved, whole(elements)))


async def lie_in(db: asyncpg.Connection, extent: Extent) -> tuple[str, ...]:
    named = [("lines", normal(one)) for one in extent.lines]
    named += [("transformers", normal(one)) for one in extent.transformers]
    named += [("usage_points", normal(one)) for one in extent.usage_points]
    named += [("areas", normal(one)) for one in extent.areas]
    return (await surroundings.territories_of(db, named)).territories


async def test_a_line_is_shown_with_all_that_is_about_it_and_nothing_else_is_read(db: asyncpg.Connection) -> None:
    await brought(db, CITY, ("cut", "open"), ("tie", "closed"))
    part, model = await part_about(db, "10 kV 山里线"), NetworkModel(CITY, {"cut": "open", "tie": "closed"})
    assert elements_called(part, "10 kV 山里线") == ("L2",)
    assert [*lines(part, standing(part, "L2"), Times())] == [*lines(model, standing(model, "L2"), Times())]
    assert {"T1", "P1", "T3"}.isdisjoint(part.elements)


async def test_of_a_name_that_nothing_has_nothing_is_read(db: asyncpg.Connection) -> None:
    await brought(db, CITY)
    assert not (await part_about(db, "10千伏无名线")).elements


async def test_who_brought_an_edition_in_is_kept_whatever_comes_after(db: asyncpg.Connection) -> None:
    first = replace(whole(CITY), imported_by="GIS班 李")
    await NetworkCopy().put(db, words(*CITY, first))
    (row,) = await db.fetch(SQL["imported_last"])
    assert (row["imported_by"], row["elements"]) == ("GIS班 李", len(CITY))
    await NetworkCopy().forget(db)
    assert [row["imported_by"] for row in await db.fetch(SQL["imported"])] == ["GIS班 李"]


async def test_each_point_lies_where_it_its_area_or_what_feeds_it_does(db: asyncpg.Connection) -> None:
    await brought(db, CITY)
    assert await lie_in(db, Extent(lines=("L1",))) == ("urban", "remote")
    assert await lie_in(db, Extent(usage_points=("P3",))) == ("remote",)
    assert await lie_in(db, Extent(areas=("A2",))) == ("remote",)
    assert await lie_in(db, Extent(areas=("A1",))) == ("urban",)
    assert await lie_in(db, Extent(lines=("L9",))) == ()


async def test_each_point_takes_power_at_its_own_voltage_or_at_that_of_what_feeds_it(db: asyncpg.Connection) -> None:
    await brought(db, CITY)
    assert await asking.voltages(db, ["P1", "P2", "P3", "L2"]) == {"P1": 0.4, "P2": 10, "P3": 10, "L2": 110}


async def test_lines_and_areas_are_called_in_other_languages_as_the_model_says_and_by_the_name_that_dispatch_wrote(
    db: asyncpg.Connection,
) -> None:
    east = replace(CITY[1], names={"en": "East Line"})
    street = replace(CITY[9], names={"en": "Zhongshan Road"})
    twin = [replace(one, name="双城线", names={"en": name}) for one, name in ((CITY[2], "One"), (CITY[1], "Two"))]
    await brought(db, [CITY[0], east, street, *CITY[3:4]])
    extent = Extent(lines=("10 kV 城东线", "10千伏山里线"), areas=("中山路一带",))
    found = await asking.names_by_language(db, extent)
    assert found == {"10 kV 城东线": {"en": "East Line"}, "中山路一带": {"en": "Zhongshan Road"}}
    assert await asking.names_by_language(db, Extent(usage_points=("P1",))) == {}
    await NetworkCopy().forget(db)
    await brought(db, [CITY[0], *twin])
    assert await asking.names_by_language(db, Extent(lines=("双城线",))) == {}, "two elements, and nobody says which"


async def test_what_is_asked_of_a_large_line_looks_at_that_line_alone(db: asyncpg.Connection) -> None:
    points = [element(f"P{n}", "usagePoint", f"T{n % 40}") for n in range(2_000)]
    wide = [*CITY[:2], *(element(f"T{n}", "transformer", "L1", kilovolts=10) for n in range(40)), *points]
    await brought(db, wide)
    await db.execute("analyze")
    ends = [one.element_id for one in points[:400]]
    for query in (surroundings.SQL["territories"], asking.SQL["voltages"]):
        found = await nodes(db, query, ends)
        assert (parts(found), rows(found) < 50_000) == (1, True), rows(found)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(model=models(), data=st.data())
def test_about_any_element_of_any_network_it_says_what_the_whole_model_says(
    network_database: str, model: NetworkModel, data: st.DataObject
) -> None:
    drawn = [
        replace(one, territory=data.draw(st.sampled_from([None, None, "urban", "rural", "remote"])))
        for one in model.elements.values()
    ]
    switches = sorted({way.switch for one in drawn for feed in one.fed_from for way in feed.through})
    moves: dict[str, SwitchState] = {one: data.draw(st.sampled_from(["open", "closed"])) for one in switches}
    asyncio.run(_hold(network_database, NetworkModel(drawn, moves)))


async def _hold(address: str, model: NetworkModel) -> None:
    db = await asyncpg.connect(address, server_settings={"search_path": "planner"})
    transaction = db.transaction()
    await transaction.start()
    try:
        await brought(db, [*model.elements.values()], *model.switches.items())
        for one in model.elements:
            part = await part_about(db, one)
            assert document(part, standing(part, one)) == document(model, standing(model, one))
            for extent in (Extent(lines=(one,)), Extent(transformers=(one,)), Extent(usage_points=(one,))):
                assert await lie_in(db, extent) == territories(model, extent)
    finally:
        await transaction.rollback()
        await db.close()
