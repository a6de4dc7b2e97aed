"""What a data-entry error, a past end or a list too long does to a notice that stands: nothing that nobody meant."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from schemas.contracts.base import Extent, encode
from tests.kits.deciders.planner import (
    CITY,
    MRID,
    NOW,
    Stream,
    amend,
    at,
    cancel,
    last_word,
    plan_at,
    reasons_of,
    request,
    restored,
    span,
    started,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LARGE = "plan-too-large"
POINTS = tuple(f"UP-{n:06}" for n in range(100_000))


def noticed() -> Stream:
    return Stream().hears_all([request()])


@pytest.mark.parametrize(
    ("sentence", "amendment", "reason"),
    [
        ("the year is wrong", amend(2, span("2028-03-12 08:00", "2028-03-12 17:00")), "too-far-ahead"),
        ("the month of the end is wrong", amend(2, span("2026-03-12 08:00", "2026-05-12 17:00")), "period-too-long"),
        ("no line is named", amend(2, extent=msgspec.structs.replace(CITY, lines=())), "line-missing"),
        ("more than one event can carry", amend(2, extent=msgspec.structs.replace(CITY, usage_points=POINTS)), LARGE),
    ],
)
def test_a_slip_of_the_pen_is_refused_and_leaves_the_lawful_notice_up(
    sentence: str, amendment: object, reason: str
) -> None:
    stream = noticed()
    before = stream.state.notice
    decision = stream.hears(amendment, NOW + DAY)  # type: ignore[arg-type]
    assert (decision.reason, stream.said(decision)) in ((reason, ["plan.rejected"]), (reason, ["plan.rejected"])), (
        sentence
    )
    assert stream.state.notice == before, sentence
    assert stream.hears(amend(3), NOW + DAY + HOUR).reason == "accepted-unchanged", sentence


def test_a_plan_that_says_clearly_what_cannot_be_takes_its_notice_down_all_the_same() -> None:
    stream = noticed()
    assert (
        stream.hears(amend(2, span("2026-03-05 08:00", "2026-03-05 17:00")), NOW + DAY).reason
        == "refused-and-withdrawn"
    )


def test_nothing_that_is_published_is_too_large_for_a_topic() -> None:
    stream = noticed()
    big = msgspec.structs.replace(CITY, usage_points=POINTS)
    too_soon = stream.hears(amend(2, span("2026-03-12 07:00", "2026-03-12 17:00"), big), NOW + 5 * DAY)
    many = Extent(lines=("L",), areas=tuple(f"东郊开发区第{n:05}号台区低压用户" for n in range(11_000)))
    wide = Stream().hears(request(extent=many))
    assert wide.reason == "published"
    assert "等11000处" in last_word(wide).text["zh-CN"]
    for decision in (too_soon, wide):
        assert max(len(encode(event.data)) for event in decision.events if event.topic) < 1_000_000  # type: ignore[arg-type]
    assert stream.hears(cancel(3), NOW + 6 * DAY).reason == "withdrawn"


def test_an_end_that_is_past_already_is_not_told_while_power_is_off() -> None:
    stream = noticed()
    stream.hears(started(), at("2026-03-12 08:00"))
    decision = stream.hears(amend(2, span("2026-03-12 08:00", "2026-03-12 15:00")), at("2026-03-12 16:00"))
    assert decision.reason == "end-in-past"
    assert stream.state.notice is not None
    assert stream.state.notice.told.period.end == at("2026-03-12 17:00")
    back = stream.hears(restored("2026-03-12 16:30"), at("2026-03-12 16:31"))
    assert last_word(back).outcome == "carried-out"


def test_work_that_is_said_to_have_ended_before_it_began_is_not_announced_any_more() -> None:
    stream = noticed()
    decision = stream.hears(amend(2, span("2026-03-12 08:00", "2026-03-12 10:00")), at("2026-03-12 11:00"))
    assert (decision.reason, stream.state.notice) == ("refused-and-withdrawn", None)
    assert reasons_of(decision)[0] == "end-in-past"


def test_planned_work_whose_start_calls_it_temporary_is_reported() -> None:
    decision = noticed().hears(started(outage_class="temporary"), at("2026-03-12 08:00"))
    assert decision.reason == "planned-relabelled-temporary"


@pytest.mark.parametrize(
    ("hours", "chinese", "english"),
    [
        (2 / 60, "(2分钟)", "(2 min)"),
        (25 / 60, "(25分钟)", "(25 min)"),
        (1.5, "(1小时30分钟)", "(1 h 30 min)"),
        (9, "(9小时)", "(9 h)"),
    ],
)
def test_the_length_of_a_cut_is_told_to_the_minute(hours: float, chinese: str, english: str) -> None:
    text = last_word(Stream().hears(plan_at(NOW, 10 * DAY, hours=hours))).text
    assert chinese in text["zh-CN"]
    assert english in text["en"]


def test_what_became_of_a_notice_stands_by_itself_also_where_it_was_withdrawn() -> None:
    withdrawn = last_word(noticed().hears(cancel(2), NOW + HOUR)).text
    assert "停电线路:10千伏城东线" in withdrawn["zh-CN"]
    assert "停电结果:已取消,届时不因此停电" in withdrawn["zh-CN"]
    assert "Outcome: withdrawn" in withdrawn["en"]
    stream = noticed()
    stream.hears(started(), at("2026-03-12 08:00"))
    closed = last_word(stream.hears(restored("2026-03-12 16:00"), at("2026-03-12 16:00"))).text
    assert "停电范围:中山路一带\n停电线路:10千伏城东线\n停电结果:已完成\n恢复送电:2026年3月12日16:00" in closed["zh-CN"]


def test_what_is_wider_than_noticed_is_named() -> None:
    wide = msgspec.structs.replace(CITY, lines=(*CITY.lines, "10千伏工业线"))
    stream = noticed()
    fact = msgspec.structs.replace(started(), extent=wide)
    assert last_word(stream.hears(fact, at("2026-03-12 08:00"))).findings[0].given == "also line 10千伏工业线"


@pytest.mark.parametrize("late", [True, False], ids=["the timer never ran", "both heard at once"])
def test_work_that_ran_over_is_a_breach_though_power_back_is_heard_of_before_the_deadline_could_run(
    *, late: bool
) -> None:
    stream = noticed()
    facts = [started(), restored("2026-03-12 18:00")]
    for fact in facts if late else facts[::-1]:
        decision = stream.hears(fact, at("2026-03-12 18:30"))
    breach = next(event.data for event in decision.events if event.type == "notice.breached.v1")
    assert (breach.kind, breach.at) == ("overran", at("2026-03-12 17:00"))  # type: ignore[attr-defined]
    assert last_word(decision).outcome == "carried-out-late"
    assert stream.timers() == {}


def test_power_back_later_than_was_thought_gives_the_notice_another_outcome_though_the_start_came_last() -> None:
    stream = noticed()
    stream.hears(restored("2026-03-12 16:00"), at("2026-03-12 16:01"))
    stream.fire("noticed-end")
    stream.hears(restored("2026-03-12 18:00"), at("2026-03-12 18:01"))
    stream.hears(started(), at("2026-03-12 18:30"))
    assert stream.state.outcome == "carried-out-late"


def test_a_slip_of_days_shows_both_figures() -> None:
    period = span("2026-03-12 08:00", "2026-04-12 04:00")
    decision = Stream().hears(request(period=period))
    finding = decision.events[1].data.findings[0]  # type: ignore[attr-defined]
    assert (finding.required, finding.given) == ("at most 30 days", "30 days 20 h")


def test_key_customers_lines_say_that_they_are_told_after_the_informing_time() -> None:
    decision = Stream().hears(plan_at(NOW, 25 * HOUR, outage_class="temporary"))
    finding = next(f for f in decision.events[1].data.findings if "24h" in f.rule.rule_id)  # type: ignore[attr-defined]
    assert "published 2026-03-02T09:00+08:00, key customers told by 2026-03-02T11:00+08:00" in finding.given


def test_the_decision_names_the_policy_it_rests_on() -> None:
    accepted = Stream().hears(request()).events[1].data
    assert (accepted.mrid, accepted.policy_id) == (MRID, "cn-service-standard")  # type: ignore[attr-defined]
