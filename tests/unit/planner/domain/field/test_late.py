"""Facts that come late, or in another order than they happened: judged by their own instants all the same."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import pytest

from schemas.contracts.base import Extent, Wire
from schemas.contracts.dispatch import CurtailmentOrdered, ExtentChanged, OutageReopened
from schemas.contracts.promises import PromiseCorrected
from services.planner.domain.decider import PlannerOutage
from tests.kits.deciders.planner import (
    CALENDAR,
    CITY,
    MRID,
    NOW,
    POLICY,
    Stream,
    amend,
    at,
    cancel,
    last_word,
    request,
    restored,
    span,
    started,
)

DONE = "cn.planned.done-by-noticed-end"
START, END = "2026-03-12 08:00", "2026-03-12 17:00"
DURING = at("2026-03-12 08:30")
WIDER = Extent(lines=(*CITY.lines, "10千伏城西线"), areas=CITY.areas)
SHORTER = span(START, "2026-03-12 15:00")


def noticed() -> Stream:
    return Stream().hears_all([request()])


def grown(when: str, extent: Extent = WIDER) -> ExtentChanged:
    return ExtentChanged(mrid=MRID, changed_at=at(when), extent=extent)


def off_again(when: str) -> OutageReopened:
    return OutageReopened(mrid=MRID, reopened_at=at(when))


NEXT_WEEK = span("2026-03-21 08:00", "2026-03-21 17:00")


@pytest.mark.parametrize(
    ("sentence", "meanwhile", "reason", "said"),
    [
        ("its end came sooner", amend(2, SHORTER), "start-recorded", []),
        ("it was moved to next week", amend(2, NEXT_WEEK), "notice-stands-again", ["plan.rejected", "notice.amended"]),
        ("it was cancelled", cancel(2), "notice-stands-again", ["notice.published"]),
    ],
)
def test_a_start_as_noticed_is_no_breach_though_the_notice_changed_before_the_start_was_heard_of(
    sentence: str, meanwhile: Wire, reason: str, said: list[str]
) -> None:
    stream = noticed()
    stream.hears(meanwhile, DURING)
    decision = stream.hears(started(), DURING + timedelta(minutes=5))
    assert (decision.reason, stream.said(decision)) == (reason, said), sentence
    assert not stream.state.breaches, sentence


def test_a_start_before_the_notice_that_stood_then_is_early_by_that_notice() -> None:
    stream = noticed()
    stream.hears(amend(2, span("2026-03-12 10:00", END)), DURING)
    decision = stream.hears(started("2026-03-12 07:45"), DURING)
    breach = last_word(decision)
    assert (breach.kind, breach.notice_id, breach.noticed_period.start) == ("started-early", f"{MRID}/1", at(START))


def lapsed() -> Stream:
    stream = noticed()
    stream.fire("noticed-end")
    return stream


def test_a_start_heard_of_after_the_noticed_end_puts_the_notice_back_and_overturns_its_verdict() -> None:
    stream = lapsed()
    decision = stream.hears(started(), at("2026-03-12 17:05"))
    assert (decision.reason, stream.said(decision)) == ("start-recorded", [])
    assert stream.timers() == {"noticed-end": at(END)}
    end = stream.fire("noticed-end")
    (corrected,) = (e.data for e in end.events if isinstance(e.data, PromiseCorrected))
    assert (corrected.was, corrected.now, stream.said(end)) == ("voided", "broken", ["notice.breached"])
    assert stream.timers() == {}


def test_work_heard_of_only_when_all_was_over_was_carried_out_all_the_same() -> None:
    stream = lapsed()
    stream.hears(started(), at("2026-03-12 17:05"))
    decision = stream.hears(restored("2026-03-12 16:20"), at("2026-03-12 17:06"))
    (corrected,) = (e.data for e in decision.events if isinstance(e.data, PromiseCorrected))
    assert (corrected.was, corrected.now) == ("voided", "kept")
    assert (last_word(decision).outcome, stream.timers()) == ("carried-out", {})


def test_power_back_proves_that_noticed_work_was_carried_out_though_nobody_said_it_began() -> None:
    stream = noticed()
    stream.hears(restored("2026-03-12 16:20"), at("2026-03-12 16:21"))
    decision = stream.fire("noticed-end")
    assert (decision.reason, last_word(decision).outcome) == ("notice-closed", "carried-out")
    assert stream.promised(decision) == [("promise.kept", DONE)]
    late = stream.hears(started(), at("2026-03-12 17:30"))
    assert (stream.said(late), stream.promised(late), stream.timers()) == ([], [], {})


def outcome_of(stream: Stream) -> tuple[str | None, list[str], frozenset[str]]:
    """Everything that fires has fired."""
    while stream.timers():
        stream.fire(min(stream.timers().items(), key=lambda each: each[1])[0])
    verdicts = sorted(kept.standing for kept in stream.state.promises.records.values())
    return stream.state.outcome, verdicts, stream.state.breaches


@pytest.mark.parametrize(
    ("sentence", "facts", "expected"),
    [
        (
            "begun and back in time",
            (started(), restored("2026-03-12 16:20")),
            ("carried-out", ["kept", "kept"], set()),
        ),
        (
            "begun early and back late",
            (started("2026-03-12 07:30"), restored("2026-03-12 18:00")),
            ("carried-out-late", ["broken", "broken"], {"started-early", "overran"}),
        ),
        (
            "back, off again, and back in time",
            (started(), restored("2026-03-12 10:00"), off_again("2026-03-12 11:00"), restored("2026-03-12 16:00")),
            ("carried-out", ["kept", "kept"], set()),
        ),
        (
            "wider than noticed for an hour",
            (started(), grown("2026-03-12 09:00"), restored("2026-03-12 16:00")),
            ("carried-out", ["broken", "kept"], {"wider-than-noticed"}),
        ),
    ],
)
def test_facts_of_one_day_end_in_the_same_verdicts_in_whatever_order_they_are_heard(
    sentence: str, facts: tuple[Wire, ...], expected: tuple[str, list[str], set[str]]
) -> None:
    for order in permutations(facts):
        stream = noticed()
        for minute, fact in enumerate(order):
            stream.hears(fact, at("2026-03-12 16:30") + timedelta(minutes=minute))
        assert outcome_of(stream) == expected, (sentence, [type(fact).__name__ for fact in order])


def test_power_off_again_that_is_heard_of_before_it_was_back_keeps_the_noticed_end_armed() -> None:
    stream = noticed()
    stream.hears(started(), at(START))
    assert stream.hears(off_again("2026-03-12 15:30"), at("2026-03-12 15:31")).reason == "held-until-known"
    assert stream.hears(restored("2026-03-12 15:00"), at("2026-03-12 15:32")).reason == "off-again-since"
    assert stream.fire("noticed-end").reason == "overran"


def test_power_that_goes_off_again_after_the_noticed_end_is_a_breach_at_that_moment() -> None:
    stream = noticed()
    stream.hears(started(), at(START))
    stream.hears(restored("2026-03-12 16:50"), at("2026-03-12 16:51"))
    stream.hears(off_again("2026-03-12 17:30"), at("2026-03-12 17:31"))
    breach = last_word(stream.fire("noticed-end"))
    assert (breach.kind, breach.at) == ("overran", at("2026-03-12 17:30"))
    assert breach.findings[0].given == "power off again at 2026-03-12T17:30+08:00"


def test_power_kept_off_again_after_a_breach_breaks_the_promise_that_was_corrected() -> None:
    stream = noticed()
    stream.hears(started(), at(START))
    stream.fire("noticed-end")
    stream.hears(restored("2026-03-12 16:58"), at("2026-03-12 17:30"))
    stream.hears(off_again("2026-03-12 17:40"), at("2026-03-12 17:41"))
    decision = stream.fire("noticed-end")
    assert [(e.data.was, e.data.now) for e in decision.events if isinstance(e.data, PromiseCorrected)] == [
        ("kept", "broken")
    ]
    assert (stream.said(decision), stream.timers()) == ([], {})


@pytest.mark.parametrize("period", [SHORTER, span("2026-03-20 08:00", "2026-03-20 17:00")], ids=["sooner", "moved"])
def test_an_amendment_after_power_is_back_comes_too_late_and_promises_nothing(period: object) -> None:
    stream = noticed()
    stream.hears(started(), at(START))
    stream.hears(restored("2026-03-12 14:00"), at("2026-03-12 14:01"))
    decision = stream.hears(amend(2, period), at("2026-03-12 14:30"))  # type: ignore[arg-type]
    assert (decision.reason, stream.promised(decision)) == ("already-over", [])
    assert last_word(decision).earliest_lawful_start is None
    assert stream.timers() == {}


def test_a_safety_cut_after_power_was_back_is_a_cut_of_its_own_with_its_own_end() -> None:
    stream = noticed()
    stream.hears(started(), at(START))
    stream.hears(restored("2026-03-12 14:00"), at("2026-03-12 14:01"))
    evening = span("2026-03-12 20:00", "2026-03-12 22:00")
    assert stream.hears(amend(2, evening, safety_cut=True), at("2026-03-12 19:00")).reason == "moved"
    assert stream.hears(started("2026-03-12 20:00"), at("2026-03-12 20:00")).reason == "start-recorded"
    decision = stream.fire("noticed-end")
    assert stream.promised(decision) == [("promise.broken", DONE)]


def test_power_back_before_the_noticed_start_says_nothing_of_the_work() -> None:
    stream = noticed()
    stream.hears(restored("2026-03-11 12:00"), at("2026-03-11 12:01"))
    stream.hears(started(), at(START))
    assert stream.fire("noticed-end").reason == "overran"


def ordered(when: str = "2026-07-20 09:00", end: str = "2026-07-20 17:00") -> CurtailmentOrdered:
    return CurtailmentOrdered(
        mrid=MRID, ordered_at=at(when), planned_period=span("2026-07-20 13:00", end), extent=Extent(lines=CITY.lines)
    )


MORNING, NOON = at("2026-07-20 09:00"), at("2026-07-20 14:00")


@pytest.mark.parametrize(
    ("sentence", "when", "reason", "said"),
    [
        ("before it begins", MORNING, "withdrawn", ["notice.withdrawn"]),
        ("after it began", NOON, "cancelled-after-start", []),
    ],
)
def test_a_curtailment_can_be_taken_back_until_it_begins(
    sentence: str, when: object, reason: str, said: list[str]
) -> None:
    stream = Stream()
    stream.hears(ordered(), MORNING)
    decision = stream.hears(cancel(1), when)  # type: ignore[arg-type]
    assert (decision.reason, stream.said(decision)) == (reason, said), sentence


def test_a_curtailment_taken_back_before_the_order_is_heard_of_is_not_published() -> None:
    stream = Stream()
    assert stream.hears(cancel(1), MORNING).reason == "held-until-known"
    decision = stream.hears(ordered(), MORNING)
    assert (decision.reason, list(decision.events)) == ("cancelled-before-ordered", [])


def test_a_later_order_takes_the_place_of_the_one_before_and_an_older_one_does_not() -> None:
    stream = Stream()
    stream.hears(ordered(), MORNING)
    decision = stream.hears(ordered("2026-07-20 12:00", end="2026-07-20 20:00"), NOON)
    assert stream.said(decision) == ["plan.accepted", "notice.amended"]
    assert stream.timers()["noticed-end"] == at("2026-07-20 20:00")
    assert stream.hears(ordered(), NOON).reason == "already-ordered"


@pytest.mark.parametrize(
    ("sentence", "plan", "reported"),
    [
        ("refused as planned work, asked again as temporary", request(period=span("2026-03-04 08:00", END)), True),
        ("noticed as planned work, made temporary", request(), True),
        ("temporary from the first", request(outage_class="temporary"), False),
    ],
)
def test_planned_work_that_becomes_temporary_is_reported_whether_it_was_noticed_or_refused(
    sentence: str, plan: Wire, *, reported: bool
) -> None:
    stream = Stream().hears_all([plan])
    decision = stream.hears(amend(2, outage_class="temporary"), NOW + timedelta(hours=1))
    warned = "planned-relabelled-temporary" in decision.events[1].data.warnings  # type: ignore[attr-defined]
    assert warned == reported, sentence


def test_a_safety_cut_that_is_called_ordinary_afterwards_has_no_clock_to_keep() -> None:
    stream = Stream()
    soon = span("2026-03-03 08:00", "2026-03-03 12:00")
    stream.hears(request(period=soon, safety_cut=True))
    decision = stream.hears(amend(2, soon), NOW + timedelta(hours=1))
    assert decision.reason == "notice-too-short"


@pytest.mark.parametrize("source", ["connectors/feed", "/dispatch/east"])
def test_late_words_of_any_source_about_a_noticed_start_are_no_breach(source: str) -> None:
    stream = Stream(PlannerOutage(POLICY, CALENDAR, planless=("connectors/",)))
    stream.hears(request())
    stream.hears(cancel(2), DURING)
    assert stream.hears(started(), DURING, source=source).reason == "notice-stands-again"
    assert not stream.state.breaches


def test_an_extent_said_twice_before_the_start_is_held_once() -> None:
    stream = noticed()
    say: Callable[[], str] = lambda: stream.hears(grown("2026-03-12 08:10"), DURING).reason  # noqa: E731 - said twice
    assert (say(), say()) == ("held-until-known", "older-extent")
    decision = stream.hears(started(), DURING)
    assert (decision.reason, last_word(decision).at) == ("wider-than-noticed", at("2026-03-12 08:10"))
