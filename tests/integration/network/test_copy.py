"""A service's copy says of a network what the model in memory says, whatever is imported and switched in whatever order."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.contracts.base import Extent, Wire
from schemas.contracts.network import (
    NetworkElementRemoved,
    SwitchState,
)
from services.network.asking import Edition, editions, of_kind, resolve, without_power
from services.network.copy import NetworkCopy
from services.places import topology
from services.places.topology import NetworkModel
from tests.kits.networks import EDITION, by, element, models, thrown, whole, words

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
    await NetworkCopy("planner").put(db, words(*said, after=after))


async def test_a_line_means_all_that_hangs_on_it(db: asyncpg.Connection) -> None:
    await brought(db, *CITY, whole(8))
    found = await resolve(db, Extent(lines=("10 kV 城东线", "10千伏城南线")))
    assert found.elements == {"L1", "T1", "T2", "P1", "P2"}
    assert found.unknown == Extent(lines=("10千伏城南线",))
    assert await of_kind(db, found.elements, "usagePoint") == {"P1", "P2"}
    assert await editions(db) == [Edition("DJ-GIS", EDITION.date)]


async def test_a_thrown_switch_moves_what_hangs_on_it(db: asyncpg.Connection) -> None:
    await brought(db, *CITY, whole(8))
    await brought(db, thrown("tie", "closed"), after=20)
    assert await without_power(db, {"L1"}) == {"L1", "T1", "P1"}
    await brought(db, thrown("tie", "open", 5), after=21)
    assert await without_power(db, {"L1"}) == {"L1", "T1", "T2", "P1", "P2"}


async def test_of_two_ways_from_one_busbar_either_brings_power(db: asyncpg.Connection) -> None:
    double = element("T3", "transformer", by("L2", "a"), by("L2", "b", normally="open"))
    await brought(db, *CITY, double, whole(9), thrown("a", "open"))
    assert await without_power(db, {"L2"}) == {"L2"}
    await brought(db, thrown("b", "closed"), after=20)
    assert await without_power(db, {"L2"}) == {"L2", "T3"}


async def test_an_older_word_of_a_switch_changes_nothing(db: asyncpg.Connection) -> None:
    await brought(db, *CITY, whole(8), thrown("tie", "open", 60))
    await brought(db, thrown("tie", "closed", 5), after=20)
    assert await without_power(db, {"L2"}) == {"L2"}


async def test_an_edition_counts_once_its_last_element_is_here(db: asyncpg.Connection) -> None:
    await brought(db, whole(8), *CITY[:5])
    assert await editions(db) == []
    await brought(db, *CITY[5:], after=20)
    assert await editions(db) == [Edition("DJ-GIS", EDITION.date)]
    assert await without_power(db, {"L1"}) == {"L1", "T1", "T2", "P1", "P2"}


async def test_what_is_said_again_makes_no_second_row_and_what_changes_keeps_the_one_before(
    db: asyncpg.Connection,
) -> None:
    await brought(db, *CITY, whole(8))
    moved = element("T1", "transformer", "L2", name="中山路2号公变")
    await brought(db, *CITY[:3], moved, whole(8), after=20)
    assert await db.fetchval("select count(*) from network_element") == 9
    then = await db.fetchrow("select since, until from network_element where element_id = 'T1' and until is not null")
    assert then is not None
    assert then["until"] - then["since"] == timedelta(seconds=20)
    assert (await resolve(db, Extent(transformers=("T1",)))).named == {"T1"}
    assert (await resolve(db, Extent(transformers=("中山路1号公变",)))).named == set()
    assert await without_power(db, {"L2"}) == {"L2", "T1", "P1"}


async def test_what_is_removed_is_no_more_and_was(db: asyncpg.Connection) -> None:
    await brought(db, *CITY, whole(8))
    await brought(db, NetworkElementRemoved(element_id="T2", model=EDITION), whole(7), after=20)
    assert await without_power(db, {"L1"}) == {"L1", "T1", "P1"}
    assert (await resolve(db, Extent(transformers=("T2",)))).unknown == Extent(transformers=("T2",))
    assert await db.fetchval("select count(*) from network_element where element_id = 'T2'") == 1


async def test_what_was_set_aside_is_taken_late_unless_something_newer_was_said(db: asyncpg.Connection) -> None:
    await brought(db, *CITY, whole(8))
    older, newer = (
        words(element("T1", "transformer", "L2"), after=2)[0],
        words(element("T9", "transformer", "L2"), after=2)[0],
    )
    assert not await NetworkCopy("planner").put_late(db, older)
    assert await NetworkCopy("planner").put_late(db, newer)
    assert (await resolve(db, Extent(transformers=("T9",)))).named == {"T9"}


async def test_two_workers_who_are_told_parts_of_one_edition_at_once_have_it_whole_in_the_end(
    network_database: str,
) -> None:
    """Neither sees what the other has not committed; whoever comes second counts both."""
    workers = [await asyncpg.connect(network_database, server_settings={"search_path": "planner"}) for _ in range(3)]
    tables = "network_element, network_way, network_step, network_name, network_area, network_switch, network_edition"
    many = [element(f"M{n}", "usagePoint", "T1") for n in range(300)]
    parts = [[*CITY[:4], *many[::2]], [*CITY[4:], *many[1::2], thrown("tie", "closed")], [whole(308)]]

    async def take(worker: asyncpg.Connection, said: Sequence[Wire]) -> None:
        async with worker.transaction():
            await NetworkCopy("planner").put(worker, words(*said))

    try:
        await asyncio.gather(*(take(worker, part) for worker, part in zip(workers, parts, strict=True)))
        assert await editions(workers[0]) == [Edition("DJ-GIS", EDITION.date)]
        assert await _steps(workers[0]) == NetworkModel([*CITY, *many], {"tie": "closed"}).steps
    finally:
        await workers[0].execute(f"truncate {tables}")
        for worker in workers:
            await worker.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(model=models(), data=st.data())
def test_the_copy_says_what_the_model_says(network_database: str, model: NetworkModel, data: st.DataObject) -> None:
    switches = sorted({way.switch for one in model.elements.values() for feed in one.fed_from for way in feed.through})
    moves: list[tuple[str, SwitchState]] = data.draw(
        st.lists(st.tuples(st.sampled_from(switches), st.sampled_from(["open", "closed"]))) if switches else st.just([])
    )
    out = data.draw(st.lists(st.sets(st.sampled_from(sorted(model.elements)), min_size=1), min_size=1, max_size=3))
    # Partition by partition: nothing orders an edition's word and its elements, nor switches and either.
    said = data.draw(st.permutations([*model.elements.values(), whole(len(model.elements))]))
    batches = data.draw(st.lists(st.integers(0, len(said)), max_size=3).map(sorted))
    asyncio.run(_hold(network_database, model, [*batched(said, batches)], moves, out))


def batched(said: Sequence[Wire], cuts: Iterable[int]) -> Iterator[Sequence[Wire]]:
    begin = 0
    for end in (*cuts, len(said)):
        yield said[begin:end]
        begin = end


async def _hold(
    address: str,
    model: NetworkModel,
    batches: Sequence[Sequence[Wire]],
    moves: list[tuple[str, SwitchState]],
    out: Iterable[set[str]],
) -> None:
    db = await asyncpg.connect(address, server_settings={"search_path": "planner"})
    transaction = db.transaction()
    await transaction.start()
    try:
        thrown_at = [thrown(switch, state, n) for n, (switch, state) in enumerate(moves)]
        for number, batch in enumerate(batches):
            # Of the switches a share before each batch, and the last after all.
            share = thrown_at[number :: len(batches) + 1]
            await brought(db, *share, *batch, after=100 * number)
        await brought(db, *thrown_at, after=1_000)
        turned = NetworkModel(model.elements.values(), dict(moves))
        assert await _steps(db) == turned.steps
        for ids in out:
            assert await without_power(db, ids) == topology.without_power(turned, ids)
    finally:
        await transaction.rollback()
        await db.close()


async def _steps(db: asyncpg.Connection) -> Mapping[str, int]:
    return {row["element_id"]: row["step"] for row in await db.fetch("select * from network_step")}
