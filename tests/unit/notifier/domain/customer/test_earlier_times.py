"""A time well before the one that was told is told, where that leaves time for it; one that holds no more is taken back."""

import pytest

from services.notifier.domain.customer.decider import NotifierCustomer
from services.policy.model import Telling
from tests.kits.deciders.notifier import AT_ONCE, MINUTE, VOICE, City, at, customer, ert, published, started


def dark(**profile: object) -> City:
    city = City(at(5, 9, 14), customer(**profile))
    city.hears(started(ert=at(5, 14)))
    city.now = at(5, 10)
    return city


def test_power_that_is_expected_much_earlier_is_told_without_an_apology_for_being_late() -> None:
    city = dark()
    city.hears(ert(at(5, 12), at(5, 10)))
    assert city.reached() == ["fault", "ert-changed"]
    assert city.requests()[-1].template_id == "zh-CN/ert-earlier"
    city.phone().receives("此前告知3月5日14时左右恢复,现有望提前,最新预计12时左右恢复供电,请以本条为准")
    assert "未能如期" not in city.last()


def test_in_english() -> None:
    city = dark(language="en", address="18 Zhongshan Road")
    city.hears(ert(at(5, 12), at(5, 10)))
    assert "It should be earlier: power is expected back about 12:00. This replaces what we said." in city.last()


@pytest.mark.parametrize(("to", "told"), [(at(5, 13, 30), True), (at(5, 13, 31), False), (at(5, 14), False)])
def test_half_an_hour_is_the_least_that_is_worth_a_text(to: object, *, told: bool) -> None:
    city = dark()
    city.hears(ert(to, at(5, 10)))  # type: ignore[arg-type]
    assert city.reached() == ["fault", *(["ert-changed"] if told else [])]


def test_one_that_has_all_but_come_is_said_by_the_power_itself() -> None:
    city = dark()
    city.hears(ert(at(5, 10, 15), at(5, 10)))
    assert city.reached() == ["fault"]


def test_soon_after_a_text_it_waits_and_the_newest_time_is_told() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 14)))
    city.accept = False
    city.now = at(5, 9, 20)
    city.hears(ert(at(5, 13, 15), at(5, 9, 20)))
    assert city.requests()[-1].not_before == at(5, 9, 44)
    city.now = at(5, 9, 30)
    city.hears(ert(at(5, 13, 45), at(5, 9, 30)))
    assert [text.state for text in city.texts()] == ["accepted", "suppressed"], "it is within half an hour again"


def test_times_to_and_fro_do_not_flood() -> None:
    city = dark()
    for step in range(30):
        city.moves_to(city.now + 10 * MINUTE)
        city.hears(ert(at(5, 19, 50) if step % 2 else at(5, 19), city.now))
    assert city.reached().count("ert-changed") <= 4 + 1


def test_noticed_work_that_ends_early_says_so() -> None:
    city = City(at(3, 9), customer())
    city.hears(published())
    city.now = at(12, 8)
    city.hears(started("P1", when=at(12, 8), outage_class="planned"))
    city.now = at(12, 10)
    city.hears(ert(at(12, 13), at(12, 10), mrid="P1"))
    assert "此前告知3月12日17时左右恢复,现有望提前,最新预计13时左右恢复供电" in city.last()


def test_how_much_earlier_is_the_policys() -> None:
    city = dark()
    patient = Telling(settling=AT_ONCE.settling, earlier=180 * MINUTE)
    city.deciders = {**city.deciders, "customer": NotifierCustomer(VOICE, patient)}
    city.hears(ert(at(5, 12), at(5, 10)))
    assert city.reached() == ["fault"]


def test_a_time_that_dispatch_takes_back_does_not_go_on_standing_on_the_handset() -> None:
    city = dark()
    city.hears(ert(None, at(5, 10)))
    assert city.reached() == ["fault", "fault-time-unknown"]
    assert city.requests()[-1].template_id == "zh-CN/ert-withdrawn"
    city.phone().receives("此前告知3月5日14时左右恢复,现不能确定能否如期,我们诚恳道歉。恢复时间正在重新核定,将于")
    assert "未能如期" not in city.last(), "it has not passed yet"
    city.hears(ert(at(5, 16), at(5, 10, 40)))
    city.moves_to(at(5, 11))
    city.phone().receives("预计16时左右恢复供电")


def test_in_english_too() -> None:
    city = dark(language="en", address="18 Zhongshan Road")
    city.hears(ert(None, at(5, 10)))
    assert (
        "would have power again about 14:00 on 5 March. That is no longer certain and we are truly sorry."
        in city.last()
    )


def test_of_a_time_that_was_never_told_nothing_is_taken_back() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started())
    city.hears(ert(None, at(5, 10)))
    city.moves_to(at(5, 10, 10))
    assert {one.template_id for one in city.requests()} == {"zh-CN/fault-time-unknown"}
