"""Whole conversations: what a hospital is told as an outage unfolds."""

from schemas.contracts.base import Extent
from schemas.contracts.customers import Contact
from schemas.contracts.dispatch import ExtentChanged, OutageReopened, SupplyRestored
from tests.kits.deciders.notifier import (
    DAY,
    HOUR,
    LINE,
    MINUTE,
    WHERE,
    City,
    at,
    confirmed,
    crew,
    customer,
    ert,
    part,
    published,
    started,
)


def test_a_fault_with_a_known_time_from_dark_to_light() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30), cause="线路故障"))
    city.phone().receives("因线路故障,贵单位(中山路18号)自3月5日9时12分起停电")
    city.phone().receives("我们正在安排抢修,预计11时30分左右恢复供电")
    city.now = at(5, 13, 41)
    city.hears(confirmed(at(5, 13, 40)))
    city.phone().receives("贵单位(中山路18号)已于3月5日13时40分恢复供电,本次停电由线路故障引起")
    assert city.reached() == ["fault", "restored"]


def test_repairing_is_said_only_once_a_crew_is_assigned() -> None:
    city = City(at(5, 9, 25))
    city.hears(started(ert=at(5, 11, 30)))
    city.hears(crew("arrived"))
    assert "customer/hospital" not in city.states, "nobody is registered there yet"
    city.hears(customer())
    assert "我们正在抢修" in city.last(), "whoever is registered during the outage hears how it stands"
    late = City(at(5, 9, 25), customer())
    late.accept = False
    late.hears(crew("enroute"))
    late.hears(started(ert=at(5, 11, 30)))
    late.phone().receives("抢修人员正在赶往现场")


def test_an_unknown_time_promises_the_next_word_and_keeps_that_promise() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started())
    city.phone().receives("我们正在查找原因,恢复时间暂不能确定,将于10时15分前再次告知您")
    city.moves_to(at(5, 10, 4))
    assert city.reached() == ["fault-time-unknown"]
    city.moves_to(at(5, 10, 15))
    assert city.reached() == ["fault-time-unknown", "fault-time-unknown"]
    assert city.requests()[-1].requested_at == at(5, 10, 5), "ten minutes before the promised word is due"
    city.phone().receives("将于12时15分前再次告知您")


def test_a_time_that_becomes_known_is_told() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started())
    city.now = at(5, 9, 40)
    city.hears(ert(at(5, 12), at(5, 9, 40)))
    assert city.reached() == ["fault-time-unknown", "fault"]
    city.phone().receives("预计12时左右恢复供电")


def test_a_later_time_is_told_with_the_one_it_replaces() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.hears(crew("arrived"))
    city.now = at(5, 11)
    city.hears(ert(at(5, 14), at(5, 11)))
    city.phone().receives("此前告知3月5日11时30分左右恢复,现未能如期")
    city.phone().receives("目前仍在抢修,最新预计14时左右恢复供电")


def test_a_slip_of_ten_minutes_is_within_about() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.now = at(5, 11)
    city.hears(ert(at(5, 11, 40), at(5, 11)))
    assert city.reached() == ["fault"]
    city.moves_to(at(5, 11, 44))
    assert city.reached() == ["fault"]


def test_churning_times_do_not_flood() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 18)))
    for step in range(1, 40):
        city.moves_to(city.now + 10 * MINUTE)
        city.hears(ert(at(5, 18) + step % 3 * 25 * MINUTE, city.now))
    assert city.reached().count("ert-changed") <= 4 + 1, "four, and one when the told time has passed"


def test_changes_soon_after_a_text_wait_and_are_merged() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.accept = False
    city.now = at(5, 9, 20)
    city.hears(ert(at(5, 12, 15), at(5, 9, 20)))
    assert city.requests()[-1].not_before == at(5, 9, 44)
    city.now = at(5, 9, 25)
    city.hears(ert(at(5, 12, 30), at(5, 9, 25)))
    assert [text.state for text in city.texts()] == ["accepted", "suppressed", "requested"]
    city.phone().receives("最新预计12时30分左右")


def test_silence_after_the_told_time_is_broken_with_an_apology() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.moves_to(at(5, 11, 44))
    assert city.reached() == ["fault"]
    city.moves_to(at(5, 11, 46))
    assert city.reached() == ["fault", "ert-overdue"]
    city.phone().receives("此前告知3月5日11时30分左右恢复,未能如期,我们诚恳道歉")
    city.phone().receives("将于12时45分前再次告知您")


def test_supply_restored_is_never_enough_to_say_restored() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.hears(SupplyRestored(mrid="F1", restored_at=at(5, 9, 30), evidence="meter"))
    assert "restored" not in city.reached()
    city.hears(confirmed(at(5, 9, 30)))
    assert city.reached() == ["fault", "restored"]


def test_restored_says_nothing_while_another_outage_holds_the_hospital() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started("F1", ert=at(5, 11, 30)))
    city.hears(started("F2", at(5, 10), ert=at(5, 11, 30)))
    city.now = at(5, 11)
    city.hears(confirmed(at(5, 11), "F1"))
    assert city.reached() == ["fault"], "one text for both, and no restored yet"
    city.now = at(5, 11, 20)
    city.hears(confirmed(at(5, 11, 20), "F2"))
    assert city.reached() == ["fault", "restored"]
    city.phone().receives("已于3月5日11时20分恢复供电")


def test_a_second_outage_that_lasts_longer_moves_the_expected_time() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started("F1", ert=at(5, 11, 30)))
    city.now = at(5, 10, 30)
    city.hears(started("F2", at(5, 10, 20), ert=at(5, 15)))
    assert city.reached() == ["fault", "ert-changed"]
    city.phone().receives("最新预计15时左右")


def test_late_started_after_restored_says_nothing() -> None:
    city = City(at(5, 13, 45), customer())
    assert city.hears(confirmed()).reason == "held-until-known"
    assert city.hears(started(ert=at(5, 11, 30))).reason == "over-before-anyone-was-told"
    assert city.requests() == []


def test_an_outage_that_ends_before_its_text_left_is_not_spoken_of() -> None:
    city = City(at(5, 9, 14), customer(), accept=False)
    city.hears(started(ert=at(5, 11, 30)))
    city.hears(confirmed(at(5, 9, 20)))
    assert [text.state for text in city.texts()] == ["suppressed"]
    assert [e.data.reason for e in city.log["customer/hospital"] if e.type == "message.suppressed.v1"] == [
        "outage-over"
    ]


def test_a_text_too_late_to_stop_is_followed_by_the_truth() -> None:
    city = City(at(5, 9, 14), customer(), accept=False)
    city.hears(started(ert=at(5, 11, 30)))
    city.hears(confirmed(at(5, 9, 20)))
    city.accept = True
    city.accepts(text=city.texts()[0])
    assert city.reached() == ["fault", "restored"]


def test_a_newer_text_takes_the_place_of_one_not_yet_taken() -> None:
    city = City(at(5, 9, 14), customer(), accept=False)
    city.hears(started(ert=at(5, 11, 30)))
    city.hears(ert(at(5, 14), at(5, 9, 20)))
    assert [(t.trigger, t.state) for t in city.texts()] == [("fault", "suppressed"), ("fault", "requested")]
    assert city.requests()[-1].supersedes == city.requests()[0].message_id
    city.phone().receives("预计14时左右")


def test_power_that_goes_off_again_is_told_as_again() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.now = at(5, 13, 41)
    city.hears(confirmed())
    city.now = at(5, 15, 12)
    city.hears(OutageReopened(mrid="F1", reopened_at=at(5, 15, 10), ert=at(5, 17)))
    assert city.reached() == ["fault", "restored", "reopened"]
    city.phone().receives("自3月5日15时10分起再次停电")
    city.now = at(5, 16)
    city.hears(confirmed(at(5, 16)))
    assert city.reached()[-1] == "restored"


def test_a_step_of_restoration_is_told_to_those_who_have_power_again_and_only_once() -> None:
    school = customer("school", usage_points=("UP-9",), lines=(), areas=())
    hospital = customer("hospital", usage_points=("UP-1",), lines=(), areas=())
    city = City(at(5, 9, 14), hospital, school)
    both = Extent(usage_points=("UP-1", "UP-9"))
    city.hears(started(extent=both, ert=at(5, 11, 30)))
    city.now = at(5, 10)
    city.hears(part(Extent(usage_points=("UP-1",)), Extent(usage_points=("UP-9",)), at(5, 10)))
    assert city.reached("hospital") == ["fault", "part-restored"]
    assert city.reached("school") == ["fault"]
    city.now = at(5, 11)
    city.hears(confirmed(at(5, 11)))
    assert city.reached("hospital") == ["fault", "part-restored"], "they know already"
    assert city.reached("school") == ["fault", "restored"]


def test_whoever_is_dropped_from_the_extent_is_corrected_not_told_restored() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.hears(ExtentChanged(mrid="F1", changed_at=at(5, 9, 30), extent=Extent(lines=("10千伏城西线",))))
    assert city.reached() == ["fault", "correction"]
    assert "恢复供电" not in city.last()


def test_whoever_comes_into_the_extent_is_told() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(extent=Extent(lines=("10千伏城西线",)), ert=at(5, 11, 30)))
    assert city.requests() == []
    city.hears(ExtentChanged(mrid="F1", changed_at=at(5, 9, 30), extent=WHERE))
    assert city.reached() == ["fault"]


def test_power_back_yesterday_is_no_news() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.now = at(5, 13) + 2 * DAY
    city.hears(confirmed(at(5, 10)))
    assert city.reached() == ["fault"]


def test_an_english_reader_gets_english() -> None:
    city = City(at(5, 9, 14), customer(language="en-GB", address="18 Zhongshan Road"))
    city.hears(started(ert=at(5, 11, 30), cause="线路故障"))
    assert city.last().startswith(
        "Dongjiang Power: Your site (18 Zhongshan Road) has had no power since 09:12 on 5 March. "
    )


def test_the_line_named_is_the_hospitals_own() -> None:
    city = City(at(3, 9), customer(lines=("10千伏城北线",), areas=()))
    city.hears(published(extent=Extent(lines=(LINE, "10千伏城北线"))))
    city.phone().receives("10千伏城北线定于")
    assert city.requests()[-1].expires_at == at(12, 8)
    assert city.requests()[-1].due_at == at(3, 9) + 2 * HOUR


def test_while_proof_is_pending_nothing_new_is_said_of_a_time() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.now = at(5, 11, 20)
    city.hears(SupplyRestored(mrid="F1", restored_at=at(5, 11, 20)))
    city.hears(ert(at(5, 15), at(5, 11, 21)))
    assert city.reached() == ["fault"]


def test_a_watch_that_finds_nobody_to_tell_goes_off_once() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.hears(customer(contacts=(), updated_at=at(5, 9, 30)))
    city.moves_to(at(5, 13))
    assert city.kinds().count("watch.fired.v1") == 1
    assert city.kinds().count("contact.unreached.v1") == 1


def test_whoever_joins_the_registry_during_the_outage_unseen_is_not_troubled_with_its_end() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.pause = True
    city.hears(customer("school"))
    city.hears(confirmed())
    city.fan()
    assert "F1" not in city.of("school").outages
    assert city.reached("hospital") == ["fault", "restored"]


def test_after_a_step_a_correction_of_the_extent_is_not_power_back() -> None:
    hospital = customer(usage_points=("UP-1",), lines=(), areas=())
    city = City(at(5, 9, 14), hospital)
    city.hears(started(extent=Extent(usage_points=("UP-1", "UP-9")), ert=at(5, 11, 30)))
    city.hears(part(Extent(usage_points=("UP-9",)), Extent(usage_points=("UP-1",)), at(5, 10)))
    assert city.reached() == ["fault"]
    city.hears(ExtentChanged(mrid="F1", changed_at=at(5, 10, 10), extent=Extent(usage_points=("UP-7",))))
    assert city.reached() == ["fault", "correction"]


def test_one_handset_for_two_sites_gets_texts_that_name_each_its_site() -> None:
    # Case 18: two plants of one company, the same person on duty for both.
    sites = [
        customer(name, address=address, contacts=(Contact(contact_id=f"{name}-duty"),))
        for name, address in (("Z22", "路22号"), ("Z23", "路23号"))
    ]
    city = City(at(3, 9), *sites)
    city.hears(published())
    city.phone("Z22").receives("贵单位(路22号)在停电范围内")
    city.phone("Z23").receives("贵单位(路23号)在停电范围内")


def test_a_site_without_an_address_is_named_by_its_customers_name() -> None:
    city = City(at(3, 9), customer(address=None))
    city.hears(published())
    city.phone().receives("贵单位(东江医院)在停电范围内")
