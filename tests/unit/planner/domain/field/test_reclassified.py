"""A fault was work in truth: did the public know? Work was a fault: then none of it was carried out, and no notice was broken."""

from datetime import datetime

from schemas.contracts.base import Extent, Wire
from schemas.contracts.dispatch import ExtentChanged, OutageWithdrawn
from services.planner.domain.decider import PlannerOutage
from services.planner.domain.events import NoticeReferred, OtherNotice
from services.planner.domain.verdict.other_work import OtherWork
from tests.kits.deciders.planner import (
    CALENDAR,
    CITY,
    LAWFUL,
    MRID,
    POLICY,
    Stream,
    at,
    cancel,
    classified,
    request,
    restored,
    started,
)

PUBLIC, DONE = f"{MRID}/1/cn.planned.public-notice", f"{MRID}/1/cn.planned.done-by-noticed-end"
UNNOTICED = f"{MRID}/unnoticed/cn.planned.public-notice"
SOON = at("2026-03-12 08:30")
PLAN = "PW-9"


def standings(stream: Stream) -> dict[str, str]:
    return {name: record.standing for name, record in stream.state.promises.records.items()}


def noticed() -> Stream:
    return Stream().hears_all([request()])


def known_as(extent: Extent = CITY, until: datetime | None = None) -> OtherWork:
    """The notice of another plan, published in time."""
    notice = OtherNotice(
        notice_id=f"{PLAN}/1",
        version=1,
        outage_class="planned",
        planned_period=LAWFUL,
        extent=extent,
        published_at=at("2026-03-02 09:00"),
        until=until,
    )
    return OtherWork(referred=NoticeReferred(mrid=MRID, plan_mrid=PLAN, notice=notice))


NO_NOTICE = OtherWork(referred=NoticeReferred(mrid=MRID, plan_mrid=PLAN))


def test_a_fault_that_was_work_nobody_was_told_of_breaks_the_seven_days() -> None:
    stream = Stream()
    decision = stream.hears(classified("planned", "2026-03-12 08:20"), SOON)
    assert decision.reason == "started-without-notice"
    assert stream.said(decision) == ["notice.breached"]
    assert standings(stream) == {UNNOTICED: "broken"}
    assert stream.state.started_at == at("2026-03-12 08:00")


def test_its_breach_names_the_rule_of_the_seven_days() -> None:
    decision = Stream().hears(classified("planned", "2026-03-12 08:20"), SOON)
    (breach,) = [event.data for event in decision.events if event.type == "notice.breached.v1"]
    assert [finding.rule.rule_id for finding in breach.findings] == ["cn.planned.public-notice"]
    assert breach.at == at("2026-03-12 08:00")


def test_its_own_notice_in_time_covers_it() -> None:
    stream = noticed()
    assert stream.hears(classified("planned", "2026-03-12 08:20"), SOON).reason == "reclassified-as-work"
    assert stream.state.breaches == frozenset()
    stream.hears(restored("2026-03-12 16:00"), at("2026-03-12 16:30"))
    assert standings(stream) == {PUBLIC: "kept", DONE: "kept"}
    assert stream.state.outcome == "carried-out"


def test_the_notice_of_the_plan_that_is_named_covers_it() -> None:
    stream = Stream()
    word = classified("planned", "2026-03-12 08:20", plan_mrid=PLAN)
    assert stream.hears(word, SOON, known=known_as()).reason == "reclassified-as-work"
    assert standings(stream) == {}
    assert stream.planner.view(stream.state)["noticeOf"] == f"{PLAN}/1"


def test_a_plan_without_a_notice_then_covers_nothing() -> None:
    stream = Stream()
    word = classified("planned", "2026-03-12 08:20", plan_mrid=PLAN)
    assert stream.hears(word, SOON, known=NO_NOTICE).reason == "started-without-notice"


def test_wider_than_the_named_plan_was_noticed_is_a_breach_of_that_notice() -> None:
    stream = Stream()
    less = Extent(lines=("10千伏城西线",), areas=("中山路一带",))
    word = classified("planned", "2026-03-12 08:20", plan_mrid=PLAN)
    decision = stream.hears(word, SOON, known=known_as(less))
    assert decision.reason == "wider-than-noticed"
    (breach,) = [event.data for event in decision.events if event.type == "notice.breached.v1"]
    assert breach.notice_id == f"{PLAN}/1"
    assert standings(stream) == {UNNOTICED: "broken"}


def test_longer_than_the_named_plan_was_noticed_is_a_breach_when_that_end_comes() -> None:
    stream = Stream()
    stream.hears(classified("planned", "2026-03-12 08:20", plan_mrid=PLAN), SOON, known=known_as())
    assert stream.timers() == {"noticed-end": LAWFUL.end}
    decision = stream.fire("noticed-end")
    assert decision.reason == "overran"
    assert stream.said(decision) == ["notice.breached"]
    assert stream.timers() == {}


def test_the_plan_may_be_named_later_and_then_nobody_was_left_untold() -> None:
    stream = Stream().hears_all([classified("planned", "2026-03-12 08:20")], SOON)
    stream.hears(classified("planned", "2026-03-12 08:25", plan_mrid=PLAN), SOON, known=known_as())
    assert standings(stream) == {UNNOTICED: "voided"}, "voided, not kept"
    assert stream.state.breaches == frozenset()


def test_temporary_work_that_nobody_was_told_of_is_a_breach_and_breaks_no_seven_days() -> None:
    stream = Stream()
    decision = stream.hears(classified("temporary", "2026-03-12 08:20"), SOON)
    assert decision.reason == "started-without-notice"
    assert standings(stream) == {}


def test_planned_work_called_temporary_stays_planned_and_is_reported() -> None:
    stream = Stream().hears_all([classified("planned", "2026-03-12 08:20")], SOON)
    assert stream.hears(classified("temporary", "2026-03-12 08:25"), SOON).reason == "planned-relabelled-temporary"
    assert standings(stream) == {UNNOTICED: "broken"}, "what was broken stays so"


def test_a_fault_after_all_takes_the_breach_back() -> None:
    stream = Stream().hears_all([classified("planned", "2026-03-12 08:20")], SOON)
    assert stream.hears(classified("fault", "2026-03-12 08:25"), SOON).reason == "reclassified-as-fault"
    assert standings(stream) == {UNNOTICED: "voided"}
    assert stream.state.breaches == frozenset()
    assert stream.state.started_at is None


def test_work_after_all_breaks_it_again() -> None:
    words = [
        classified("planned", "2026-03-12 08:20"),
        classified("fault", "2026-03-12 08:25"),
        classified("planned", "2026-03-12 08:27"),
    ]
    stream = Stream().hears_all(words, SOON)
    assert standings(stream) == {UNNOTICED: "voided", f"{UNNOTICED}.2": "broken"}


def test_work_that_was_a_fault_was_not_begun() -> None:
    stream = noticed().hears_all([started("2026-03-12 07:30")], SOON)
    assert stream.state.breaches == {"started-early"}
    stream.hears(classified("fault", "2026-03-12 08:20", "2026-03-12 07:30", was="planned"), SOON)
    assert standings(stream) == {PUBLIC: "voided", DONE: "voided"}, "no verdict stands on it, and none becomes kept"
    assert stream.state.started_at is None
    assert stream.timers() == {"noticed-end": LAWFUL.end}
    assert stream.fire("noticed-end").reason == "noticed-work-not-begun"
    assert stream.state.outcome == "not-carried-out"


def test_its_notice_can_be_taken_down_then() -> None:
    stream = noticed().hears_all([started()], SOON)
    assert stream.hears(cancel(2), SOON).reason == "cancelled-after-start"
    stream.hears(classified("fault", "2026-03-12 08:20", was="planned"), SOON)
    assert stream.hears(cancel(2), SOON).reason == "withdrawn"


def test_that_the_notice_was_published_in_time_is_so_whatever_happened() -> None:
    stream = noticed().hears_all([started()], SOON)
    stream.hears(classified("fault", "2026-03-12 08:20", was="planned"), SOON)
    assert standings(stream) == {PUBLIC: "kept", DONE: "voided"}


def test_what_the_field_says_of_a_fault_is_none_of_the_planners() -> None:
    stream = noticed().hears_all([classified("fault", "2026-03-12 08:20", was="planned")], SOON)
    assert stream.hears(started(), SOON).reason == "reclassified-as-fault"
    assert stream.hears(restored("2026-03-12 11:00"), at("2026-03-12 11:01")).reason == "reclassified-as-fault"
    assert stream.state.started_at is None


def test_work_that_was_carried_out_and_was_a_fault_was_not_carried_out() -> None:
    stream = noticed().hears_all([started(), restored("2026-03-12 16:00")], at("2026-03-12 16:30"))
    assert stream.state.outcome == "carried-out"
    stream.hears(classified("fault", "2026-03-12 18:00", was="planned"), at("2026-03-12 18:00"))
    assert stream.fire("noticed-end").reason == "noticed-work-not-begun"
    assert standings(stream) == {PUBLIC: "kept", DONE: "voided"}


def test_after_power_was_back_the_verdict_is_whole() -> None:
    stream = Stream()
    word = classified("planned", "2026-03-12 18:10", restored_at=at("2026-03-12 18:00"), plan_mrid=PLAN)
    decision = stream.hears(word, at("2026-03-12 18:10"), known=known_as())
    assert decision.reason == "reclassified-as-work"
    assert stream.said(decision) == ["notice.breached"], "it ended an hour after the noticed end"
    assert stream.state.breaches == {"overran"}


def test_where_it_began_is_corrected_by_the_next_word() -> None:
    stream = noticed().hears_all([classified("planned", "2026-03-12 08:20", "2026-03-12 07:30")], SOON)
    assert stream.state.breaches == {"started-early"}
    stream.hears(classified("planned", "2026-03-12 08:20", "2026-03-12 08:00", decided_at=SOON), SOON)
    assert stream.state.breaches == frozenset()
    assert standings(stream)[PUBLIC] == "kept", "as where a start alone is corrected"


def test_an_older_word_moves_nothing() -> None:
    stream = Stream().hears_all([classified("planned", "2026-03-12 08:20")], SOON)
    assert stream.hears(classified("fault", "2026-03-12 08:10"), SOON).reason == "class-known"


def test_of_a_source_that_sends_no_plans_work_is_recorded_and_called_no_breach() -> None:
    stream = Stream(PlannerOutage(POLICY, CALENDAR, planless=("/feed",)))
    word = classified("planned", "2026-03-12 08:20", by="/feed/bchydro/1")
    assert stream.hears(word, SOON).reason == "source-sends-no-plans"
    assert standings(stream) == {}


def test_an_outage_that_was_withdrawn_was_no_work_either() -> None:
    stream = Stream().hears_all([classified("planned", "2026-03-12 08:20")], SOON)
    stream.hears(OutageWithdrawn(mrid=MRID, withdrawn_at=SOON), SOON)
    assert standings(stream) == {UNNOTICED: "voided"}
    again = classified("planned", "2026-03-12 08:35", decided_at=at("2026-03-12 08:36"))
    assert stream.hears(again, at("2026-03-12 08:36")).reason == "outage-withdrawn"


WIDER = Extent(lines=(*CITY.lines, "10千伏城西线"), areas=CITY.areas)


def moved(extent: Extent, since: str) -> Wire:
    """The restorer says it once more: dispatch had said anew where it is, perhaps before we knew that it is work."""
    return classified(
        "planned", "2026-03-12 08:20", extent=extent, extent_since=at(since), decided_at=at("2026-03-12 08:40")
    )


def test_an_extent_that_was_said_while_it_was_still_a_fault_to_us_is_held_to_the_notice() -> None:
    stream = noticed()
    stream.hears(classified("planned", "2026-03-12 08:20"), SOON)
    decision = stream.hears(moved(WIDER, "2026-03-12 08:19"), SOON)
    assert decision.reason == "wider-than-noticed"
    (breach,) = [event.data for event in decision.events if event.type == "notice.breached.v1"]
    assert breach.at == at("2026-03-12 08:19"), "from when it was wider, not from its start"


def test_an_extent_that_was_heard_here_as_well_is_one_breach() -> None:
    stream = noticed()
    stream.hears(classified("planned", "2026-03-12 08:20"), SOON)
    stream.hears(ExtentChanged(mrid=MRID, changed_at=at("2026-03-12 08:35"), extent=WIDER), SOON)
    assert stream.said(stream.hears(moved(WIDER, "2026-03-12 08:35"), SOON)) == []
    assert stream.state.breaches == {"wider-than-noticed"}


def test_an_extent_as_noticed_is_no_breach_and_changes_nothing() -> None:
    stream = noticed()
    stream.hears(classified("planned", "2026-03-12 08:20"), SOON)
    assert stream.hears(moved(CITY, "2026-03-12 08:19"), SOON).reason == "extent-as-noticed"
    stream.hears(restored("2026-03-12 16:00"), at("2026-03-12 16:30"))
    assert standings(stream) == {PUBLIC: "kept", DONE: "kept"}
