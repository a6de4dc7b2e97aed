"""Around noticed work: a reminder the working day before, that nobody reported its beginning, that its time is over."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.dispatch import CurtailmentOrdered
from services.notifier.domain.customer.decider import NotifierCustomer
from services.notifier.domain.customer.texts.work_texts import WorkWatch
from services.policy.calendar import WorkingCalendar
from services.policy.model import Telling
from services.policy.quiet import QUIET, Nights
from tests.kits.deciders.notifier import (
    AT_ONCE,
    DAY,
    HOUR,
    MINUTE,
    VOICE,
    WHERE,
    ZONE,
    City,
    amended,
    at,
    confirmed,
    customer,
    published,
    span,
    started,
    withdrawn,
)

CHINA = WorkingCalendar("CN", "Asia/Shanghai")


def noticed(now: datetime = at(3, 9), telling: Telling = AT_ONCE, **changes: Any) -> City:  # noqa: B008 - frozen
    city = City(now, customer(**changes))
    city.deciders = {**city.deciders, "customer": NotifierCustomer(VOICE, telling, calendar=CHINA)}
    city.hears(published())
    return city


def words(city: City) -> list[str]:
    return [text.template_id.partition("/")[2] for text in city.requests()]


def test_the_afternoon_before_whoever_knows_of_the_work_is_reminded() -> None:
    city = noticed()
    city.moves_to(at(11, 14, 59))
    assert words(city) == ["planned-notice"]
    city.moves_to(at(11, 15))
    assert words(city) == ["planned-notice", "reminder"]
    city.phone().receives(
        "提醒您:因线路检修,10千伏城东线中山路一带定于3月12日8时至17时停电,贵单位(中山路18号)在停电范围内"
    )
    assert city.requests()[-1].expires_at == at(11, 20)


def test_of_work_on_a_monday_they_are_reminded_on_friday_and_over_a_holiday_before_it() -> None:
    watch = WorkWatch(Telling(), Nights(QUIET, ZONE), CHINA)
    assert watch.remind_at(span(at(16, 8), at(16, 17))) == at(13, 15)
    # 2026-04-04 to 06 are days off for Qingming.
    assert watch.remind_at(span(at(7, 8, month=4), at(7, 17, month=4))) == at(3, 15, month=4)
    assert WorkWatch(Telling(), Nights(QUIET, ZONE)).remind_at(span(at(16, 8), at(16, 17))) == at(15, 15)


def test_once_and_not_again_when_the_registry_or_another_word_comes() -> None:
    city = noticed()
    city.moves_to(at(11, 15))
    city.hears(customer(updated_at=at(11, 15, 30)))
    city.moves_to(at(11, 23))
    assert words(city) == ["planned-notice", "reminder"]


@pytest.mark.parametrize("told", [at(11, 9), at(10, 15, 1)])
def test_whoever_was_told_within_a_day_is_not_reminded(told: datetime) -> None:
    city = noticed(told)
    city.moves_to(at(12, 7))
    assert words(city) == ["planned-notice"]


def test_of_work_that_is_off_or_moved_nobody_is_reminded() -> None:
    off = noticed()
    off.now = at(6, 9)
    off.hears(withdrawn())
    off.moves_to(at(12, 23))
    assert words(off) == ["planned-notice", "cancelled"]
    moved = noticed()
    moved.now = at(4, 9)
    moved.hears(amended(span(at(20, 8), at(20, 17))))
    moved.moves_to(at(18, 23))
    assert words(moved) == ["planned-notice", "moved"]
    moved.moves_to(at(19, 15))
    assert words(moved) == ["planned-notice", "moved", "reminder"]
    moved.phone().receives("3月20日8时至17时")


def test_a_clock_that_jumps_over_the_afternoon_reminds_nobody_at_night() -> None:
    city = noticed()
    city.now = at(11, 22)
    city.moves_to(at(11, 22))
    assert words(city) == ["planned-notice"]


def test_a_reminder_that_nobody_took_is_dropped_and_no_person_is_called_for_it() -> None:
    city = noticed()
    city.accept = False
    city.moves_to(at(11, 20, 6))
    assert city.texts()[-1].state == "expired"
    assert "contact.unreached.v1" not in city.kinds()


def test_work_that_nobody_reported_begun_is_said_to_be_so_and_once() -> None:
    city = noticed(at(11, 9))
    city.moves_to(at(12, 8, 29))
    assert words(city) == ["planned-notice"]
    city.moves_to(at(12, 8, 30))
    assert words(city) == ["planned-notice", "not-begun"]
    city.phone().receives("我们尚未收到开工的报告,贵单位(中山路18号)仍可能随时停电,请继续做好准备")
    city.moves_to(at(12, 17, 14))
    assert words(city) == ["planned-notice", "not-begun"]


def test_whoever_waited_for_it_hears_that_its_time_is_over() -> None:
    city = noticed(at(11, 9))
    city.moves_to(at(12, 17, 15))
    assert words(city) == ["planned-notice", "not-begun", "not-done"]
    city.phone().receives("时间已过,我们未收到开工的报告,贵单位(中山路18号)不再因此停电")
    city.hears(withdrawn())
    city.moves_to(at(14, 9))
    assert len(city.requests()) == 3, "that it is withdrawn says nothing new"


def test_work_that_begins_late_after_that_is_told_as_it_begins() -> None:
    city = noticed(at(11, 9))
    city.moves_to(at(12, 10))
    city.hears(started("P1", when=at(12, 10), outage_class="planned"))
    assert words(city) == ["planned-notice", "not-begun", "fault"]
    city.phone().receives("因线路检修,贵单位(中山路18号)自3月12日10时起停电,我们正在施工,预计17时左右恢复供电")
    city.moves_to(at(12, 16))
    city.hears(confirmed(at(12, 16), mrid="P1", outage_class="planned"))
    assert words(city)[-1] == "restored"


def test_work_that_began_in_time_needs_no_word() -> None:
    city = noticed(at(11, 9))
    city.moves_to(at(12, 8, 10))
    city.hears(started("P1", when=at(12, 8, 5), outage_class="planned"))
    city.moves_to(at(12, 16, 59))
    assert words(city) == ["planned-notice"]


def test_a_beginning_that_is_heard_of_late_takes_a_word_under_way_back() -> None:
    city = noticed(at(11, 9))
    city.moves_to(at(12, 8, 29))
    city.accept = False
    city.moves_to(at(12, 8, 31))
    city.hears(started("P1", when=at(12, 8), outage_class="planned"))
    assert city.texts()[-1].state == "suppressed"
    assert city.texts()[-1].meant.says.startswith("not-begun")


def test_a_dispatch_that_reports_no_starts_turns_it_off() -> None:
    city = noticed(at(11, 9), Telling(settling=timedelta(0), not_begun=timedelta(0)))
    city.moves_to(at(13, 9))
    assert words(city) == ["planned-notice"]


def test_where_its_end_comes_before_anybody_would_say_so_nothing_is_said() -> None:
    city = City(at(11, 9), customer())
    city.hears(published("P1", span(at(12, 8), at(12, 8, 20))))
    city.moves_to(at(12, 9))
    assert words(city) == ["planned-notice"]


def ordered(city: City, start: datetime, end: datetime) -> None:
    period = span(start, end)
    city.hears(CurtailmentOrdered(mrid="C1", ordered_at=city.now, planned_period=period, extent=WHERE))


def test_load_that_is_shed_by_order_has_words_of_its_own_and_no_apology_for_short_notice() -> None:
    city = City(at(5, 12), customer())
    ordered(city, at(5, 18), at(5, 21))
    assert words(city) == ["curtailment"]
    city.phone().receives(
        "因有序用电安排,10千伏城东线中山路一带定于3月5日18时至21时停电,贵单位(中山路18号)在停电范围内"
    )
    assert "通知仓促" not in city.last()


def test_its_end_is_told_and_nobody_is_asked_why_no_start_was_reported() -> None:
    city = City(at(5, 12), customer())
    ordered(city, at(5, 18), at(5, 21))
    city.moves_to(at(5, 19))
    assert words(city) == ["curtailment"]
    city.hears(started("C1", when=at(5, 18), outage_class="curtailment"))
    city.moves_to(at(5, 20, 40))
    city.hears(confirmed(at(5, 20, 40), mrid="C1", outage_class="curtailment"))
    assert words(city) == ["curtailment", "restored"]
    city.phone().receives("已于3月5日20时40分恢复供电,本次停电由有序用电引起")


STEPS = st.lists(
    st.sampled_from(["waits", "starts", "ends", "off", "moves", "registry"]),
    min_size=1,
    max_size=8,
)


# Work that is moved begins ten days later: up to eleven days pass between two steps, and twelve after the last, so that the
# time of any work may be over, and in the end is. (An outage that never ends brings its words every two hours meanwhile.)
@given(steps=STEPS, gaps=st.lists(st.integers(1, 44), min_size=8, max_size=8))
def test_in_whatever_order_things_come_nothing_is_said_twice_and_nothing_that_is_known_to_be_false(
    steps: list[str], gaps: list[int]
) -> None:
    city = noticed()
    version = 1
    began = ended = False
    for step, gap in zip(steps, gaps, strict=False):
        city.moves_to(city.now + gap * 6 * HOUR)
        if step == "starts" and not began:
            began = True
            city.hears(started("P1", when=city.now, outage_class="planned"))
        elif step == "ends" and began and not ended:
            ended = True
            city.hears(confirmed(city.now, mrid="P1", outage_class="planned"))
        elif step == "off":
            version += 1
            city.hears(withdrawn(version=version))
        elif step == "moves":
            version += 1
            start = city.now + 10 * DAY
            city.hears(amended(span(start, start + 8 * HOUR), version=version, published_at=city.now))
        elif step == "registry":
            city.hears(customer(updated_at=city.now))
    city.moves_to(city.now + 12 * DAY)
    said = [(text.meant.thread, text.meant.says) for text in city.texts() if text.settled]
    around = [one for one in said if one[1].startswith(("reminder", "not-begun", "not-done"))]
    assert len(around) == len(set(around))
    outage = city.of().outages["P1"]
    for text in city.texts():
        if text.meant.says.startswith(("not-begun", "not-done")) and text.settled:
            since = outage.started_at
            assert since is None or text.said_at <= since + MINUTE
