"""Where power is off and back by the network model, of an outage that is drawn: sets of the points in its land."""

from msgspec.structs import replace

from schemas.contracts.base import Extent, Polygon, Position
from schemas.contracts.dispatch import SupplyRestored
from schemas.contracts.network import NetworkElement
from services.places.topology import NetworkModel
from tests.kits.deciders.restorer import Outage, restored, started
from tests.kits.network.models import element

TOWN = ("中山路一带",)


def at(one: NetworkElement, longitude: float) -> NetworkElement:
    return replace(one, position=Position(longitude=longitude, latitude=0.5))


CITY = NetworkModel(
    [
        element("ss", "substation"),
        element("L1", "line", "ss"),
        element("T1", "transformer", "L1", areas=("A1",)),
        at(element("P1", "usagePoint", "T1"), 0.5),
        at(element("P2", "usagePoint", "T1"), 1.5),
        at(element("P3", "usagePoint", "T1"), 2.5),
        at(element("P9", "usagePoint", "T1"), 9.5),
        element("A1", "area", name="中山路一带"),
    ]
)


def land(first: int, last: int) -> Polygon:
    """A strip of a map, one degree high."""
    west, east = float(first), float(last)
    return Polygon(coordinates=(((west, 0.0), (east, 0.0), (east, 1.0), (west, 1.0), (west, 0.0)),))


def back(clock: str, extent: Extent) -> SupplyRestored:
    return restored(clock, scope="part", extent=extent)


DRAWN = started("9:00", Extent(areas=TOWN, shape=land(0, 3)))


def test_the_points_in_the_land_are_off_and_no_other_of_the_town() -> None:
    outage = Outage(network=CITY)
    outage.hears(DRAWN)
    # T1 has no coordinates, but its points have: it stands for none.
    assert outage.view["points"] == 3


def test_points_come_back_by_land_and_by_name() -> None:
    outage = Outage(network=CITY)
    first = back("10:00", Extent(areas=TOWN, shape=land(0, 1)))
    assert outage.hears_all(DRAWN, first, back("10:10", Extent(usage_points=("P2",))))[1:] == ["part-restored"] * 2
    one, two = outage.events("restoration.part")
    assert [(part.points.restored, part.points.remaining) for part in (one, two)] == [(1, 2), (1, 1)]
    assert outage.hears(back("10:20", Extent(usage_points=("P3",)))).reason == "steps-complete"


def test_all_the_land_may_come_back_in_strips() -> None:
    outage = Outage(network=CITY)
    strips = [back(f"10:{n}0", Extent(shape=land(n, n + 1))) for n in range(3)]
    assert outage.hears_all(DRAWN, *strips)[1:] == ["part-restored", "part-restored", "steps-complete"]


def test_a_strip_elsewhere_in_the_town_is_not_of_this_outage() -> None:
    outage = Outage(network=CITY)
    assert outage.hears_all(DRAWN, back("10:00", Extent(areas=TOWN, shape=land(9, 10))))[-1] == "points-not-in-outage"


def test_the_town_by_name_is_all_of_it() -> None:
    outage = Outage(network=CITY)
    assert outage.hears_all(DRAWN, back("10:00", Extent(areas=TOWN)))[-1] == "steps-complete"


def test_a_line_that_is_named_is_off_beyond_the_land_that_is_drawn() -> None:
    outage = Outage(network=CITY)
    outage.hears(started("9:00", Extent(lines=("L1",), areas=TOWN, shape=land(0, 1))))
    assert outage.view["points"] == 4
    assert outage.hears(back("10:00", Extent(shape=land(0, 1)))).reason == "part-restored"
    assert outage.hears(restored("11:00")).reason == "all-restored"
