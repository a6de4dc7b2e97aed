"""A polled list lacks the outage: who knows that power is off is left in peace for a time, and who does not is told."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.customers import Supply
from schemas.contracts.dispatch import OutageReopened, SupplyRestored
from schemas.contracts.notices import NoticeBreached
from schemas.contracts.restorations import FactRefused
from services.policy.model import Telling
from tests.kits.deciders.lists import listed_again, perhaps_back
from tests.kits.deciders.notifier import (
    MINUTE,
    City,
    at,
    confirmed,
    customer,
    ert,
    published,
    span,
    started,
)

LIMIT = Telling().absence_limit


def told(**changes: Any) -> City:
    """Power is off since 9:12, expected about 11:30, and the hospital knows."""
    city = City(at(5, 9, 14), customer())
    city.hears(started(**({"ert": at(5, 11, 30)} | changes)))
    return city


def missed(city: City, hour: int, minute: int, mrid: str = "F1") -> City:
    city.moves_to(at(5, hour, minute))
    city.hears(perhaps_back(at(5, hour, minute), mrid))
    return city


def test_a_time_that_passes_while_the_list_lacks_the_outage_is_not_apologised_for() -> None:
    city = missed(told(), 11, 15)
    city.moves_to(at(5, 12, 10))
    assert city.reached() == ["fault"]
    city.hears(confirmed(at(5, 11, 15)))
    assert city.reached() == ["fault", "restored"], "nobody read that we did not manage it, for we did"


def test_without_the_word_the_apology_is_sent_and_untrue() -> None:
    city = told()
    city.moves_to(at(5, 12, 10))
    city.hears(confirmed(at(5, 11, 15)))
    assert city.reached() == ["fault", "ert-overdue", "restored"]


def test_listed_again_what_is_due_is_said_at_once() -> None:
    city = missed(told(), 11, 15)
    city.moves_to(at(5, 12))
    assert city.reached() == ["fault"]
    city.hears(listed_again(at(5, 12)))
    assert city.reached() == ["fault", "ert-overdue"]


def test_listed_again_before_any_word_was_due_the_customer_notices_nothing() -> None:
    city = missed(told(), 10, 0)
    city.hears(listed_again(at(5, 10, 15)))
    city.moves_to(at(5, 11, 44))
    assert city.reached() == ["fault"]
    city.moves_to(at(5, 11, 46))
    assert city.reached() == ["fault", "ert-overdue"]


def test_a_promised_next_word_is_held_too() -> None:
    city = told(ert=None)
    assert city.reached() == ["fault-time-unknown"]
    promised = city.texts()[-1].meant.next_word_by
    assert promised is not None
    city.moves_to(promised - timedelta(minutes=12))
    city.hears(perhaps_back(city.now))
    city.moves_to(promised + 10 * MINUTE)
    assert city.reached() == ["fault-time-unknown"]
    city.hears(listed_again(city.now))
    assert city.reached() == ["fault-time-unknown"] * 2


def test_a_text_under_way_is_withdrawn_with_its_reason_and_said_again_when_it_is_so_still() -> None:
    city = told()
    city.accept = False
    city.moves_to(at(5, 11, 46))
    assert [text.trigger for text in city.texts("hospital", "requested")] == ["ert-overdue"]
    assert city.hears(perhaps_back(at(5, 11, 46))).reason == "perhaps-restored"
    (gone,) = [event.data for event in city.log["customer/hospital"] if event.type == "message.suppressed.v1"]
    assert gone.reason == "supply-perhaps-back"
    city.accept = True
    city.hears(listed_again(at(5, 12)))
    assert city.reached() == ["fault", "ert-overdue"]


def test_the_decision_names_why_nothing_is_said() -> None:
    city = missed(told(), 11, 15)
    reasons = [decision.reason for stream, decision in city.decisions if stream == "customer/hospital"]
    assert reasons[-1] == "held-while-perhaps-back"


def test_who_was_told_nothing_yet_is_told_for_absence_may_be_wrong() -> None:
    city = missed(told(), 11, 15)
    city.hears(customer("school"))
    assert city.reached("school") == ["fault"]


def test_another_outage_that_is_listed_holds_them_and_its_words_go_on() -> None:
    city = told()
    city.hears(started("F2", at(5, 9, 30), ert=at(5, 11, 30)))
    missed(city, 11, 15)
    city.moves_to(at(5, 11, 46))
    assert city.reached()[-1] == "ert-overdue"
    both = told()
    both.hears(started("F2", at(5, 9, 30), ert=at(5, 11, 30)))
    missed(missed(both, 11, 15), 11, 15, "F2")
    both.moves_to(at(5, 11, 46))
    assert both.reached() == ["fault"]


def test_said_to_be_back_while_the_list_lacks_it_is_a_claim_with_its_own_limit() -> None:
    city = missed(told(), 11, 15)
    city.hears(SupplyRestored(mrid="F1", restored_at=at(5, 11, 15)))
    assert "claim/supply" in city.deciders["customer"].timers(city.of())
    city.hears(confirmed(at(5, 11, 15)))
    assert city.reached() == ["fault", "restored"]


def test_an_apology_for_an_overrun_is_held_like_any_word_of_the_clock() -> None:
    city = City(at(3, 10), customer())
    city.hears(published(period=span(at(12, 8), at(12, 17))))
    city.moves_to(at(12, 8))
    city.hears(started("P1", at(12, 8), outage_class="planned"))
    city.moves_to(at(12, 16, 50))
    city.hears(perhaps_back(at(12, 16, 50), "P1"))
    city.now = at(12, 17, 1)
    city.hears(NoticeBreached(mrid="P1", notice_id="P1/1", kind="overran", at=at(12, 17)))
    city.moves_to(at(12, 17, 30))
    assert "breach-apology" not in city.reached()
    assert "ert-overdue" not in city.reached()


# --- the limit


def test_unanswered_for_an_hour_customers_read_that_it_may_be_back() -> None:
    city = missed(told(), 11, 15)
    city.moves_to(at(5, 11, 15) + LIMIT - MINUTE)
    assert city.reached() == ["fault"]
    city.moves_to(at(5, 11, 15) + LIMIT)
    assert city.reached() == ["fault", "fault-time-unknown"]
    assert city.last().startswith(
        "【东江供电公司】您好!贵单位(中山路18号)自3月5日9时12分起停电,现可能已恢复,尚未核实,我们正在核实,将于"
    )
    decision = [decision for stream, decision in city.decisions if stream == "outage/F1"][-1]
    assert decision.reason == "absent-too-long"


def test_in_english_too() -> None:
    city = City(at(5, 9, 14), customer(language="en", address="18 Zhongshan Road"))
    city.hears(started(ert=at(5, 11, 30)))
    missed(city, 11, 15)
    city.moves_to(at(5, 12, 15))
    assert "may be back by now. That is not proven yet and we are checking it" in city.last()


def test_after_the_limit_it_is_said_as_often_as_any_promised_word_and_no_more() -> None:
    city = missed(told(), 11, 15)
    city.moves_to(at(5, 12, 20))
    first = city.texts()[-1].meant.next_word_by
    assert first is not None
    city.moves_to(first + MINUTE)
    assert city.reached() == ["fault", "fault-time-unknown", "fault-time-unknown"]


def test_whoever_repeats_the_word_puts_nothing_off() -> None:
    city = told()
    for minutes in range(0, 65, 5):
        city.moves_to(at(5, 11, 15) + timedelta(minutes=minutes))
        city.hears(perhaps_back(city.now))
    city.moves_to(at(5, 12, 15))
    assert city.reached() == ["fault", "fault-time-unknown"]


def test_before_a_word_is_due_the_limit_says_nothing_to_anybody() -> None:
    city = missed(told(ert=at(5, 15)), 10, 0)
    city.moves_to(at(5, 12))
    assert city.reached() == ["fault"]


def test_listed_again_after_the_limit_power_is_off_in_plain_words() -> None:
    city = missed(told(), 11, 15)
    city.moves_to(at(5, 12, 20))
    city.hears(listed_again(at(5, 12, 20)))
    city.hears(ert(at(5, 14), at(5, 12, 20)))
    assert city.reached() == ["fault", "fault-time-unknown", "fault"]
    assert "可能已恢复" not in city.last()


def test_a_person_who_says_that_power_is_off_ends_the_hold() -> None:
    city = missed(told(), 11, 15)
    city.now = at(5, 11, 50)
    answer = FactRefused(
        mrid="F1",
        question_id="Q-1",
        fact_type="supply.perhaps-restored.v1",
        at=at(5, 11, 50),
        by="wei",
        reason="looked",
    )
    city.hears(answer)
    assert city.reached() == ["fault", "ert-overdue"]
    assert "absence" not in city.deciders["outage"].timers(city.states["outage/F1"])


# --- the end of it


def test_power_that_went_off_anew_is_off_whatever_lists_said_before() -> None:
    city = missed(told(), 11, 15)
    city.hears(confirmed(at(5, 11, 15)))
    city.now = at(5, 11, 40)
    city.hears(OutageReopened(mrid="F1", reopened_at=at(5, 11, 40), ert=at(5, 12)))
    city.moves_to(at(5, 12, 16))
    assert city.reached()[-1] == "ert-overdue"


@pytest.mark.parametrize("first", [True, False])
def test_heard_before_the_outage_or_after_it_ends_alike(*, first: bool) -> None:
    city = City(at(5, 11, 16), customer())
    facts = [perhaps_back(at(5, 11, 15)), started(ert=at(5, 11, 30))]
    for fact in facts if first else reversed(facts):
        city.hears(fact)
    assert city.reached() == ["fault"], "nobody had told them"
    city.moves_to(at(5, 12))
    assert city.reached() == ["fault"]


def test_of_two_supplies_a_missed_time_is_not_told_while_the_list_lacks_the_work() -> None:
    works = customer(
        lines=(),
        areas=(),
        supplies=(
            Supply(id="1", role="main", line="10千伏城东线"),
            Supply(id="2", role="standby", line="10千伏城西线"),
        ),
    )
    city = City(at(3, 10), works)
    city.hears(published(period=span(at(12, 8), at(12, 17)), extent=Extent(lines=("10千伏城东线",))))
    city.moves_to(at(12, 8))
    city.hears(started("P1", at(12, 8), outage_class="planned", extent=Extent(lines=("10千伏城东线",))))
    city.moves_to(at(12, 17))
    before = len(city.reached())
    city.hears(perhaps_back(at(12, 17), "P1"))
    city.moves_to(at(12, 17, 30))
    assert len(city.reached()) == before
    city.hears(listed_again(at(12, 17, 30), "P1"))
    assert len(city.reached()) == before + 1
