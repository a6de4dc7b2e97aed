"""While an outage lasts steps give power back, switches are thrown and the network is drawn anew: who is told what of that."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from operations.lookup.by_network import MeantPlaces, find_through, meant
from operations.lookup.result import TouchingOutage
from operations.lookup.views import SupplyView
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CrewStatus, ExtentChanged
from schemas.contracts.network import NetworkElementRemoved
from services.network.copy import NetworkCopy
from services.notifier.domain.outage.truth import Truth
from services.notifier.tables.due_outages import SQL
from services.notifier.tables.fanout import MATCH
from services.notifier.tables.network_places import dark_and_lit
from services.places.topology import NetworkModel
from services.places.topology.model import KINDS_NAMED
from tests.kits.deciders.notifier import at, part, published, started
from tests.kits.network.copied import brought
from tests.kits.network.models import EDITION, by, element, models, thrown, whole, words
from tests.kits.stack.fanout import Desks, Town, at_place, out, town
from tests.kits.stack.tables.notifier import tables
from tests.kits.stack.tables.plans import nodes, rows

LINE, FIRST, SECOND = "10千伏城东线", "城东线一段", "城东线二段"
CITY = [
    element("ss", "substation", name="城东变电站"),
    element("L1", "line", "ss", name=LINE),
    element("S1", "section", "L1", name=FIRST),
    element("S2", "section", "S1", name=SECOND),
    element("L2", "line", "ss", name="10千伏城西线"),
    element("T1", "transformer", "S1", name="东一变"),
    element("T2", "transformer", "S2", name="东二变"),
    element("T3", "transformer", "S2", by("L2", "tie", normally="open"), name="东三变"),
    element("P2", "usagePoint", "T2"),
]
NEAR, FAR, POINT, TIED = "near", "far", "point", "tied"


PEOPLE = (
    at_place(NEAR, transformers=("东一变",)),
    at_place(FAR, transformers=("东二变",)),
    at_place(POINT, usage_points=("P2",)),
    at_place(TIED, transformers=("东三变",)),
)
EVERYBODY = {NEAR: True, FAR: True, POINT: True, TIED: True}


@pytest.fixture
async def city(postgres: str) -> AsyncIterator[Town]:
    async with town(postgres) as made:
        yield made


@pytest.fixture
async def network(postgres: str) -> AsyncIterator[asyncpg.Connection]:
    async with tables(postgres) as made:
        yield made


async def gone(city: Town) -> None:
    """All of the network is removed."""
    await brought(
        city.pool, *(NetworkElementRemoved(element_id=one.element_id, model=EDITION) for one in CITY), after=50
    )


async def hear(city: Town, desks: Desks, *facts: msgspec.Struct) -> None:
    await city.say(desks, *facts)
    await city.settle(desks)


async def looks_again(city: Town, desks: Desks) -> None:
    desks.fanner._placed_at = float("-inf")
    await city.settle(desks)


async def told(city: Town, *lines: str) -> Desks:
    """Everybody is told of an outage of these lines."""
    await brought(city.pool, *CITY, whole(CITY))
    desks = await city.process()
    await hear(city, desks, *PEOPLE, out("F1", *lines))
    assert await city.members() == EVERYBODY
    return desks


def crew(status: str = "enroute") -> CrewStatus:
    return CrewStatus(mrid="F1", crew_status=status, at=at(5, 9, 13))  # type: ignore[arg-type]


async def test_power_on_the_way_to_what_stays_out_tells_nobody_there_that_theirs_is_back(city: Town) -> None:
    desks = await told(city, FIRST, SECOND)
    await hear(city, desks, part(Extent(lines=(FIRST,)), Extent(lines=(SECOND,)), at(5, 10)))
    assert await city.members() == {**EVERYBODY, NEAR: False}
    assert [word for word in await city.words() if not word[1]] == [(NEAR, False, "part-restored")]


async def test_whoever_explains_an_outage_finds_it_where_the_notifier_does(city: Town) -> None:
    desks = await told(city, LINE)
    await hear(city, desks, part(Extent(transformers=("东一变",)), Extent(lines=(LINE,)), at(5, 10)))
    asked = frozenset({("transformer", "东一变"), ("usagePoint", "p2"), ("line", "10kv城东线")})
    async with city.pool.acquire() as connection:
        found = await meant(connection, ["notifier"], asked)
        assert await meant(connection, ["restorer"], asked) == {}
    assert found == {"F1": MeantPlaces({("usagePoint", "p2")}, {("transformer", "东一变")})}


async def test_whoever_explains_it_hears_on_which_of_its_names_a_place_hangs(city: Town) -> None:
    await told(city, LINE)
    view = SupplyView(status="confirmed", extent=Extent(lines=("10 kV 城东线", "10千伏别处线")))
    hit = TouchingOutage("F1", (), view, by_network=("transformer:东一变", "usagePoint:p2"))
    async with city.pool.acquire() as connection:
        await find_through(connection, ["notifier"], [hit])
    assert hit.through == {"transformer:东一变": ("10 kV 城东线",), "usagePoint:p2": ("10 kV 城东线",)}


async def test_what_has_power_again_below_what_stays_out_below_what_has_it_is_told_so(city: Town) -> None:
    desks = await told(city, FIRST, SECOND)
    await hear(city, desks, part(Extent(lines=(FIRST,)), Extent(lines=(SECOND,)), at(5, 10)))
    await hear(city, desks, part(Extent(transformers=("东二变",)), Extent(lines=(SECOND,)), at(5, 10, 30)))
    assert await city.members() == {NEAR: False, FAR: False, POINT: False, TIED: True}


async def test_a_transformer_that_is_named_stays_out_though_its_line_is_back(city: Town) -> None:
    await brought(city.pool, *CITY, whole(CITY))
    desks = await city.process()
    await hear(city, desks, *PEOPLE, started(extent=Extent(lines=(LINE,), transformers=("东二变",))))
    assert await city.members() == EVERYBODY
    left = Extent(transformers=("东二变",))
    await hear(city, desks, part(Extent(lines=(LINE,)), left, at(5, 10)))
    assert await city.members() == {NEAR: False, FAR: True, POINT: True, TIED: False}


async def test_a_step_elsewhere_tells_nobody_that_power_is_back_where_a_switch_may_have_brought_it(city: Town) -> None:
    desks = await told(city, LINE)
    await brought(city.pool, thrown("tie", "closed"), after=50)
    await hear(city, desks, part(Extent(transformers=("东一变",)), Extent(lines=(LINE,)), at(5, 10)))
    assert await city.members() == {**EVERYBODY, NEAR: False}


async def test_what_was_fed_by_two_lines_that_were_out_has_power_with_the_first(city: Town) -> None:
    both = element("T4", "transformer", "L1", "L2", name="双电源变")
    await brought(city.pool, *CITY, both, whole([*CITY, both]))
    desks = await city.process()
    await hear(city, desks, at_place("mall", transformers=("双电源变",)), out("F1", LINE, "10千伏城西线"))
    assert await city.members() == {"mall": True}
    await hear(city, desks, part(Extent(lines=(LINE,)), Extent(lines=("10千伏城西线",)), at(5, 10)))
    assert await city.members() == {"mall": False}
    assert (await city.words())[-1] == ("mall", False, "part-restored")


@pytest.mark.parametrize("kept", [True, False], ids=["a moment before", "some seconds before"])
async def test_a_network_that_is_removed_takes_nobody_out_of_an_outage_that_lasts(city: Town, *, kept: bool) -> None:
    desks = await told(city, LINE)
    await gone(city)
    if not kept:
        await looks_again(city, desks)
    await hear(city, desks, crew())
    assert await city.members() == EVERYBODY
    await hear(city, desks, part(Extent(transformers=("东一变",)), Extent(lines=(LINE,)), at(5, 10)))
    assert {name for name, held in (await city.members()).items() if held} >= {FAR, POINT, TIED}


async def test_an_edition_that_comes_in_between_two_chunks_leaves_nobody_out(city: Town) -> None:
    await brought(city.pool, *CITY, whole(CITY))
    desks = await city.process()
    late = at_place("a-late-one", transformers=("东九变",))
    await city.say(desks, *PEOPLE, late, out("F1", LINE))
    await desks.fanner.step()
    assert not await city.pool.fetchval("select done from fanout_job")
    newer = [*CITY, element("T9", "transformer", "S2", name="东九变")]
    await brought(city.pool, *(NetworkElementRemoved(element_id=one, model=EDITION) for one in ("T2", "P2")), after=50)
    await brought(city.pool, *newer, whole(newer), after=60)
    await looks_again(city, desks)
    assert await city.members() == {**EVERYBODY, "a-late-one": True}


async def test_a_word_that_says_nothing_of_places_writes_none_anew(city: Town) -> None:
    desks = await told(city, LINE)
    rows = "select kind, value, xmin::text from outage_match where by_model order by kind, value"
    before = [tuple(row) for row in await city.pool.fetch(rows)]
    await hear(city, desks, crew())
    assert [tuple(row) for row in await city.pool.fetch(rows)] == before
    assert await city.words() == [(name, True, "out") for name in sorted(EVERYBODY)] * 2


async def test_a_word_on_where_it_is_takes_off_what_the_network_no_longer_says(city: Town) -> None:
    desks = await told(city, LINE)
    await brought(city.pool, thrown("tie", "closed"), after=50)
    await hear(city, desks, crew())
    assert await city.members() == EVERYBODY
    await hear(city, desks, ExtentChanged(mrid="F1", changed_at=at(5, 9, 14), extent=Extent(lines=(FIRST,))))
    assert await city.members() == {**EVERYBODY, TIED: False}
    assert (await city.words())[-1][1:] == (False, "out"), "nothing says that power is back there"


async def test_work_that_was_noticed_is_looked_up_anew_when_it_begins(city: Town) -> None:
    await brought(city.pool, *CITY, whole(CITY))
    desks = await city.process()
    await hear(city, desks, *PEOPLE, published("F1", extent=Extent(lines=(LINE,))))
    assert await city.members() == EVERYBODY
    await brought(city.pool, element("T3", "transformer", "L2", name="东三变"), after=50)
    city.clock.advance(timedelta(days=7))
    await hear(city, desks, started(when=at(12, 8), outage_class="planned", extent=Extent(lines=(LINE,))))
    assert await city.members() == {**EVERYBODY, TIED: False}


@pytest.mark.parametrize("back", [False, True])
async def test_a_chunk_of_a_large_outage_costs_its_places_and_its_customers_never_one_times_the_other(
    network: asyncpg.Connection, *, back: bool
) -> None:
    places, people = 1_000, 100
    out_there = 'insert into fanout_job (mrid, version, due) values (\'F1\', 1, \'{"truth": {"status": "out"}}\')'
    lies = "insert into outage_match select 'usagePoint', 'p' || n, 'F1', true, n % 2 = 1 and $2 from generate_series(1, $1) n"
    at_points = "insert into customer_match select 'usagePoint', 'p' || n, {who} from generate_series(1, $1) n"
    await network.execute(out_there)
    await network.execute(lies, places, back)
    await network.execute("insert into customer select 'c' || n, '{}', now() from generate_series(1, $1) n", people)
    await network.execute(at_points.format(who="'c' || n"), people)
    await network.execute("insert into customer values ('railway', '{}', now())")
    await network.execute(at_points.format(who="'railway'"), places)
    chunk = await nodes(network, MATCH["next_customers"], "F1", [], [], "", people + 2, False, ["line"], [], False)
    assert rows(chunk) < 20 * (places + people)
    one = await nodes(network, MATCH["one_customer"], "F1", [], [], "c1", ["line"], False, False)
    assert rows(one) < 100
    railway = await nodes(network, MATCH["one_customer"], "F1", [], [], "railway", ["line"], False, False)
    assert rows(railway) < 20 * places
    assert rows(await nodes(network, SQL["holding"], "railway")) < 20 * places


def named(model: NetworkModel, ids: set[str]) -> Extent:
    lists = {kind: [one for one in ids if model.elements[one].kind in kinds] for kind, kinds in KINDS_NAMED.items()}
    return Extent(**{kind: tuple(sorted(found)) for kind, found in lists.items()})


def nearest(model: NetworkModel, one: str, said: set[str]) -> str | None:
    """Itself or the first of what feeds it of which anything is said."""
    at: str | None = one
    while at is not None and at not in said:
        at = next(iter(model.sources(at)), None)
    return at


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(model=models(radial=True), data=st.data())
async def test_where_each_place_has_one_way_in_the_nearest_word_says_whether_it_is_out(
    network: asyncpg.Connection, model: NetworkModel, data: st.DataObject
) -> None:
    some = st.sets(st.sampled_from(sorted(model.elements)))
    back = data.draw(some, "back")
    cut = data.draw(some, "cut") - back
    transaction = network.transaction()
    await transaction.start()
    try:
        elements = list(model.elements.values())
        await NetworkCopy().put(network, words(*elements, whole(elements)))
        truth = Truth("fault", "part-restored", named(model, cut), back=named(model, back))
        dark, lit, _ = await dark_and_lit(network, truth)
    finally:
        await transaction.rollback()
    last = {one: nearest(model, one, cut | back) for one in model.elements}
    assert dark == {one for one, said in last.items() if said in cut}
    assert lit == {one for one, said in last.items() if said in back}
