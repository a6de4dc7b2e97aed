"""A hospital whose usage point dispatch names as back, while the line that feeds it stays off, as far as anybody has said."""

from typing import Any

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted, Supply
from schemas.contracts.dispatch import ExtentChanged, OutageReopened, SupplyRestored
from schemas.contracts.messages import MessageSuppressed
from schemas.contracts.restorations import RestorationRefused
from services.policy.model import Telling
from tests.kits.deciders.handing_on import merge
from tests.kits.deciders.notifier import MINUTE, City, at, confirmed, customer, ert, part, started

NORTH, PARK = "10千伏北线", "10千伏园区线"
MAIN = Supply(id="1", role="main", line=NORTH, usage_point="CH-001-UP-1")
STANDBY = Supply(id="2", role="standby", line=PARK, usage_point="CH-001-UP-9")
PARK_IS_OFF = Extent(lines=(PARK,), usage_points=("CH-001-UP-9", "CH-002-UP-1"))
POINT, LEFT = Extent(usage_points=("CH-001-UP-9",)), Extent(lines=(PARK,), usage_points=("CH-002-UP-1",))


def hospital(*supplies: Supply, **changes: Any) -> CustomerUpserted:
    return customer("hospital", **({"lines": (), "areas": (), "supplies": supplies or (MAIN, STANDBY)} | changes))


def dark(**telling: Any) -> City:
    """Both lines are off, and the hospital with them."""
    city = City(at(5, 9, 14), hospital(), **({"telling": Telling(**telling)} if telling else {}))
    city.hears(started("MA-1", at(5, 9, 12), extent=PARK_IS_OFF, ert=at(5, 13)))
    city.hears(started("MB-2", at(5, 9, 13), extent=Extent(lines=(NORTH,)), ert=at(5, 13)))
    assert city.of("hospital").plight().off
    city.now = at(5, 10)
    return city


def told(city: City) -> list[str]:
    return [request.template_id.partition("/")[2] for request in city.requests("hospital")]


def still_lost(city: City) -> set[str]:
    return set(city.of("hospital").plight().lost)


def test_the_standby_has_power_and_the_text_speaks_of_the_main_supply() -> None:
    city = dark()
    city.hears(part(POINT, LEFT, at(5, 9, 58), "MA-1"))
    assert (still_lost(city), city.of("hospital").plight().off) == ({"1"}, False)
    assert told(city)[-1] == "one-still-lost"
    assert f"备用电源({PARK})已于3月5日9时58分恢复供电,主供电源({NORTH})仍停电" in city.last("hospital")
    city.hears(ert(at(5, 12), at(5, 10), "MA-1"))
    assert told(city)[-1] == "one-still-lost", "when the rest of that line is back is none of their business"


def test_so_it_is_after_the_outages_have_turned_out_to_be_one() -> None:
    city = dark()
    city.hears(part(POINT, LEFT, at(5, 9, 58), "MA-1"))
    city.hears(merge(at(5, 10), "MA-1", "MB-2"))
    assert still_lost(city) == {"1"}
    city.hears(ert(at(5, 12), at(5, 10, 1), "MB-2"))
    assert still_lost(city) == {"1"}
    assert "贵单位自" not in city.last("hospital"), "of the site as a whole nobody says that it has no power"


def test_a_step_after_the_merge_frees_the_point_as_well() -> None:
    city = dark()
    city.hears(merge(at(5, 9, 50), "MA-1", "MB-2"))
    city.hears(part(POINT, Extent(lines=(PARK, NORTH)), at(5, 9, 58), "MB-2"))
    assert still_lost(city) == {"1"}


def test_a_claim_that_nobody_has_proved_frees_nothing() -> None:
    city = dark()
    city.hears(said(POINT))
    assert (still_lost(city), told(city)[-1]) == ({"1", "2"}, "fault")


# --- said to be back, and not proven yet ------------------------------------------------------------------------------


def said(where: Extent, mrid: str = "MA-1") -> SupplyRestored:
    return SupplyRestored(mrid=mrid, restored_at=at(5, 9, 58), scope="part", extent=where)


def one_place(**places: Any) -> City:
    """A clinic and its neighbour on one line, which is off; the clinic's own point is said to be back."""
    clinic = customer("hospital", **({"lines": (PARK,), "areas": (), "usage_points": ("CH-001-UP-9",)} | places))
    neighbour = customer("neighbour", lines=(PARK,), areas=(), usage_points=("CH-002-UP-1",))
    city = City(at(5, 9, 14), clinic, neighbour)
    city.hears(started("MA-1", at(5, 9, 12), extent=Extent(lines=(PARK,)), ert=at(5, 10)))
    city.moves_to(at(5, 10, 5))
    return city


def test_that_a_point_is_back_holds_still_off_to_whoever_takes_power_there_and_to_nobody_else() -> None:
    city = one_place()
    city.hears(said(POINT))
    city.moves_to(at(5, 10, 19))
    assert (city.reached("hospital"), city.reached("neighbour")) == (["fault"], ["fault", "ert-overdue"])
    city.moves_to(at(5, 10, 21))
    assert city.reached("hospital") == ["fault", "fault-time-unknown"], "a quarter of an hour, and not without limit"
    city.phone().receives("现据报已恢复,尚未核实")


def test_a_text_that_was_about_to_go_is_stopped_by_the_word() -> None:
    city = one_place()
    city.accept = False
    city.moves_to(at(5, 10, 15))
    city.hears(said(POINT))
    assert [one.state for one in city.of("hospital").texts.values()][-1] == "suppressed"
    assert suppressed(city) == ["supply-said-to-be-back"]


def test_who_has_another_point_there_of_which_nobody_spoke_hears_that_power_is_off() -> None:
    city = one_place(usage_points=("CH-001-UP-9", "CH-001-UP-10"))
    city.hears(said(POINT))
    city.moves_to(at(5, 10, 16))
    assert city.reached("hospital") == ["fault", "ert-overdue"]


def test_of_two_supplies_one_that_is_said_to_be_back_holds_still_off() -> None:
    city = dark()
    city.hears(said(POINT))
    assert city.of("hospital").plight().claimed == {"2"}
    city.moves_to(at(5, 13, 16))
    assert told(city)[-1] == "unconfirmed", "by then a quarter of an hour was over"
    city.hears(part(POINT, LEFT, at(5, 9, 58), "MA-1"))
    assert told(city)[-1] == "one-still-lost"


def test_of_two_supplies_of_which_one_is_back_for_certain_the_other_is_not_said_to_be_lost_meanwhile() -> None:
    city = dark()
    city.hears(
        confirmed(at(5, 9, 58), "MB-2"),
    )
    assert told(city)[-1] == "one-still-lost"
    city.hears(said(POINT))
    state = city.of("hospital")
    assert (state.plight().off, state.plight().claimed) == (False, {"2"})


def test_a_claim_that_is_refused_holds_nothing_any_more() -> None:
    city = one_place()
    city.hears(said(POINT))
    city.hears(RestorationRefused(mrid="MA-1", claimed_at=at(5, 9, 58), reason="part-not-named"))
    city.moves_to(at(5, 10, 16))
    assert city.reached("hospital") == ["fault", "ert-overdue"]


def suppressed(city: City) -> list[str]:
    return [event.data.reason for event in city.log["customer/hospital"] if isinstance(event.data, MessageSuppressed)]


# --- proven ----------------------------------------------------------------------------------------------------------


def test_that_it_is_back_has_to_settle() -> None:
    city = dark(settling=20 * MINUTE)
    city.hears(part(POINT, LEFT, at(5, 9, 58), "MA-1"))
    assert told(city)[-1] == "fault"
    city.moves_to(at(5, 10, 30))
    assert told(city)[-1] == "one-still-lost"


@pytest.mark.parametrize(
    "word",
    [
        OutageReopened(mrid="MA-1", reopened_at=at(5, 10, 1), reason="tripped-again"),
        started("MA-1", at(5, 10, 1), extent=PARK_IS_OFF),
        ExtentChanged(mrid="MA-1", changed_at=at(5, 10, 1), extent=PARK_IS_OFF),
        RestorationRefused(mrid="MA-1", claimed_at=at(5, 9, 58), reason="part-taken-back", step=1),
    ],
    ids=["reopened", "started again", "said anew", "the step is taken back"],
)
def test_until_something_says_that_it_is_off_again(word: Any) -> None:
    city = dark()
    city.hears(part(POINT, LEFT, at(5, 9, 58), "MA-1"))
    city.now = at(5, 10, 2)
    city.hears(word)
    assert still_lost(city) == {"1", "2"}


def test_with_one_supply_power_is_back_and_its_neighbour_still_has_none() -> None:
    only = hospital(Supply(id="1", role="main", line=PARK, usage_point="CH-001-UP-9"))
    neighbour = customer("neighbour", lines=(PARK,), areas=(), usage_points=("CH-002-UP-1",))
    city = City(at(5, 9, 14), only, neighbour)
    city.hears(started("MA-1", at(5, 9, 12), extent=PARK_IS_OFF, ert=at(5, 13)))
    city.now = at(5, 10)
    city.hears(part(POINT, LEFT, at(5, 9, 58), "MA-1"))
    assert (city.reached("hospital"), city.reached("neighbour")) == (["fault", "part-restored"], ["fault"])
    city.now = at(5, 11)
    city.hears(confirmed(at(5, 10, 58), "MA-1"))
    assert (city.reached("hospital")[2:], city.reached("neighbour")) == ([], ["fault", "restored"])


def test_with_one_supply_at_two_points_that_one_is_back_is_not_enough() -> None:
    city = City(at(5, 9, 14), hospital(supplies=(), lines=(PARK,), usage_points=("CH-001-UP-9", "CH-001-UP-10")))
    city.hears(started("MA-1", at(5, 9, 12), extent=PARK_IS_OFF, ert=at(5, 13)))
    city.now = at(5, 10)
    city.hears(part(POINT, LEFT, at(5, 9, 58), "MA-1"))
    assert city.reached("hospital") == ["fault"]
