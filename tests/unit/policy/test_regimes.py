"""What each regime says to the same plans, a sentence a row; and what a plan that makes no sense is told."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import PlanBody, PlannedRequested, PolicyException
from services.planner.domain.verdict.judge import check as planner_check
from services.planner.domain.verdict.judge import judge
from services.policy import Policy, Rule, load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.owed.moments import check as restorer_check
from tests.kits.deciders.planner import CALENDAR, CITY, NOW, POLICY, request, span

REGIMES = ("au-nerr", "cn-service-standard", "es", "gb", "it-arera", "us-ca-psps", "us-me")
ZONES = {
    "au-nerr": ("AU", "Australia/Adelaide"),
    "cn-service-standard": ("CN", "Asia/Shanghai"),
    "es": ("ES", "Europe/Madrid"),
    "gb": ("GB", "Europe/London"),
    "it-arera": ("IT", "Europe/Rome"),
    "us-ca-psps": ("US", "America/Los_Angeles"),
    "us-me": ("US", "America/New_York"),
}


@dataclass(frozen=True)
class Regime:
    """One regime where it holds."""

    policy: Policy
    calendar: WorkingCalendar

    def at(self, text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=self.calendar.zone)


def regime(name: str) -> Regime:
    return Regime(load_policy(policy_path(name)), WorkingCalendar(*ZONES[name]))


def plan(here: Regime, start: str, end: str, outage_class: str, customers: int | None) -> PlanBody:
    return PlannedRequested(
        mrid="P-1",
        revision_number=1,
        outage_class=outage_class,  # type: ignore[arg-type]
        planned_period=Period(start=here.at(start), end=here.at(end)),
        extent=Extent(lines=("L1",), areas=("High Street",), customers_affected=customers),
        requested_at=here.at("2026-06-01 09:00"),
        reason="maintenance",
    )


# Published on Monday 1 June 2026 at 09:00 of the regime's own clock.
ROWS = [
    ("cn-service-standard", "a week and a day ahead", "2026-06-09 00:00", "planned", 50, ()),
    (
        "cn-service-standard",
        "a minute less than seven whole days",
        "2026-06-08 23:59",
        "planned",
        50,
        ("notice-too-short", "key-customer-notice-too-short"),
    ),
    ("cn-service-standard", "temporary, 26 hours ahead", "2026-06-02 11:00", "temporary", 50, ()),
    (
        "cn-service-standard",
        "temporary, a minute less",
        "2026-06-02 10:59",
        "temporary",
        50,
        ("key-customer-notice-too-short",),
    ),
    ("gb", "two whole days ahead", "2026-06-04 00:00", "planned", 50, ()),
    ("gb", "a minute less", "2026-06-03 23:59", "planned", 50, ("notice-too-short", "key-customer-notice-too-short")),
    ("gb", "temporary is planned all the same", "2026-06-03 08:00", "temporary", 50, ("notice-too-short",)),
    ("au-nerr", "four business days ahead", "2026-06-06 00:00", "planned", 50, ()),
    (
        "au-nerr",
        "three business days and a bit",
        "2026-06-05 17:00",
        "planned",
        50,
        ("notice-too-short", "key-customer-notice-too-short"),
    ),
    # 2 June is Italy's national day: the working days are the 3rd, 4th and 5th.
    ("it-arera", "three working days over the national day", "2026-06-06 00:00", "planned", 50, ()),
    ("it-arera", "within the five minutes that are tolerated", "2026-06-05 23:56", "planned", 50, ()),
    ("it-arera", "a minute beyond them", "2026-06-05 23:54", "planned", 50, ("notice-too-short",)),
    ("it-arera", "after a fault, 24 hours", "2026-06-02 09:00", "temporary", 50, ()),
    ("us-me", "many customers, three days", "2026-06-05 00:00", "planned", 50, ()),
    ("us-me", "many customers, two days", "2026-06-03 12:00", "planned", 50, ("notice-too-short",)),
    ("us-me", "an unknown number counts as many", "2026-06-03 12:00", "planned", None, ("notice-too-short",)),
    ("us-me", "ten customers for an hour need only life support told", "2026-06-02 11:00", "planned", 10, ()),
    ("us-ca-psps", "de-energisation two days and an hour ahead", "2026-06-03 10:00", "temporary", 50, ()),
    (
        "us-ca-psps",
        "de-energisation a day ahead reaches no partner in time",
        "2026-06-02 12:00",
        "temporary",
        50,
        ("key-customer-notice-too-short",),
    ),
    ("es", "72 hours for the authority", "2026-06-04 09:00", "planned", 50, ()),
    ("es", "two days", "2026-06-03 12:00", "planned", 50, ("authority-notice-too-short",)),
    ("es", "temporary, 26 hours", "2026-06-02 11:00", "temporary", 50, ()),
]


@pytest.mark.parametrize(
    ("name", "sentence", "start", "outage_class", "customers", "reasons"), ROWS, ids=[f"{r[0]}: {r[1]}" for r in ROWS]
)
def test_the_notice_clock_of_each_regime(
    name: str, sentence: str, start: str, outage_class: str, customers: int | None, reasons: tuple[str, ...]
) -> None:
    here = regime(name)
    end = here.at(start).replace(tzinfo=None).isoformat(sep=" ", timespec="minutes")
    asked = plan(here, start, _an_hour_after(end), outage_class, customers)
    verdict = judge(asked, here.policy, here.calendar, here.at("2026-06-01 09:00"))
    assert verdict.reasons == reasons, sentence


def _an_hour_after(text: str) -> str:
    moment = datetime.fromisoformat(text)
    return (
        moment.replace(day=moment.day + 1, hour=0, minute=30).isoformat(sep=" ")
        if moment.hour == 23
        else (moment.replace(hour=moment.hour + 1).isoformat(sep=" "))
    )


def test_maine_s_three_days_may_be_waived_by_a_named_person_but_not_its_24_hours() -> None:
    here = regime("us-me")
    waived = tuple(
        PolicyException(rule_id=f"us-me.planned.three-days-{kind}", reason="storm", approver="J. Doe")
        for kind in ("many", "long")
    )
    two_days, hours = "2026-06-03 12:00", "2026-06-01 20:00"
    for start, accepted in ((two_days, True), (hours, False)):
        asked = plan(here, start, _an_hour_after(start), "planned", 50)
        fields = {name: getattr(asked, name) for name in asked.__struct_fields__} | {"exceptions": waived}
        verdict = judge(PlannedRequested(**fields), here.policy, here.calendar, here.at("2026-06-01 09:00"))
        assert verdict.accepted == accepted


@pytest.mark.parametrize("name", REGIMES)
def test_every_regime_can_be_measured_and_marks_what_was_not_verified(name: str) -> None:
    policy = load_policy(policy_path(name))
    planner_check(policy)
    restorer_check(policy)
    assert all(rule.source and (rule.note or rule.wording or rule.unit == "rings") for rule in policy.rules.values())
    unverified = {rule.id for rule in policy.rules.values() if not rule.verified}
    here = regime(name)
    asked = plan(here, "2026-06-20 09:00", "2026-06-20 10:00", "planned", 50)
    warned = judge(asked, policy, here.calendar, here.at("2026-06-01 09:00")).warnings
    assert {w.removeprefix("unverified-rule:") for w in warned if w.startswith("unverified-rule:")} <= unverified


SHIPPED = [(name, rule) for name in REGIMES for rule in load_policy(policy_path(name)).rules.values()]


@pytest.mark.parametrize(("name", "rule"), SHIPPED, ids=[rule.id for _, rule in SHIPPED])
def test_every_rule_has_an_id_a_source_a_wording_and_a_mark(name: str, rule: Rule) -> None:
    assert rule.id.startswith(name[:2])
    assert rule.source.strip()
    assert isinstance(rule.verified, bool)
    assert rule.wording.removeprefix(rule.wording_mark or "").strip()


@pytest.mark.parametrize(("name", "rule"), SHIPPED, ids=[rule.id for _, rule in SHIPPED])
def test_a_rules_mark_agrees_with_what_its_wording_says_was_read(name: str, rule: Rule) -> None:
    del name
    own = rule.source == "utility's own figure"
    assert (rule.wording_mark == "(own rule)") == own
    if rule.wording_mark == "(not quoted)":
        assert rule.verified, "the source was read"
    if own:
        assert not rule.verified, "nobody else says so"
    if rule.wording_mark == "(not read)" and rule.verified:
        assert " as " in rule.wording, "where the figure was read is named"


def test_the_standard_is_quoted_from_where_it_stands() -> None:
    parts = [rule for _, rule in SHIPPED if rule.source.startswith("第")]
    unquoted = {rule.id for rule in parts if rule.wording_mark is not None}
    assert unquoted == {"cn.hotline.3-rings", "cn.hotline.5-rings"}


def test_seven_regimes_ship() -> None:
    assert tuple(sorted(path.stem for path in policy_path("gb").parent.glob("*.toml"))) == REGIMES


BAD = [
    ("in the past", request(period=span("2026-03-01 08:00", "2026-03-01 12:00")), "start-in-past"),
    ("400 days ahead", request(period=span("2027-04-06 08:00", "2027-04-06 12:00")), "too-far-ahead"),
    ("three months long", request(period=span("2026-03-20 08:00", "2026-06-20 08:00")), "period-too-long"),
    ("no line", request(extent=Extent(areas=CITY.areas)), "line-missing"),
    ("a line of blanks", request(extent=Extent(lines=("  ",), areas=CITY.areas)), "line-missing"),
    ("no area", request(extent=Extent(lines=CITY.lines)), "area-missing"),
]


@pytest.mark.parametrize(("sentence", "asked", "reason"), BAD, ids=[row[0] for row in BAD])
def test_a_plan_that_makes_no_sense_is_refused_by_name_with_its_figures(
    sentence: str, asked: PlanBody, reason: str
) -> None:
    verdict = judge(asked, POLICY, CALENDAR, NOW)
    assert reason in verdict.reasons, sentence
    (finding, *_) = (f for f in verdict.findings if f.reason == reason)
    assert finding.required, sentence


def test_a_year_nobody_has_announced_is_said_in_the_answer() -> None:
    italian, chinese = load_policy(policy_path("it-arera")), WorkingCalendar("CN")
    known = chinese.announced_through or 0
    for year, provisional in ((known, False), (known + 1, True)):
        now = datetime(year, 6, 1, 9, tzinfo=chinese.zone)
        start = datetime(year, 6, 20, 9, tzinfo=chinese.zone)
        asked = request(period=Period(start=start, end=start.replace(hour=12)), requested_at=now)
        assert ("provisional-calendar" in judge(asked, italian, chinese, now).warnings) == provisional
