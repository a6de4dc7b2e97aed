"""A customer was told that the work is cancelled, or moved, while it was under way: what they hear then."""

from tests.kits.deciders.notifier import City, amended, at, confirmed, customer, published, span, started, withdrawn


def told_and_moved() -> City:
    """Noticed for the 12th, 8 to 17; at 9 moved to the 20th; at half past the start at 8 is heard of."""
    city = City(at(3, 9), customer())
    city.hears(published())
    city.now = at(12, 9)
    city.hears(amended(span(at(20, 8), at(20, 15))))
    city.now = at(12, 9, 30)
    city.hears(started("P1", at(12, 8), outage_class="planned"))
    return city


def test_whoever_was_told_that_work_is_cancelled_hears_that_power_is_off_and_until_when() -> None:
    city = City(at(3, 9), customer())
    city.hears(published())
    city.now = at(12, 9)
    city.hears(withdrawn())
    city.now = at(12, 9, 30)
    city.hears(started("P1", at(12, 8), outage_class="planned"))
    city.hears(published("P1", version=2, notice_id="P1/2"))
    assert city.reached() == ["planned-notice", "cancelled", "fault"]
    city.phone().receives("自3月12日8时起停电")
    city.phone().receives("预计17时左右恢复供电")
    city.now = at(12, 16, 30)
    city.hears(confirmed(at(12, 16, 30), "P1"))
    assert city.reached()[-1] == "restored"


def test_a_cut_on_another_day_than_was_told_is_no_cut_as_noticed_and_its_end_is_not_that_days() -> None:
    city = told_and_moved()
    assert city.reached() == ["planned-notice", "moved", "fault-time-unknown"]
    city.phone().receives("恢复时间暂不能确定")


def test_the_other_day_that_was_told_meanwhile_is_taken_back_once_and_does_not_stay_a_promise_of_darkness() -> None:
    city = told_and_moved()
    city.hears(amended(span(at(12, 8), at(12, 17)), version=3, notice_id="P1/3"))
    heard = city.reached()[2:]
    assert sorted(heard) == ["cancelled", "fault", "fault-time-unknown"]
    cancelled = next(text for text in city.requests() if text.trigger == "cancelled")
    assert "原定3月20日8时至15时" in cancelled.body
    city.now = at(12, 16, 30)
    city.hears(confirmed(at(12, 16, 30), "P1"))
    assert city.reached()[5:] == ["restored"]


def test_work_that_ends_sooner_than_was_told_takes_nothing_back() -> None:
    city = City(at(3, 9), customer())
    city.hears(published())
    city.now = at(12, 8)
    city.hears(started("P1", at(12, 8), outage_class="planned"))
    city.hears(amended(span(at(12, 8), at(12, 15))))
    assert city.reached() == ["planned-notice", "ert-changed"]
    assert "此前告知3月12日17时左右恢复,现有望提前,最新预计15时左右恢复供电" in city.last()
