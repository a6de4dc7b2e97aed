"""Outages by the network model on a real PostgreSQL: what their places mean, what is kept of that, which others hold them."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageStarted, SupplyRestored
from schemas.contracts.network import NetworkElement, NetworkElementRemoved
from services.network.surroundings import part_of
from services.places.topology import NetworkModel
from services.restorer.tables.outages import renew
from tests.kits.network import parts
from tests.kits.network.copied import brought
from tests.kits.network.models import EDITION, by, element, thrown, whole
from tests.kits.stack.tables.restorer import NOW, restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]

CITY = [
    element("ss", "substation"),
    element("L1", "line", "ss", name="10千伏城东线"),
    element("L2", "line", "ss", name="10千伏城西线"),
    element("T1", "transformer", "L1", name="城东1号公变", areas=("A1",)),
    element("T2", "transformer", by("L1", "cut"), by("L2", "tie", normally="open"), name="城东2号公变", areas=("A1",)),
    element("T9", "transformer", "L2", name="城西9号公变"),
    element("P1", "usagePoint", "T1"),
    element("P2", "usagePoint", "T2"),
    element("A1", "area", name="中山路一带"),
]
EAST = Extent(lines=("10 kV 城东线",))
EDITION_OF_NEXT_DAY = replace(EDITION, date=EDITION.date + timedelta(days=1))


@pytest.fixture
async def room(restorer_room: Room) -> Room:
    await brought(restorer_room.pool, *CITY, whole(CITY))
    return restorer_room


def off(mrid: str, extent: Extent, minutes: int = 0) -> OutageStarted:
    return OutageStarted(
        mrid=mrid, outage_class="fault", started_at=NOW - timedelta(minutes=60 - minutes), extent=extent
    )


def back(mrid: str, extent: Extent = Extent(), minutes: int = 30) -> SupplyRestored:  # noqa: B008 - frozen
    scope = "all" if extent == Extent() else "part"
    return SupplyRestored(mrid=mrid, restored_at=NOW - timedelta(minutes=60 - minutes), scope=scope, extent=extent)


def on(*transformers: str) -> Extent:
    return Extent(transformers=transformers)


async def test_a_part_by_transformer_of_an_outage_by_line(room: Room) -> None:
    await room.say(off("F-1", EAST))
    assert (await room.say(back("F-1", on("城东1号公变")))).reason == "part-restored"
    part = await room.last("F-1", "restoration.part.v1")
    assert part["remaining"] == {"lines": ["10 kV 城东线"]}
    assert part["remainingBut"] == {"transformers": ["城东1号公变"]}
    edition = {"modelId": EDITION.model_id, "date": EDITION.date.isoformat().replace("+00:00", "Z")}
    assert part["points"] == {
        "networkModels": [edition],
        "restored": 1,
        "remaining": 1,
        "customersRestored": 1,
        "customersRemaining": 1,
    }
    assert (await room.say(back("F-1", on("城东2号公变"), 40))).reason == "steps-complete"


async def test_what_was_switched_over_since_was_of_the_outage(room: Room) -> None:
    await room.say(off("F-1", EAST))
    await brought(room.pool, thrown("cut", "open"), thrown("tie", "closed"), after=50)
    assert (await room.say(back("F-1", on("城东2号公变")))).reason == "part-restored"


async def test_another_worker_that_takes_over_goes_by_the_same_network(room: Room) -> None:
    await room.say(off("F-1", EAST), worker=0)
    await brought(room.pool, NetworkElementRemoved(element_id="L1", model=EDITION), after=50)
    assert (await room.say(back("F-1", on("城东1号公变")), worker=1)).reason == "part-restored"
    assert "not-in-network-any-more:10 kV 城东线" in (await room.view("F-1"))["warnings"]
    assert (await room.say(back("F-1", on("城东2号公变"), 40), worker=1)).reason == "steps-complete"


async def test_the_larger_is_restored_and_what_a_smaller_holds_stays_out_under_it(room: Room) -> None:
    await room.say(off("F-1", EAST))
    await room.say(off("F-2", on("城东1号公变"), 10), worker=1)
    await room.say(back("F-1"))
    confirmed = await room.last("F-1", "restoration.confirmed.v1")
    assert confirmed["stayOut"] == [
        {"mRID": "F-2", "extent": {"transformers": ["城东1号公变"]}, "points": 1, "customers": 1}
    ]
    assert confirmed["points"]["restored"] == 1
    await room.say(back("F-2", minutes=40), worker=1)
    assert "stayOut" not in await room.last("F-2", "restoration.confirmed.v1")


async def test_the_larger_that_took_in_a_smaller_one_holds_all_of_it(room: Room) -> None:
    await room.say(off("F-2", on("城东1号公变")), worker=1)
    await room.say(off("F-1", EAST, 10))
    await room.say(back("F-2"), worker=1)
    held = (await room.last("F-2", "restoration.confirmed.v1"))["stayOut"]
    assert [(one["mRID"], one["points"]) for one in held] == [("F-1", 1)]


async def test_of_one_batch_each_sees_what_was_decided_before_it(room: Room) -> None:
    """A larger outage is said, then the smaller ones that it takes in are restored, all at once."""
    await room.say(off("F-2", on("城东1号公变")))
    await room.say_all(off("F-1", EAST, 10), back("F-2"))
    assert [one["mRID"] for one in (await room.last("F-2", "restoration.confirmed.v1"))["stayOut"]] == ["F-1"]


async def test_a_part_that_is_back_in_the_other_outage_does_not_stay_out(room: Room) -> None:
    await room.say(off("F-1", EAST))
    await room.say(back("F-1", on("城东1号公变"), 5))
    await room.say(off("F-2", on("城东1号公变"), 10))
    await room.say(back("F-2"))
    assert "stayOut" not in await room.last("F-2", "restoration.confirmed.v1")


async def test_without_a_model_names_say_which_others_hold_a_place(restorer_room: Room) -> None:
    room = restorer_room
    await room.say(off("F-1", on("城东1号公变", "城东2号公变")))
    await room.say(off("F-2", on("城东 1号公变"), 10))
    await room.say(back("F-1"))
    held = (await room.last("F-1", "restoration.confirmed.v1"))["stayOut"]
    assert held == [{"mRID": "F-2", "extent": {"transformers": ["城东1号公变"]}}]
    assert "points" not in await room.last("F-1", "restoration.confirmed.v1")


async def test_a_name_that_the_network_does_not_have_is_asked_about_until_it_has_it(room: Room) -> None:
    misspelt = Extent(lines=("10千伏城冬线",), usage_points=("UP-77",))
    await room.say(off("F-1", misspelt))
    asked = await room.last("F-1", "fact.questioned.v1")
    assert (asked["reason"], asked["places"]) == ("not-in-network", {"lines": ["10千伏城冬线"]})
    assert asked["networkModels"][0]["modelId"] == EDITION.model_id
    assert (await room.view("F-1"))["status"] == "confirmed"

    more = [*CITY, element("L3", "line", "ss", name="10千伏城冬线")]
    await brought(room.pool, *more, whole(more, EDITION_OF_NEXT_DAY))
    await room.say(back("F-1", Extent(usage_points=("UP-77",))))
    assert (await room.view("F-1"))["questions"] == []


async def test_a_line_alone_that_nothing_is_called_is_asked_about_and_without_a_network_none_is(
    restorer_room: Room,
) -> None:
    nowhere = Extent(lines=("10千伏无名线",))
    await restorer_room.say(off("F-0", nowhere))
    assert (await restorer_room.view("F-0"))["questions"] == []
    await brought(restorer_room.pool, *CITY, whole(CITY))
    await restorer_room.say(off("F-1", nowhere))
    assert (await restorer_room.last("F-1", "fact.questioned.v1"))["reason"] == "not-in-network"


async def test_what_is_kept_of_an_outage_goes_when_it_is_closed(room: Room) -> None:
    await room.say(off("F-1", EAST))
    await room.say(back("F-1"))
    assert await room.pool.fetchval("select count(*) from off_outage") == 1
    await room.fires("F-1", "close")
    for table in ("off_outage", "off_place", "outage_network"):
        assert await room.pool.fetchval(f"select count(*) from {table}") == 0, table


async def test_an_outage_that_an_older_version_followed_is_found_after_the_next_start(room: Room) -> None:
    await room.say(off("F-1", EAST))
    await room.say(off("F-2", on("城东1号公变"), 10))
    await room.pool.execute("delete from off_outage")
    async with room.pool.acquire() as connection:
        assert await renew(connection) == 2
        assert await renew(connection) == 0
    await room.say(back("F-1"))
    assert [one["mRID"] for one in (await room.last("F-1", "restoration.confirmed.v1"))["stayOut"]] == ["F-2"]


async def test_two_workers_restore_at_once_what_both_hold(room: Room) -> None:
    """Neither waits for the other for ever, and both are confirmed."""
    await room.say(off("F-1", EAST))
    await room.say(off("F-2", on("城东1号公变"), 10), worker=1)
    reasons = await asyncio.gather(room.say(back("F-1")), room.say(back("F-2"), worker=1))
    assert {one.reason for one in reasons} == {"all-restored"}


@pytest.mark.parametrize(
    "places",
    [
        [("lines", "10kv城东线")],
        [("transformers", "城东2号公变"), ("usage_points", "p1")],
        [("areas", "中山路一带")],
        [("lines", "10kv城南线")],
    ],
    ids=["a line", "a transformer and a point", "an area", "a stranger"],
)
@pytest.mark.parametrize("turned", [False, True], ids=["as drawn", "switched"])
async def test_a_part_read_from_tables_is_that_of_the_model_in_memory(
    room: Room, places: list[tuple[str, str]], *, turned: bool
) -> None:
    switches = {"cut": "open", "tie": "closed"} if turned else {}
    if turned:
        await brought(room.pool, thrown("cut", "open"), thrown("tie", "closed"), after=50)
    model = NetworkModel(_elements(), switches)  # type: ignore[arg-type]
    async with room.pool.acquire() as connection:
        found = await part_of(connection, places)
    assert found is not None
    assert msgspec.to_builtins(found) == msgspec.to_builtins(parts.part_of(model, places))


def _elements() -> Iterable[NetworkElement]:
    return CITY
