"""The public is told when it can read the notice: kept, broken and corrected by what a board proves."""

from datetime import timedelta

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import ExtentChanged, OutageWithdrawn
from schemas.contracts.promises import PromiseAtRisk, PromiseBroken, PromiseCorrected, PromiseKept, PromiseMade
from services.kernel.model import REVIEW, Decision, Message, Review
from services.planner.domain.decider import PlannerOutage
from tests.kits.deciders.planner import (
    CALENDAR,
    MRID,
    NOW,
    POLICY,
    SHORT,
    Stream,
    amend,
    at,
    cancel,
    request,
    span,
    started,
)
from tests.kits.public.reading import DUE, PUBLIC, SOON, PublicStream, counting

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def reviewed(stream: PublicStream) -> Decision:
    """Operators have all counted again, under the rules of today."""
    now = NOW + HOUR
    return stream.takes(Message("review", f"{len(stream.log)}", REVIEW, now, Review(why="channels"), MRID, 0), now)


def test_where_publication_counts_nothing_is_otherwise_than_ever() -> None:
    stream = Stream()
    decision = stream.hears(request())
    made = next(e.data for e in decision.events if isinstance(e.data, PromiseMade))
    (kept,) = (e.data for e in decision.events if isinstance(e.data, PromiseKept))
    assert (made.counted_by, kept.reason, kept.evidence) == ((), "published-in-time", (f"{MRID}/1",))


def test_a_notice_that_nobody_has_shown_is_a_promise_and_no_more() -> None:
    stream = PublicStream().noticed()
    (made,) = (e.data for e in stream.log if isinstance(e.data, PromiseMade) and e.data.rule.rule_id == PUBLIC)
    assert (made.due_at, made.counted_by, stream.told()) == (DUE, ("board",), [("open", None)])
    assert stream.timers()[f"told/{MRID}/1/{PUBLIC}"] == DUE


def test_the_page_read_in_time_keeps_the_promise_with_the_proof_as_evidence() -> None:
    stream = PublicStream().noticed()
    cause = f"dispatch/{len(stream.log)}"
    decision = stream.shows(SOON)
    (kept,) = (e.data for e in decision.events if isinstance(e.data, PromiseKept))
    assert (decision.reason, kept.reason, kept.at) == ("shown-in-time", "shown-in-time", SOON)
    assert kept.evidence == (cause,)
    assert f"told/{MRID}/1/{PUBLIC}" not in stream.timers()


def test_a_notice_that_is_not_shown_by_its_day_breaks_the_promise_then_though_it_was_published_in_time() -> None:
    stream = PublicStream().noticed()
    decision = stream.due()
    (broken,) = (e.data for e in decision.events if isinstance(e.data, PromiseBroken))
    assert (decision.reason, broken.reason, broken.at) == ("not-shown-in-time", "not-shown-in-time", DUE)
    late = stream.shows(DUE + HOUR)
    assert (late.reason, stream.told()) == ("shown-late", [("broken", "not-shown-in-time")])


def test_a_page_shown_too_late_is_broken_by_the_deadline_whichever_is_heard_first() -> None:
    stream = PublicStream().noticed()
    assert stream.shows(DUE + HOUR).reason == "shown-late"
    assert stream.told() == [("open", None)]
    stream.due()
    assert stream.told() == [("broken", "not-shown-in-time")]


def test_a_proof_of_before_that_comes_late_corrects_the_verdict() -> None:
    stream = PublicStream().noticed()
    stream.due()
    decision = stream.shows(DUE + 3 * HOUR, said=DUE - HOUR)
    (corrected,) = (e.data for e in decision.events if isinstance(e.data, PromiseCorrected))
    assert (corrected.was, corrected.now, corrected.reason) == ("broken", "kept", "shown-in-time-after-all")


def test_other_words_than_the_notice_has_keep_nothing_and_are_named_when_it_breaks() -> None:
    stream = PublicStream().noticed()
    decision = stream.shows(SOON, words="f" * 64)
    assert (decision.reason, stream.told()) == ("shown-other-words", [("open", None)])
    stream.due()
    assert stream.told() == [("broken", "shown-other-words")]


def test_the_right_words_after_the_wrong_ones_count() -> None:
    stream = PublicStream().noticed()
    stream.shows(SOON, words="f" * 64)
    assert stream.shows(SOON + MINUTE).reason == "shown-in-time"
    assert stream.told() == [("kept", "shown-in-time")]


def test_whoever_is_near_the_deadline_is_warned_with_the_reason() -> None:
    for words, reason in ((None, "not-shown-yet"), ("f" * 64, "shown-other-words")):
        stream = PublicStream().noticed()
        if words:
            stream.shows(SOON, words=words)
        warned = stream.fire(f"at-risk/{MRID}/1/{PUBLIC}")
        (word,) = (e.data for e in warned.events if isinstance(e.data, PromiseAtRisk))
        assert (word.reason, word.at) == (reason, DUE - DAY)


def test_on_the_last_day_nobody_is_warned_before_the_board_had_its_time() -> None:
    asked = at("2026-03-04 15:00")
    stream = PublicStream()
    stream.hears(request(requested_at=asked), asked)
    assert stream.timers()[f"at-risk/{MRID}/1/{PUBLIC}"] == asked + 30 * MINUTE


def test_a_channel_that_does_not_count_proves_nothing() -> None:
    stream = PublicStream().noticed()
    assert stream.shows(SOON, channel="newspaper").reason == "channel-not-counted"
    assert stream.told() == [("open", None)]
    both = PublicStream("board", "newspaper").noticed()
    assert both.shows(SOON, channel="newspaper").reason == "shown-in-time"


def test_where_publication_counts_a_board_changes_nothing() -> None:
    stream = PublicStream("published").noticed()
    assert stream.told() == [("kept", "published-in-time")]
    decision = stream.shows(SOON)
    assert (decision.reason, list(decision.events)) == ("channel-not-counted", [])


def test_the_same_proof_twice_is_one() -> None:
    stream = PublicStream().noticed()
    stream.shows(SOON)
    again = stream.shows(SOON)
    assert (again.reason, list(again.events)) == ("shown-known", [])


def test_a_proof_from_the_future_counts_as_of_its_record() -> None:
    stream = PublicStream().noticed()
    decision = stream.shows(SOON, said=DUE + DAY)
    assert (decision.reason, decision.detail) == ("shown-in-time", "taken-as-of-its-record")
    (kept,) = (e.data for e in decision.events if isinstance(e.data, PromiseKept))
    assert kept.at == SOON + timedelta(seconds=2)


def test_a_proof_of_before_the_notice_was_published_counts_as_of_its_record() -> None:
    stream = PublicStream().noticed()
    late = stream.shows(DUE + MINUTE, said=NOW - HOUR)
    assert (late.detail, stream.told()) == ("taken-as-of-its-record", [("open", None)])


@pytest.mark.parametrize("version", [2, 7])
def test_a_notice_that_was_never_published_is_not_known(version: int) -> None:
    stream = PublicStream().noticed()
    decision = stream.shows(SOON, version=version)
    assert (decision.reason, list(decision.events)) == ("notice-not-known", [])


def test_a_changed_notice_must_be_shown_anew_and_the_one_before_counts_for_nothing() -> None:
    stream = PublicStream().noticed()
    stream.shows(SOON)
    stream.hears(amend(2, span("2026-03-20 08:00", "2026-03-20 15:00")), NOW + HOUR)
    assert stream.told() == [("kept", "shown-in-time"), ("open", None)]
    older = stream.shows(NOW + HOUR + MINUTE, version=1)
    assert (older.reason, stream.told()[-1]) == ("older-notice-shown", ("open", None))
    assert stream.shows(NOW + HOUR + 2 * MINUTE).reason == "shown-in-time"
    assert stream.told() == [("kept", "shown-in-time"), ("kept", "shown-in-time")]


def test_what_was_not_shown_by_its_day_is_broken_though_the_notice_changes_before_that_is_seen() -> None:
    stream = PublicStream().noticed()
    stream.hears(amend(2, span("2026-03-20 08:00", "2026-03-20 15:00")), DUE + HOUR)
    assert stream.told() == [("broken", "not-shown-in-time"), ("open", None)]


def test_a_late_proof_of_an_older_version_that_was_read_in_its_time_corrects_that_one() -> None:
    stream = PublicStream().noticed()
    stream.due()
    stream.hears(amend(2, span("2026-03-20 08:00", "2026-03-20 15:00")), DUE + HOUR)
    stream.shows(DUE + 2 * HOUR, version=1, said=SOON)
    assert stream.told() == [("kept", "shown-in-time-after-all"), ("open", None)]


def test_of_a_notice_that_is_taken_down_nothing_is_due() -> None:
    stream = PublicStream().noticed()
    stream.hears(cancel(2), NOW + HOUR)
    assert stream.told() == [("voided", "notice-withdrawn")]
    assert not [name for name in stream.timers() if name.startswith("told/")]
    assert stream.shows(NOW + 2 * HOUR).reason == "older-notice-shown"


def test_of_an_outage_that_there_was_not_no_verdict_counts() -> None:
    stream = PublicStream().noticed()
    stream.due()
    stream.hears(OutageWithdrawn(mrid=MRID, withdrawn_at=DUE + HOUR), DUE + HOUR)
    assert stream.told() == [("voided", "withdrawn")]


def test_a_safety_cut_breaks_the_promise_as_ever_and_no_proof_mends_it() -> None:
    stream = PublicStream().noticed(period=SHORT, safety_cut=True)
    assert stream.told() == [("broken", "safety-cut")]
    stream.shows(SOON)
    assert stream.told() == [("broken", "safety-cut")]


def test_a_notice_that_was_only_narrowed_after_its_day_keeps_its_clock_and_must_be_shown_all_the_same() -> None:
    stream = PublicStream().noticed()
    stream.shows(SOON)
    stream.hears(amend(2, span("2026-03-12 08:00", "2026-03-12 12:00")), DUE + DAY)
    assert [standing for standing, _ in stream.told()] == ["kept", "voided"]
    assert stream.shows(DUE + DAY + MINUTE).reason == "shown-late"


def test_work_that_begins_early_breaks_what_waits_for_its_page_and_what_was_kept() -> None:
    for shown in (False, True):
        stream = PublicStream().noticed()
        if shown:
            stream.shows(SOON)
        early = NOW + DAY
        stream.hears(started("2026-03-03 09:00"), early)
        assert stream.told() == [("broken", "started-early")]


def test_work_wider_than_noticed_is_broken_whatever_was_shown() -> None:
    stream = PublicStream().noticed()
    stream.shows(SOON)
    stream.hears(started(), at("2026-03-12 08:00"))
    wider = ExtentChanged(mrid=MRID, changed_at=at("2026-03-12 09:00"), extent=Extent(lines=("10千伏城西线",)))
    stream.hears(wider, at("2026-03-12 09:00"))
    assert stream.told() == [("broken", "wider-than-noticed")]


def test_once_the_work_is_to_begin_no_proof_is_asked_for() -> None:
    stream = PublicStream().noticed()
    assert stream.shows(at("2026-03-12 08:00")).reason == "notice-period-over"


def test_a_policy_that_names_other_channels_makes_the_promise_anew() -> None:
    stream = PublicStream().noticed()
    stream.planner = PlannerOutage(counting("newspaper"), CALENDAR)
    decision = reviewed(stream)
    assert decision.reason == "reviewed"
    assert stream.told() == [("voided", "deadline-recomputed"), ("open", None)]
    assert stream.shows(NOW + 2 * HOUR, channel="newspaper").reason == "shown-in-time"


def test_a_policy_by_which_publishing_is_enough_keeps_what_waited() -> None:
    stream = PublicStream().noticed()
    stream.planner = PlannerOutage(POLICY, CALENDAR)
    reviewed(stream)
    assert [standing for standing, _ in stream.told()] == ["voided", "kept"]
