"""Whoever reported a fault is called back once it is over: each once, again by the policy, anew where the repair did not hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.dispatch import Fact, FollowupDone, FollowupUnreached, OutageWithdrawn
from schemas.contracts.restorations import FollowupDue, FollowupEnded
from services.kernel.model import Message
from services.policy.duty import FollowupTimes
from services.restorer.domain.callers import calling_back
from services.restorer.domain.callers.calling_back import CallStanding, figures, rules_of, standing, times_back
from services.restorer.domain.callers.recorded import FOLLOWUP_RECORDED, FollowupRecorded
from services.restorer.domain.lifecycle import course_of
from tests.kits.deciders.restorer import (
    CALENDAR,
    MRID,
    POLICY,
    Outage,
    at,
    extent_changed,
    part,
    points,
    reopened,
    reported,
    restored,
    started,
)

RULES = rules_of(POLICY, CALENDAR)


def done(clock: str, report_id: str = "r-1", outcome: str = "satisfied", day: int = 5) -> FollowupDone:
    return FollowupDone(mrid=MRID, done_at=at(clock, day), by="Li", outcome=outcome, report_id=report_id)  # type: ignore[arg-type]


def vain(clock: str, report_id: str = "r-1", day: int = 5) -> FollowupUnreached:
    return FollowupUnreached(mrid=MRID, tried_at=at(clock, day), by="Li", report_id=report_id)


def over(*more: Fact) -> Outage:
    """Two reported it, and power was back at eleven."""
    outage = Outage()
    outage.hears_all(started(), reported("9:20", report_id="r-1"), reported("9:30", report_id="r-2"), restored("11:00"))
    outage.hears_all(*more)
    return outage


def dues(outage: Outage) -> list[FollowupDue]:
    return outage.events("followup.due")


def ends(outage: Outage) -> list[tuple[str | None, str, str]]:
    return [(one.report_id, one.outcome, one.reason) for one in outage.events("followup.ended")]


def stands(outage: Outage, report_id: str = "r-1") -> CallStanding | None:
    return standing(outage.state.calls.of(report_id), times_back(course_of(outage.state)), RULES)


def records(outage: Outage, clock: str, outcome: str = "satisfied", report_id: str = "r-1", **more: Any) -> Any:
    """What becomes of an operator's word, said at eight in the evening."""
    word = FollowupRecorded(mrid=MRID, report_id=report_id, outcome=outcome, at=at(clock), by="Wang", **more)  # type: ignore[arg-type]
    name = f"request-{clock}-{outcome}/followup"
    now = at("20:00")
    message = Message("/outage/restorer/within", name, FOLLOWUP_RECORDED, now, word, MRID, 0, stream=f"outage/{MRID}")
    return outage.decider.decide(outage.state, None, message, now)


def test_who_was_called_is_called_no_more_and_everybody_hears_what_came_of_it() -> None:
    outage = over(done("15:00"))
    assert [one.report_id for one in dues(outage)] == ["r-1", "r-2"]
    assert ends(outage) == [("r-1", "satisfied", "called-back")]
    assert outage.events("followup.ended")[0].at == at("15:00")


def test_a_call_in_vain_is_asked_for_again_and_the_third_is_the_last() -> None:
    outage = over()
    reasons = outage.hears_all(vain("12:00"), vain("16:30"))
    assert [(one.due_from, one.tries) for one in dues(outage)[2:]] == [(at("16:00"), 1), (at("20:30"), 2)]
    assert reasons == ["followup-unreached", "followup-unreached"]
    assert outage.hears(vain("20:45")).reason == "followup-given-up"
    assert ends(outage) == [("r-1", "unreached", "not-reached")]
    assert outage.hears(done("9:00", day=6)).reason == "followup-done", "who is reached after all has been heard"
    assert ends(outage)[-1] == ("r-1", "satisfied", "called-back")


def test_nobody_is_asked_to_call_at_night() -> None:
    outage = over(vain("18:00"))
    assert dues(outage)[-1].due_from == at("7:00", day=6), "ten in the evening is quiet"
    late = Outage()
    late.hears_all(started(), reported("9:20", report_id="r-1"), restored("23:30"))
    found = stands(late)
    assert found is not None
    assert (found.due_from, found.next_at) == (at("23:30"), at("7:00", day=6))


def test_one_call_in_vain_that_two_tell_of_is_one() -> None:
    outage = over(vain("12:00"))
    assert outage.hears(vain("12:10")).reason == "followup-known"
    assert len(dues(outage)) == 3
    found = stands(outage)
    assert found is not None
    assert found.tries == 1


def test_an_outcome_that_the_call_centre_tells_after_the_operator_counts_once() -> None:
    outage = over()
    decision = records(outage, "15:00", opinion="quick work")
    assert decision.reason == "followup-done"
    assert [event.type for event in decision.events] == ["followup.done.v1", "followup.ended.v1"]
    said = decision.events[0].data
    assert (said.by, said.opinion, said.report_id) == ("Wang", "quick work", "r-1")
    outage.hears(said)
    assert outage.hears(done("15:02")).reason == "followup-known"
    assert ends(outage) == [("r-1", "satisfied", "called-back")]


@pytest.mark.parametrize(
    ("clock", "report_id", "reason"),
    [
        ("15:00", "r-9", "report-not-known"),
        ("10:59", "r-1", "called-before-power-was-back"),
        ("20:01", "r-1", "called-in-the-future"),
        ("15:00", "r-2", "called-already"),
    ],
)
def test_what_cannot_be_is_not_put_on_record(clock: str, report_id: str, reason: str) -> None:
    decision = records(over(done("14:00", "r-2")), clock, report_id=report_id)
    assert decision.reason == reason
    assert not decision.events
    assert decision.detail, "says what to do about it"


def test_a_wrong_outcome_is_corrected_on_record() -> None:
    outage = over(done("14:00"))
    assert records(outage, "14:20").detail == "called at 2026-03-05T06:00:00Z: satisfied"
    decision = records(outage, "14:30", "dissatisfied", corrects=True)
    assert decision.reason == "followup-corrected"
    assert decision.events[1].data == FollowupEnded(
        mrid=MRID, report_id="r-1", outcome="dissatisfied", reason="called-back", at=at("14:30")
    )


def test_nobody_is_called_before_power_is_back() -> None:
    outage = Outage()
    outage.hears_all(started(), reported("9:20", report_id="r-1"))
    assert records(outage, "10:00").reason == "not-over"
    outage.hears_all(done("10:30"), restored("11:00"))
    assert [one.report_id for one in dues(outage)] == ["r-1"], "a call while it was off is none after a repair"


def test_a_call_that_is_heard_of_before_the_restoration_is_asked_for_from_nobody() -> None:
    outage = Outage()
    outage.hears_all(started(), reported("9:20", report_id="r-1"), done("15:00"), restored("11:00"))
    assert dues(outage) == []
    assert ends(outage) == [("r-1", "satisfied", "called-back")]


def test_where_power_goes_off_again_what_was_not_done_is_void_and_asked_anew() -> None:
    outage = over(done("11:10"), reopened("11:30"))
    assert ends(outage) == [("r-1", "satisfied", "called-back"), (None, "void", "reopened")]
    outage.hears(restored("13:00"))
    assert [(one.report_id, one.due_from) for one in dues(outage)[2:]] == [("r-2", at("13:00"))]


def test_a_restoration_that_is_taken_back_takes_its_calls_back_and_who_was_called_is_called_anew() -> None:
    outage = Outage()
    outage.hears_all(
        started(extent=points("up-1")), reported("9:20", report_id="r-1"), part("11:00", "up-1"), done("11:30")
    )
    outage.hears(extent_changed("10:00", points("up-1", "up-2")))
    assert ends(outage) == [("r-1", "satisfied", "called-back"), (None, "void", "restoration-taken-back")]
    outage.hears(part("12:00", "up-2"))
    assert [(one.report_id, one.due_from) for one in dues(outage)] == [("r-1", at("11:00")), ("r-1", at("12:00"))]


def test_an_outage_that_was_none_calls_nobody() -> None:
    outage = over(OutageWithdrawn(mrid=MRID, withdrawn_at=at("14:00")))
    assert ends(outage) == [(None, "void", "outage-withdrawn")]
    assert records(outage, "15:00").reason == "outage-withdrawn"
    assert stands(outage) is None


def test_the_state_is_kept_whole() -> None:
    outage = over(vain("12:00"), done("15:00", "r-2"), reopened("16:00"))
    assert outage.replay() == outage.state
    assert outage.decider.restore(f"outage/{MRID}", outage.decider.dump(outage.state)) == outage.state


FACTS: list[Fact] = [
    started(),
    reported("9:20", report_id="r-1"),
    reported("9:30", report_id="r-2"),
    restored("11:00"),
    vain("11:20"),
    done("11:25", "r-2"),
    reopened("11:30"),
    restored("13:00"),
    done("14:00"),
    vain("14:10", "r-2"),
]


@given(st.permutations(FACTS), st.lists(st.sampled_from(FACTS), max_size=4))
def test_whatever_the_order_in_which_facts_come_each_report_stands_alike(facts: list[Fact], again: list[Fact]) -> None:
    outage = Outage()
    outage.hears_all(*facts, *again)
    first, second = stands(outage), stands(outage, "r-2")
    assert first == CallStanding(at("13:00"), "satisfied", 0, at("14:00"), None)
    assert second == CallStanding(at("11:00"), "satisfied", 0, at("11:25"), None)
    told: dict[str | None, list[Any]] = {"r-1": [], "r-2": []}
    for event in outage.log:
        if isinstance(event.data, FollowupDue | FollowupEnded):
            for name in told if event.data.report_id is None else (event.data.report_id,):
                told[name].append(event.data)
    for report_id in ("r-1", "r-2"):
        assert isinstance(told[report_id][-1], FollowupEnded), told
    assert not outage.state.reports.callers
    assert set(outage.state.followups) == {"r-1", "r-2"}


def test_the_rate_is_counted_by_report_and_leaves_void_ones_out() -> None:
    found = figures(["satisfied", "neutral", "dissatisfied", "unreached", None, "void"])
    assert found == (5, 3, 1, 1)
    assert found.rate == 60
    assert figures(["void"]).rate is None


def test_everybody_is_asked_anew_where_the_policy_says_so() -> None:
    everybody = calling_back.CallBackRules(FollowupTimes(reopened="everybody"), RULES.nights)
    outage = over(done("11:10"), reopened("11:30"), restored("13:00"))
    back = times_back(course_of(outage.state))
    found = standing(outage.state.calls.of("r-1"), back, everybody)
    assert found is not None
    assert (found.due_from, found.outcome) == (at("13:00"), None)
    assert standing(outage.state.calls.of("r-1"), back[:1], everybody) is None
