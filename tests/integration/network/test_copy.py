"""A service's copy says of a network what the model in memory says, whatever is imported and switched in whatever order."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.contracts.base import Extent, Wire
from schemas.contracts.network import (
    NetworkElementRemoved,
    SwitchState,
)
from services.network import surroundings
from services.network.asking import SQL, Edition, editions, of_kind, resolve, without_power
from services.network.copy import SQL as COPY
from services.network.copy import NetworkCopy, renew_names
from services.network.steps import SQL as STEPS
from services.places import topology
from services.places.topology import KeptPart, NetworkModel
from tests.kits.network.models import EDITION, by, element, models, thrown, whole, words
from tests.kits.network.parts import part_of
from tests.kits.stack.tables.plans import nodes, parts, rows

CITY = [
    element("ss", "substation", name="城东变电站"),
    element("L1", "line", "ss", name="10千伏城东线", areas=("A1",)),
    element("L2", "line", "ss", name="10千伏城西线"),
    element("T1", "transformer", "L1", areas=("A1",)),
    element("T2", "transformer", "L1", by("L2", "tie", normally="open")),
    element("P1", "usagePoint", "T1"),
    element("P2", "usagePoint", "T2"),
    element("A1", "area", name="中山路一带"),
]


async def brought(db: asyncpg.Connection, *said: Wire, after: int = 0) -> None:
    await NetworkCopy().put(db, words(*said, after=after))


async def test_a_line_means_all_that_hangs_on_it(db: asyncpg.Connection) -> None:
    await brought(db, *CITY, whole(CITY))
    found = await resolve(db, Extent(lines=("10 kV 城东线", "10千伏城南线")))
    assert found.elements == {"L1", "T1", "T2", "P1", "P2"}
    assert found.unknown == Extent(lines=("10千伏城南线",))
    assert await of_kind(db, found.elements, "usagePoint") == {"P1", "P2"}
    assert await editions(db) == [Edition("DJ-GIS", EDITION.date)]


async def test_a_thrown_switch_moves_what_hangs_on_it(db: asyncpg.Connection) -> None:
    await brought(db, *CITY, whole(CITY))
    await brought(db, thrown("tie", "closed"), after=20)
    assert await without_power(db, {"L1"}) == {"L1", "T1", "P1"}
    await brought(db, thrown("tie", "open", 5), after=21)
    assert await without_power(db, {"L1"}) == {"L1", "T1", "T2", "P1", "P2"}


async def test_of_two_ways_from_one_busbar_either_brings_power(db: asyncpg.Connection) -> None:
    double = element("T3", "transformer", by("L2", "a"), by("L2", "b", normally="open"))
    await brought(db, *CITY, double, whole([*CITY, double]), thrown("a", "open"))
    assert await without_power(db, {"L2"}) == {"L2"}
    await brought(db, thrown("b", "closed"), after=20)
    assert await without_power(db, {"L2"}) == {"L2", "T3"}


async def test_what_hundreds_of_places_mean_costs_no_more_than_what_hangs_on_them(db: asyncpg.Connection) -> None:
    points = [element(f"P{n}", "usagePoint", f"T{n % 40}") for n in range(2_000)]
    wide = [*CITY[:2], *(element(f"T{n}", "transformer", "L1") for n in range(40)), *points]
    await brought(db, *wide, whole(wide))
    await db.execute("analyze")
    named = [f"P{n}" for n in range(400)]
    found = await nodes(db, SQL["without_power"], named)
    assert parts(found) == 1, (
        "the planner took what hangs on 400 points for billions, and made a table of so many parts"
    )
    assert rows(found) < 50_000
    assert await without_power(db, named) == set(named)


ABOUT_A_LINE = [
    (SQL["without_power"], ["L7"]),
    (SQL["lying_in"], ["A7"]),
    (SQL["above"], ["P7-3"]),
    (SQL["feeding"], ["P7-3"]),
    (SQL["voltages"], ["P7-3"]),
    (STEPS["concerned"], ["L7"]),
    (surroundings.SQL["lying_in"], ["A7"]),
    (surroundings.SQL["territories"], ["L7", "T7", "P7-3"]),
]


async def test_what_hangs_on_a_line_is_found_without_going_through_the_grid_when_statistics_are_of_half_an_import(
    db: asyncpg.Connection,
) -> None:
    """Which way power comes is known when an edition is whole: PostgreSQL, which counts meanwhile, takes it that none does."""
    wide = [
        one
        for line in range(300)
        for one in (
            element(f"SS{line}", "substation"),
            element(f"L{line}", "line", f"SS{line}"),
            element(f"T{line}", "transformer", f"L{line}", areas=(f"A{line}",)),
            *(element(f"P{line}-{point}", "usagePoint", f"T{line}") for point in range(10)),
            element(f"A{line}", "area"),
        )
    ]
    await brought(db, *wide, whole(wide))
    await db.execute("update network_way set down = false; analyze; update network_way set down = true")
    for statement, about in ABOUT_A_LINE:
        assert rows(await nodes(db, statement, about)) < 1_500, statement


async def test_an_older_word_of_a_switch_changes_nothing(db: asyncpg.Connection) -> None:
    await brought(db, *CITY, whole(CITY), thrown("tie", "open", 60))
    await brought(db, thrown("tie", "closed", 5), after=20)
    assert await without_power(db, {"L2"}) == {"L2"}


async def test_an_edition_counts_once_its_last_element_is_here(db: asyncpg.Connection) -> None:
    await brought(db, whole(CITY), *CITY[:5])
    assert await editions(db) == []
    await brought(db, *CITY[5:], after=20)
    assert await editions(db) == [Edition("DJ-GIS", EDITION.date)]
    assert await without_power(db, {"L1"}) == {"L1", "T1", "T2", "P1", "P2"}


async def here(db: asyncpg.Connection) -> tuple[list[asyncpg.Record], list[asyncpg.Record]]:
    """What is counted of each model, and what is here of it."""
    counted = await db.fetch("select model_id, elements, summed from network_here where elements > 0 order by model_id")
    found = await db.fetch(
        "select model_id, count(*) as elements, sum(summed) as summed from network_element where until is null "
        "group by model_id order by model_id"
    )
    return counted, found


async def test_what_is_counted_of_a_model_is_what_is_here_of_it(db: asyncpg.Connection) -> None:
    other = replace(EDITION, model_id="ADMS")
    for after, said in enumerate(
        (
            [*CITY, whole(CITY)],
            [element("T1", "transformer", "L2", name="another"), *CITY[5:]],
            [replace(element("T2", "transformer", "L2"), model=other), element("T3", "transformer", "L2")],
            [NetworkElementRemoved(element_id="T3", model=EDITION), thrown("tie", "closed")],
        )
    ):
        await brought(db, *said, after=after * 20)
        counted, found = await here(db)
        assert counted == found
    await NetworkCopy().forget(db)
    assert await here(db) == ([], [])


async def test_an_edition_that_waits_for_elements_costs_each_batch_nothing(db: asyncpg.Connection) -> None:
    """It may wait for ever; and meanwhile a storm throws switches."""
    points = [element(f"P{n}", "usagePoint", "T1") for n in range(3_000)]
    await brought(db, *CITY[:4], *points[1:], whole([*CITY[:4], *points]))
    assert rows(await nodes(db, COPY["waiting"])) < 10
    assert await editions(db) == []
    await brought(db, points[0], after=4_000)
    assert await editions(db) == [Edition("DJ-GIS", EDITION.date)]


async def test_what_is_said_again_makes_no_second_row_and_what_changes_keeps_the_one_before(
    db: asyncpg.Connection,
) -> None:
    await brought(db, *CITY, whole(CITY))
    moved = element("T1", "transformer", "L2", name="中山路2号公变")
    await brought(db, *CITY[:3], moved, whole([*CITY[:3], moved, *CITY[4:]]), after=20)
    assert await db.fetchval("select count(*) from network_element") == 9
    then = await db.fetchrow("select since, until from network_element where element_id = 'T1' and until is not null")
    assert then is not None
    assert then["until"] - then["since"] == timedelta(seconds=20)
    assert (await resolve(db, Extent(transformers=("T1",)))).named == {"T1"}
    assert (await resolve(db, Extent(transformers=("中山路1号公变",)))).named == set()
    assert await without_power(db, {"L2"}) == {"L2", "T1", "P1"}


async def test_what_is_removed_is_no_more_and_was(db: asyncpg.Connection) -> None:
    await brought(db, *CITY, whole(CITY))
    await brought(
        db,
        NetworkElementRemoved(element_id="T2", model=EDITION),
        whole([one for one in CITY if one.element_id != "T2"]),
        after=20,
    )
    assert await without_power(db, {"L1"}) == {"L1", "T1", "P1"}
    assert (await resolve(db, Extent(transformers=("T2",)))).unknown == Extent(transformers=("T2",))
    assert await db.fetchval("select count(*) from network_element where element_id = 'T2'") == 1


async def test_names_of_another_form_are_made_anew(db: asyncpg.Connection) -> None:
    await brought(db, *CITY, whole(CITY))
    await db.execute("update network_name set form = 'as before/' || form")
    assert (await resolve(db, Extent(lines=("城东线", "10千伏城东线")))).named == set()
    assert await renew_names(db) == len(CITY)
    assert (await resolve(db, Extent(lines=("10 kV 城东线",), areas=("A1",)))).named == {"L1", "A1"}


async def test_what_was_set_aside_is_taken_late_unless_something_newer_was_said(db: asyncpg.Connection) -> None:
    await brought(db, *CITY, whole(CITY))
    older, newer = (
        words(element("T1", "transformer", "L2"), after=2)[0],
        words(element("T9", "transformer", "L2"), after=2)[0],
    )
    assert not await NetworkCopy().put_late(db, older)
    assert await NetworkCopy().put_late(db, newer)
    assert (await resolve(db, Extent(transformers=("T9",)))).named == {"T9"}


async def test_of_two_workers_who_are_told_parts_of_one_edition_the_second_waits_and_counts_both(
    network_database: str,
) -> None:
    first, second = [
        await asyncpg.connect(network_database, server_settings={"search_path": "planner"}) for _ in range(2)
    ]
    tables = "network_element, network_way, network_step, network_name, network_area, network_switch, network_edition"

    async def rest() -> None:
        async with second.transaction():
            await NetworkCopy().put(second, words(*CITY[4:], thrown("tie", "closed"), whole(CITY)))

    try:
        async with first.transaction():
            await NetworkCopy().put(first, words(*CITY[:4]))
            told = asyncio.create_task(rest())
            await asyncio.sleep(0.3)
            assert not told.done(), "it would count without what is not committed yet"
        await told
        assert await editions(first) == [Edition("DJ-GIS", EDITION.date)]
        assert await _steps(first) == NetworkModel(CITY, {"tie": "closed"}).steps
    finally:
        await first.execute(f"truncate {tables}")
        await first.close()
        await second.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=models(), second=models(), data=st.data())
def test_the_copy_says_what_the_model_says(
    network_database: str, first: NetworkModel, second: NetworkModel, data: st.DataObject
) -> None:
    """Of one edition and of the next, told and switched in any order: nothing orders words of different partitions."""
    editions = [(first, told(first, data)), (second, told(second, data, first))]
    feeds = (feed for model in (first, second) for one in model.elements.values() for feed in one.fed_from)
    switches = sorted({way.switch for feed in feeds for way in feed.through}) or ["none"]
    moves: list[tuple[str, SwitchState]] = data.draw(
        st.lists(st.tuples(st.sampled_from(switches), st.sampled_from(["open", "closed"])), max_size=8)
    )
    asyncio.run(_hold(network_database, editions, moves))


def told(model: NetworkModel, data: st.DataObject, before: NetworkModel | None = None) -> list[Sequence[Wire]]:
    """The words of an edition in some order and some batches, with those that what it lacks is no more."""
    gone = sorted(before.elements.keys() - model.elements.keys()) if before else []
    removed = [NetworkElementRemoved(element_id=one, model=EDITION) for one in gone]
    said = data.draw(st.permutations([*model.elements.values(), *removed, whole(model.elements.values())]))
    cuts = data.draw(st.lists(st.integers(0, len(said)), max_size=3).map(sorted))
    return [said[begin:end] for begin, end in pairwise((0, *cuts, len(said)))]


async def _hold(
    address: str, editions: list[tuple[NetworkModel, list[Sequence[Wire]]]], moves: list[tuple[str, SwitchState]]
) -> None:
    db = await asyncpg.connect(address, server_settings={"search_path": "planner"})
    transaction = db.transaction()
    await transaction.start()
    try:
        thrown_at = [thrown(switch, state, n) for n, (switch, state) in enumerate(moves)]
        after = 100
        for number, (model, batches) in enumerate(editions):
            for batch in batches:
                after += 100
                await brought(db, *thrown_at[number::3], *batch, after=after)
            after += 100
            await brought(db, *thrown_at[: (number + 1) * 4], after=after)
            turned = NetworkModel(model.elements.values(), dict(moves[: (number + 1) * 4]) | _ahead(moves, number))
            assert await _steps(db) == turned.steps
            for one in sorted(model.elements)[:6]:
                assert await without_power(db, {one}) == topology.without_power(turned, {one})
                await _same_part(db, turned, one)
    finally:
        await transaction.rollback()
        await db.close()


async def _same_part(db: asyncpg.Connection, model: NetworkModel, one: str) -> None:
    """What is read of a network about a name is what the model in memory has of it."""
    places = [(words, one) for words in ("lines", "transformers", "usage_points")]
    found = await surroundings.part_of(db, places)
    if found is None:
        assert await editions(db) == []
        return
    expected = part_of(model, places)
    assert (found.called, found.lying) == (expected.called, expected.lying)
    assert _wired(found) == _wired(expected)


def _wired(part: KeptPart) -> Mapping[str, tuple[str, set[tuple[str, bool]]]]:
    return {name: (element.kind, set(element.ways)) for name, element in part.elements.items()}


def _ahead(moves: list[tuple[str, SwitchState]], number: int) -> dict[str, SwitchState]:
    """What is known by then of switches that are thrown later: the newest word counts."""
    heard = {place for seen in range(number + 1) for place in range(seen, len(moves), 3)}
    heard |= set(range(min(len(moves), (number + 1) * 4)))
    return {moves[place][0]: moves[place][1] for place in sorted(heard)}


async def _steps(db: asyncpg.Connection) -> Mapping[str, int]:
    return {row["element_id"]: row["step"] for row in await db.fetch("select * from network_step")}
