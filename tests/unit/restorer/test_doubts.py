"""Facts that cannot be so are held, told to nobody, and asked about once; late facts correct, also after closing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts import dispatch
from services.plausibility import question_of
from tests.kits.deciders.restorer import (
    CREW,
    MRID,
    Outage,
    at,
    cleared,
    crew,
    extent_changed,
    iso,
    part,
    points,
    reopened,
    reported,
    restored,
    started,
)

LOCAL_AS_Z = restored("18:59")  # said at 11:00, eight hours east of UTC


def closed_outage(*facts: dispatch.Fact) -> Outage:
    outage = Outage()
    outage.hears_all(reported(report_id="r-1"), started(), *facts, restored("11:00"))
    outage.moves_to(at("12:00", day=7))
    assert outage.status == "closed"
    return outage


def test_power_back_eight_hours_from_now_is_held_and_asked_about_once() -> None:
    outage = Outage()
    outage.hears(started())
    assert outage.hears(LOCAL_AS_Z, recorded=at("11:00")).reason == "happened-in-the-future"
    assert outage.status == "confirmed"
    assert not outage.events("restoration.confirmed")
    (question,) = outage.events("fact.questioned")
    assert "local time with a Z" in question.question
    assert outage.hears(LOCAL_AS_Z, recorded=at("11:05")).reason == "already-questioned"
    assert len(outage.events("fact.questioned")) == 1
    assert [q["questionId"] for q in outage.view["questions"]] == [question.question_id]


def test_a_start_from_years_ago_makes_no_outage_known() -> None:
    outage = Outage()
    old = msgspec.structs.replace(started(), started_at=datetime(2024, 3, 5, tzinfo=UTC))
    assert outage.hears(old, recorded=at("9:12")).reason == "start-too-far-back"
    assert outage.status == "unknown"


def test_an_expected_time_of_2099_is_not_known_and_the_outage_is() -> None:
    outage = Outage()
    sentinel = datetime(2099, 12, 31, 15, 59, 59, tzinfo=UTC)
    assert outage.hears(started(ert=sentinel), recorded=at("9:12")).reason == "outage-known"
    assert (outage.status, outage.view["ert"]) == ("confirmed", None)
    (question,) = outage.events("fact.questioned")
    assert (question.reason, question.held, question.field) == ("ert-too-far", "field", "ert")
    outage.answer(question.question_id, accept=True)
    assert outage.view["ert"] == iso(sentinel)


def test_a_clock_that_is_six_minutes_fast_counts_as_of_its_record() -> None:
    outage = Outage()
    outage.hears_all(started())
    outage.hears(restored("11:06"), recorded=at("11:00"))
    assert outage.view["restoredAt"] == iso(at("11:00"))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["start first", "restoration first"])
@pytest.mark.parametrize("skew", [timedelta(seconds=1), timedelta(minutes=1), timedelta(days=30)])
def test_power_back_before_it_was_off_is_not_believed_by_whatever_skew(order: tuple[int, int], skew: timedelta) -> None:
    facts = [started("9:12"), msgspec.structs.replace(restored("9:12"), restored_at=at("9:12") - skew)]
    outage = Outage()
    outage.hears_all(*(facts[index] for index in order))
    assert outage.status == "confirmed"
    assert not outage.events("restoration.confirmed")
    assert [q.reason for q in outage.events("fact.questioned")] == ["restored-before-start"]
    assert [r.reason for r in outage.events("restoration.refused")] == ["restored-before-start"]


@pytest.mark.parametrize("by_sender", [True, False])
def test_a_restoration_before_the_start_that_somebody_stands_by_counts_as_of_the_start(*, by_sender: bool) -> None:
    outage = Outage()
    outage.hears_all(started("9:12"), restored("9:11"))
    (question,) = outage.events("fact.questioned")
    if by_sender:
        outage.hears(restored("9:11", confirms=question.question_id))
    else:
        outage.answer(question.question_id, accept=True)
    (confirmed,) = outage.events("restoration.confirmed")
    assert (outage.status, confirmed.restored_at) == ("restored", at("9:12"))
    assert [a.question_id for a in outage.events("fact.accepted")] == [question.question_id]
    assert outage.view["questions"] == []


def test_a_restoration_that_its_sender_stood_by_first_is_asked_about_no_more() -> None:
    outage = Outage()
    outage.hears(started())
    stood_by = msgspec.structs.replace(LOCAL_AS_Z, confirms=question_of(LOCAL_AS_Z))
    outage.hears(stood_by, recorded=at("11:00"))
    assert outage.hears(LOCAL_AS_Z, recorded=at("11:00")).reason == "already-known"
    assert outage.events("fact.questioned") == []


def test_a_refused_fact_changes_nothing_however_often_it_is_sent() -> None:
    outage = Outage()
    outage.hears(started())
    outage.hears(LOCAL_AS_Z, recorded=at("11:00"))
    (question,) = outage.events("fact.questioned")
    assert outage.answer(question.question_id, accept=False).reason == "fact-refused"
    assert outage.hears(LOCAL_AS_Z, recorded=at("11:09")).reason == "refused-before"
    assert outage.answer(question.question_id, accept=True).reason == "question-not-open"
    assert outage.status == "confirmed"
    assert outage.hears(restored("10:59"), recorded=at("11:10")).reason == "all-restored", "the true fact comes"


def test_an_earlier_start_that_comes_late_explains_the_restoration() -> None:
    outage = Outage()
    outage.hears_all(started("9:12"), restored("9:00"))
    outage.hears(started("8:50"))
    assert (outage.status, outage.view["restoredAt"]) == ("confirmed", None), "off again at 9:12"
    assert [(a.reason) for a in outage.events("fact.accepted")] == ["explained-since"]
    assert len(outage.view["episodes"]) == 2
    assert outage.view["questions"] == []


def test_the_clocks_of_an_accepted_start_run_from_its_own_time() -> None:
    outage = Outage()
    long_ago = msgspec.structs.replace(reported(), reported_at=at("9:20") - timedelta(days=9))
    outage.hears(long_ago, recorded=at("9:20"))
    (question,) = outage.events("fact.questioned")
    assert outage.view["promises"] == []
    assert outage.answer(question.question_id, accept=True).reason == "fact-accepted"
    crew_promise = outage.promise(CREW)
    assert crew_promise["measuredFrom"] == iso(long_ago.reported_at)


def test_a_crew_of_2006_keeps_no_promise_of_2026() -> None:
    outage = Outage()
    outage.hears_all(started(), reported())
    ancient = msgspec.structs.replace(crew("9:40"), at=datetime(2006, 3, 5, tzinfo=UTC))
    assert outage.hears(ancient).reason == "arrived-before-report"
    assert outage.promise(CREW)["state"] == "open"
    outage.hears(crew("9:50"))
    assert outage.promise(CREW)["state"] == "kept"


def test_a_cause_cleared_before_anything_was_heard_starts_no_clock() -> None:
    outage = Outage()
    outage.hears_all(started("9:12"), cleared("8:00"))
    assert outage.view["causeClearedAt"] is None
    assert [q.reason for q in outage.events("fact.questioned")] == ["cleared-before-start"]


def test_a_crew_that_was_in_time_and_is_heard_of_next_day_turns_broken_into_kept() -> None:
    outage = Outage()
    outage.hears_all(reported("9:20"), started())
    outage.moves_to(at("10:30"))
    assert outage.promise(CREW)["state"] == "broken"
    outage.hears(restored("11:00"))
    outage.moves_to(at("12:00", day=7))
    assert outage.status == "closed"
    outage.hears(crew("9:50"), at("13:00", day=7), recorded=at("13:00", day=7))
    (corrected,) = outage.events("promise.corrected")
    assert (corrected.was, corrected.now) == ("broken", "kept")
    assert (outage.status, outage.promise(CREW)["state"]) == ("closed", "kept")


def test_a_start_later_than_the_restoration_reopens_a_closed_outage_which_can_be_restored_again() -> None:
    outage = closed_outage()
    assert outage.hears(started("13:00")).reason == "reopened"
    assert outage.status == "confirmed"
    outage.hears(restored("14:00"))
    assert [c.restored_at for c in outage.events("restoration.confirmed")] == [at("11:00"), at("14:00")]


def test_an_earlier_start_of_a_closed_outage_only_corrects_it() -> None:
    outage = closed_outage()
    outage.hears(started("9:05"))
    assert (outage.status, outage.view["startedAt"]) == ("closed", iso(at("9:05")))


def test_an_extent_that_comes_late_does_not_take_back_what_is_closed() -> None:
    outage = Outage()
    outage.hears_all(started(extent=points("up-1")), part("10:00", "up-1"))
    outage.moves_to(at("12:00", day=7))
    assert outage.status == "closed"
    outage.hears(extent_changed("9:30", points("up-1", "up-2")))
    assert outage.status == "closed"
    assert not outage.events("restoration.refused")
    outage.hears(reopened("13:00", day=7))
    assert outage.status == "confirmed"


def test_a_confirmed_start_after_a_predicted_one_was_closed_is_power_off_again() -> None:
    outage = Outage()
    outage.hears_all(started("9:12", confirmed=False), restored("11:00"))
    outage.moves_to(at("12:00", day=7))
    outage.hears(started("11:30"))
    assert (outage.status, len(outage.view["episodes"])) == ("confirmed", 2)
    assert not outage.events("fact.questioned")


QUARTERS = st.integers(0, 40).map(lambda n: at("0:00") + timedelta(minutes=15 * n))
FACTS = st.lists(
    st.one_of(
        st.builds(
            dispatch.OutageStarted,
            mrid=st.just(MRID),
            outage_class=st.just("fault"),
            started_at=QUARTERS,
            extent=st.just(points("up-1")),
        ),
        st.builds(dispatch.FaultReported, mrid=st.just(MRID), reported_at=QUARTERS),
        st.builds(dispatch.SupplyRestored, mrid=st.just(MRID), restored_at=QUARTERS),
        st.builds(dispatch.CrewStatus, mrid=st.just(MRID), crew_status=st.just("arrived"), at=QUARTERS),
    ),
    min_size=1,
    max_size=7,
)


@given(FACTS, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_which_facts_are_in_doubt_does_not_hang_on_the_order_in_which_they_came(
    facts: list[dispatch.Fact], random: object
) -> None:
    shuffled = list(facts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = Outage(), Outage()
    one.hears_all(*facts)
    other.hears_all(*shuffled)
    assert one.state.doubted == other.state.doubted
    assert set(one.state.questions) == set(other.state.questions)
    began = one.view["startedAt"] or one.view["reportedAt"]
    back = one.view["restoredAt"]
    assert back is None or began is None or back >= began


def test_what_is_held_and_asked_is_in_a_kept_state_too() -> None:
    outage = Outage()
    outage.hears_all(reported("9:20"), started("9:12"), restored("9:11"), crew("10:00"))
    outage.hears(LOCAL_AS_Z, recorded=at("11:00"))
    asked = outage.events("fact.questioned")
    outage.answer(asked[-1].question_id, accept=False)
    outage.hears(restored("11:00"))
    outage.moves_to(at("12:00", day=7))
    again = outage.decider.restore(f"outage/{MRID}", outage.decider.dump(outage.state))
    assert again == outage.state
    assert (len(again.questions), len(again.closings), len(again.doubted)) == (1, 1, 1)
