"""Whole conversations about noticed work: told, moved, cancelled, overrun, and apologised for."""

from schemas.contracts.notices import NoticeBreached
from tests.kits.deciders.notifier import (
    City,
    amended,
    at,
    confirmed,
    customer,
    ert,
    published,
    span,
    started,
    withdrawn,
)


def test_planned_work_from_notice_to_power_back_needs_two_texts() -> None:
    city = City(at(3, 9), customer())
    city.hears(published())
    city.phone().receives("10千伏城东线中山路一带定于3月12日8时至17时停电")
    city.now = at(12, 8)
    city.hears(started("P1", at(12, 8), outage_class="planned"))
    assert city.reached() == ["planned-notice"], "it began as noticed"
    city.now = at(12, 16, 30)
    city.hears(confirmed(at(12, 16, 30), "P1"))
    assert city.reached() == ["planned-notice", "restored"]
    city.phone().receives("本次停电由线路检修引起")


def test_planned_work_that_runs_over_its_end_is_apologised_for() -> None:
    city = City(at(3, 9), customer())
    city.hears(published())
    city.now = at(12, 8)
    city.hears(started("P1", at(12, 8), outage_class="planned"))
    city.now = at(12, 16, 30)
    city.hears(ert(at(12, 19), at(12, 16, 30), "P1"))
    city.phone().receives("此前告知3月12日17时左右恢复,现未能如期")
    city.phone().receives("最新预计19时左右")


def test_moved_work_is_told_with_the_day_that_is_spared() -> None:
    city = City(at(3, 9), customer())
    city.hears(published())
    city.hears(amended(span(at(20, 8), at(20, 15))))
    assert city.reached() == ["planned-notice", "moved"]
    city.phone().receives("原定3月12日8时至17时,现改为3月20日8时至15时(中山路一带),贵单位(中山路18号)3月12日不因此停电")


def test_work_moved_within_its_day_does_not_spare_that_day() -> None:
    city = City(at(3, 9), customer())
    city.hears(published())
    city.hears(amended(span(at(12, 13), at(12, 17))))
    assert "不因此停电" not in city.last()


def test_cancelled_work_is_told_with_the_time_the_hospital_knew() -> None:
    city = City(at(3, 9), customer())
    city.hears(published())
    city.hears(withdrawn())
    assert city.reached() == ["planned-notice", "cancelled"]
    city.phone().receives("原定3月12日8时至17时的10千伏城东线检修停电(中山路一带)已取消")


def test_a_notice_withdrawn_before_its_text_left_is_not_spoken_of() -> None:
    city = City(at(3, 9), customer(), accept=False)
    city.hears(published())
    city.hears(withdrawn())
    assert [text.state for text in city.texts()] == ["suppressed"]


def test_a_cancelled_notice_may_be_noticed_anew() -> None:
    city = City(at(3, 9), customer())
    city.hears(published())
    city.hears(withdrawn(version=1))
    city.hears(amended(span(at(20, 8), at(20, 15))))
    assert city.reached() == ["planned-notice", "cancelled", "planned-notice"]


def test_temporary_work_that_begins_at_dawn_is_told_at_once_even_at_night() -> None:
    city = City(at(4, 23), customer())
    city.hears(published("T1", span(at(5, 8), at(5, 18)), outage_class="temporary"))
    city.phone().receives("因线路需临时检修,10千伏城东线中山路一带将于3月5日8时停电")
    assert city.requests()[-1].not_before == city.now


def test_a_breach_is_apologised_for_as_our_own_error_and_once() -> None:
    city = City(at(3, 9), customer())
    city.hears(published())
    city.now = at(12, 7, 5)
    city.hears(started("P1", at(12, 7), outage_class="planned"))
    breach = NoticeBreached(mrid="P1", kind="started-early", at=at(12, 7))
    city.hears(breach)
    assert city.reached() == ["planned-notice", "breach-apology"]
    city.phone().receives("早于通知的时间,这是我们工作的失误,向您诚恳道歉")
    assert city.hears(breach).reason == "older-or-already-known"


def test_a_notice_learnt_after_its_work_should_have_begun_is_not_sent() -> None:
    city = City(at(12, 9), customer())
    city.hears(published())
    assert city.requests() == []
