"""What the policy says to one plan."""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import PlanBody, PolicyException
from services.planner.domain.notice_content import told_by
from services.planner.domain.verdict import judge as rules
from services.planner.domain.verdict.judge import Verdict, judge
from services.planner.domain.verdict.key_customer_deadline import inform_by
from services.policy.calendar import WorkingCalendar
from tests.kits.deciders.planner import CALENDAR, CITY, LAWFUL, NOW, POLICY, SHORT, at, plan_at, request, span

WITHIN_24H = PolicyException(rule_id="cn.temporary.key-customers-24h", reason="漏油", approver="王工")


def verdict(plan: Any, **more: Any) -> Verdict:
    return judge(plan, POLICY, CALENDAR, NOW, **more)


@pytest.mark.parametrize(
    ("sentence", "plan", "reasons"),
    [
        ("ten days ahead, all named", request(period=LAWFUL), ()),
        (
            "from the eighth midnight on",
            request(period=span("2026-03-10 00:00", "2026-03-10 06:00")),
            (),
        ),
        (
            "a minute before it",
            request(period=span("2026-03-09 23:59", "2026-03-10 06:00")),
            ("notice-too-short", "key-customer-notice-too-short"),
        ),
        ("four days ahead", request(period=SHORT), ("notice-too-short", "key-customer-notice-too-short")),
        (
            "yesterday",
            request(period=span("2026-03-01 08:00", "2026-03-12 17:00")),
            ("notice-too-short", "start-in-past", "key-customer-notice-too-short"),
        ),
        ("no line", request(extent=Extent(areas=("中山路",))), ("line-missing",)),
        ("no area", request(extent=Extent(lines=("10千伏城东线",))), ("area-missing",)),
        ("a blank line is no line", request(extent=Extent(lines=(" ",), areas=("中山路",))), ("line-missing",)),
        (
            "nothing named and too short",
            request(period=SHORT, extent=Extent()),
            ("line-missing", "area-missing", "notice-too-short", "key-customer-notice-too-short"),
        ),
        ("no reason given: the standard asks for none", request(reason=None), ()),
        ("temporary work in 26 hours", plan_at(NOW, timedelta(hours=26), outage_class="temporary"), ()),
        (
            "temporary work in 25 hours leaves no time to inform",
            plan_at(NOW, timedelta(hours=25), outage_class="temporary"),
            ("key-customer-notice-too-short",),
        ),
        (
            "temporary work in 3 hours, approved by name",
            plan_at(NOW, timedelta(hours=3), outage_class="temporary", exceptions=(WITHIN_24H,)),
            (),
        ),
        (
            "an exception cannot make the past lawful",
            plan_at(NOW, timedelta(hours=-1), outage_class="temporary", exceptions=(WITHIN_24H,)),
            ("start-in-past",),
        ),
        (
            "an approver without a name approves nothing",
            plan_at(
                NOW,
                timedelta(hours=3),
                outage_class="temporary",
                exceptions=(PolicyException(rule_id=WITHIN_24H.rule_id, reason="漏油", approver=" "),),
            ),
            ("key-customer-notice-too-short",),
        ),
        (
            "the seven days know no exception",
            request(
                period=SHORT,
                exceptions=(PolicyException(rule_id="cn.planned.public-notice", reason="急", approver="王工"),),
            ),
            ("notice-too-short", "key-customer-notice-too-short"),
        ),
        (
            "a safety cut in an hour, nothing named",
            plan_at(NOW, timedelta(hours=1), safety_cut=True, extent=Extent()),
            (),
        ),
    ],
)
def test_a_plan_is_refused_for_each_rule_it_breaks_and_no_other(
    sentence: str, plan: Any, reasons: tuple[str, ...]
) -> None:
    found = verdict(plan)
    assert (found.reasons, found.accepted) == (reasons, not reasons), sentence


def test_each_rule_shows_what_it_requires_what_was_given_and_the_margin() -> None:
    finding = next(f for f in verdict(request(period=SHORT)).findings if f.reason == "notice-too-short")
    assert finding.rule.rule_id == "cn.planned.public-notice"
    assert finding.rule.source == "第2篇 第十条(二)10"
    assert finding.required == (
        "7 calendar-days (publication day excluded) from notice-published to planned-start: "
        "by 2026-02-27T00:00+08:00, or a start from 2026-03-10T00:00+08:00"
    )
    assert finding.given == "published 2026-03-02T09:00+08:00, start 2026-03-06T08:00+08:00"
    assert finding.margin_seconds == -(3 * 24 + 16) * 3600


def test_a_rule_that_holds_shows_what_is_in_hand() -> None:
    found = verdict(request())
    assert {f.reason for f in found.findings} == {"rule-met"}
    assert all(f.margin_seconds is not None and f.margin_seconds >= 0 for f in found.findings)


def test_the_earliest_lawful_start_leaves_the_notifier_its_informing_time() -> None:
    evening = at("2026-03-02 23:00")  # two hours later it is the third, and the third does not count
    found = judge(request(period=SHORT), POLICY, CALENDAR, evening)
    assert found.earliest_lawful_start == at("2026-03-11 00:00")


def test_a_plan_that_comes_in_quiet_hours_is_told_in_the_morning_and_its_days_begin_after_that() -> None:
    before, within = at("2026-03-02 20:59"), at("2026-03-02 21:00")
    found = [judge(request(period=SHORT), POLICY, CALENDAR, now) for now in (before, within)]
    assert [one.earliest_lawful_start for one in found] == [at("2026-03-10 00:00"), at("2026-03-11 00:00")]
    given = next(one.given for one in found[1].findings if one.rule.rule_id == "cn.planned.key-customers")
    assert "key customers told by 2026-03-03T09:00+08:00" in given


def test_the_earliest_lawful_start_is_given_to_the_millisecond_rounded_up() -> None:
    odd = NOW + timedelta(microseconds=1)
    found = judge(plan_at(odd, timedelta(hours=1), outage_class="temporary"), POLICY, CALENDAR, odd)
    assert found.earliest_lawful_start == NOW + timedelta(hours=26, milliseconds=1)


def test_other_days_in_the_file_give_another_earliest_start() -> None:
    public = replace(POLICY.rule("cn.planned.public-notice"), amount=10)
    policy = replace(POLICY, rules=MappingProxyType({**POLICY.rules, public.id: public}))
    assert judge(request(period=SHORT), policy, CALENDAR, NOW).earliest_lawful_start == at("2026-03-13 00:00")


def test_a_safety_cut_is_accepted_and_its_gaps_are_flagged() -> None:
    found = verdict(plan_at(NOW, timedelta(hours=1), safety_cut=True, extent=Extent(areas=("中山路",))))
    assert found.accepted
    assert {"safety-cut", "safety-cut-gap:line-missing", "safety-cut-gap:notice-too-short"} <= set(found.warnings)
    assert {f.reason for f in found.findings if not f.holds} >= {"line-missing", "notice-too-short"}


def test_an_exception_used_is_shown_and_the_rule_still_does_not_hold() -> None:
    found = verdict(plan_at(NOW, timedelta(hours=3), outage_class="temporary", exceptions=(WITHIN_24H,)))
    assert "exception-used:cn.temporary.key-customers-24h" in found.warnings
    finding = next(f for f in found.findings if f.rule.rule_id == WITHIN_24H.rule_id)
    assert (finding.holds, finding.reason) == (False, "set-aside-by-exception")


def test_an_exception_that_is_not_needed_is_not_called_used() -> None:
    found = verdict(plan_at(NOW, timedelta(days=3), outage_class="temporary", exceptions=(WITHIN_24H,)))
    assert not [w for w in found.warnings if w.startswith("exception")]


@pytest.mark.parametrize(
    ("rule_id", "approver", "warning"),
    [
        ("cn.nonsense", "王工", "exception-of-unknown-rule:cn.nonsense"),
        ("cn.planned.public-notice", "王工", "exception-not-allowed:cn.planned.public-notice"),
        (WITHIN_24H.rule_id, " ", f"exception-without-reason-or-approver:{WITHIN_24H.rule_id}"),
    ],
)
def test_an_exception_that_sets_nothing_aside_is_called_so(rule_id: str, approver: str, warning: str) -> None:
    exception = PolicyException(rule_id=rule_id, reason="急", approver=approver)
    assert warning in verdict(request(exceptions=(exception,))).warnings


def test_a_rule_whose_text_was_not_checked_says_so_when_used() -> None:
    found = verdict(plan_at(NOW, timedelta(days=3), outage_class="temporary"))
    assert "unverified-rule:cn.temporary.public-notice" in found.warnings


def test_a_provisional_calendar_is_shown_where_working_days_were_counted() -> None:
    working = replace(POLICY.rule("cn.planned.public-notice"), unit="working-days", calendar="utility")
    policy = replace(POLICY, rules=MappingProxyType({**POLICY.rules, working.id: working}))
    assert CALENDAR.announced_through is not None
    later = at(f"{CALENDAR.announced_through + 1}-03-02 09:00")
    plan = plan_at(later, timedelta(days=30))
    assert "provisional-calendar" in judge(plan, policy, CALENDAR, later).warnings
    assert "provisional-calendar" not in judge(plan, POLICY, CALENDAR, later).warnings


def test_inside_a_notice_in_force_the_clock_is_kept_but_the_content_is_asked_for() -> None:
    here = told_by(request(period=SHORT))
    assert verdict(request(period=SHORT), within=here).accepted
    assert verdict(request(period=SHORT, extent=Extent(areas=("中山路",))), within=here).reasons == ("line-missing",)


@pytest.mark.parametrize(
    ("sentence", "plan", "due"),
    [
        ("planned: seven whole days before the day of the cut", request(), "2026-03-05 00:00"),
        ("temporary: at once", plan_at(NOW, timedelta(days=5), outage_class="temporary"), "2026-03-02 11:00"),
        (
            "a safety cut in ten hours: within two",
            plan_at(NOW, timedelta(hours=10), safety_cut=True),
            "2026-03-02 11:00",
        ),
        ("a safety cut in one hour: before it", plan_at(NOW, timedelta(hours=1), safety_cut=True), "2026-03-02 10:00"),
        (
            "a safety cut already made: within two",
            plan_at(NOW, timedelta(hours=-1), safety_cut=True),
            "2026-03-02 11:00",
        ),
    ],
)
def test_by_when_key_customers_must_have_been_told(sentence: str, plan: Any, due: str) -> None:
    assert inform_by(plan, POLICY, CALENDAR, NOW).at == at(due), sentence


def test_another_zone_has_another_midnight() -> None:
    london = WorkingCalendar("GB", "Europe/London")
    found = judge(request(extent=CITY, period=SHORT), POLICY, london, NOW)
    assert found.earliest_lawful_start.astimezone(london.zone).isoformat() == "2026-03-10T00:00:00+00:00"


def test_a_notice_rule_that_the_planner_cannot_measure_is_refused_when_it_starts() -> None:
    odd = replace(POLICY.rule("cn.planned.public-notice"), measure_from="moon-rise")
    policy = replace(POLICY, rules=MappingProxyType({**POLICY.rules, odd.id: odd}))
    with pytest.raises(ValueError, match=r"cn\.planned\.public-notice .* cannot measure moon-rise → planned-start"):
        rules.check(policy)


def _temporary(hours: float, **more: Any) -> PlanBody:
    return plan_at(NOW, timedelta(hours=hours), outage_class="temporary", **more)


@pytest.mark.parametrize(
    ("sentence", "plan", "rule", "warned"),
    [
        ("planned and in time", request(), "cn.planned.key-customers", "2026-03-04 23:00"),
        ("temporary, a day and more ahead", _temporary(30), "cn.temporary.key-customers-at-once", "2026-03-02 10:30"),
        (
            "temporary in seven hours, with a named approver's exception: the 24 hours cannot be kept any more",
            _temporary(7),
            "cn.temporary.key-customers-at-once",
            "2026-03-02 10:30",
        ),
        (
            "a safety cut in half an hour: warned at half the time, not as soon as it is told",
            _temporary(0.5, safety_cut=True),
            "cn.temporary.key-customers-at-once",
            "2026-03-02 09:15",
        ),
        (
            "planned as a safety cut: no rule can be kept, the one there is is cited",
            plan_at(NOW, timedelta(hours=10), safety_cut=True),
            "cn.planned.key-customers",
            "2026-03-02 10:00",
        ),
    ],
)
def test_the_promise_to_tell_key_customers_rests_on_the_strictest_rule_that_can_still_be_kept(
    sentence: str, plan: PlanBody, rule: str, warned: str
) -> None:
    found = inform_by(plan, POLICY, CALENDAR, NOW)
    assert found.rule is not None
    assert (found.rule.rule_id, found.warn_at) == (rule, at(warned)), sentence
