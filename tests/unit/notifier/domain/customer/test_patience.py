"""Nobody is silenced, or talked to, without limit: claims, overruns, untrue words, and whom no text reaches."""

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageReopened, SupplyRestored
from schemas.contracts.messages import ContactUnreached
from schemas.contracts.notices import NoticeBreached
from schemas.contracts.restorations import RestorationRefused
from services.notifier.domain.events import AlarmOver, AlarmRaised
from services.notifier.domain.outage.facts import FactRegisters
from services.notifier.domain.outage.learning import TAKEN_BACK, learn
from services.notifier.domain.outage.truth import truth
from tests.kits.deciders.notifier import MINUTE, City, at, confirmed, customer, ert, part, published, span, started

SECOND = timedelta(seconds=1)


def calls(city: City) -> list[str]:
    return [event.data.reason for event in city.log["customer/hospital"] if isinstance(event.data, ContactUnreached)]


def alarms(city: City) -> list[str]:
    found = [event.data for event in city.log["customer/hospital"] if isinstance(event.data, AlarmRaised | AlarmOver)]
    return [f"{'+' if isinstance(one, AlarmRaised) else '-'}{one.kind}" for one in found]


# --- a claim without proof -------------------------------------------------------------------------------------------


def claimed(until: datetime) -> City:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 10)))
    city.moves_to(until)
    city.hears(SupplyRestored(mrid="F1", restored_at=until))
    return city


def test_a_claim_without_proof_holds_texts_for_a_quarter_of_an_hour_and_then_the_truth_is_told() -> None:
    city = claimed(at(5, 10, 5))
    city.moves_to(at(5, 10, 19))
    assert city.reached() == ["fault"]
    city.moves_to(at(5, 10, 21))
    assert city.reached() == ["fault", "fault-time-unknown"]
    city.phone().receives("自3月5日9时12分起停电,现据报已恢复,尚未核实")
    assert calls(city) == ["power-said-to-be-back-and-not-confirmed"], "and a person knows"


def test_a_claim_that_lapses_before_the_spoken_time_brings_no_text_of_its_own() -> None:
    city = claimed(at(5, 9, 30))
    city.moves_to(at(5, 10, 14))
    assert city.reached() == ["fault"], "they were told 10 o'clock, about: nothing new is known before"
    city.moves_to(at(5, 10, 15))
    assert city.reached() == ["fault", "fault-time-unknown"]


def test_whoever_waits_for_proof_is_told_again_as_promised_and_at_last_that_it_is_back() -> None:
    city = claimed(at(5, 10, 5))
    city.moves_to(at(5, 12))
    assert city.reached() == ["fault", "fault-time-unknown", "fault-time-unknown"]
    city.hears(confirmed(at(5, 10, 5)))
    assert city.reached()[-1] == "restored"
    assert alarms(city) == ["+claim-unproven", "-claim-unproven"]


def test_a_claim_that_is_refused_and_made_again_begins_a_limit_of_its_own() -> None:
    city = claimed(at(5, 9, 30))
    city.moves_to(at(5, 9, 40))
    city.hears(RestorationRefused(mrid="F1", claimed_at=at(5, 9, 30), reason="steps-incomplete"))
    city.moves_to(at(5, 9, 50))
    assert calls(city) == []
    city.hears(SupplyRestored(mrid="F1", restored_at=at(5, 9, 50)))
    city.moves_to(at(5, 10, 4))
    assert calls(city) == []
    city.moves_to(at(5, 10, 6))
    assert calls(city) == ["power-said-to-be-back-and-not-confirmed"]


NORTH, SOUTH = Extent(lines=("10千伏城北线",)), Extent(lines=("10千伏城南线",))


def a_part_is_said_to_be_back() -> City:
    """The hospital in the north, the clinic in the south; dispatch says that the north is back, and nobody has proved it."""
    places: dict[str, Any] = {"areas": ()}
    city = City(
        at(5, 9, 14),
        customer(lines=NORTH.lines, **places),
        customer("clinic", lines=SOUTH.lines, **places),
    )
    both = Extent(lines=(*NORTH.lines, *SOUTH.lines))
    city.hears(started(ert=at(5, 10), extent=both))
    city.moves_to(at(5, 10, 5))
    city.hears(SupplyRestored(mrid="F1", restored_at=at(5, 10, 5), scope="part", extent=NORTH))
    return city


def test_a_part_said_to_be_back_holds_texts_for_whom_it_names_and_for_nobody_else() -> None:
    city = a_part_is_said_to_be_back()
    city.moves_to(at(5, 10, 19))
    assert city.reached() == ["fault"], "that their power is still off may be false"
    assert city.reached("clinic") == ["fault", "ert-overdue"]
    city.moves_to(at(5, 10, 21))
    assert city.reached() == ["fault", "fault-time-unknown"], "nobody is silenced without limit"
    city.phone().receives("据报已恢复")
    assert "据报已恢复" not in city.last("clinic")


def test_a_part_that_is_proved_is_said_to_be_back_and_one_that_is_refused_is_off_as_before() -> None:
    city = a_part_is_said_to_be_back()
    city.hears(part(NORTH, SOUTH, at(5, 10, 5)))
    city.moves_to(at(5, 10, 30))
    assert city.reached() == ["fault", "part-restored"]
    city.phone().receives("恢复供电")
    assert calls(city) == []
    city = a_part_is_said_to_be_back()
    city.hears(RestorationRefused(mrid="F1", claimed_at=at(5, 10, 5), reason="part-not-named"))
    city.moves_to(at(5, 10, 16))
    assert city.reached() == ["fault", "ert-overdue"]
    assert "据报已恢复" not in city.last()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_a_part_whose_proof_is_heard_before_it_was_claimed_waits_for_nobody(order: tuple[int, ...]) -> None:
    told = (
        started(extent=Extent(lines=(*NORTH.lines, *SOUTH.lines))),
        SupplyRestored(mrid="F1", restored_at=at(5, 10, 5), scope="part", extent=NORTH),
        part(NORTH, SOUTH, at(5, 10, 5)),
    )
    facts = FactRegisters()
    for index in order:
        facts = learn(facts, told[index])
    known = truth(facts)
    assert known is not None
    assert (known.status, known.extent, known.claimed) == ("part-restored", SOUTH, Extent())


# --- work that goes on beyond its noticed end (case 16) ---------------------------------------------------------------


def at_work() -> City:
    """Work noticed for 8 to 17 o'clock, under way since 8."""
    city = City(at(3, 9, 5), customer())
    city.hears(published())
    city.now = at(12, 8)
    city.hears(started("P1", when=at(12, 8), outage_class="planned"))
    city.moves_to(at(12, 17))
    return city


def overran(city: City) -> None:
    city.hears(NoticeBreached(mrid="P1", kind="overran", at=at(12, 17), noticed_period=span(at(12, 8), at(12, 17))))


def test_work_that_ended_in_time_and_was_reported_late_brings_no_apology() -> None:
    city = at_work()
    overran(city)
    city.moves_to(at(12, 17) + 40 * SECOND)
    city.hears(confirmed(at(12, 17) - 20 * SECOND, mrid="P1"))
    city.moves_to(at(12, 18))
    assert city.reached() == ["planned-notice", "restored"]


def test_work_that_runs_over_by_ten_minutes_is_within_about() -> None:
    city = at_work()
    overran(city)
    city.moves_to(at(12, 17, 10))
    city.hears(confirmed(at(12, 17, 10), mrid="P1"))
    city.moves_to(at(12, 18))
    assert city.reached() == ["planned-notice", "restored"]


def test_an_overrun_is_apologised_for_once_when_about_has_passed_with_the_new_time() -> None:
    city = at_work()
    overran(city)
    city.moves_to(at(12, 17, 14))
    assert city.reached() == ["planned-notice"]
    city.moves_to(at(12, 17, 15))
    assert city.reached() == ["planned-notice", "breach-apology"]
    city.phone().receives("超过通知的时间,这是我们工作的失误")
    city.moves_to(at(12, 17, 40))
    city.hears(ert(at(12, 19), at(12, 17, 40), mrid="P1"))
    city.moves_to(at(12, 18, 59))
    assert city.reached() == ["planned-notice", "breach-apology", "fault"], "the time, once it is known: no apology"
    city.phone().receives("预计19时左右恢复供电")


def test_a_new_time_that_is_told_with_an_apology_is_the_apology_for_the_overrun() -> None:
    city = at_work()
    overran(city)
    city.moves_to(at(12, 17, 2))
    city.hears(ert(at(12, 18, 30), at(12, 17, 2), mrid="P1"))
    assert city.reached() == ["planned-notice", "ert-changed"]
    city.phone().receives("我们诚恳道歉")
    city.moves_to(at(12, 18, 29))
    assert city.reached() == ["planned-notice", "ert-changed"]


def test_an_overrun_that_is_heard_of_after_its_apology_is_not_apologised_for_again() -> None:
    city = at_work()
    city.moves_to(at(12, 17, 16))
    assert city.reached() == ["planned-notice", "ert-overdue"], "the notice's end was the spoken time"
    overran(city)
    city.moves_to(at(12, 17, 50))
    assert city.reached() == ["planned-notice", "ert-overdue"]


def test_other_breaches_are_apologised_for_at_once() -> None:
    city = City(at(3, 9, 5), customer())
    city.hears(published())
    city.moves_to(at(12, 7))
    city.hears(started("P1", when=at(12, 7), outage_class="planned"))
    city.hears(NoticeBreached(mrid="P1", kind="started-early", at=at(12, 7)))
    assert city.reached()[-1] == "breach-apology"
    assert city.requests()[-1].requested_at == at(12, 7)


# --- what we said was not so ------------------------------------------------------------------------------------------


def told_back() -> City:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.moves_to(at(5, 10))
    city.hears(confirmed(at(5, 9, 58)))
    assert city.reached() == ["fault", "restored"]
    return city


def test_a_restoration_that_is_taken_back_is_admitted_and_not_told_as_a_second_outage() -> None:
    city = told_back()
    city.moves_to(at(5, 10, 20))
    city.hears(RestorationRefused(mrid="F1", claimed_at=at(5, 9, 58), reason=TAKEN_BACK, decided_at=at(5, 10, 20)))
    city.phone().receives("更正:上一条信息有误,我们诚恳道歉。贵单位(中山路18号)自3月5日9时12分起一直停电")
    assert "再次停电" not in city.last()


def test_power_that_went_off_again_after_it_was_back_is_a_second_outage() -> None:
    city = told_back()
    city.moves_to(at(5, 10, 20))
    city.hears(OutageReopened(mrid="F1", reopened_at=at(5, 10, 18), reason="tripped again"))
    city.phone().receives("自3月5日10时18分起再次停电")


def test_an_outage_heard_of_too_late_that_held_them_all_the_time_is_admitted_too() -> None:
    city = told_back()
    city.moves_to(at(5, 10, 20))
    city.hears(started("F2", when=at(5, 9, 40), ert=at(5, 12)))
    city.phone().receives("更正:上一条信息有误,我们诚恳道歉。贵单位(中山路18号)自3月5日9时12分起一直停电")


def test_the_admission_in_english() -> None:
    city = City(at(5, 9, 14), customer(language="en"))
    city.hears(started(ert=at(5, 11, 30)))
    city.moves_to(at(5, 10))
    city.hears(confirmed(at(5, 9, 58)))
    city.hears(started("F2", when=at(5, 9, 40), ert=at(5, 12)))
    assert "correction. Our last text was wrong: your site (中山路18号) has had no power since 09:12" in city.last()


# --- whom no text reaches ---------------------------------------------------------------------------------------------


def unreached() -> City:
    """Neither contact had the text, for no fault of their numbers."""
    city = City(at(5, 9, 14), customer(), accept=False)
    city.hears(started(ert=at(5, 11, 30)))
    city.refuses("unreachable-handset")
    city.refuses("unreachable-handset")
    return city


def test_whom_no_text_reached_is_tried_again_an_hour_later_with_all_contacts() -> None:
    city = unreached()
    assert alarms(city) == ["+nobody-reached"]
    assert calls(city) == ["all-contacts-failed"]
    city.moves_to(at(5, 10, 13))
    assert len(city.requests()) == 2
    city.moves_to(at(5, 10, 14))
    assert [text.contact_id for text in city.requests()] == ["hospital-duty", "hospital-head", "hospital-duty"]
    city.refuses("unreachable-handset")
    assert city.requests()[-1].contact_id == "hospital-head"
    city.accepts()
    assert alarms(city) == ["+nobody-reached", "-nobody-reached"]
    assert city.reached() == ["fault"]


def test_tries_become_rarer_and_a_person_is_called_once_for_one_content() -> None:
    city = unreached()
    for _ in range(4):
        before = len(city.requests())
        due = city.deciders["customer"].timers(city.of())["retry/supply"]
        city.moves_to(due)
        assert len(city.requests()) == before + 1
        city.refuses("unreachable-handset")
        city.refuses("unreachable-handset")
    requested = sorted({text.requested_at for text in city.requests()})
    assert [round((b - a) / MINUTE) for a, b in itertools.pairwise(requested)] == [60, 120, 240, 480]
    assert alarms(city) == ["+nobody-reached"]


def test_one_who_believes_an_older_text_is_tried_again_when_the_newer_one_reached_nobody() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.accept = False
    city.moves_to(at(5, 11, 45))
    assert city.requests()[-1].trigger == "ert-overdue"
    city.refuses("unreachable-handset")
    city.refuses("unreachable-handset")
    assert calls(city) == ["all-contacts-failed"]
    city.accept = True
    city.moves_to(at(5, 12, 45))
    assert city.reached() == ["fault", "ert-overdue"]


def test_whom_no_text_reached_hears_nothing_of_the_end() -> None:
    city = unreached()
    city.hears(confirmed(at(5, 9, 58)))
    city.moves_to(at(5, 13))
    assert city.reached() == []
    assert alarms(city) == ["+nobody-reached", "-nobody-reached"]
