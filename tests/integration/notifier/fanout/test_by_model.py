"""Customers are told of what feeds them: an outage of a line is one of all transformers and points that are dark without it."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.contracts.base import Extent, Polygon, Position
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.dispatch import ExtentChanged, OutageStarted
from services.concerned.matching import counted, match, sql_arrays
from services.notifier.fanning.worker import NETWORK_SECONDS
from services.notifier.tables.customer_points import customers_inside, is_inside
from services.notifier.tables.fanout import MATCH
from tests.kits.deciders.notifier import at, confirmed, part
from tests.kits.dying import dies_at
from tests.kits.network.copied import brought
from tests.kits.network.models import EDITION, by, element, thrown, whole
from tests.kits.stack.fanout import Desks, Town, at_place, out, town
from tests.kits.stack.tables.notifier import tables

EAST, WEST = "10千伏城东线", "10千伏城西线"
CITY = [
    element("ss", "substation", name="城东变电站"),
    element("L1", "line", "ss", name=EAST, names={"en": "East line"}, areas=("A1",)),
    element("L2", "line", "ss", name=WEST),
    element("T1", "transformer", "L1", name="东一变", areas=("A1",)),
    element("T2", "transformer", "L1", by("L2", "tie", normally="open"), name="东二变"),
    element("T3", "transformer", "L2", name="西一变"),
    element("P1", "usagePoint", "T1"),
    element("P2", "usagePoint", "T2"),
    element("A1", "area", name="中山路一带"),
]


@pytest.fixture
async def city(postgres: str) -> AsyncIterator[Town]:
    async with town(postgres) as made:
        yield made


@pytest.fixture
async def matching_database(postgres: str) -> AsyncIterator[asyncpg.Connection]:
    async with tables(postgres) as made:
        yield made


HOSPITAL, WORKS, SCHOOL = (
    at_place("hospital", lines=(EAST,), transformers=("东一变",)),
    at_place("works", transformers=("东二变",)),
    at_place("school", usage_points=("P1",)),
)
ELSEWHERE = at_place("elsewhere", transformers=("西一变",))
PEOPLE = (HOSPITAL, WORKS, SCHOOL, ELSEWHERE)


async def modelled(city: Town, people: Sequence[CustomerUpserted] = PEOPLE) -> Desks:
    await brought(city.pool, *CITY, whole(CITY))
    desks = await city.process()
    await city.say(desks, *people)
    await city.settle(desks)
    return desks


async def looks_again(city: Town, desks: Desks) -> None:
    """The time has come to look up again where outages lie."""
    desks.fanner._placed_at = float("-inf")
    await city.settle(desks)


async def test_an_outage_of_a_line_is_told_to_whoever_hangs_on_it(city: Town) -> None:
    desks = await modelled(city)
    await city.say(desks, out("F1", EAST))
    await city.settle(desks)
    assert await city.words() == [(name, True, "out") for name in ("hospital", "school", "works")]
    assert await city.texts("works") == {"fault": 1}
    assert await city.texts("elsewhere") == {}
    assert await city.faults() == {}


async def test_each_chunk_says_by_which_editions_it_is_known_where_the_outage_lies(city: Town) -> None:
    desks = await modelled(city)
    await city.say(desks, out("F1", EAST))
    await city.settle(desks)
    (chunk,) = await city.pool.fetch("select data from event where type = 'audience.chunk.v1'")
    assert msgspec.json.decode(chunk["data"])["networks"] == [
        {"modelId": "DJ-GIS", "date": EDITION.date.isoformat().replace("+00:00", "Z")}
    ]


async def test_a_name_in_another_language_is_the_same_line(city: Town) -> None:
    desks = await modelled(city)
    await city.say(desks, out("F1", "EAST LINE"))
    await city.settle(desks)
    assert await city.members() == {"hospital": True, "works": True, "school": True}


async def test_a_transformer_that_is_back_frees_its_customers_and_leaves_the_rest_of_the_line(city: Town) -> None:
    desks = await modelled(city)
    await city.say(desks, out("F1", EAST))
    await city.settle(desks)
    await city.say(desks, part(Extent(transformers=("东一变",)), Extent(lines=(EAST,)), at(5, 10)))
    await city.settle(desks)
    assert await city.members() == {"hospital": False, "works": True, "school": False}
    assert [word for word in await city.words() if not word[1]] == [
        ("hospital", False, "part-restored"),
        ("school", False, "part-restored"),
    ], "told as a step that gave power back, not as a correction"
    assert await city.pool.fetchval("select count(*) from outage_match where back") > 0
    await city.say(desks, confirmed(at(5, 11)))
    await city.settle(desks)
    assert (await city.words())[-1] == ("works", True, "restored"), "the end is for whom it still held"
    assert await city.faults() == {}


async def test_what_an_outage_names_counts_whatever_the_model_says(city: Town) -> None:
    desks = await modelled(city)
    started = OutageStarted(
        mrid="F1",
        outage_class="fault",
        started_at=at(5, 9, 12),
        extent=Extent(lines=(EAST,), transformers=("西一变", "no such transformer")),
    )
    stranger = at_place("stranger", transformers=("No such  transformer",))
    await city.say(desks, stranger, started)
    await city.settle(desks)
    assert await city.members() == dict.fromkeys(("hospital", "works", "school", "elsewhere", "stranger"), True)


async def test_a_network_that_comes_in_after_the_outage_finds_the_same_customers(city: Town) -> None:
    desks = await city.process()
    await city.say(desks, *PEOPLE, out("F1", EAST))
    await city.settle(desks)
    assert await city.members() == {"hospital": True}, "without a model places are names"
    await brought(city.pool, *CITY, whole(CITY))
    await city.settle(desks)
    assert await city.members() == {"hospital": True, "works": True, "school": True}
    assert await city.texts("hospital") == {"fault": 1}, "who knew is not told again"
    assert await city.faults() == {}


async def test_customers_who_move_in_while_it_lasts_hear_of_it(city: Town) -> None:
    desks = await modelled(city, [ELSEWHERE])
    await city.say(desks, out("F1", EAST))
    await city.settle(desks)
    assert await city.members() == {}
    await city.say(desks, *PEOPLE[1:3], at_place("elsewhere", at(5, 9), usage_points=("P2",)))
    await city.settle(desks)
    assert await city.members() == {"works": True, "school": True, "elsewhere": True}


async def test_what_is_built_onto_the_line_during_the_outage_joins_it(city: Town) -> None:
    desks = await modelled(city)
    await city.say(desks, at_place("mall", transformers=("东三变",)), out("F1", EAST))
    await city.settle(desks)
    assert "mall" not in await city.members()
    await brought(city.pool, element("T9", "transformer", "L1", name="东三变"), after=50)
    await city.settle(desks)
    assert "mall" not in await city.members(), "it is not looked up with every word on the network"
    await looks_again(city, desks)
    assert (await city.members())["mall"]
    assert await city.texts("mall") == {"fault": 1}


async def test_a_switch_tells_nobody_that_power_is_back_before_dispatch_does(city: Town) -> None:
    desks = await modelled(city)
    await city.say(desks, out("F1", EAST))
    await city.settle(desks)
    told = await city.words()
    await brought(city.pool, thrown("tie", "closed"), after=50)
    await looks_again(city, desks)
    assert await city.words() == told
    await city.say(desks, ExtentChanged(mrid="F1", changed_at=at(5, 9, 14), extent=Extent(lines=("East line",))))
    await city.settle(desks)
    assert await city.members() == {"hospital": True, "works": False, "school": True}


async def test_killed_between_the_places_and_the_customers_there_it_goes_on(city: Town) -> None:
    desks = await city.process()
    await city.say(desks, *PEOPLE, out("F1", EAST))
    await city.settle(desks)
    await brought(city.pool, *CITY, whole(CITY))
    with dies_at("outage-placed"):
        await city.settle(desks)
    assert await desks.service.feeding(city.pool), "no deadline is judged before they are told"
    again = await city.process()
    await city.settle(again)
    assert await city.members() == {"hospital": True, "works": True, "school": True}


async def test_a_registry_word_that_commits_between_the_two_is_seen_by_one_of_them(city: Town) -> None:
    desks = await city.process()
    await city.say(desks, HOSPITAL, out("F1", EAST))
    await city.settle(desks)
    await brought(city.pool, *CITY, whole(CITY))
    with dies_at("outage-placed"):
        await city.settle(desks)
    again = await city.process()
    await city.say(again, WORKS)
    await city.settle(again)
    assert await city.members() == {"hospital": True, "works": True}
    assert await city.texts("works") == {"fault": 1}


async def test_a_version_of_before_that_tells_meanwhile_leaves_nobody_out(city: Town) -> None:
    desks = await modelled(city)
    await city.say(desks, out("F1", EAST))
    # It tells the chunk without a look at the network, and its next truth takes the places away.
    await city.pool.execute("update fanout_job set placed_version = version")
    await city.settle(desks)
    assert await city.members() == {"hospital": True}
    await city.pool.execute("update fanout_job set placed_version = null")
    await city.settle(desks)
    assert await city.members() == {"hospital": True, "works": True, "school": True}


async def test_while_a_network_comes_in_outages_are_looked_up_no_more_often_than_every_few_seconds(city: Town) -> None:
    desks = await modelled(city)
    await city.say(desks, out("F1", EAST))
    await city.settle(desks)
    await brought(city.pool, thrown("tie", "closed"), after=50)
    await looks_again(city, desks)
    state = await city.pool.fetchval("select network_version from fanout_job")
    for n in range(3):
        await brought(city.pool, thrown("tie", "open" if n % 2 else "closed", n + 1), after=60 + n)
        await city.settle(desks)
    assert await city.pool.fetchval("select network_version from fanout_job") == state
    assert NETWORK_SECONDS > 1
    await looks_again(city, desks)
    assert await city.pool.fetchval("select network_version from fanout_job") == state + 3


KNOWN = "insert into network_name (words, form, element_id) values ($1, $2, $2)"
PUT = "insert into outage_match (kind, value, mrid, by_model, back, by_where) values ($1, $2, 'F1', true, $3, $4)"
PLACES: list[tuple[Any, str]] = [
    (kind, f"{kind[0]}{n}") for kind in ("area", "line", "transformer", "usagePoint") for n in (1, 2)
]
SOME = st.sets(st.sampled_from(PLACES), max_size=5)
WORDS = {"area": "areas", "line": "lines", "transformer": "transformers", "usagePoint": "usage_points"}
WHERE = {"inside": Position(longitude=0.2, latitude=0.2), "beside": Position(longitude=0.8, latitude=0.8)}
"""Two places in the rectangle about TRIANGLE, of which one is in it."""
TRIANGLE = Polygon(coordinates=(((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)),))
PEOPLE_SOMEWHERE = st.lists(st.tuples(SOME, st.sampled_from([None, *WHERE.values()])), min_size=1, max_size=3)


def fields(places: set[tuple[Any, str]]) -> dict[str, tuple[str, ...]]:
    return {WORDS[kind]: tuple(sorted(v for k, v in places if k == kind)) for kind in WORDS}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    named=SOME,
    meant=SOME,
    lying=SOME,
    back=SOME,
    known=SOME,
    people=PEOPLE_SOMEWHERE,
    shape=st.sampled_from([None, TRIANGLE]),
)
async def test_the_tables_match_whom_the_rule_matches(
    matching_database: asyncpg.Connection,
    named: Any,
    meant: Any,
    lying: Any,
    back: Any,
    known: Any,
    people: Any,
    shape: Any,
) -> None:
    db = matching_database
    extent = Extent(**fields(named), shape=shape)
    registry = [at_place(f"c{n}", **fields(one), position=where) for n, (one, where) in enumerate(people)]
    transaction = db.transaction()
    await transaction.start()
    try:
        for one in registry:
            await db.execute("insert into customer values ($1, '{}', now())", one.customer_id)
            for kind, value in people[int(one.customer_id[1:])][0]:
                await db.execute("insert into customer_match values ($1, $2, $3)", kind, value, one.customer_id)
            if one.position is not None:
                await db.execute(
                    "insert into customer_point values ($1, point($2, $3))",
                    one.customer_id,
                    one.position.longitude,
                    one.position.latitude,
                )
        for places, is_back in (((meant | lying) - named, False), (back - meant - lying - named, True)):
            for place in places:
                await db.execute(PUT, *place, is_back, place in lying - meant and not is_back)
        for kind, value in known:
            await db.execute(KNOWN, WORDS[kind], value)
        asked = ("F1", *sql_arrays(Extent()))
        for kind, value in zip(*sql_arrays(extent), strict=True):
            await db.execute("insert into outage_match values ($1, $2, 'F1')", kind, value)
        inside = [] if shape is None else await customers_inside(db, shape, "", 100)
        end = (counted(extent), inside, shape is not None)
        rows = await db.fetch(MATCH["next_customers"], *asked, "", 100, False, *end)
        found = {row["customer_id"]: row["matched_by"] for row in rows if row["matched_by"]}
        wanted = match(extent, registry, meant | lying, back, lying=lying - meant, known=known)
        assert found == {one.customer_id: list(one.matched_by) for one in wanted}
        for one in registry:
            at = shape is not None and await is_inside(db, shape, one.customer_id)
            row = await db.fetchrow(
                MATCH["one_customer"], *asked, one.customer_id, counted(extent), at, shape is not None
            )
            assert row["matched_by"] == found.get(one.customer_id)
    finally:
        await transaction.rollback()
