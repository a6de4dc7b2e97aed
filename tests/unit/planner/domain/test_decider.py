"""The life of a plan and its notice, told as dispatch would tell it."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from schemas.contracts.base import Extent, Period, Wire
from schemas.contracts.dispatch import CrewStatus
from schemas.contracts.notices import NoticeAmended, NoticePublished, NoticeWithdrawn
from services.planner.domain.decider import PLANNING_FACTS
from tests.kits.deciders.planner import (
    CITY,
    LAWFUL,
    MRID,
    NOW,
    PLANNER,
    SHORT,
    Stream,
    amend,
    at,
    cancel,
    last_word,
    plan_at,
    reasons_of,
    request,
    span,
    started,
)

LATER = NOW + timedelta(days=5)  # too late for a new notice of LAWFUL
MOVED = span("2026-03-20 08:00", "2026-03-20 15:00")


def noticed() -> Stream:
    return Stream().hears_all([request()])


def test_a_lawful_request_is_accepted_and_published_at_once() -> None:
    stream = Stream()
    decision = stream.hears(request())
    assert decision.reason == "published"
    assert [event.type for event in decision.events][:3] == [
        "planned.requested.v1",
        "plan.accepted.v1",
        "notice.published.v1",
    ]
    assert stream.promised(decision) == [
        ("promise.made", "cn.planned.public-notice"),
        ("promise.kept", "cn.planned.public-notice"),
        ("promise.made", "cn.planned.done-by-noticed-end"),
    ]
    notice = last_word(decision)
    assert isinstance(notice, NoticePublished)
    assert (notice.notice_id, notice.version, notice.published_at) == (f"{MRID}/1", 1, NOW)
    assert (notice.planned_period, notice.extent, notice.inform_by) == (LAWFUL, CITY, at("2026-03-05 00:00"))


def test_the_notice_is_worded_in_chinese_and_english_with_absolute_dates() -> None:
    notice = last_word(Stream().hears(request(extent=Extent(lines=CITY.lines, areas=("中山路\n停电原因:无",)))))
    assert isinstance(notice, NoticePublished)
    assert notice.text["zh-CN"] == (
        "停电类型:计划检修停电\n停电时间:2026年3月12日08:00至2026年3月12日17:00(9小时)\n"
        "停电范围:中山路 停电原因:无\n停电线路:10千伏城东线\n停电原因:线路检修\n"
        "咨询电话:95598\n公告时间:2026年3月2日09:00"
    )
    assert notice.text["en"] == (
        "Type: Planned maintenance\nTime: 2026-03-12 08:00 to 2026-03-12 17:00 (9 h)\n"
        "Area: 中山路 停电原因:无\nLine: 10千伏城东线\nReason: 线路检修\n"
        "Telephone: 95598\nPublished: 2026-03-02 09:00"
    )


def test_the_public_transformers_are_named_where_they_are_known() -> None:
    notice = last_word(Stream().hears(request()))
    assert "公变名称:中山路2号公变" in notice.text["zh-CN"]


def test_a_short_request_is_rejected_with_the_first_lawful_start_and_nothing_is_published() -> None:
    stream = Stream()
    decision = stream.hears(request(period=SHORT))
    assert stream.said(decision) == ["plan.rejected"]
    assert reasons_of(decision) == ("notice-too-short", "key-customer-notice-too-short")
    assert last_word(decision).earliest_lawful_start == at("2026-03-10 00:00")


def test_the_start_that_was_offered_is_then_accepted() -> None:
    stream = Stream().hears_all([request(period=SHORT)])
    assert stream.hears(amend(2, span("2026-03-10 00:00", "2026-03-10 09:00"))).reason == "published"


@pytest.mark.parametrize(
    ("sentence", "plan", "reason"),
    [
        ("shorter", amend(2, span("2026-03-12 08:00", "2026-03-12 15:00")), "narrowed"),
        ("starts later on the same day", amend(2, span("2026-03-12 10:00", "2026-03-12 17:00")), "narrowed"),
        ("the same again", amend(2), "accepted-unchanged"),
        ("another reason in words", amend(2, reason="变压器检修"), "narrowed"),
        ("moved with full notice", amend(2, MOVED), "moved"),
    ],
)
def test_an_amendment_that_stays_inside_needs_no_new_clock_and_one_outside_its_full_notice(
    sentence: str, plan: Wire, reason: str
) -> None:
    assert noticed().hears(plan, LATER).reason == reason, sentence


@pytest.mark.parametrize(
    ("sentence", "plan"),
    [
        ("an hour earlier", amend(2, span("2026-03-12 07:00", "2026-03-12 17:00"))),
        ("an hour longer", amend(2, span("2026-03-12 08:00", "2026-03-12 18:00"))),
        ("one line more", amend(2, extent=Extent(lines=(*CITY.lines, "10千伏城西线"), areas=CITY.areas))),
        ("one area more", amend(2, extent=Extent(lines=CITY.lines, areas=(*CITY.areas, "人民路")))),
    ],
)
def test_a_wider_plan_is_refused_and_the_notice_stays_for_what_it_says_is_still_true(sentence: str, plan: Any) -> None:
    stream = noticed()
    widened = (
        plan.extent
        if plan.extent.transformers
        else Extent(lines=plan.extent.lines, areas=plan.extent.areas, transformers=CITY.transformers)
    )
    decision = stream.hears(msgspec.structs.replace(plan, extent=widened), LATER)
    assert stream.said(decision) == ["plan.rejected"], sentence
    assert stream.state.notice is not None


def test_a_plan_that_names_no_transformer_any_more_may_be_wider_than_the_notice_that_named_one() -> None:
    decision = noticed().hears(amend(2, extent=Extent(lines=CITY.lines, areas=CITY.areas)), LATER)
    assert "notice-too-short" in reasons_of(decision)


def test_when_the_move_is_refused_the_notice_that_became_false_is_withdrawn_at_once() -> None:
    stream = noticed()
    decision = stream.hears(amend(2, span("2026-03-13 08:00", "2026-03-13 17:00")), LATER)
    assert decision.reason == "refused-and-withdrawn"
    assert stream.said(decision) == ["plan.rejected", "notice.withdrawn"]
    gone = last_word(decision)
    assert isinstance(gone, NoticeWithdrawn)
    assert (gone.notice_id, gone.reason, gone.planned_period) == (f"{MRID}/1", "no-longer-as-noticed", LAWFUL)
    assert stream.state.notice is None


def test_a_moved_notice_supersedes_the_one_before_and_says_what_it_said() -> None:
    moved = last_word(noticed().hears(amend(2, MOVED), LATER))
    assert isinstance(moved, NoticeAmended)
    assert (moved.notice_id, moved.supersedes, moved.change) == (f"{MRID}/2", f"{MRID}/1", "moved")
    assert (moved.previous_period, moved.planned_period) == (LAWFUL, MOVED)


def test_another_line_with_full_notice_is_a_change() -> None:
    changed = last_word(noticed().hears(amend(2, extent=Extent(lines=("10千伏城西线",), areas=CITY.areas))))
    assert isinstance(changed, NoticeAmended)
    assert changed.change == "changed"


TWO_LINES = Extent(lines=("10千伏城东线", "10千伏城西线"), areas=("中山路一带", "人民路"))


@pytest.mark.parametrize(
    ("sentence", "period", "extent", "left", "lines"),
    [
        (
            "shorter at one end and longer at the other",
            span("2026-03-12 10:00", "2026-03-12 20:00"),
            TWO_LINES,
            span("2026-03-12 10:00", "2026-03-12 17:00"),
            TWO_LINES.lines,
        ),
        (
            "one line dropped, a new one added",
            LAWFUL,
            Extent(lines=("10千伏城东线", "10千伏江滨线"), areas=("中山路一带", "江滨路")),
            LAWFUL,
            ("10千伏城东线",),
        ),
        (
            "one line dropped, and it begins a day too early",
            span("2026-03-11 08:00", "2026-03-12 12:00"),
            Extent(lines=("10千伏城西线",), areas=("人民路",)),
            span("2026-03-12 08:00", "2026-03-12 12:00"),
            ("10千伏城西线",),
        ),
    ],
)
def test_a_refused_amendment_takes_down_only_what_is_no_longer_so(
    sentence: str, period: Period, extent: Extent, left: Period, lines: tuple[str, ...]
) -> None:
    stream = Stream().hears_all([request(extent=TWO_LINES)])
    decision = stream.hears(amend(2, period, extent), LATER)
    assert decision.reason == "refused-and-narrowed", sentence
    assert stream.said(decision) == ["plan.rejected", "notice.amended"], sentence
    notice = last_word(decision)
    assert (notice.change, notice.planned_period, notice.extent.lines) == ("narrowed", left, lines), sentence
    assert ("promise.broken", "cn.planned.public-notice") not in stream.promised(decision), "its clock goes on"
    # What is left can be amended further down, under the clock it had.
    assert stream.hears(amend(3, left, notice.extent), LATER).reason == "accepted-unchanged", sentence


def test_a_refused_amendment_that_shares_nothing_with_the_notice_takes_it_down_whole() -> None:
    stream = Stream().hears_all([request(extent=TWO_LINES)])
    decision = stream.hears(amend(2, SHORT, TWO_LINES), LATER)
    assert (decision.reason, stream.said(decision)) == ("refused-and-withdrawn", ["plan.rejected", "notice.withdrawn"])


def test_a_notice_withdrawn_yesterday_gives_no_clock_today() -> None:
    stream = noticed()
    stream.hears(cancel(2), LATER)
    assert "notice-too-short" in reasons_of(stream.hears(amend(3), LATER + timedelta(days=1)))


def test_planned_work_relabelled_temporary_is_reported() -> None:
    decision = noticed().hears(amend(2, outage_class="temporary"), LATER)
    assert "planned-relabelled-temporary" in decision.events[1].data.warnings  # type: ignore[attr-defined]


def test_a_cancelled_plan_is_withdrawn_with_its_reason() -> None:
    stream = noticed()
    decision = stream.hears(cancel(2))
    assert stream.said(decision) == ["notice.withdrawn"]
    assert (decision.reason, last_word(decision).reason) == ("withdrawn", "cancelled")


def test_a_cancellation_with_the_plan_s_own_revision_takes_it_back_too() -> None:
    assert noticed().hears(cancel(1)).reason == "withdrawn"


def test_after_a_cancellation_a_higher_revision_is_a_new_plan_with_a_new_notice() -> None:
    stream = noticed().hears_all([cancel(2)])
    published = last_word(stream.hears(request(3), NOW + timedelta(minutes=1)))
    assert isinstance(published, NoticePublished)
    assert (published.version, published.notice_id) == (2, f"{MRID}/2")


@pytest.mark.parametrize(
    ("sentence", "before", "fact", "reason"),
    [
        ("cancelled twice", [request(), cancel(2)], cancel(2), "already-cancelled"),
        ("cancelled twice, the second older", [request(), cancel(3)], cancel(2), "already-cancelled"),
        ("the request again", [request()], request(), "older-revision"),
        ("an older amendment", [request(), amend(5)], amend(4), "older-revision"),
        ("an older cancellation", [request(), amend(5)], cancel(4), "older-revision"),
        ("cancelled after the start", [request(), started()], cancel(2), "cancelled-after-start"),
        ("started twice", [request(), started()], started(), "already-started"),
        ("a start nobody confirmed", [request()], started(confirmed=False), "start-not-confirmed"),
        ("a fault begins", [], started(outage_class="fault"), "not-a-planning-fact"),
        ("a crew moves", [request()], CrewStatus(mrid=MRID, crew_status="arrived", at=NOW), "not-a-planning-fact"),
    ],
)
def test_what_changes_nothing_has_a_name_and_leaves_no_event(
    sentence: str, before: list[Wire], fact: Wire, reason: str
) -> None:
    decision = Stream().hears_all(before).hears(fact)
    assert (decision.reason, list(decision.events)) == (reason, []), sentence


@pytest.mark.parametrize(
    ("sentence", "before", "fact", "reason"),
    [
        ("cancelled before it was requested", [], cancel(2), "held-until-known"),
        ("cancelled after a refusal", [request(period=SHORT)], cancel(2), "nothing-published"),
        ("cancelled again with a higher number", [request(), cancel(2)], cancel(3), "nothing-published"),
        ("power goes off as noticed", [request()], started(), "start-recorded"),
        (
            "it went off earlier than first said, yet not before the noticed start",
            [request(), started("2026-03-12 08:20")],
            started("2026-03-12 08:10"),
            "start-corrected",
        ),
    ],
)
def test_what_may_matter_later_is_recorded_and_told_to_nobody(
    sentence: str, before: list[Wire], fact: Wire, reason: str
) -> None:
    stream = Stream().hears_all(before)
    decision = stream.hears(fact)
    assert (decision.reason, len(decision.events), stream.said(decision)) == (reason, 1, []), sentence


@pytest.mark.parametrize(
    ("sentence", "before", "fact", "kind"),
    [
        ("power goes off before any request", [], started(), "started-without-notice"),
        ("power goes off though the plan was refused", [request(period=SHORT)], started(), "started-without-notice"),
        ("power goes off after the work was cancelled", [request(), cancel(2)], started(), "started-without-notice"),
        ("power goes off ten minutes early", [request()], started("2026-03-12 07:50"), "started-early"),
        (
            "it turns out that it went off early",
            [request(), started()],
            started("2026-03-12 07:50"),
            "started-early",
        ),
        ("power goes off when all should be over", [request()], started("2026-03-12 17:00"), "overran"),
        (
            "power goes off on a line nobody was told of",
            [request(extent=Extent(lines=("10千伏城西线",), areas=CITY.areas))],
            started(),
            "wider-than-noticed",
        ),
    ],
)
def test_work_outside_its_notice_is_a_breach_with_its_evidence(
    sentence: str, before: list[Wire], fact: Wire, kind: str
) -> None:
    stream = Stream().hears_all(before)
    decision = stream.hears(fact)
    assert (decision.reason, stream.said(decision)) == (kind, ["notice.breached"]), sentence
    (finding,) = decision.events[1].data.findings  # type: ignore[attr-defined]
    assert not finding.holds, sentence
    assert finding.given, sentence


def test_a_request_that_comes_after_its_own_cancellation_is_refused_once() -> None:
    stream = Stream().hears_all([cancel(2)])
    first = stream.hears(request(1))
    assert (first.reason, reasons_of(first)) == ("cancelled-before-requested", ("cancelled-before-requested",))
    assert last_word(first).earliest_lawful_start is None
    assert stream.hears(request(1)).reason == "older-revision"
    assert stream.hears(request(3)).reason == "published"


def test_an_amendment_that_comes_before_the_request_is_taken_as_one() -> None:
    stream = Stream()
    decision = stream.hears(amend(2))
    assert decision.reason == "taken-as-request"
    assert stream.said(decision) == ["plan.accepted", "notice.published"]
    assert stream.hears(request(1)).reason == "older-revision"


def test_a_request_after_the_start_is_answered_with_a_refusal() -> None:
    decision = Stream().hears_all([started()]).hears(request())
    assert reasons_of(decision)[0] == "already-started"


def test_after_the_start_the_end_may_come_sooner() -> None:
    during = at("2026-03-12 10:00")
    stream = noticed().hears_all([started()], during)
    assert stream.hears(amend(2, span("2026-03-12 08:00", "2026-03-12 12:00")), during).reason == "narrowed"


@pytest.mark.parametrize(
    "period",
    [span("2026-03-12 08:00", "2026-03-12 20:00"), span("2026-03-12 11:00", "2026-03-12 17:00"), MOVED],
    ids=["longer", "begins after it began", "another day"],
)
def test_after_the_start_nothing_else_may_change_and_the_notice_of_work_going_on_stays(period: Any) -> None:
    during = at("2026-03-12 10:00")
    stream = noticed().hears_all([started()], during)
    decision = stream.hears(amend(2, period), during)
    assert reasons_of(decision)[0] == "already-started"
    assert stream.state.notice is not None
    assert stream.state.notice.version == 1


def test_a_safety_cut_is_published_at_once_with_its_gaps_flagged() -> None:
    stream = Stream()
    decision = stream.hears(plan_at(NOW, timedelta(minutes=30), safety_cut=True))
    assert stream.said(decision) == ["plan.accepted", "notice.published"]
    assert "safety-cut-gap:notice-too-short" in decision.events[1].data.warnings  # type: ignore[attr-defined]
    assert decision.events[2].data.safety_cut  # type: ignore[attr-defined]


def test_the_planner_listens_to_planning_facts_only() -> None:
    assert {
        "planned.requested.v1",
        "planned.amended.v1",
        "planned.cancelled.v1",
        "outage.started.v1",
        "outage.withdrawn.v1",
    } == PLANNING_FACTS


def test_the_view_is_json_for_people() -> None:
    view = PLANNER.view(noticed().state)
    assert msgspec.json.decode(msgspec.json.encode(view)) == view
    assert view["standing"] == "accepted"
    assert view["notice"]["plannedPeriod"] == {"start": "2026-03-12T00:00:00Z", "end": "2026-03-12T09:00:00Z"}
