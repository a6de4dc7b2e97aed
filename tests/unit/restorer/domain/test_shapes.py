"""An outage that is drawn: what of its land is back, and what is left; the town's name alone takes nothing off."""

import pytest

from schemas.contracts.base import Extent, Polygon
from schemas.contracts.dispatch import SupplyRestored
from tests.kits.deciders.restorer import Outage, extent_changed, restored, started

TOWN = ("Kamloops",)


def land(first: int, last: int) -> Polygon:
    """A strip of a map, one degree high."""
    west, east = float(first), float(last)
    return Polygon(coordinates=(((west, 0.0), (east, 0.0), (east, 1.0), (west, 1.0), (west, 0.0)),))


def back(clock: str, west: int, east: int, areas: tuple[str, ...] = TOWN) -> SupplyRestored:
    return restored(clock, scope="part", extent=Extent(areas=areas, shape=land(west, east)))


DRAWN = started("9:00", Extent(areas=TOWN, shape=land(0, 4)))


def test_strips_come_back_one_after_the_other_and_with_the_last_one_all_is_back() -> None:
    outage = Outage()
    assert outage.hears_all(DRAWN, back("10:00", 0, 1), back("10:10", 3, 4), back("10:20", 1, 3))[1:] == [
        "part-restored",
        "part-restored",
        "steps-complete",
    ]


@pytest.mark.parametrize("areas", [TOWN, ()])
def test_a_strip_beside_it_is_not_of_this_outage_though_it_is_of_its_town(areas: tuple[str, ...]) -> None:
    outage = Outage()
    assert outage.hears_all(DRAWN, back("10:00", 5, 6, areas))[-1] == "points-not-in-outage"


def test_the_town_by_name_is_all_of_it() -> None:
    outage = Outage()
    claim = restored("10:00", scope="part", extent=Extent(areas=TOWN))
    assert outage.hears_all(DRAWN, claim)[-1] == "steps-complete"


def test_a_strip_of_an_outage_of_a_whole_town_leaves_the_town() -> None:
    outage = Outage()
    assert outage.hears_all(started("9:00", Extent(areas=TOWN)), back("10:00", 0, 1))[-1] == "part-restored"
    assert outage.hears_all(back("10:10", 1, 4), restored("11:00"))[-1] == "all-restored"


def test_a_list_of_all_that_is_back_may_not_leave_land_aside() -> None:
    outage = Outage()
    claim = restored("10:00", extent=Extent(areas=TOWN, shape=land(0, 3)))
    assert outage.hears_all(DRAWN, claim)[-1] != "all-restored"


def test_land_that_is_drawn_anew_is_where_it_is_from_then_on() -> None:
    outage = Outage()
    wider = extent_changed("9:30", Extent(areas=TOWN, shape=land(0, 6)))
    assert outage.hears_all(DRAWN, wider, back("10:00", 5, 6), back("10:10", 0, 5))[2:] == [
        "part-restored",
        "steps-complete",
    ]
