"""Planned work: a start that cannot be so breaches nothing until somebody stands by it; a later start opens what is over."""

from datetime import timedelta

from schemas.contracts.restorations import FactAccepted, FactRefused
from services.plausibility import question_of
from tests.kits.deciders.planner import LAWFUL, MRID, NOW, Stream, at, request, restored, started


def noticed() -> Stream:
    stream = Stream()
    stream.hears(request(period=LAWFUL))
    return stream


def test_a_start_from_the_future_is_no_start_and_no_breach() -> None:
    stream = noticed()
    decision = stream.hears(started("2026-03-11 16:00"), at("2026-03-11 08:00"), recorded=at("2026-03-11 08:00"))
    assert decision.reason == "happened-in-the-future"
    assert stream.said(decision) == []
    assert stream.state.started_at is None
    assert [q["questionId"] for q in stream.planner.view(stream.state)["questions"]] == [
        question_of(started("2026-03-11 16:00"))
    ]


def test_a_start_that_is_accepted_is_judged_by_the_notice_at_its_own_time() -> None:
    stream = noticed()
    early = started("2026-03-04 08:00")
    now = at("2026-03-12 09:00")
    assert stream.hears(early, now, recorded=now).reason == "start-too-far-back"
    yes = FactAccepted(
        mrid=MRID, question_id=question_of(early), fact_type="outage.started.v1", at=now, by="Wang", reason="so"
    )
    assert stream.hears(yes, now).reason == "started-early"
    assert stream.state.started_at == early.started_at
    assert "questions" not in stream.planner.view(stream.state)


def test_a_refusal_that_is_heard_first_keeps_the_fact_out() -> None:
    stream = noticed()
    early = started("2026-03-01 08:00")
    no = FactRefused(
        mrid=MRID, question_id=question_of(early), fact_type="outage.started.v1", at=NOW, by="Wang", reason="not so"
    )
    assert stream.hears(no).reason == "answered-before-heard"
    now = at("2026-03-12 09:00")
    assert stream.hears(early, now, recorded=now).reason == "refused-before"
    assert stream.state.started_at is None


def test_a_start_later_than_the_restoration_is_power_off_again() -> None:
    stream = noticed()
    stream.hears(started("2026-03-12 08:00"), at("2026-03-12 08:00"))
    stream.hears(restored("2026-03-12 12:00"), at("2026-03-12 12:00"))
    assert stream.state.over
    assert stream.hears(started("2026-03-12 13:00"), at("2026-03-12 13:01")).reason == "off-again"
    assert not stream.state.over
    assert stream.hears(restored("2026-03-12 14:00"), at("2026-03-12 14:00")).reason == "notice-closed"


def test_a_start_heard_twice_before_the_restoration_is_the_same_start() -> None:
    stream = noticed()
    stream.hears(started("2026-03-12 08:00"), at("2026-03-12 08:00"))
    later = at("2026-03-12 08:00") + timedelta(minutes=5)
    assert stream.hears(started("2026-03-12 08:05"), later).reason == "already-started"
