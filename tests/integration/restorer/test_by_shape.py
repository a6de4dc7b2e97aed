"""Outages that are drawn, on a real PostgreSQL: what lies in a shape by the network model, and whose shapes meet."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from schemas.contracts.base import Extent, Polygon, Position
from schemas.contracts.dispatch import OutageStarted, SupplyRestored
from schemas.contracts.network import NetworkElement
from services.network import asking
from services.places.topology import NetworkModel, resolve
from tests.kits.network.copied import brought
from tests.kits.network.models import element, whole
from tests.kits.stack.tables.restorer import NOW, restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]


def off(mrid: str, extent: Extent, minutes: int = 0) -> OutageStarted:
    return OutageStarted(
        mrid=mrid, outage_class="fault", started_at=NOW - timedelta(minutes=60 - minutes), extent=extent
    )


def back(mrid: str, extent: Extent | None = None, minutes: int = 30) -> SupplyRestored:
    when = NOW - timedelta(minutes=60 - minutes)
    if extent is None:
        return SupplyRestored(mrid=mrid, restored_at=when)
    return SupplyRestored(mrid=mrid, restored_at=when, scope="part", extent=extent)


def placed(one: NetworkElement, longitude: float, latitude: float) -> NetworkElement:
    return replace(one, position=Position(longitude=longitude, latitude=latitude))


def square(west: float, south: float, side: float = 1.0) -> Polygon:
    east, north = west + side, south + side
    return Polygon(coordinates=(((west, south), (east, south), (east, north), (west, north), (west, south)),))


CITY = [
    element("ss", "substation"),
    element("L1", "line", "ss"),
    placed(element("T1", "transformer", "L1", areas=("A1",)), 0.5, 0.5),
    placed(element("P1", "usagePoint", "T1"), 0.2, 0.2),
    placed(element("P2", "usagePoint", "T1"), 0.8, 0.8),
    placed(element("P3", "usagePoint", "T1"), 5.0, 5.0),
    element("P4", "usagePoint", "T1"),
    element("T5", "transformer", "L1", areas=("A1",)),
    element("P6", "usagePoint", "L1", areas=("A1",)),
    element("A1", "area", name="中山路一带"),
]
STREET = ("中山路一带",)


@pytest.fixture
async def room(restorer_room: Room) -> Room:
    await brought(restorer_room.pool, *CITY, whole(CITY))
    return restorer_room


@pytest.mark.parametrize(
    "extent",
    [
        Extent(areas=STREET),
        Extent(areas=STREET, shape=square(0, 0)),
        Extent(shape=square(0, 0)),
        Extent(shape=square(0.1, 0.1, 0.2)),
        Extent(shape=square(50, 50)),
        Extent(lines=("L1",), areas=STREET, shape=square(4, 4, 2)),
    ],
    ids=["an area", "both", "a shape", "of one point", "where nothing is", "beside a line"],
)
async def test_a_shape_means_by_the_tables_what_it_means_in_memory(room: Room, extent: Extent) -> None:
    async with room.pool.acquire() as connection:
        assert await asking.resolve(connection, extent) == resolve(NetworkModel(CITY), extent)


async def test_a_part_that_is_drawn_is_counted_by_the_points_in_it(room: Room) -> None:
    await room.say(off("F-1", Extent(shape=square(0, 0))))
    assert (await room.say(back("F-1", Extent(shape=square(0, 0, 0.3))))).reason == "part-restored"
    points = (await room.last("F-1", "restoration.part.v1"))["points"]
    # P2 is left, and P4, of which nobody knows where it is.
    assert (points["restored"], points["remaining"]) == (1, 2)
    assert (await room.say(back("F-1", minutes=40))).reason == "all-restored"


async def test_a_part_of_a_town_that_is_drawn_gives_the_town_no_power(room: Room) -> None:
    await room.say(off("F-1", Extent(areas=STREET)))
    part = Extent(areas=STREET, shape=square(0, 0, 0.3))
    assert (await room.say(back("F-1", part))).reason == "part-restored"
    assert (await room.last("F-1", "restoration.part.v1"))["remaining"]["areas"] == [*STREET]


@pytest.mark.parametrize(("other", "holds"), [(square(0.5, 0.5), True), (square(1, 0), False), (square(7, 7), False)])
async def test_two_outages_of_one_town_hold_each_other_where_their_shapes_meet(
    restorer_room: Room, other: Polygon, *, holds: bool
) -> None:
    room = restorer_room
    await room.say(off("F-1", Extent(areas=STREET, shape=square(0, 0))))
    await room.say(off("F-2", Extent(areas=STREET, shape=other), 10))
    await room.say(back("F-1"))
    confirmed = await room.last("F-1", "restoration.confirmed.v1")
    assert [one["mRID"] for one in confirmed.get("stayOut", [])] == (["F-2"] if holds else [])


async def test_what_is_left_of_a_shape_is_a_shape(restorer_room: Room) -> None:
    room = restorer_room
    await room.say(off("F-1", Extent(areas=STREET, shape=square(0, 0))))
    await room.say(back("F-1", Extent(areas=STREET, shape=square(0, 0, 0.5))))
    remaining = (await room.last("F-1", "restoration.part.v1"))["remaining"]
    assert remaining["areas"] == [*STREET]
    assert len(remaining["shape"]["coordinates"][0]) == 7
    assert (await room.say(back("F-1", Extent(shape=square(0, 0)), 40))).reason == "steps-complete"
