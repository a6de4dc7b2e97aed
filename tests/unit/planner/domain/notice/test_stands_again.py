"""Dispatch takes work back while it is under way, and only then is its start heard of: the public reads what is so again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.base import Period, Wire
from schemas.contracts.notices import NoticeAmended, NoticeClosed, NoticePublished, PlanRejected
from schemas.contracts.promises import PromiseCorrected, PromiseVoided
from schemas.contracts.restorations import RestorationConfirmed
from services.planner.domain.notice_content import NoticeContent, told_by
from tests.kits.deciders.planner import (
    MRID,
    POLICY,
    Stream,
    amend,
    at,
    cancel,
    last_word,
    reasons_of,
    request,
    restored,
    span,
    started,
)

DONE, PUBLIC = "cn.planned.done-by-noticed-end", "cn.planned.public-notice"
START, END = "2026-03-12 08:00", "2026-03-12 17:00"
NINE, HALF_PAST = at("2026-03-12 09:00"), at("2026-03-12 09:30")
NEXT_WEEK = span("2026-03-21 08:00", "2026-03-21 17:00")
TOO_SOON = span("2026-03-14 08:00", "2026-03-14 17:00")
SHIFTED = span("2026-03-12 10:00", "2026-03-12 19:00")


def told(stream: Stream) -> NoticeContent:
    assert stream.state.notice is not None
    return stream.state.notice.told


def taken_back(word: Wire) -> Stream:
    """Noticed for 8 to 17; at 9 dispatch says `word`."""
    stream = Stream().hears_all([request()])
    stream.hears(word, NINE)
    return stream


def test_a_cancellation_during_work_is_undone_in_public_once_the_start_is_heard_of() -> None:
    stream = taken_back(cancel(1))
    assert stream.state.notice is None
    decision = stream.hears(started(), HALF_PAST)
    notice = last_word(decision)
    assert isinstance(notice, NoticePublished)
    assert (decision.reason, notice.version, notice.published_at) == ("notice-stands-again", 2, HALF_PAST)
    assert told_by(notice) == told_by(request())
    assert stream.planner.view(stream.state)["standing"] == "accepted"


def test_what_stands_again_keeps_the_clock_it_had_and_promises_its_end_anew() -> None:
    stream = taken_back(cancel(1))
    decision = stream.hears(started(), HALF_PAST)
    (public,) = (e.data for e in decision.events if isinstance(e.data, PromiseVoided))
    assert (public.rule.rule_id, public.reason) == (PUBLIC, "inside-notice-in-force")
    assert stream.timers() == {"noticed-end": at(END), f"at-risk/{MRID}/2/{DONE}": at("2026-03-12 16:00")}
    back = stream.hears(restored("2026-03-12 16:20"), at("2026-03-12 16:21"))
    assert (last_word(back).outcome, stream.promised(back)) == ("carried-out", [("promise.kept", DONE)])


def test_key_customers_who_read_cancelled_are_owed_the_truth_within_the_informing_time() -> None:
    decision = taken_back(cancel(1)).hears(started(), HALF_PAST)
    assert last_word(decision).inform_by == HALF_PAST + POLICY.settings.informing_time


def test_from_then_on_a_cancellation_comes_after_the_start() -> None:
    stream = taken_back(cancel(1))
    stream.hears(started(), HALF_PAST)
    assert stream.hears(cancel(2), HALF_PAST).reason == "cancelled-after-start"


@pytest.mark.parametrize(
    ("sentence", "word", "how"),
    [
        ("a day too soon: refused, the notice came down", TOO_SOON, "refused-and-withdrawn"),
        ("shifted by two hours: refused, the notice was cut to what both mean", SHIFTED, "refused-and-narrowed"),
    ],
)
def test_a_refused_amendment_that_took_the_notice_down_is_undone_too(sentence: str, word: Period, how: str) -> None:
    stream = Stream().hears_all([request()])
    assert stream.hears(amend(2, word), NINE).reason == how, sentence
    decision = stream.hears(started(), HALF_PAST)
    assert decision.reason == "notice-stands-again", sentence
    assert told(stream) == told_by(request()), sentence
    # It was refused already: dispatch need not hear so again.
    assert "plan.rejected" not in stream.said(decision), sentence


def test_work_moved_while_it_was_under_way_is_refused_after_all_and_dispatch_may_ask_again() -> None:
    stream = taken_back(amend(2, NEXT_WEEK))
    decision = stream.hears(started(), HALF_PAST)
    refused = next(e.data for e in decision.events if isinstance(e.data, PlanRejected))
    assert (refused.revision_number, reasons_of(decision)) == (2, ("already-started",))
    assert refused.planned_period == NEXT_WEEK
    notice = last_word(decision)
    assert isinstance(notice, NoticeAmended)
    assert (notice.supersedes, notice.previous_period, notice.planned_period) == (
        f"{MRID}/2",
        NEXT_WEEK,
        request().planned_period,
    )
    assert (stream.state.standing, stream.state.reasons) == ("rejected", ("already-started",))


def test_work_moved_and_then_found_done_is_closed_as_carried_out_and_not_left_announced_for_next_week() -> None:
    stream = taken_back(amend(2, NEXT_WEEK))
    stream.hears(restored("2026-03-12 16:20"), at("2026-03-12 18:00"))
    decision = stream.hears(started(), at("2026-03-12 18:05"))
    assert stream.said(decision) == ["plan.rejected", "notice.amended", "notice.closed"]
    closed = last_word(decision)
    assert (closed.outcome, closed.noticed_period) == ("carried-out", request().planned_period)
    assert ("promise.kept", DONE) in stream.promised(decision)
    assert stream.timers() == {}


def test_work_cancelled_and_then_found_done_needs_no_notice_any_more_only_its_outcome() -> None:
    stream = taken_back(cancel(1))
    stream.hears(restored("2026-03-12 16:20"), at("2026-03-12 18:00"))
    decision = stream.hears(started(), at("2026-03-12 18:05"))
    assert stream.said(decision) == ["notice.closed"]
    (corrected,) = (e.data for e in decision.events if isinstance(e.data, PromiseCorrected))
    assert (corrected.was, corrected.now, corrected.reason) == ("voided", "kept", "work-had-begun")
    assert stream.timers() == {}


def test_work_cancelled_and_still_going_past_the_end_it_had_is_an_overrun_and_the_promise_is_broken_after_all() -> None:
    stream = taken_back(cancel(1))
    assert stream.hears(started(), at("2026-03-12 17:30")).reason == "start-recorded"
    end = stream.fire("noticed-end")
    assert stream.said(end) == ["notice.breached"]
    (corrected,) = (e.data for e in end.events if isinstance(e.data, PromiseCorrected))
    assert (corrected.was, corrected.now) == ("voided", "broken")


def test_work_cancelled_before_it_began_began_without_notice() -> None:
    stream = Stream().hears_all([request()])
    stream.hears(cancel(1), at("2026-03-12 07:00"))
    decision = stream.hears(started(), HALF_PAST)
    assert (decision.reason, stream.state.notice) == ("started-without-notice", None)


def test_a_safety_cut_announced_meanwhile_is_what_is_so() -> None:
    stream = taken_back(amend(2, span("2026-03-12 20:00", "2026-03-12 22:00"), safety_cut=True))
    assert stream.hears(started(), HALF_PAST).reason == "start-recorded"
    assert told(stream).safety_cut


@st.composite
def meanwhile(draw: st.DrawFn) -> list[tuple[int, Wire]]:
    """What dispatch says between 8 and 17, by minutes after 8."""
    minutes = sorted(draw(st.lists(st.integers(1, 500), min_size=1, max_size=4, unique=True)))
    words: list[tuple[int, Wire]] = []
    for revision, minute in enumerate(minutes, start=2):
        if draw(st.booleans()):
            words.append((minute, cancel(revision)))
            continue
        start = at(START) + timedelta(days=draw(st.sampled_from([0, 0, 2, 9])), hours=draw(st.integers(0, 4)))
        end = start + timedelta(hours=draw(st.integers(1, 12)))
        words.append((minute, amend(revision, Period(start=start, end=end))))
    return words


@given(meanwhile(), st.integers(501, 539), st.integers(0, 300))
def test_whatever_dispatch_said_meanwhile_the_public_never_reads_that_work_under_way_is_yet_to_begin(
    words: list[tuple[int, Wire]], heard: int, after: int
) -> None:
    stream = Stream().hears_all([request()])
    for minute, word in words:
        now = at(START) + timedelta(minutes=minute)
        fire_due(stream, now)
        stream.hears(word, now)
    now = at(START) + timedelta(minutes=heard)
    fire_due(stream, now)
    stream.hears(started(), now)
    noticed = told(stream)
    assert noticed.period.start <= at(START)
    assert noticed.inside(told_by(request()), POLICY.inside)
    assert not {"started-without-notice", "started-early"} & stream.state.breaches
    back = now + timedelta(minutes=after)
    fire_due(stream, back)
    stream.hears(
        RestorationConfirmed(mrid=MRID, restored_at=back, confirmed_at=back, outage_class="planned", reason="x"), back
    )
    assert stream.state.outcome == ("carried-out" if back <= noticed.period.end else "carried-out-late")
    assert stream.timers() == {}
    verdicts = [
        kept.standing for kept in stream.state.promises.records.values() if kept.obligation == "done-by-noticed-end"
    ]
    assert verdicts.count("kept" if back <= noticed.period.end else "broken") == 1
    assert set(verdicts) <= {"kept", "broken", "voided"}


def fire_due(stream: Stream, now: datetime) -> None:
    """Let every deadline up to `now` come."""
    while due := sorted((when, name) for name, when in stream.timers().items() if when <= now):
        stream.fire(due[0][1])


def test_nothing_is_closed_twice() -> None:
    stream = taken_back(cancel(1))
    stream.hears(started(), HALF_PAST)
    stream.hears(restored("2026-03-12 16:20"), at("2026-03-12 16:21"))
    assert [type(e.data) for e in stream.log].count(NoticeClosed) == 1
