"""Dispatch says that there was no outage: whoever was told of it hears so once, and nobody else hears of it at all."""

from itertools import permutations
from typing import Any

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.customers import Supply
from schemas.contracts.dispatch import FieldFact, OutageReopened
from schemas.contracts.restorations import FactAccepted
from services.notifier.domain.customer.conversation import believe
from services.plausibility import question_of
from services.policy.model import Telling
from tests.kits.deciders.notifier import (
    MINUTE,
    City,
    at,
    confirmed,
    crew,
    customer,
    ert,
    no_outage,
    published,
    span,
    started,
    withdrawn,
)


def night(*customers: Any, **more: Any) -> City:
    return City(at(5, 2, 10), *(customers or (customer(),)), **more)


def test_the_hospital_that_was_told_of_it_hears_once_that_there_was_none() -> None:
    city = night()
    city.hears(started(when=at(5, 2, 5), ert=at(5, 4)))
    city.now = at(5, 2, 20)
    assert city.hears(no_outage(at(5, 2, 20))).reason == "to-be-told"
    assert city.reached() == ["fault", "correction"]
    assert city.last().startswith(
        "【东江供电公司】您好!更正:我们于3月5日2时10分告知贵单位(中山路18号)停电,经核实并无此次停电,请以本条为准。"
        "信息有误,我们诚恳道歉。如您处确实无电,请拨95598,编号"
    )
    city.hears(no_outage(at(5, 2, 21), reason="调度台误录"))
    city.moves_to(at(6, 2))
    assert city.reached() == ["fault", "correction"], "once, and nothing of the time that was promised"


def test_it_is_said_in_english_to_whoever_reads_english() -> None:
    city = night(customer(language="en", address="18 Zhongshan Road"))
    city.hears(started(when=at(5, 2, 5), ert=at(5, 4)))
    city.now = at(5, 2, 20)
    city.hears(no_outage(at(5, 2, 20)))
    assert city.last().startswith(
        "Dongjiang Power: correction. At 02:10 on 5 March we told you that your site (18 Zhongshan Road) had no power. "
        "There was no such outage. What we said was wrong and we are sorry. If you do have no power, call 95598, ref "
    )


def test_whoever_was_never_told_hears_nothing() -> None:
    city = night(customer(), customer("school", lines=("10千伏城西线",), areas=()))
    city.accept = False
    city.hears(started(when=at(5, 2, 5), ert=at(5, 4)))
    assert [text.state for text in city.texts()] == ["requested"]
    city.hears(no_outage(at(5, 2, 10)))
    assert [text.state for text in city.texts()] == ["suppressed"], "the text that waited is withdrawn"
    (gone,) = [event.data for event in city.log["customer/hospital"] if event.type == "message.suppressed.v1"]
    assert gone.reason == "outage-withdrawn"
    city.moves_to(at(6, 2))
    assert len(city.requests()) == 1
    assert city.requests("school") == []


def test_whoever_comes_to_the_place_later_hears_nothing() -> None:
    city = night()
    city.hears(started(when=at(5, 2, 5)))
    city.hears(no_outage(at(5, 2, 20)))
    city.hears(customer("school"))
    assert city.requests("school") == []


def test_one_whom_another_outage_holds_is_not_told_that_there_is_power() -> None:
    city = night()
    city.hears(started("F1", at(5, 2, 5), ert=at(5, 4)))
    city.hears(started("F2", at(5, 2, 8), ert=at(5, 4)))
    city.now = at(5, 2, 20)
    city.hears(no_outage(at(5, 2, 20), "F1"))
    assert city.reached() == ["fault"], "they are dark, and the time that they were told holds"
    city.now = at(5, 3, 40)
    city.hears(confirmed(at(5, 3, 40), "F2"))
    assert city.reached() == ["fault", "restored"]
    city.moves_to(at(6, 2))
    assert city.reached() == ["fault", "restored"], "they had no power: the one is no news beside that"


def test_a_later_word_of_the_other_outage_does_not_count_from_the_one_that_was_none() -> None:
    city = night()
    city.hears(started("F1", at(5, 2, 5), ert=at(5, 4)))
    city.hears(started("F2", at(5, 2, 30), ert=None))
    city.hears(no_outage(at(5, 2, 40), "F1"))
    city.moves_to(at(5, 3, 6))
    assert city.reached() == ["fault", "fault-time-unknown", "fault-time-unknown"], "the word that was promised"
    assert "自3月5日2时30分起停电" in city.last()


def test_an_outage_that_comes_while_the_correction_settles_takes_its_place() -> None:
    city = night(telling=Telling(settling=MINUTE))
    city.hears(started("F1", at(5, 2, 5), ert=at(5, 4)))
    city.moves_to(at(5, 2, 20))
    city.hears(no_outage(at(5, 2, 20), "F1"))
    assert city.reached() == ["fault"], "that there was none is said once nothing can contradict it"
    city.hears(started("F2", at(5, 2, 20), ert=at(5, 6)))
    city.moves_to(at(5, 2, 50))
    assert city.reached() == ["fault", "ert-changed"]


def test_whoever_knows_that_it_is_over_is_not_called_again_for_it() -> None:
    city = night()
    city.hears(started(when=at(5, 2, 5), ert=at(5, 4)))
    city.now = at(5, 3)
    city.hears(confirmed(at(5, 3)))
    city.now = at(5, 3, 30)
    city.hears(no_outage(at(5, 3, 30)))
    city.moves_to(at(6, 2))
    assert city.reached() == ["fault", "restored"]


def test_power_that_is_off_after_all_is_told_and_so_is_its_end() -> None:
    city = night()
    city.hears(started(when=at(5, 2, 5), ert=at(5, 4)))
    city.now = at(5, 2, 20)
    city.hears(no_outage(at(5, 2, 20)))
    city.now = at(5, 2, 31)
    city.hears(OutageReopened(mrid="F1", reopened_at=at(5, 2, 30), ert=at(5, 5)))
    assert city.reached() == ["fault", "correction", "fault"]
    assert "自3月5日2时30分起停电" in city.last()
    city.now = at(5, 4)
    city.hears(confirmed(at(5, 4)))
    assert city.reached()[-1] == "restored"


FACTS: tuple[FieldFact, ...] = (
    started(when=at(5, 2, 5), ert=at(5, 4)),
    ert(at(5, 5), at(5, 2, 12)),
    crew("assigned", at(5, 2, 15)),
    no_outage(at(5, 2, 20)),
)


@pytest.mark.parametrize("order", list(permutations(range(len(FACTS)))))
def test_in_whatever_order_it_is_heard_of_nobody_believes_in_the_end_that_power_is_off(order: tuple[int, ...]) -> None:
    city = night()
    city.now = at(5, 2, 21)
    for index in order:
        city.hears(FACTS[index])
        city.hears(FACTS[index])
    city.moves_to(at(6, 2))
    assert not city.of().holding()
    assert believe(city.of()).kind != "out"
    told = city.reached()
    assert told == [] or (told[-1] == "correction" and told.count("correction") == 1)


def test_a_start_that_comes_after_the_word_that_there_was_none_is_told_to_nobody() -> None:
    city = night()
    assert city.hears(no_outage(at(5, 2, 20))).reason == "held-until-known"
    assert city.hears(started(when=at(5, 2, 5))).reason == "over-before-anyone-was-told"
    assert city.requests() == []


def test_a_start_later_than_the_word_that_there_was_none_is_told() -> None:
    city = night()
    city.hears(no_outage(at(5, 2, 20)))
    city.hears(started(when=at(5, 2, 25)))
    assert city.reached() == ["fault-time-unknown"], (
        "dispatch is asked; meanwhile rather dark for nothing than dark untold"
    )


def test_dispatch_stands_by_it_though_it_lies_before_the_start() -> None:
    city = night()
    early = no_outage(at(5, 2, 0))
    city.hears(started(when=at(5, 2, 5)))
    city.hears(early)
    assert city.reached() == ["fault-time-unknown"]
    city.hears(
        FactAccepted(
            mrid="F1",
            question_id=question_of(early),
            fact_type="outage.withdrawn.v1",
            at=at(5, 2, 30),
            by="Wang",
            reason="looked it up",
        )
    )
    assert city.reached() == ["fault-time-unknown", "correction"]


def test_one_that_lies_in_the_future_is_held() -> None:
    city = night()
    city.hears(started(when=at(5, 2, 5)))
    ahead = city.tell("outage/F1", no_outage(at(5, 10, 20)), recorded=at(5, 2, 20))
    assert ahead.reason == "happened-in-the-future"
    assert city.reached() == ["fault-time-unknown"]


def test_noticed_work_that_is_withdrawn_is_told_as_cancelled_and_once() -> None:
    city = City(at(3, 9), customer())
    city.hears(published())
    city.now = at(6, 9)
    city.hears(no_outage(at(6, 9), "P1"))
    city.hears(withdrawn())
    city.moves_to(at(13, 9))
    assert city.reached() == ["planned-notice", "cancelled"]


def test_noticed_work_that_was_said_to_have_begun_and_had_not_is_told_once() -> None:
    city = City(at(3, 9), customer())
    city.hears(published(period=span(at(5, 8), at(5, 17))))
    city.now = at(5, 8, 1)
    city.hears(started("P1", at(5, 8), outage_class="planned"))
    city.now = at(5, 8, 20)
    city.hears(no_outage(at(5, 8, 20), "P1"))
    city.hears(withdrawn())
    city.moves_to(at(6, 9))
    assert city.reached() == ["planned-notice", "cancelled"]


def test_a_works_with_two_feeders_hears_which_of_them_was_not_off() -> None:
    feeders = (
        Supply(id="1", role="main", line="10千伏工业线"),
        Supply(id="2", role="standby", line="10千伏城东线"),
    )
    city = night(customer("works", lines=(), areas=(), supplies=feeders))
    city.hears(started("F1", at(5, 2, 5), extent=Extent(lines=("10千伏工业线",))))
    city.hears(started("F2", at(5, 2, 8), extent=Extent(lines=("10千伏城东线",))))
    city.now = at(5, 2, 20)
    city.hears(no_outage(at(5, 2, 20), "F2"))
    assert "更正:贵单位(中山路18号)的备用电源(10千伏城东线)目前不在停电范围内" in city.last("works")
    assert [one.mrid for one in city.of("works").holding()] == ["F1"]
