"""Dispatch says that there was no such work: its notice comes down, and nothing that was promised of it counts."""

from itertools import permutations
from typing import Any

import pytest

from schemas.contracts.dispatch import CurtailmentOrdered, OutageReopened, OutageWithdrawn
from schemas.contracts.restorations import FactAccepted
from services.plausibility import question_of
from tests.kits.deciders.planner import (
    CITY,
    LAWFUL,
    MRID,
    NOW,
    Stream,
    amend,
    at,
    reasons_of,
    request,
    restored,
    span,
    started,
)

PUBLIC, DONE = f"{MRID}/1/cn.planned.public-notice", f"{MRID}/1/cn.planned.done-by-noticed-end"
UNNOTICED = f"{MRID}/unnoticed/cn.planned.public-notice"


def none(when: str, **more: Any) -> OutageWithdrawn:
    return OutageWithdrawn(mrid=MRID, withdrawn_at=at(when), **more)


def verdicts(stream: Stream) -> dict[str, tuple[str, str | None]]:
    return {name: (record.standing, record.reason) for name, record in stream.state.promises.records.items()}


def test_noticed_work_that_there_will_not_be_comes_down_and_is_counted_nowhere() -> None:
    stream = Stream().hears_all([request()])
    decision = stream.hears(none("2026-03-04 10:00"), at("2026-03-04 10:00"))
    assert decision.reason == "outage-withdrawn"
    assert stream.said(decision) == ["notice.withdrawn"]
    down = next(event.data for event in decision.events if event.type == "notice.withdrawn.v1")
    assert (down.notice_id, down.reason) == (f"{MRID}/1", "withdrawn")
    assert verdicts(stream) == {PUBLIC: ("voided", "withdrawn"), DONE: ("voided", "withdrawn")}, (
        "that the public was told in time had its verdict: it is corrected"
    )
    assert stream.timers() == {}
    assert stream.hears(none("2026-03-04 10:00"), at("2026-03-04 10:05")).reason == "already-withdrawn"


def test_work_that_was_said_to_be_under_way_and_was_not_is_no_breach() -> None:
    stream = Stream().hears_all([started()], at("2026-03-12 08:00"))
    assert verdicts(stream) == {UNNOTICED: ("broken", "started-without-notice")}
    assert stream.hears(none("2026-03-12 08:20"), at("2026-03-12 08:20")).reason == "outage-withdrawn"
    assert verdicts(stream) == {UNNOTICED: ("voided", "withdrawn")}
    assert stream.state.breaches == frozenset()
    assert stream.timers() == {}


def test_in_whatever_order_start_restoration_and_withdrawal_come_nothing_of_it_counts() -> None:
    facts = started(), restored("2026-03-12 10:00"), none("2026-03-12 11:00")
    for order in permutations(facts):
        stream = Stream().hears_all([request()])
        stream.hears_all(order, at("2026-03-12 11:30"))
        assert {standing for standing, _ in verdicts(stream).values()} == {"voided"}, order
        assert stream.state.notice is None
        assert stream.state.started_at is None
        assert stream.timers() == {}, order


def test_what_is_said_too_late_of_work_that_was_withdrawn_makes_no_breach() -> None:
    stream = Stream().hears_all([request()]).hears_all([none("2026-03-12 11:00")], at("2026-03-12 11:00"))
    assert stream.hears(started(), at("2026-03-12 11:30")).reason == "outage-withdrawn"
    assert stream.hears(restored("2026-03-12 10:00"), at("2026-03-12 11:30")).reason == "outage-withdrawn"


def test_a_plan_that_comes_after_the_word_that_takes_it_back_is_refused_and_one_asked_for_since_is_not() -> None:
    stream = Stream()
    assert stream.hears(none("2026-03-02 09:30"), NOW).reason == "held-until-known"
    refused = stream.hears(request(), NOW)
    assert refused.reason == "outage-withdrawn"
    assert reasons_of(refused) == ("outage-withdrawn",)
    anew = amend(2, LAWFUL, requested_at=at("2026-03-02 10:00"))
    stream.hears(anew, at("2026-03-02 10:00"))
    assert stream.state.notice is not None


def test_an_amendment_of_the_same_moment_does_not_bring_the_notice_back() -> None:
    stream, moment = Stream().hears_all([request()]), at("2026-03-04 10:00")
    stream.hears(none("2026-03-04 10:00"), moment)
    stream.hears(amend(2, span("2026-03-12 08:00", "2026-03-12 12:00")), moment)
    assert stream.state.notice is None


def test_work_that_begins_after_it_was_withdrawn_began_without_notice() -> None:
    stream = Stream().hears_all([request()])
    stream.hears(none("2026-03-11 10:00"), at("2026-03-11 10:00"))
    stream.hears(started(), at("2026-03-12 08:01"))
    assert stream.state.breaches == {"started-without-notice"}
    assert verdicts(stream)[UNNOTICED] == ("broken", "started-without-notice")


def test_a_withdrawal_from_before_the_start_waits_until_somebody_stands_by_it() -> None:
    early = none("2026-03-12 07:50")
    stream = Stream().hears_all([request()]).hears_all([started()], at("2026-03-12 08:01"))
    assert stream.hears(early, at("2026-03-12 08:05")).reason == "begun-since"
    assert stream.state.notice is not None
    answer = FactAccepted(
        mrid=MRID,
        question_id=question_of(early),
        fact_type="outage.withdrawn.v1",
        at=at("2026-03-12 08:30"),
        by="Wang",
        reason="looked it up",
    )
    assert stream.hears(answer, at("2026-03-12 08:30")).reason == "outage-withdrawn"
    assert stream.state.notice is None


def test_power_that_went_off_again_since_is_not_withdrawn_by_an_older_word() -> None:
    stream = Stream().hears_all([request()]).hears_all([started()], at("2026-03-12 08:01"))
    stream.hears(OutageReopened(mrid=MRID, reopened_at=at("2026-03-12 09:30")), at("2026-03-12 09:30"))
    assert stream.hears(none("2026-03-12 09:00"), at("2026-03-12 09:40")).reason == "off-again-since"


@pytest.mark.parametrize("under_way", [False, True])
def test_an_order_to_shed_load_that_was_none_comes_down_though_it_had_begun(under_way: bool) -> None:
    order = CurtailmentOrdered(
        mrid=MRID,
        ordered_at=at("2026-07-15 13:00"),
        planned_period=span("2026-07-15 14:00", "2026-07-15 17:00"),
        extent=CITY,
    )
    stream = Stream().hears_all([order], at("2026-07-15 13:00"))
    clock = "2026-07-15 14:30" if under_way else "2026-07-15 13:10"
    assert stream.hears(none(clock), at(clock)).reason == "outage-withdrawn"
    assert stream.state.notice is None
    assert stream.timers() == {}


def test_a_fault_that_is_withdrawn_is_none_of_the_planners() -> None:
    assert Stream().hears(none("2026-03-04 10:00"), NOW).reason == "held-until-known"
