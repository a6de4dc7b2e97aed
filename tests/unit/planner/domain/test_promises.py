"""A notice is kept or it is not: breaches, promises and the outcome, told as a day at work would tell them."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.contracts.base import Extent, RuleRef
from schemas.contracts.dispatch import ExtentChanged, OutageReopened
from schemas.contracts.notices import NoticeBreached, NoticeClosed
from schemas.contracts.promises import PromiseBroken, PromiseCorrected, PromiseKept, PromiseMade, PromiseVoided
from services.planner.domain.decider import PlannerOutage
from services.planner.domain.promises import NOTHING, lapsed, on_restored
from services.promises import name_of
from tests.kits.deciders.planner import (
    CALENDAR,
    CITY,
    MRID,
    NOW,
    POLICY,
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

DONE = "cn.planned.done-by-noticed-end"
PUBLIC = "cn.planned.public-notice"
START, END = "2026-03-12 08:00", "2026-03-12 17:00"


def at_work() -> Stream:
    stream = Stream()
    stream.hears(request())
    stream.hears(started(), at(START))
    return stream


def test_a_notice_in_time_keeps_the_promise_to_the_public_and_makes_that_of_the_noticed_end() -> None:
    stream = Stream()
    decision = stream.hears(request())
    made, kept, end = (e.data for e in decision.events if e.type.startswith("promise."))
    assert isinstance(kept, PromiseKept)
    assert (made.obligation, kept.reason, kept.evidence) == ("public-told-in-time", "published-in-time", (f"{MRID}/1",))
    assert (end.due_at, end.at_risk_at) == (at(END), at("2026-03-12 16:00"))
    assert stream.timers() == {"noticed-end": at(END), f"at-risk/{MRID}/1/{DONE}": at("2026-03-12 16:00")}


def test_power_back_by_the_noticed_end_keeps_the_promise_and_closes_the_notice_as_carried_out() -> None:
    stream = at_work()
    decision = stream.hears(restored("2026-03-12 16:20"), at("2026-03-12 16:21"))
    assert (decision.reason, stream.promised(decision)) == ("notice-closed", [("promise.kept", DONE)])
    closed = last_word(decision)
    assert isinstance(closed, NoticeClosed)
    assert (closed.outcome, closed.restored_at) == ("carried-out", at("2026-03-12 16:20"))
    assert "停电结果:已完成" in closed.text["zh-CN"]
    assert stream.timers() == {}


def test_the_warning_comes_before_the_noticed_end_breaks() -> None:
    stream = at_work()
    warned = stream.fire(f"at-risk/{MRID}/1/{DONE}")
    assert (warned.reason, stream.promised(warned)) == ("promise-at-risk", [("promise.at-risk", DONE)])
    assert stream.timers() == {"noticed-end": at(END)}


def test_work_that_runs_past_the_noticed_end_is_a_breach_and_the_promise_is_broken_then() -> None:
    stream = at_work()
    decision = stream.fire("noticed-end")
    breach = last_word(decision)
    assert isinstance(breach, NoticeBreached)
    assert (decision.reason, breach.kind, breach.at) == ("overran", "overran", at(END))
    assert stream.promised(decision) == [("promise.broken", DONE)]
    late = stream.hears(restored("2026-03-12 18:05"), at("2026-03-12 18:06"))
    assert last_word(late).outcome == "carried-out-late"
    assert stream.timers() == {}


def test_a_deadline_judged_while_facts_still_wait_says_so() -> None:
    decision = at_work().fire("noticed-end", unproven=True)
    broken = decision.events[-1].data
    assert isinstance(broken, PromiseBroken)
    assert broken.unproven


def test_news_that_power_came_back_in_time_after_all_corrects_the_verdict() -> None:
    stream = at_work()
    stream.fire("noticed-end")
    decision = stream.hears(restored("2026-03-12 16:58"), at("2026-03-12 17:30"))
    (corrected,) = (e.data for e in decision.events if e.type.startswith("promise."))
    assert isinstance(corrected, PromiseCorrected)
    assert (corrected.was, corrected.now) == ("broken", "kept")
    assert last_word(decision).outcome == "carried-out"


def test_power_that_goes_off_again_and_stays_off_breaks_what_was_kept() -> None:
    stream = at_work()
    stream.hears(restored("2026-03-12 15:00"), at("2026-03-12 15:01"))
    again = stream.hears(OutageReopened(mrid=MRID, reopened_at=at("2026-03-12 15:30")), at("2026-03-12 15:31"))
    assert again.reason == "off-again"
    decision = stream.fire("noticed-end")
    assert stream.said(decision) == ["notice.breached"]
    assert [(e.data.was, e.data.now) for e in decision.events if e.type == "promise.corrected.v1"] == [
        ("kept", "broken")
    ]


def test_work_that_never_began_ends_as_not_carried_out_and_breaks_nothing() -> None:
    stream = Stream()
    stream.hears(request())
    decision = stream.fire("noticed-end")
    assert decision.reason == "noticed-work-not-begun"
    assert last_word(decision).outcome == "not-carried-out"
    (voided,) = (e.data for e in decision.events if e.type.startswith("promise."))
    assert isinstance(voided, PromiseVoided)
    assert (voided.reason, stream.state.notice, stream.timers()) == ("work-not-begun", None, {})


def test_a_start_after_the_noticed_work_was_given_up_is_a_start_without_notice() -> None:
    stream = Stream()
    stream.hears(request())
    stream.fire("noticed-end")
    assert stream.hears(started("2026-03-13 08:00"), at("2026-03-13 08:00")).reason == "started-without-notice"


@pytest.mark.parametrize("fact", [cancel(2), amend(2, SHORT)], ids=["cancelled", "amended to what is refused"])
def test_a_notice_withdrawn_voids_what_it_promised(fact: object) -> None:
    stream = Stream()
    stream.hears(request())
    decision = stream.hears(fact, NOW + timedelta(hours=1))  # type: ignore[arg-type]
    assert stream.promised(decision) == [("promise.voided", DONE)]
    assert stream.timers() == {}


def test_a_moved_notice_voids_the_old_promises_and_makes_its_own() -> None:
    stream = Stream()
    stream.hears(request())
    decision = stream.hears(amend(2, span("2026-03-20 08:00", "2026-03-20 15:00")), NOW + timedelta(hours=1))
    assert stream.promised(decision) == [
        ("promise.voided", DONE),
        ("promise.made", PUBLIC),
        ("promise.kept", PUBLIC),
        ("promise.made", DONE),
    ]
    assert stream.timers()["noticed-end"] == at("2026-03-20 15:00")


def test_a_temporary_cut_excused_by_an_approver_voids_no_more_than_its_rule() -> None:
    stream = Stream()
    decision = stream.hears(request(outage_class="temporary"))
    assert stream.promised(decision) == [("promise.made", DONE)]


def test_a_safety_cut_breaks_the_promise_to_the_public_and_says_why() -> None:
    stream = Stream()
    decision = stream.hears(request(period=SHORT, safety_cut=True))
    broken = [e.data for e in decision.events if isinstance(e.data, PromiseBroken)]
    assert [(b.rule.rule_id, b.reason) for b in broken] == [(PUBLIC, "safety-cut")]


def test_the_cut_that_grows_beyond_its_notice_is_a_breach_once() -> None:
    stream = at_work()
    wider = Extent(lines=(*CITY.lines, "10千伏城西线"), areas=CITY.areas)
    changed = ExtentChanged(mrid=MRID, changed_at=at("2026-03-12 09:00"), extent=wider)
    assert stream.hears(changed, at("2026-03-12 09:00")).reason == "wider-than-noticed"
    assert stream.hears(changed, at("2026-03-12 09:05")).reason == "extent-as-noticed"


def test_a_cut_within_its_notice_is_no_breach() -> None:
    changed = ExtentChanged(mrid=MRID, changed_at=at("2026-03-12 09:00"), extent=Extent(lines=CITY.lines))
    assert at_work().hears(changed, at("2026-03-12 09:00")).reason == "extent-as-noticed"


def test_power_back_that_is_heard_of_before_the_start_is_held_and_joined() -> None:
    stream = Stream()
    stream.hears(request())
    assert stream.hears(restored("2026-03-12 16:20"), at("2026-03-12 16:21")).reason == "held-until-known"
    decision = stream.hears(started(), at("2026-03-12 16:22"))
    assert stream.said(decision) == ["notice.closed"]
    assert stream.promised(decision) == [("promise.kept", DONE)]
    assert stream.timers() == {}


def test_power_back_twice_is_heard_once() -> None:
    stream = at_work()
    stream.hears(restored("2026-03-12 16:20"), at("2026-03-12 16:21"))
    assert stream.hears(restored("2026-03-12 16:20"), at("2026-03-12 16:22")).reason == "already-restored"


def test_work_of_a_source_that_sends_no_plans_is_recorded_and_no_breach() -> None:
    stream = Stream(PlannerOutage(POLICY, CALENDAR, planless=("connectors/",)))
    decision = stream.hears(started(), at(START), source="connectors/bchydro")
    assert (decision.reason, stream.said(decision)) == ("source-sends-no-plans", [])


def test_what_was_judged_after_all_is_corrected_from_the_verdict_that_stands() -> None:
    """Known twice, from two starts, that work had begun: the second time the verdict is no longer void."""
    name = name_of(f"{MRID}/1", DONE)
    common: dict[str, Any] = {"promise_id": name, "mrid": MRID, "due_at": at(END)}
    common["rule"] = RuleRef(policy_id=POLICY.id, policy_version=POLICY.version, rule_id=DONE)
    promised = NOTHING.hear(
        PromiseMade(**common, measured_from=NOW, at_risk_at=at(START), obligation="done-by-noticed-end")
    )
    promised = promised.hear(PromiseVoided(**common, at=NOW, reason="notice-superseded")).revive(f"{MRID}/1")
    (first,) = lapsed(promised, f"{MRID}/1", at(END), at(END), unproven=False)
    assert isinstance(first, PromiseCorrected)
    assert (first.was, first.now, first.reason) == ("voided", "broken", "work-had-begun")
    promised = promised.hear(first).revive(f"{MRID}/1")
    (second,) = on_restored(promised, f"{MRID}/1", at(END), "meter/1", at(END))
    assert isinstance(second, PromiseCorrected)
    assert (second.was, second.now, second.reason) == ("broken", "kept", "restored-in-time-after-all")
