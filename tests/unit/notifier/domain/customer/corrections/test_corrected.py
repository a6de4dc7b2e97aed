"""Dispatch corrects what it said of an outage: whoever was told what is no longer so hears what is, and nobody else hears of it."""

from itertools import permutations
from typing import Any

import pytest

from schemas.contracts.notices import NoticeBreached
from tests.kits.deciders.notifier import City, at, confirmed, corrected, customer, ert, published, span, started


def dark(**more: object) -> City:
    city = City(at(5, 9, 14), customer())
    city.hears(started(when=at(5, 9, 12), ert=at(5, 14), **more))
    city.now = at(5, 10, 18)
    return city


def test_power_that_went_off_much_earlier_than_we_said_is_said_once() -> None:
    city = dark()
    city.hears(corrected(at(5, 10, 18), started_at=at(5, 8, 50)))
    assert [text.meant.since for text in city.texts()] == [at(5, 9, 12), at(5, 8, 50)]
    assert city.last().startswith(
        "【东江供电公司】您好!更正:贵单位(中山路18号)自3月5日8时50分起停电,我们正在安排抢修,预计14时左右恢复供电。"
        "此前告知的情况有误,我们诚恳道歉,请以本条为准。"
    )
    city.hears(corrected(at(5, 10, 18), started_at=at(5, 8, 50), reason="保护动作记录"))
    city.moves_to(at(5, 13))
    assert len(city.requests()) == 2


def test_power_that_went_off_much_later_than_we_said_is_said_too() -> None:
    city = dark()
    city.hears(corrected(at(5, 10, 18), started_at=at(5, 10)))
    assert "更正" in city.last()
    assert "自3月5日10时起停电" in city.last()


@pytest.mark.parametrize("minutes", [0, 12])
def test_some_minutes_are_nobodys_business(minutes: int) -> None:
    city = dark()
    city.hears(corrected(at(5, 10, 18), started_at=at(5, 9, minutes)))
    assert city.reached() == ["fault"]


def test_a_cause_that_we_named_and_that_is_another_is_said() -> None:
    city = dark(cause="树木触线")
    assert "因树木触线" in city.last()
    city.hears(corrected(at(5, 10, 18), cause="吊车碰线"))
    assert "更正:因吊车碰线,贵单位" in city.last()
    city.moves_to(at(5, 13))
    assert len(city.requests()) == 2


def test_a_cause_that_we_never_named_is_corrected_in_silence() -> None:
    city = dark()
    city.hears(corrected(at(5, 10, 18), cause="吊车碰线"))
    assert city.reached() == ["fault"]
    city.now = at(5, 13)
    city.hears(confirmed(at(5, 13)))
    assert "由吊车碰线引起" in city.last()


def test_a_cause_that_fits_in_no_text_takes_the_named_one_back_and_only_once() -> None:
    city = dark(cause="树木触线")
    city.hears(corrected(at(5, 10, 18), cause="经现场勘查系第三方施工机械误碰导线造成短路"))
    assert "更正:贵单位" in city.last()
    city.moves_to(at(5, 13))
    assert len(city.requests()) == 2


def test_in_english() -> None:
    city = City(at(5, 9, 14), customer(language="en", address="18 Zhongshan Road"))
    city.hears(started(when=at(5, 9, 12), ert=at(5, 14)))
    city.now = at(5, 10, 18)
    city.hears(corrected(at(5, 10, 18), started_at=at(5, 8, 50)))
    assert city.last().startswith(
        "Dongjiang Power: correction. Your site (18 Zhongshan Road) has had no power since 08:50 on 5 March. "
    )


def test_whoever_is_told_only_now_is_told_what_is_so_at_once() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(corrected(at(5, 10, 18), started_at=at(5, 8, 50)))
    city.now = at(5, 10, 20)
    city.hears(started(when=at(5, 9, 12), ert=at(5, 14)))
    assert city.reached() == ["fault"]
    assert "更正" not in city.last()
    assert "自3月5日8时50分起停电" in city.last()


def test_once_power_is_back_nothing_of_its_beginning_is_news() -> None:
    city = dark(cause="树木触线")
    city.hears(confirmed(at(5, 10, 10)))
    city.hears(corrected(at(5, 10, 18), started_at=at(5, 8, 50), cause="吊车碰线"))
    city.moves_to(at(6, 10))
    assert city.reached() == ["fault", "restored"]


def test_an_outage_that_began_before_it_keeps_its_own_beginning() -> None:
    city = City(at(5, 8, 31), customer())
    city.hears(started("F0", at(5, 8, 30), ert=at(5, 14)))
    city.hears(started("F1", at(5, 9, 12), ert=at(5, 14)))
    city.now = at(5, 10, 18)
    city.hears(corrected(at(5, 10, 18), started_at=at(5, 8, 50)))
    assert city.reached() == ["fault"], "they have been dark since 8:30, as they were told"


@pytest.mark.parametrize("kind", ["started-early", "started-without-notice"])
def test_work_that_began_as_noticed_after_all_is_not_apologised_for(kind: Any) -> None:
    city = City(at(3, 9), customer())
    city.hears(published(period=span(at(5, 8), at(5, 17))))
    city.now, city.accept = at(5, 7, 41), False
    city.hears(started("P1", at(5, 7, 40), outage_class="planned"))
    city.hears(NoticeBreached(mrid="P1", kind=kind, at=at(5, 7, 40)))
    assert city.texts()[-1].trigger == "breach-apology"
    city.now = at(5, 8, 10)
    city.hears(corrected(at(5, 8, 10), "P1", started_at=at(5, 8)))
    assert city.texts("hospital", "requested") == [], "the apology that waited is withdrawn"


FACTS = (
    started(when=at(5, 9, 12), ert=at(5, 14)),
    corrected(at(5, 10), started_at=at(5, 8, 50)),
    corrected(at(5, 10, 10), started_at=at(5, 9)),
    ert(at(5, 15), at(5, 10, 5)),
)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_in_any_order_the_last_word_names_the_beginning_that_is_so(order: tuple[int, ...]) -> None:
    city = City(at(5, 10, 15), customer())
    for index in order:
        city.hears(FACTS[index])
    city.moves_to(at(5, 10, 50))
    since = city.texts()[-1].meant.since
    assert since is not None
    assert abs((since - at(5, 9)).total_seconds()) <= 15 * 60
