"""A works with two feeders, told as it goes: one is lost, the other too, one is back, all are; and what outranks an area."""

from datetime import datetime
from typing import Any

from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted, Supply
from schemas.contracts.dispatch import ExtentChanged, SupplyRestored
from services.notifier.domain.customer.awaited_proof import SETTLE
from services.policy.model import Telling
from tests.kits.deciders.notifier import (
    HOUR,
    MINUTE,
    City,
    amended,
    at,
    confirmed,
    customer,
    ert,
    part,
    published,
    span,
    started,
    withdrawn,
)

INDUSTRY, EAST = "10千伏工业线", "10千伏城东线"
MAIN = Supply(id="1", role="main", line=INDUSTRY, transformer="电子厂专变", usage_point="UP-10206")
STANDBY = Supply(id="2", role="standby", line=EAST)
PLANT = Supply(id="3", role="own-generation")


def works(*supplies: Supply, **changes: Any) -> CustomerUpserted:
    given: dict[str, Any] = {
        "address": "工业大道6号",
        "lines": (),
        "areas": ("工业大道一带",),
        "supplies": supplies or (MAIN, STANDBY, PLANT),
    }
    return customer("works", **(given | changes))


def of(line: str, mrid: str, when: datetime, **changes: Any) -> Any:
    return started(mrid, when, extent=Extent(lines=(line,)), **changes)


def told(city: City) -> list[str]:
    """The texts that reached the works, by their words."""
    return [request.template_id.partition("/")[2] for request in city.requests("works")]


def night(**telling: Any) -> City:
    return City(at(5, 9, 14), works(), **({"telling": Telling(**telling)} if telling else {}))


# --- the conversation of a night


def test_main_lost_then_the_standby_then_the_main_is_back_then_all() -> None:
    city = night()
    city.hears(of(INDUSTRY, "F1", at(5, 9, 12), ert=at(5, 11, 30)))
    assert "贵单位(工业大道6号)的主供电源(10千伏工业线)自3月5日9时12分起停电" in city.last("works")
    assert "请检查电源切换情况" in city.last("works")
    city.now = at(5, 9, 40)
    city.hears(of(EAST, "F2", at(5, 9, 38), ert=at(5, 13)))
    assert told(city) == ["supply-lost", "fault"]
    assert "贵单位(工业大道6号)自3月5日9时38分起停电" in city.last("works"), "dark they are since the second went"
    assert "预计11时30分左右恢复供电" in city.last("works"), "with whichever supply is back first"
    city.now = at(5, 11, 20)
    city.hears(confirmed(at(5, 11, 15), "F1"))
    assert told(city)[2:] == ["one-still-lost"]
    assert "主供电源(10千伏工业线)已于3月5日11时15分恢复供电,备用电源(10千伏城东线)仍停电" in city.last("works")
    city.now = at(5, 12, 50)
    city.hears(confirmed(at(5, 12, 45), "F2"))
    assert told(city)[3:] == ["supply-back"]
    assert "备用电源(10千伏城东线)已于3月5日12时45分恢复供电" in city.last("works")
    assert city.of("works").plight().lost == {}


def test_the_standby_alone_is_lost_and_back() -> None:
    city = night()
    city.hears(of(EAST, "F2", at(5, 9, 12)))
    assert "备用电源(10千伏城东线)自3月5日9时12分起停电" in city.last("works")
    city.moves_to(at(5, 20))
    assert told(city) == ["supply-lost"], "no time was named, and none passes"
    city.hears(confirmed(at(5, 19, 50), "F2"))
    assert told(city) == ["supply-lost", "supply-back"]
    assert "停电" not in city.last("works")


def test_both_back_at_once_are_told_as_power_that_is_back() -> None:
    city = night()
    whole = started("F1", at(5, 9, 12), extent=Extent(lines=(INDUSTRY, EAST)), ert=at(5, 11, 30))
    city.hears(whole)
    assert told(city) == ["fault"]
    city.now = at(5, 11)
    city.hears(confirmed(at(5, 10, 58)))
    assert told(city) == ["fault", "restored"]


def test_one_line_of_an_outage_is_back_by_a_step() -> None:
    city = night()
    city.hears(started("F1", at(5, 9, 12), extent=Extent(lines=(INDUSTRY, EAST))))
    city.now = at(5, 10)
    city.hears(part(Extent(lines=(INDUSTRY,)), Extent(lines=(EAST,)), at(5, 9, 58)))
    assert told(city)[1:] == ["one-still-lost"]
    assert "主供电源(10千伏工业线)已于3月5日9时58分恢复供电" in city.last("works")
    city.now = at(5, 11)
    city.hears(confirmed(at(5, 10, 58)))
    assert told(city)[2:] == ["supply-back"]


def test_the_other_is_lost_in_the_moment_in_which_the_first_comes_back() -> None:
    city = night(settling=20 * MINUTE)
    city.hears(of(INDUSTRY, "F1", at(5, 9, 12)))
    city.now = at(5, 10)
    city.hears(confirmed(at(5, 9, 59), "F1"))
    city.hears(of(EAST, "F2", at(5, 9, 59)))
    assert told(city) == ["supply-lost", "supply-lost"], "bad news at once; that the first is back has to settle"
    city.moves_to(at(5, 10, 30))
    assert told(city)[2:] == ["one-still-lost"]
    assert "主供电源(10千伏工业线)已于3月5日9时59分恢复供电,备用电源(10千伏城东线)仍停电" in city.last("works")


def test_that_a_supply_is_back_waits_for_what_else_may_hold_it() -> None:
    city = night(settling=20 * MINUTE)
    city.hears(of(INDUSTRY, "F1", at(5, 9, 12)))
    city.now = at(5, 10)
    city.hears(confirmed(at(5, 9, 59), "F1"))
    assert SETTLE in city.deciders["customer"].timers(city.of("works"))
    city.hears(of(INDUSTRY, "F3", at(5, 9, 30)))
    city.moves_to(at(5, 11))
    assert told(city) == ["supply-lost"], "the main supply is lost all the same, as they were told"
    city.hears(confirmed(at(5, 10, 59), "F3"))
    city.moves_to(at(5, 12))
    assert told(city) == ["supply-lost", "supply-back"]
    assert "10时59分" in city.last("works")


def test_what_a_step_gives_back_settles_too_whatever_was_settled_before() -> None:
    city = night(settling=20 * MINUTE)
    city.hears(of(EAST, "F0", at(5, 9, 12)))
    city.hears(confirmed(at(5, 9, 14), "F0"))
    city.moves_to(at(5, 9, 50))
    assert told(city) == ["supply-lost", "supply-back"]
    city.hears(started("F1", at(5, 9, 50), extent=Extent(lines=(INDUSTRY, EAST)), ert=at(5, 13)))
    city.moves_to(at(5, 10))
    city.hears(part(Extent(lines=(INDUSTRY,)), Extent(lines=(EAST,)), at(5, 9, 58)))
    assert told(city)[2:] == ["fault"]
    city.moves_to(at(5, 10, 30))
    assert told(city)[2:] == ["fault", "one-still-lost"]


def test_a_claim_that_is_not_proven_ends_nothing() -> None:
    city = night()
    city.hears(of(INDUSTRY, "F1", at(5, 9, 12)))
    city.now = at(5, 10)
    city.hears(SupplyRestored(mrid="F1", restored_at=at(5, 9, 59)))
    assert told(city) == ["supply-lost"]


def test_what_was_no_outage_of_theirs_is_put_right() -> None:
    city = night()
    city.hears(of(INDUSTRY, "F1", at(5, 9, 12)))
    city.hears(ExtentChanged(mrid="F1", changed_at=at(5, 9, 20), extent=Extent(lines=("10千伏江滨线",))))
    assert told(city) == ["supply-lost", "supply-corrected"]
    assert "更正:贵单位(工业大道6号)的主供电源(10千伏工业线)目前不在停电范围内。" in city.last("works")


def test_expected_times_of_a_works_in_the_dark_are_those_of_the_supply_that_is_back_first() -> None:
    city = night()
    city.hears(of(INDUSTRY, "F1", at(5, 9, 12), ert=at(5, 11, 30)))
    city.hears(of(EAST, "F2", at(5, 9, 13), ert=at(5, 13)))
    city.now = at(5, 9, 30)
    city.hears(ert(at(5, 15), at(5, 9, 29), "F2"))
    assert told(city) == ["supply-lost", "fault"], "the later one is no matter to them"
    city.hears(ert(at(5, 18), at(5, 9, 30), "F1"))
    city.moves_to(at(5, 11))
    assert "最新预计15时左右恢复供电" in city.last("works")


# --- who is off


def test_own_plant_keeps_nobody_from_being_off() -> None:
    city = City(at(5, 9, 14), works(MAIN, PLANT))
    city.hears(of(INDUSTRY, "F1", at(5, 9, 12), ert=at(5, 11, 30)))
    assert told(city) == ["fault"]


def test_a_standby_of_which_nobody_knows_where_it_hangs_counts_as_lost_with_the_main_one() -> None:
    city = City(at(5, 9, 14), works(MAIN, Supply(id="2", role="standby")))
    city.hears(of(INDUSTRY, "F1", at(5, 9, 12), ert=at(5, 11, 30)))
    assert told(city) == ["fault"]
    city.now = at(5, 10)
    city.hears(confirmed(at(5, 9, 59), "F1"))
    assert told(city) == ["fault", "restored"]


def test_a_standby_known_by_its_transformer_may_hang_on_the_line_that_is_off() -> None:
    city = City(at(5, 9, 14), works(MAIN, Supply(id="2", role="standby", transformer="城东小区公变")))
    city.hears(of(INDUSTRY, "F1", at(5, 9, 12), ert=at(5, 11, 30)))
    assert told(city) == ["fault"]


def test_a_fault_at_the_mains_own_point_leaves_a_standby_whose_line_is_known() -> None:
    city = night()
    city.hears(started("F1", at(5, 9, 12), extent=Extent(usage_points=("UP-10206",))))
    assert told(city) == ["supply-lost"]


# --- the most specific element that is known decides


def test_a_hospital_whose_line_is_known_is_not_off_with_its_area() -> None:
    hospital = customer(lines=("10千伏江滨线",), areas=("中山路一带",))
    city = City(at(5, 9, 14), hospital)
    city.hears(started(extent=Extent(lines=(EAST,), areas=("中山路一带",))))
    assert city.reached() == []
    city.hears(started("F2", at(5, 9, 13), extent=Extent(areas=("中山路一带",))))
    assert city.reached() == ["fault-time-unknown"], "where the outage names no line, the area is the best there is"


def test_a_home_of_which_only_the_street_is_known_is_off_with_it() -> None:
    city = City(at(5, 9, 14), customer(lines=(), areas=("中山路一带",), premises="home"))
    city.hears(started(extent=Extent(lines=(EAST,), areas=("中山路一带",)), ert=at(5, 11, 30)))
    assert "您家(中山路18号)自" in city.last()


def test_what_a_step_leaves_of_an_outage_by_line_is_not_its_whole_area() -> None:
    hospital = customer(lines=("10千伏江滨线",), areas=("中山路一带",))
    east = customer("school", lines=(EAST,), areas=("中山路一带",))
    city = City(at(5, 9, 14), hospital, east)
    city.hears(started(extent=Extent(lines=(EAST,), areas=("中山路一带",))))
    city.now = at(5, 10)
    city.hears(part(Extent(lines=(EAST,)), Extent(areas=("中山路一带",)), at(5, 9, 59)))
    assert city.reached() == [], "their line never was"
    assert city.reached("school") == ["fault-time-unknown", "part-restored"]


def test_an_area_says_how_a_supply_stands_of_which_nothing_better_is_known() -> None:
    city = night()
    city.hears(started("F1", at(5, 9, 12), extent=Extent(areas=("工业大道一带",))))
    assert told(city) == ["fault-time-unknown"], "both are in it, by what is known"
    other = City(at(5, 9, 14), works(MAIN, Supply(id="2", role="standby", transformer="城东小区公变")))
    other.hears(started("F1", at(5, 9, 12), extent=Extent(lines=("10千伏江滨线",), areas=("工业大道一带",))))
    assert "备用电源(城东小区公变)自" in other.last("works"), "of the main one the line is known, and it is another"


# --- planned work


def test_a_planned_cut_of_one_supply_is_announced_in_full_and_names_it() -> None:
    city = night()
    city.hears(published(extent=Extent(lines=(EAST,), areas=("中山路一带",)), inform_by=at(5, 12)))
    assert told(city) == ["planned-notice"]
    assert "10千伏城东线" in city.last("works")
    assert "贵单位(工业大道6号)的备用电源在停电范围内" in city.last("works")
    city.now = at(12, 8, 1)
    city.hears(of(EAST, "P1", at(12, 8), outage_class="planned"))
    assert told(city) == ["planned-notice"], "it began as it was announced"
    city.now = at(12, 16, 40)
    city.hears(confirmed(at(12, 16, 30), "P1"))
    assert told(city)[1:] == ["supply-back"]


def test_work_on_one_supply_that_goes_on_beyond_its_notice_is_owned_up_to_once() -> None:
    city = night()
    city.hears(published(extent=Extent(lines=(EAST,))))
    city.now = at(12, 8, 1)
    city.hears(of(EAST, "P1", at(12, 8), outage_class="planned"))
    city.moves_to(at(12, 20))
    assert told(city) == ["planned-notice", "supply-lost"]
    assert "未能在通知的时间内恢复,我们诚恳道歉" in city.last("works")


def test_work_on_the_standby_and_a_fault_on_the_main_one_leave_them_dark() -> None:
    city = night()
    city.hears(published(extent=Extent(lines=(EAST,))))
    city.now = at(12, 8, 1)
    city.hears(of(EAST, "P1", at(12, 8), outage_class="planned"))
    city.now = at(12, 9)
    city.hears(of(INDUSTRY, "F1", at(12, 8, 58)))
    assert told(city)[1:] == ["fault"], "with the noticed end of the work a time is known"
    assert "贵单位(工业大道6号)自3月12日8时58分起停电" in city.last("works")


def test_a_plan_that_is_moved_or_called_off_is_told_as_ever() -> None:
    city = night()
    city.hears(published(extent=Extent(lines=(EAST,))))
    city.now = at(4, 9)
    city.hears(amended(span(at(20, 8), at(20, 15)), extent=Extent(lines=(EAST,))))
    city.now = at(6, 9)
    city.hears(withdrawn(version=2))
    assert told(city) == ["planned-notice", "moved", "cancelled"]


# --- the registry speaks meanwhile


def test_whoever_turns_out_to_have_a_second_supply_is_told_that_power_is_on_by_it() -> None:
    city = City(at(5, 9, 14), works(MAIN))
    city.hears(of(INDUSTRY, "F1", at(5, 9, 12), ert=at(5, 11, 30)))
    assert told(city) == ["fault"]
    city.now = at(5, 9, 30)
    city.hears(works(MAIN, STANDBY, updated_at=at(5, 9, 29)))
    assert told(city)[1:] == ["supply-corrected"]
    assert "备用电源(10千伏城东线)目前不在停电范围内,主供电源(10千伏工业线)仍停电" in city.last("works")
    city.now = at(5, 11)
    city.hears(confirmed(at(5, 10, 58), "F1"))
    assert told(city)[2:] == ["supply-back"]


def test_supplies_that_the_registry_swaps_are_judged_by_their_new_places() -> None:
    city = night()
    city.hears(of(INDUSTRY, "F1", at(5, 9, 12)))
    swapped = (Supply(id="1", role="main", line=EAST), Supply(id="2", role="standby", line=INDUSTRY))
    city.now = at(5, 9, 30)
    city.hears(works(*swapped, updated_at=at(5, 9, 29)))
    assert told(city)[1:2] == ["supply-lost"]
    assert "备用电源(10千伏工业线)自" in city.requests("works")[1].body
    city.moves_to(at(5, 9, 30) + HOUR)
    assert city.of("works").plight().ids == {"2"}


def test_whoever_reads_english_is_called_by_their_english_name_where_no_address_is_known() -> None:
    names = {"en": "Dongjiang Electronics"}
    city = City(at(5, 9, 14), works(address=None, language="en", names=names))
    city.hears(of(EAST, "F2", at(5, 9, 12)))
    assert "on the standby supply (10千伏城东线) of your site (Dongjiang Electronics)" in city.last("works")


# --- without noise


def test_a_supply_that_flaps_is_told_a_few_times_and_in_the_end_as_it_is() -> None:
    city = night()
    for number in range(20):
        city.hears(of(INDUSTRY, f"F{number}", city.now))
        city.moves_to(city.now + 2 * MINUTE)
        city.hears(confirmed(city.now, f"F{number}"))
        city.moves_to(city.now + MINUTE)
    assert len(told(city)) <= 14, "every loss that is told is told to be over; of losses there is a limit"
    assert told(city)[-1] == "supply-back"
    city.hears(of(INDUSTRY, "F20", city.now))
    city.moves_to(city.now + 3 * HOUR)
    assert told(city)[-1] == "supply-lost", "what was held back is said when there is room"
    city.hears(confirmed(city.now, "F20"))
    assert told(city)[-1] == "supply-back"


def test_who_was_dark_hears_at_once_that_one_supply_is_back_however_much_was_said() -> None:
    city = night()
    for number in range(6):
        city.hears(of(INDUSTRY, f"F{number}", city.now))
        city.moves_to(city.now + 2 * MINUTE)
        city.hears(confirmed(city.now, f"F{number}"))
    city.hears(of(EAST, "E1", city.now))
    city.hears(of(INDUSTRY, "F9", city.now))
    assert city.of("works").plight().off
    assert told(city)[-1] in {"fault", "fault-time-unknown"}
    city.moves_to(city.now + 2 * MINUTE)
    city.hears(confirmed(city.now, "F9"))
    assert told(city)[-1] == "one-still-lost"
