"""What dispatch promises is promised as it said it; a time of which it is not sure is a first estimate, with the next word."""

from datetime import timedelta

import pytest

from schemas.contracts.base import CrewStatusKind
from services.notifier.domain.customer.lanes import next_word, word_due
from tests.kits.deciders.notifier import MINUTE, City, at, confirmed, crew, customer, ert, started


@pytest.mark.parametrize("minutes", [6, 12, 19, 20, 21, 47, 300])
def test_dispatchs_own_next_word_is_kept_as_it_was_said(minutes: int) -> None:
    city = City(at(5, 9, 14), customer())
    promised = city.now + minutes * MINUTE
    city.hears(started(next_update_at=promised))
    assert city.texts()[0].meant.next_word_by == promised
    city.moves_to(promised)
    assert [text.trigger for text in city.texts()] == ["fault-time-unknown"] * 2, "and it is given in time"
    assert city.now - 10 * MINUTE <= city.requests()[1].requested_at <= promised


def test_one_that_has_all_but_come_is_ours() -> None:
    now = at(5, 9, 14)
    assert next_word(now, 0, now + 5 * MINUTE) == at(5, 10, 15)
    assert next_word(now, 0, now + 5 * MINUTE + timedelta(seconds=1)) == now + 5 * MINUTE + timedelta(seconds=1)


def test_a_word_goes_out_ten_minutes_before_it_is_due_or_halfway() -> None:
    assert word_due(at(5, 9), at(5, 10)) == at(5, 9, 50)
    assert word_due(at(5, 9), at(5, 9, 12)) == at(5, 9, 6)
    assert word_due(None, at(5, 10)) == at(5, 9, 50)


def test_a_time_of_which_dispatch_is_not_sure_is_a_first_estimate_with_the_next_word() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started())
    city.now = at(5, 9, 30)
    city.hears(ert(at(5, 12), city.now, ert_confidence="low"))
    city.phone().receives("初步预计12时左右恢复供电,10时30分前再告知您")
    assert city.texts()[-1].meant.next_word_by == at(5, 10, 30)
    city.moves_to(at(5, 10, 20))
    assert city.requests()[-1].requested_at == at(5, 10, 20)
    city.phone().receives("初步预计12时左右恢复供电,12时前再告知您")


def test_once_dispatch_is_sure_the_promised_word_says_so_and_promises_no_more() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started())
    city.hears(ert(at(5, 12), at(5, 9, 14), ert_confidence="low"))
    city.now = at(5, 9, 40)
    city.hears(ert(at(5, 12), city.now, ert_confidence="high"))
    assert len(city.requests()) == 2, "nothing new that anybody would do otherwise"
    city.moves_to(at(5, 10, 10))
    assert "初步" not in city.last()
    city.phone().receives("预计12时左右恢复供电")
    assert city.texts()[-1].meant.next_word_by is None
    city.moves_to(at(5, 11, 59))
    assert len(city.requests()) == 3


def test_its_own_next_word_for_an_estimate_is_kept_as_said() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started())
    city.hears(ert(at(5, 14), at(5, 9, 14), ert_confidence="low", next_update_at=at(5, 9, 50)))
    city.phone().receives("初步预计14时左右恢复供电,9时50分前再告知您")


def test_an_estimate_promises_no_word_for_long_after_it_would_have_come_true() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started())
    city.hears(ert(at(5, 9, 50), at(5, 9, 14), ert_confidence="low"))
    assert city.texts()[-1].meant.next_word_by == at(5, 10)


def test_an_estimate_that_moves_is_a_later_estimate() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11)))
    city.now = at(5, 10)
    city.hears(ert(at(5, 13), city.now, ert_confidence="low"))
    assert city.requests()[-1].trigger == "ert-changed"
    city.phone().receives("最新初步预计13时左右恢复供电")
    city.hears(confirmed(at(5, 10, 20)))
    assert city.reached()[-1] == "restored"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("awaitingCrewAssignment", "我们正在安排抢修"),
        ("assigned", "我们已安排人员抢修"),
        ("enroute", "抢修人员正在赶往现场"),
        ("arrived", "我们正在抢修"),
        ("fieldComplete", "现场抢修已完成"),
    ],
)
def test_what_is_said_of_the_crew_follows_the_crew(status: CrewStatusKind, words: str) -> None:
    city = City(at(5, 9, 25), customer(), accept=False)
    city.hears(crew(status))
    city.hears(started(ert=at(5, 11, 30)))
    city.phone().receives(words)


def test_a_crew_that_moves_brings_no_text_of_its_own() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    for minute, status in ((20, "assigned"), (25, "enroute"), (40, "arrived"), (55, "fieldComplete")):
        city.now = at(5, 9, minute)
        city.hears(crew(status, city.now))
    assert city.reached() == ["fault"]
