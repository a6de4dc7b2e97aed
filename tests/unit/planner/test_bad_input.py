"""What a dispatch system may send by mistake: each has an answer with a name, and none breaks the planner."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from schemas.cloudevent import ContractError, parse_structured
from schemas.contracts.base import Extent, Period, Wire
from tests.kits.deciders.planner import (
    CITY,
    LAWFUL,
    NOW,
    SHORT,
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

DAY = timedelta(days=1)


def days(start: timedelta, length: timedelta = timedelta(hours=9)) -> Period:
    return Period(start=NOW + start, end=NOW + start + length)


def points(count: int) -> Extent:
    names = tuple(f"UP-{n:06}" for n in range(count))
    return Extent(lines=CITY.lines, areas=CITY.areas, usage_points=names, nominal_voltage=10)


@pytest.mark.parametrize(
    ("sentence", "before", "fact", "reason"),
    [
        ("requested twice", [request()], request(), "older-revision"),
        ("requested twice, the second under a new number", [request()], request(2), "accepted-unchanged"),
        ("requested twice, refused both times", [request(period=SHORT)], request(2, SHORT), "notice-too-short"),
        ("amended before requested", [], amend(2), "taken-as-request"),
        ("requested after its amendment", [amend(2)], request(1), "older-revision"),
        ("cancelled before requested", [], cancel(2), "held-until-known"),
        ("requested after its cancellation", [cancel(2)], request(1), "cancelled-before-requested"),
        ("amended after the start", [request(), started()], amend(2, SHORT), "already-started"),
        ("requested after the start", [started()], request(), "already-started"),
        ("cancelled twice", [request(), cancel(2)], cancel(2), "already-cancelled"),
        ("cancelled twice, under a new number", [request(), cancel(2)], cancel(3), "nothing-published"),
        ("cancelled twice, neither requested", [cancel(2)], cancel(2), "already-cancelled"),
        ("cancelled after the start", [request(), started()], cancel(2), "cancelled-after-start"),
        (
            "cancelled after all was over",
            [request(), started(), restored("2026-03-12 16:00")],
            cancel(2),
            "cancelled-after-start",
        ),
        (
            "amended after all was over",
            [request(), started(), restored("2026-03-12 16:00")],
            amend(2, span("2026-03-12 08:00", "2026-03-12 15:00")),
            "already-over",
        ),
        ("in the past", [], request(period=days(-DAY)), "notice-too-short"),
        ("temporary work in the past", [], request(period=days(-DAY), outage_class="temporary"), "start-in-past"),
        ("400 days ahead", [], request(period=days(400 * DAY)), "too-far-ahead"),
        ("three months long", [], request(period=days(10 * DAY, 90 * DAY)), "period-too-long"),
        ("a year and three months", [], request(period=days(400 * DAY, 90 * DAY)), "too-far-ahead"),
        ("thirty days long is long, but may be", [], request(period=days(10 * DAY, 30 * DAY)), "published"),
        ("no places at all", [], request(extent=Extent()), "line-missing"),
        ("blank lines and areas", [], request(extent=Extent(lines=(" ",), areas=("\t",))), "line-missing"),
        ("no usage points", [], request(extent=CITY), "published"),
        ("blank usage points", [], request(extent=msgspec.structs.replace(CITY, usage_points=(" ",))), "published"),
        ("10,000 usage points", [], request(extent=points(10_000)), "published"),
        ("100,000 usage points", [], request(extent=points(100_000)), "plan-too-large"),
        ("a name of 200 characters", [], request(extent=Extent(lines=("线" * 200,), areas=CITY.areas)), "published"),
    ],
)
def test_what_dispatch_sends_by_mistake_has_an_answer_with_a_name(
    sentence: str, before: list[Wire], fact: Wire, reason: str
) -> None:
    assert Stream().hears_all(before).hears(fact).reason == reason, sentence


@pytest.mark.parametrize(
    ("extent", "warning"),
    [
        (points(0), "budget-not-checked:no-usage-points"),
        (msgspec.structs.replace(points(0), usage_points=(" ",)), "budget-not-checked:no-usage-points"),
        (msgspec.structs.replace(points(1), nominal_voltage=None), "budget-not-checked:nominal-voltage-missing"),
    ],
    ids=["none", "blank", "no voltage"],
)
def test_a_plan_whose_yearly_limit_cannot_be_checked_says_so(extent: Extent, warning: str) -> None:
    decision = Stream().hears(request(extent=extent))
    assert warning in decision.events[1].data.warnings  # type: ignore[attr-defined]


def test_a_name_given_twice_or_with_blanks_is_one_name_and_stays_inside_the_notice() -> None:
    stream = Stream().hears_all([request(extent=Extent(lines=CITY.lines, areas=CITY.areas))])
    untidy = Extent(lines=(*CITY.lines, f" {CITY.lines[0]} "), areas=(*CITY.areas, " ", CITY.areas[0]))
    decision = stream.hears(amend(2, extent=untidy), NOW + 5 * DAY)
    assert decision.reason == "narrowed"
    assert "停电线路:10千伏城东线\n" in last_word(decision).text["zh-CN"]
    assert "停电范围:中山路一带\n" in last_word(decision).text["zh-CN"]


def event(**period: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "source": "/dispatch/east",
        "id": "1",
        "type": "planned.requested.v1",
        "time": "2026-03-02T09:00:00+08:00",
        "data": {
            "mRID": "P-1",
            "revisionNumber": 1,
            "outageClass": "planned",
            "plannedPeriod": {"start": "2026-03-12T08:00:00+08:00", "end": "2026-03-12T17:00:00+08:00", **period},
            "extent": {},
            "requestedAt": "2026-03-02T09:00:00+08:00",
        },
    }


@pytest.mark.parametrize(
    ("sentence", "period", "complaint"),
    [
        ("zero length", {"end": "2026-03-12T08:00:00+08:00"}, "is not after start"),
        ("ends before it begins", {"end": "2026-03-11T08:00:00+08:00"}, "is not after start"),
        ("the year 225", {"start": "0225-03-12T08:00:00+08:00"}, "outside 2000 to 2199"),
        ("no zone", {"start": "2026-03-12T08:00:00"}, "timezone"),
    ],
)
def test_a_period_that_is_none_never_reaches_the_planner(sentence: str, period: Any, complaint: str) -> None:
    with pytest.raises(ContractError, match=complaint):
        parse_structured(event(**period))
    assert parse_structured(event()), sentence


@pytest.mark.parametrize("when", [at("2026-03-12 08:00"), at("2026-03-12 16:59")])
def test_a_refusal_after_the_start_leaves_the_notice_of_work_going_on(when: Any) -> None:
    stream = Stream().hears_all([request()])
    stream.hears(started(), at("2026-03-12 08:00"))
    stream.hears(amend(2, days(12 * DAY)), when)
    assert stream.state.notice is not None
    assert stream.state.notice.told.period == LAWFUL
