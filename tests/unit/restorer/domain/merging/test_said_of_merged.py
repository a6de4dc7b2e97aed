"""Two outages are one: what customers answer to the merged one, and what either is found to have been."""

from typing import Any

from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from schemas.contracts.evidence.replies import SupplyDenied
from services.restorer.domain.lifecycle import course_of
from services.restorer.domain.merging.judging import NOTICED, OF_SURVIVOR
from tests.kits.deciders.merging import Faults, merged
from tests.kits.deciders.restorer import CREW, at, points


def off(mrid: str, clock: str, *where: str) -> dispatch.OutageStarted:
    return dispatch.OutageStarted(mrid=mrid, outage_class="fault", started_at=at(clock), extent=points(*where))


def called(mrid: str, clock: str) -> dispatch.FaultReported:
    return dispatch.FaultReported(mrid=mrid, reported_at=at(clock))


def back(mrid: str, clock: str) -> dispatch.SupplyRestored:
    return dispatch.SupplyRestored(mrid=mrid, restored_at=at(clock))


def two(*more: Any) -> Faults:
    """A is called in at nine and B starts a quarter of an hour later."""
    faults = Faults("A", "B")
    faults.hears_all(
        called("A", "9:00"), off("A", "9:05", "e1", "e2"), called("B", "9:15"), off("B", "9:20", "w1"), *more
    )
    return faults


def still_dark(mrid: str, clock: str, where: Extent) -> SupplyDenied:
    return SupplyDenied(mrid=mrid, customer_id="C-1", said_at=at(clock), extent=where)


def test_a_customer_who_answers_a_text_of_the_merged_one_is_asked_about_under_the_one_that_goes_on() -> None:
    faults = two(merged("10:00"), back("B", "10:30"))
    assert faults.hears(still_dark("A", "10:40", points("e1"))).reason == OF_SURVIVOR
    assert faults["A"].events("fact.questioned") == []
    (question,) = faults["B"].events("fact.questioned")
    assert (question.mrid, question.reason, question.places) == ("B", "customer-says-off", points("e1"))
    assert faults["B"].events("restoration.checked")[-1].denied == points("e1")


def now_is(mrid: str, clock: str, what: Any) -> dispatch.OutageReclassified:
    return dispatch.OutageReclassified(mrid=mrid, reclassified_at=at(clock), outage_class=what)


def test_what_the_merged_one_is_said_to_have_been_since_is_said_of_the_one_that_goes_on() -> None:
    faults = two(merged("10:00"))
    assert faults.hears(now_is("A", "10:20", "planned")).reason == OF_SURVIVOR
    view = faults["B"].view
    assert (view["outageClass"], [one.outage_class for one in faults["B"].events("outage.classified")]) == (
        "planned",
        ["planned"],
    )
    assert {promise["state"] for promise in view["promises"] if promise["ruleId"] == CREW} == {"voided"}
    assert faults["A"].events("outage.classified") == []


def test_a_fault_that_was_found_to_be_work_is_not_merged_and_one_that_was_work_is() -> None:
    faults = two(now_is("A", "9:40", "planned"), merged("10:00"))
    assert faults["A"].status == "confirmed"
    assert [one.reason for one in faults["A"].events("fact.questioned")] == [NOTICED]
    faults = two(now_is("A", "9:40", "planned"), now_is("A", "9:50", "fault"), merged("10:00"))
    assert faults["A"].status == "merged"
    assert faults["B"].view["outageClass"] == "fault"


def test_what_the_one_that_goes_on_was_found_to_be_holds_for_both() -> None:
    faults = two(merged("10:00"), now_is("B", "10:20", "planned"), back("B", "11:00"))
    (confirmed,) = faults["B"].events("restoration.confirmed")
    assert faults["B"].view["outageClass"] == "planned"
    assert course_of(faults["B"].state).began.at == at("9:05")  # type: ignore[union-attr]
    assert confirmed.restored_at == at("11:00")
