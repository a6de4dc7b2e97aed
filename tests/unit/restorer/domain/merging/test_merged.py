"""Two reports are one fault: one outage goes on, with the earlier clock; nothing is promised twice, nothing is forgotten."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts import dispatch
from schemas.contracts.base import Extent, Period
from services.restorer.domain.lifecycle import course_of
from services.restorer.domain.merging.judging import (
    ELSEWHERE,
    INTO_ITSELF,
    NOTICED,
    OF_SURVIVOR,
    SURVIVOR_OVER,
    SURVIVOR_UNKNOWN,
    WAITS,
)
from tests.kits.deciders.merging import Faults, merged
from tests.kits.deciders.restorer import CREW, FAULT_DONE, at, points

EAST, WEST = points("e1", "e2"), points("w1")


def off(mrid: str, clock: str, where: Extent, **more: Any) -> dispatch.OutageStarted:
    return dispatch.OutageStarted(mrid=mrid, started_at=at(clock), extent=where, **({"outage_class": "fault"} | more))


def called(mrid: str, clock: str, **more: Any) -> dispatch.FaultReported:
    return dispatch.FaultReported(mrid=mrid, reported_at=at(clock), **more)


def crew(mrid: str, clock: str) -> dispatch.CrewStatus:
    return dispatch.CrewStatus(mrid=mrid, crew_status="arrived", at=at(clock))


def back(mrid: str, clock: str, where: Extent | None = None, day: int = 5) -> dispatch.SupplyRestored:
    scope: Any = "all" if where is None else "part"
    return dispatch.SupplyRestored(mrid=mrid, restored_at=at(clock, day), scope=scope, extent=where or Extent())


def two(*more: Any) -> Faults:
    """A is called in at nine and B starts a quarter of an hour later; at ten they are found to be one, as B."""
    faults = Faults("A", "B")
    faults.hears_all(called("A", "9:00"), off("A", "9:05", EAST), called("B", "9:15"), off("B", "9:20", WEST), *more)
    return faults


def restorations(faults: Faults, mrid: str) -> list[str]:
    return [event.type for event in faults[mrid].log if event.type.startswith("restoration.")]


def test_one_outage_goes_on_where_both_lay_and_since_the_earlier_beginning() -> None:
    faults = two(merged("10:00"))
    assert faults["A"].status == "merged"
    view = faults["B"].view
    assert sorted(view["remaining"]["usagePoints"]) == ["e1", "e2", "w1"]
    assert course_of(faults["B"].state).began.at == at("9:05")  # type: ignore[union-attr]
    assert faults["B"].promise(CREW, "1.2")["measuredFrom"] == "2026-03-05T01:00:00Z"


@pytest.mark.parametrize("clock", ["9:45", "10:15"])
def test_a_list_that_lacks_the_one_that_ended_says_nothing_of_the_one_that_goes_on(clock: str) -> None:
    missing = dispatch.SupplyPerhapsRestored(mrid="A", missing_at=at(clock))
    for facts in ((missing, merged("10:00")), (merged("10:00"), missing)):
        faults = two(*facts)
        assert faults["B"].view["perhapsRestoredSince"] is None
        assert "absence" not in {**faults["A"].timers, **faults["B"].timers}, "the list has the other for it"


def test_the_earlier_report_counts_for_the_crew_and_for_the_day_of_repair() -> None:
    faults = two(merged("9:30"))
    assert {name: state for (name, _), state in faults["A"].standings().items()} == dict.fromkeys(
        {rule for rule, _ in faults["A"].standings()}, "voided"
    )
    assert all(promise["reason"] == "merged" for promise in faults["A"].view["promises"])
    assert faults["B"].promise(CREW, "1")["reason"] == "deadline-recomputed"
    assert faults["B"].promise(CREW, "1.2")["dueAt"] == "2026-03-05T01:45:00Z"


def test_power_back_is_said_once_for_both_and_never_of_the_one_that_was_merged() -> None:
    faults = two(merged("10:00"), back("B", "12:00"))
    assert restorations(faults, "A") == []
    assert restorations(faults, "B") == ["restoration.confirmed.v1"]
    (word,) = faults["B"].events("restoration.confirmed")
    assert word.restored_at == at("12:00")
    assert word.started_at == at("9:05")


def test_what_is_said_of_it_afterwards_is_the_other_ones() -> None:
    faults = two(merged("10:00"))
    later = dispatch.ErtChanged(mrid="A", changed_at=at("10:30"), ert=at("14:00"))
    assert faults.hears(later).reason == OF_SURVIVOR
    assert faults["B"].view["ert"] == "2026-03-05T06:00:00Z"
    gone = dispatch.CauseCleared(mrid="A", cleared_at=at("11:00"))
    assert faults.hears(gone).reason == OF_SURVIVOR
    assert faults["B"].view["causeClearedAt"] == "2026-03-05T03:00:00Z"
    assert faults.hears(back("A", "11:30")).reason == OF_SURVIVOR
    assert faults["B"].status == "restored"


def test_a_part_that_was_back_before_stays_so_and_is_counted_once() -> None:
    faults = two(back("A", "9:40", points("e1")), merged("10:00"))
    assert restorations(faults, "A") == ["restoration.part.v1"]
    assert sorted(faults["B"].view["remaining"]["usagePoints"]) == ["e2", "w1"]
    faults.hears_all(back("B", "10:30", points("e2")), back("B", "11:00", points("w1")))
    assert [word.step for word in faults["B"].events("restoration.part")] == [1]
    assert faults["B"].events("restoration.confirmed")[0].reason == "steps-complete"


def test_what_comes_late_of_before_changes_where_the_other_lies() -> None:
    faults = two(merged("10:00"), back("A", "9:40", points("e1")))
    assert sorted(faults["B"].view["remaining"]["usagePoints"]) == ["e2", "w1"]
    faults.hears(dispatch.ExtentChanged(mrid="A", changed_at=at("9:50"), extent=points("e2", "e3")))
    assert sorted(faults["B"].view["remaining"]["usagePoints"]) == ["e2", "e3", "w1"]


def test_a_new_extent_of_either_is_that_of_the_one_outage() -> None:
    faults = two(merged("10:00"), dispatch.ExtentChanged(mrid="A", changed_at=at("10:20"), extent=points("e2", "w1")))
    assert sorted(faults["B"].view["extent"]["usagePoints"]) == ["e2", "w1"]


def test_a_promise_that_was_broken_is_broken_once() -> None:
    faults = two()
    faults.moves_to(at("9:46"))
    assert faults["A"].promise(CREW)["state"] == "broken"
    faults.hears_all(crew("B", "9:50"), merged("10:00"))
    assert faults["A"].promise(CREW)["state"] == "voided"
    assert faults["B"].standings()[CREW, "1"] == "broken"


def test_what_was_broken_is_not_kept_because_the_crew_had_come_to_the_other() -> None:
    """The crew stood at B at half past nine; A was told broken at a quarter to ten, and that word stays."""
    faults = two(crew("B", "9:30"))
    faults.moves_to(at("9:46"))
    faults.hears(merged("10:00"))
    assert faults["B"].standings()[CREW, "1"] == "broken"
    assert faults["B"].promise(CREW, "1.2")["reason"] == "broken-before-merging"
    assert [promise["state"] for promise in faults["A"].view["promises"] if promise["ruleId"] == CREW] == ["voided"]


def test_a_crew_that_had_come_in_time_to_the_merged_one_itself_still_mends_its_verdict() -> None:
    faults = two()
    faults.moves_to(at("9:46"))
    faults.hears_all(crew("B", "9:50"), merged("10:00"))
    assert faults["B"].standings()[CREW, "1"] == "broken"
    faults.hears(crew("A", "9:40"))
    assert faults["B"].standings()[CREW, "1"] == "kept"


def test_a_breach_under_a_rule_that_the_one_outage_does_not_have_is_not_lost() -> None:
    faults = Faults("A", "B")
    faults.hears_all(
        called("B", "8:00", territory="rural"), off("B", "8:00", WEST), called("A", "9:00"), off("A", "9:05", EAST)
    )
    faults.moves_to(at("9:46"))
    faults.hears(merged("10:00"))
    assert faults["B"].standings()[CREW, "1"] == "broken"


def test_whoever_reported_either_is_called_back_by_the_one_that_goes_on() -> None:
    faults = two(called("A", "9:10", report_id="R-A"), called("B", "9:25", report_id="R-B"), merged("10:00"))
    faults.hears(back("B", "12:00"))
    assert {word.report_id for word in faults["B"].events("followup.due")} == {"R-A", "R-B"}
    assert faults["A"].events("followup.due") == []


def test_an_outage_waits_for_the_other_to_be_known() -> None:
    faults = Faults("A")
    faults.hears_all(off("A", "9:05", EAST))
    assert faults.hears(merged("10:00")).reason == WAITS
    assert faults["A"].status == "confirmed"
    faults.hears(off("B", "9:20", WEST))
    assert faults["A"].status == "merged"
    assert sorted(faults["B"].view["remaining"]["usagePoints"]) == ["e1", "e2", "w1"]


def test_a_misspelt_survivor_is_asked_about_and_waited_for_all_the_same() -> None:
    faults = Faults("A")
    faults.hears_all(off("A", "9:05", EAST), merged("10:00"))
    faults["A"].moves_to(at("10:09"), only="merge")
    assert faults["A"].events("fact.questioned") == []
    faults["A"].moves_to(at("10:10"), only="merge")
    (question,) = faults["A"].events("fact.questioned")
    assert question.reason == SURVIVOR_UNKNOWN
    assert faults["A"].answer(question.question_id, accept=True).reason == SURVIVOR_UNKNOWN
    faults.hears(off("B", "9:20", WEST))
    assert faults["A"].status == "merged"
    assert faults["A"].view["questions"] == []


def test_refused_by_a_person_it_waits_no_more() -> None:
    faults = Faults("A")
    faults.hears_all(off("A", "9:05", EAST), merged("10:00"))
    faults["A"].moves_to(at("10:10"), only="merge")
    (question,) = faults["A"].events("fact.questioned")
    faults["A"].answer(question.question_id, accept=False)
    faults.hears(off("B", "9:20", WEST))
    assert faults["A"].status == "confirmed"


def test_a_merge_that_comes_before_the_outage_itself_waits_for_it() -> None:
    faults = Faults("A", "B")
    faults.hears_all(off("B", "9:20", WEST), merged("10:00"))
    assert faults["A"].status == "unknown"
    faults.hears(off("A", "9:05", EAST))
    assert faults["A"].status == "merged"
    assert sorted(faults["B"].view["remaining"]["usagePoints"]) == ["e1", "e2", "w1"]


def test_three_in_a_row_are_one() -> None:
    faults = two(off("C", "9:30", points("c1")))
    faults.hears_all(merged("10:00"), merged("10:10", "B", "C"))
    assert sorted(faults["C"].view["remaining"]["usagePoints"]) == ["c1", "e1", "e2", "w1"]
    faults.hears(dispatch.ErtChanged(mrid="A", changed_at=at("10:30"), ert=at("14:00")))
    assert faults["C"].view["ert"] == "2026-03-05T06:00:00Z"
    faults.hears(back("C", "12:00"))
    assert [restorations(faults, mrid) for mrid in "ABC"] == [[], [], ["restoration.confirmed.v1"]]


def test_merged_into_one_that_was_merged_it_goes_on_as_that_ones_survivor() -> None:
    faults = two(off("C", "9:30", points("c1")))
    faults.hears_all(merged("10:00", "B", "C"), merged("10:10", "A", "B"))
    assert faults["A"].view["mergedInto"] == "C"


@pytest.mark.parametrize("into", ["A", "B"])
def test_a_ring_of_outages_is_refused_and_asked_about(into: str) -> None:
    faults = two(merged("10:00"))
    other = merged("10:10", "A" if into == "A" else "B", "A")
    faults.hears(other)
    reasons = {question["reason"] for question in faults[other.mrid].view["questions"]}
    assert reasons <= {INTO_ITSELF, ELSEWHERE}
    assert reasons
    assert faults["B"].status == "confirmed"


def test_merged_into_two_it_stays_with_the_first_and_dispatch_is_asked() -> None:
    faults = two(off("C", "9:30", points("c1")), merged("10:00"))
    assert faults.hears(merged("10:10", "A", "C")).reason == ELSEWHERE
    (question,) = faults["A"].events("fact.questioned")
    assert "merged into B before" in question.question
    assert "of B into C" in question.settled_by
    assert faults["A"].view["mergedInto"] == "B"
    assert faults["C"].view["remaining"]["usagePoints"] == ["c1"]


def test_said_again_it_is_known() -> None:
    faults = two(merged("10:00"))
    assert faults.hears(merged("10:00")).reason == "already-known"
    assert faults.hears(merged("10:05")).reason == "merge-known"


@pytest.mark.parametrize("which", ["A", "B"])
def test_planned_work_is_never_merged_silently(which: str) -> None:
    faults = Faults("A", "B")
    faults.hears_all(
        off("A", "9:05", EAST, outage_class="planned" if which == "A" else "fault"),
        off("B", "9:20", WEST, outage_class="planned" if which == "B" else "fault"),
    )
    assert faults.hears(merged("10:00")).reason == NOTICED
    assert faults["A"].status == "confirmed"
    assert [question.reason for question in faults["A"].events("fact.questioned")] == [NOTICED]


def test_nor_is_work_that_was_only_asked_for() -> None:
    faults = Faults("A", "B")
    plan = dispatch.PlannedRequested(
        mrid="B",
        revision_number=1,
        outage_class="planned",
        planned_period=Period(start=at("9:00", 20), end=at("12:00", 20)),
        extent=WEST,
        requested_at=at("8:00"),
    )
    faults.hears_all(plan, off("A", "9:05", EAST))
    assert faults.hears(merged("10:00")).reason == NOTICED


def test_what_is_off_is_not_merged_into_what_is_over() -> None:
    faults = two(back("B", "9:50"))
    assert faults.hears(merged("10:00")).reason == SURVIVOR_OVER
    assert (faults["A"].status, faults["B"].status) == ("confirmed", "restored")
    question = faults["A"].events("fact.questioned")[0]
    assert faults["A"].answer(question.question_id, accept=True).reason == SURVIVOR_OVER
    assert faults["A"].status == "confirmed"


def test_the_other_way_round_it_is_and_what_is_off_stays_off() -> None:
    faults = two(back("B", "9:50"))
    faults.hears(merged("10:00", "B", "A"))
    assert (faults["A"].status, faults["B"].status) == ("confirmed", "merged")
    assert sorted(faults["A"].view["remaining"]["usagePoints"]) == ["e1", "e2"]


def test_power_that_was_back_by_the_instant_is_back_for_both_though_the_merge_is_heard_later() -> None:
    faults = two(back("B", "11:00"))
    faults.hears(merged("10:00"))
    assert (faults["A"].status, faults["B"].status) == ("merged", "restored")
    assert len(faults["B"].events("restoration.confirmed")) == 1


def test_both_over_are_one_outage_in_the_figures() -> None:
    faults = Faults("A", "B")
    for mrid, clock, end in (("A", "9:00", "11:00"), ("B", "9:15", "12:00")):
        faults.hears_all(called(mrid, clock, territory="rural"), off(mrid, clock, points(mrid)), back(mrid, end))
    assert faults["A"].standings()[FAULT_DONE, "1"] == "kept"
    faults.hears(merged("13:00"))
    assert {promise["state"] for promise in faults["A"].view["promises"]} == {"voided"}
    assert faults["B"].standings()[FAULT_DONE, "1"] == "kept"
    assert faults["B"].status == "restored"


def test_of_one_that_was_withdrawn_nothing_is_merged() -> None:
    faults = two(dispatch.OutageWithdrawn(mrid="A", withdrawn_at=at("9:30")))
    assert faults.hears(merged("10:00")).reason == "outage-withdrawn"
    assert faults["B"].view["remaining"]["usagePoints"] == ["w1"]


def test_that_there_was_none_is_asked_about_once_it_was_merged() -> None:
    faults = two(merged("10:00"))
    faults.hears(dispatch.OutageWithdrawn(mrid="A", withdrawn_at=at("10:30")))
    assert [question.reason for question in faults["A"].events("fact.questioned")] == ["withdrawn-after-merging"]
    assert faults["B"].status == "confirmed"


def test_that_there_was_no_such_outage_at_all_is_so_of_both() -> None:
    faults = two(merged("10:00"), dispatch.OutageWithdrawn(mrid="B", withdrawn_at=at("10:30")))
    assert faults["B"].status == "withdrawn"
    assert {promise["state"] for promise in faults["B"].view["promises"]} == {"voided"}


def test_a_start_that_is_corrected_since_is_that_of_both() -> None:
    faults = two(merged("10:00"))
    faults.hears(dispatch.OutageCorrected(mrid="B", corrected_at=at("10:30"), started_at=at("9:10")))
    assert course_of(faults["B"].state).began.at == at("9:10")  # type: ignore[union-attr]


FACTS = (
    called("A", "9:00"),
    off("A", "9:05", EAST),
    called("B", "9:15"),
    off("B", "9:20", WEST),
    crew("B", "9:35"),
    back("A", "9:40", points("e1")),
    merged("10:00"),
    dispatch.ExtentChanged(mrid="A", changed_at=at("10:10"), extent=points("e2", "w1", "w2")),
    back("B", "10:30", points("w1")),
    dispatch.CauseCleared(mrid="A", cleared_at=at("10:40")),
    back("A", "11:30"),
)


def concluded(faults: Faults) -> Any:
    view = faults["B"].view
    kept = ("status", "remaining", "startedAt", "restoredAt", "causeClearedAt", "mergedInto")
    steps = [(step["restoredAt"], step["restored"]) for step in view["steps"]]
    standings = {slot: state for slot, state in faults["B"].standings().items() if state != "voided"}
    return {name: view.get(name) for name in kept}, steps, standings, faults["A"].status


@settings(max_examples=60, deadline=None)
@given(order=st.permutations(FACTS), hold=st.booleans())
def test_any_order_ends_in_one_outage(order: list[Any], hold: bool) -> None:
    told, faults = Faults("A", "B"), Faults("A", "B")
    told.hears_all(*FACTS)
    faults.hold = hold
    faults.hears_all(*order)
    faults.hand_on()
    assert concluded(faults) == concluded(told)
    for outage in faults.outages.values():
        assert outage.replay() == outage.state
        assert outage.decider.restore(f"outage/{outage.mrid}", outage.decider.dump(outage.state)) == outage.state
