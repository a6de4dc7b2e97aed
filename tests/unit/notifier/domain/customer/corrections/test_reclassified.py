"""What we called a fault is work, or work a fault: whoever was told the other thing hears it once, while it is of use."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from schemas.contracts.notices import NoticeBreached
from services.policy.model import Telling
from tests.kits.deciders.another_thing import reclassified
from tests.kits.deciders.notifier import (
    City,
    at,
    confirmed,
    customer,
    ert,
    published,
    span,
    started,
)

UNTOLD = NoticeBreached(mrid="F1", kind="started-without-notice", at=at(5, 9, 12))


def dark(**more: object) -> City:
    city = City(at(5, 9, 14), customer())
    fields = {"when": at(5, 9, 12), "ert": at(5, 14), **more}
    city.hears(started(**fields))  # type: ignore[arg-type]
    city.now = at(5, 10, 18)
    return city


def found(city: City, when: datetime, outage_class: str, *more: object) -> None:
    """Dispatch says what it is, and the planner what follows, before the text that waits for that goes."""
    city.accept, city.now = False, when
    city.hears(reclassified(when, outage_class))
    for word in more:
        city.hears(word)  # type: ignore[arg-type]
    city.accept = True
    if city.texts("hospital", "requested"):
        city.accepts()


def at_work() -> City:
    """As noticed, it is off since eight."""
    city = City(at(3, 9), customer())
    city.hears(published(period=span(at(5, 8), at(5, 17))))
    city.now = at(5, 8, 1)
    city.hears(started("P1", at(5, 8), outage_class="planned"))
    assert city.reached() == ["planned-notice"]
    return city


def test_a_fault_that_is_our_own_unannounced_work_is_owned_up_to_in_one_text() -> None:
    city = dark()
    found(city, at(5, 10, 18), "planned", UNTOLD)
    assert city.reached() == ["fault", "breach-apology"]
    assert city.last().startswith(
        "【东江供电公司】您好!更正:贵单位(中山路18号)自3月5日9时12分起停电,原因是线路检修,不是线路故障,"
        "我们未能提前通知您,预计14时左右恢复供电。此前告知有误,我们诚恳道歉。"
    )
    city.moves_to(at(5, 13))
    assert city.reached() == ["fault", "breach-apology"], "said once"


def test_a_fault_that_was_announced_as_work_is_said_without_that() -> None:
    city = dark()
    city.hears(reclassified(at(5, 10, 18), "planned", plan_mrid="PW-9"))
    city.moves_to(at(5, 10, 30))
    assert city.reached() == ["fault", "fault"]
    assert "原因是线路检修,不是线路故障,我们正在施工,预计14时左右" in city.last()


def test_it_waits_a_moment_for_what_the_planner_has_to_say() -> None:
    city = City(at(5, 9, 14), customer(), telling=Telling(group_wait=timedelta(0)))
    city.hears(started(when=at(5, 9, 12), ert=at(5, 14)))
    city.now, city.accept = at(5, 10, 18), False
    city.hears(reclassified(at(5, 10, 18), "planned"))
    (waiting,) = city.texts()[1:]
    assert waiting.said_at == at(5, 10, 18) + timedelta(seconds=20)


def test_work_that_is_a_fault_ends_nobody_knows_when_and_that_is_said_at_once() -> None:
    city = at_work()
    city.now = at(5, 8, 40)
    city.hears(reclassified(at(5, 8, 40), "fault", "P1"))
    assert city.reached() == ["planned-notice", "fault-time-unknown"]
    assert "自3月5日8时起停电,原因是线路故障,不是线路检修,我们正在查找原因,恢复时间暂不能确定" in city.last()


def test_of_a_fault_no_breach_of_a_notice_is_apologised_for() -> None:
    city = at_work()
    city.now = at(5, 8, 40)
    city.hears(reclassified(at(5, 8, 40), "fault", "P1"))
    city.hears(NoticeBreached(mrid="P1", kind="overran", at=at(5, 17)))
    city.moves_to(at(5, 20))
    assert "breach-apology" not in city.reached()


def test_at_night_nobody_is_woken_for_the_name_of_a_thing() -> None:
    city = City(at(5, 2, 14), customer(importance="second"))
    city.hears(started(when=at(5, 2, 12), ert=at(5, 9)))
    found(city, at(5, 3), "planned", UNTOLD)
    city.moves_to(at(5, 6, 59))
    assert len([text for text in city.texts() if text.settled]) == 1
    city.moves_to(at(5, 7))
    assert [text.said_at for text in city.texts() if text.settled] == [at(5, 2, 14), at(5, 7)]


def test_nor_for_one_that_is_over_by_morning() -> None:
    city = City(at(5, 2, 14), customer(importance="second"))
    city.hears(started(when=at(5, 2, 12), ert=at(5, 5)))
    city.now = at(5, 3)
    city.hears(reclassified(at(5, 3), "planned"))
    assert city.reached() == ["fault"]
    city.now = at(5, 4, 50)
    city.hears(confirmed(at(5, 4, 50), outage_class="planned"))
    assert city.reached() == ["fault", "restored"]


def test_a_word_that_is_due_at_night_anyway_says_it() -> None:
    city = City(at(5, 2, 14), customer(importance="second"))
    city.hears(started(when=at(5, 2, 12), ert=at(5, 5)))
    city.now = at(5, 3)
    city.hears(reclassified(at(5, 3), "planned"))
    city.now = at(5, 3, 10)
    city.hears(ert(at(5, 8), at(5, 3, 10)))
    city.moves_to(at(5, 4))
    assert "原因是线路检修,不是线路故障" in city.last()
    assert "预计8时左右" in city.last()


def test_who_has_somebody_on_duty_hears_it_at_night() -> None:
    city = City(at(5, 2, 14), customer(on_duty="always"))
    city.hears(started(when=at(5, 2, 12), ert=at(5, 9)))
    city.now = at(5, 3)
    city.hears(reclassified(at(5, 3), "planned"))
    city.moves_to(at(5, 3, 2))
    assert "原因是线路检修" in city.last()


def test_temporary_work_is_work_to_whoever_sits_in_the_dark() -> None:
    city = at_work()
    city.now = at(5, 8, 40)
    city.hears(reclassified(at(5, 8, 40), "temporary", "P1"))
    city.moves_to(at(5, 9, 30))
    assert city.reached() == ["planned-notice"]


def test_to_the_same_kind_says_nothing() -> None:
    city = dark()
    city.hears(reclassified(at(5, 10, 18), "fault"))
    city.moves_to(at(5, 13))
    assert city.reached() == ["fault"]


def test_back_again_before_anybody_was_told_says_nothing() -> None:
    city = dark()
    city.accept = False
    city.hears(reclassified(at(5, 10, 18), "planned"))
    city.hears(reclassified(at(5, 10, 19), "fault"))
    assert city.texts("hospital", "requested") == []


def test_back_again_after_it_was_told_is_said_again() -> None:
    city = dark()
    city.hears(reclassified(at(5, 10, 18), "planned"))
    city.moves_to(at(5, 10, 30))
    city.hears(reclassified(at(5, 10, 30), "fault"))
    city.moves_to(at(5, 11))
    assert "原因是线路故障,不是线路检修" in city.last()


def test_whoever_is_told_only_now_is_told_what_is_so_at_once() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(reclassified(at(5, 9, 13), "planned"))
    city.hears(started(when=at(5, 9, 12), ert=at(5, 14)))
    assert city.reached() == ["fault"]
    assert "更正" not in city.last()
    assert "因线路检修" in city.last()


def test_once_power_is_back_nothing_of_it_is_news() -> None:
    city = dark()
    city.hears(confirmed(at(5, 10, 10)))
    city.hears(reclassified(at(5, 10, 18), "planned"))
    city.hears(UNTOLD)
    city.moves_to(at(6, 10))
    assert city.reached() == ["fault", "restored"]


def test_what_was_named_as_the_cause_of_a_fault_is_not_that_of_work() -> None:
    city = dark(cause="吊车碰线")
    city.hears(reclassified(at(5, 10, 18), "planned"))
    city.moves_to(at(5, 13))
    assert len(city.texts()) == 2
    assert "吊车" not in city.last()


def test_work_that_is_only_noticed_keeps_its_name() -> None:
    city = City(at(3, 9), customer())
    city.hears(reclassified(at(3, 9), "fault", "P1"))
    city.hears(published(period=span(at(5, 8), at(5, 17))))
    assert city.reached() == ["planned-notice"]


def test_in_english() -> None:
    city = City(at(5, 9, 14), customer(language="en", address="18 Zhongshan Road"))
    city.hears(started(when=at(5, 9, 12), ert=at(5, 14)))
    found(city, at(5, 10, 18), "planned", UNTOLD)
    assert city.last().startswith(
        "Dongjiang Power: correction. Your site (18 Zhongshan Road) has had no power since 09:12 on 5 March because of "
        "planned work, not a fault. We did not tell you beforehand; power is expected back about 14:00."
    )


FACTS = (
    started(when=at(5, 9, 12), ert=at(5, 14)),
    reclassified(at(5, 10), "planned"),
    reclassified(at(5, 10, 5), "fault"),
    reclassified(at(5, 10, 10), "temporary"),
)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_in_any_order_the_last_word_names_what_it_is(order: tuple[int, ...]) -> None:
    city = City(at(5, 10, 15), customer())
    for index in order:
        city.hears(FACTS[index])
    city.moves_to(at(5, 10, 50))
    assert city.texts()[-1].meant.outage_class in ("planned", "temporary")
