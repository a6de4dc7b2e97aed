"""A regime file says what it means or does not load."""

import re
from collections.abc import Callable
from dataclasses import fields
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.plausibility import FIGURES, Figures
from services.policy import PolicyError, load_policy, policy_identity, policy_path, rule_ref
from services.policy.calendar import WorkingCalendar
from services.policy.model import Rule, SendingPolicy, Telling
from services.policy.quiet import QUIET, QuietHours
from services.policy.written.regime import Facts, Patience, Quiet
from services.policy.written.rule import RuleTable
from services.policy.written.table import Written

STANDARD = policy_path("cn-service-standard")

SMALL = """
id = "toy"
version = "1"
title = "Toy"
[settings.calendar]
country = "CN"

[settings.key_customers]
informing_time = "2 hours"
[settings.lifecycle]
close_after = "24 hours"
same_fault_within = "90 minutes"
[settings.budget]
year = "rolling"
[settings.overlaps]
near = "2 hours"
[settings.plausible]
furthest_ahead = "366 days"
longest = "30 days"
[inside]
outage_class = "same"
safety_cut = "any"
period = "within"
lines = "within"
areas = "within"
transformers = "within-where-named"
usage_points = "within-where-named"
reason = "any"
[[rules]]
id = "toy.notice"
source = "art. 1"
verified = true
obligation = "public-notice"
applies_when = { outage_class = ["planned"], nominal_voltage = { at_least = 10, below = 35 }, safety_cut = false }
measure_from = "notice-published"
measure_to = "planned-start"
limit = "at-least"
amount = 7
unit = "calendar-days"
day_count = "start of day"
wording = "seven days before"
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], object]:
    def _load(text: str) -> object:
        path = tmp_path / "toy.toml"
        path.write_text(text, encoding="utf-8")
        return load_policy(path)

    return _load


def test_the_standard_quotes_a_clause_for_every_verified_rule_or_says_how_it_is_read() -> None:
    policy = load_policy(STANDARD)
    silent = [r.id for r in policy.rules.values() if not r.source or not (r.wording or r.note or r.unit == "rings")]
    assert silent == []
    assert policy.rule("cn.planned.public-notice").wording == (
        "应提前7天向社会公告停电线路、区域、停电起止时间,并通知重要客户"
    )


@pytest.mark.parametrize(
    ("rule_id", "amount", "unit", "verified"),
    [
        ("cn.planned.public-notice", 7, "calendar-days", True),
        ("cn.planned.key-customers", 7, "calendar-days", True),
        ("cn.temporary.key-customers-24h", 24, "hours", True),
        ("cn.planned.yearly-limit-35kv", 1, "times", False),
        ("cn.planned.yearly-limit-10kv", 3, "times", False),
        ("cn.fault.crew-45min", 45, "minutes", True),
        ("cn.fault.crew-average-rural", 90, "minutes", True),
        ("cn.fault.crew-average-remote", 120, "minutes", True),
        ("cn.fault.done-24h", 24, "hours", True),
        ("cn.restore.one-working-day", 1, "working-days", True),
        ("cn.restore.24h-2024", 24, "hours", False),
        ("cn.meter.two-working-days", 2, "working-days", True),
        ("cn.followup.rate", 90, "percent", True),
        ("cn.fulfilment.rate", 100, "percent", True),
        ("cn.complaint.answer-5d", 5, "calendar-days", True),
        ("cn.report.answer-10d", 10, "calendar-days", True),
        ("cn.hotline.4-rings-12s", 12, "seconds", True),
    ],
)
def test_the_figures_of_the_service_standard(rule_id: str, amount: int, unit: str, verified: bool) -> None:
    rule = load_policy(STANDARD).rule(rule_id)
    assert (rule.amount, rule.unit, rule.verified) == (Decimal(amount), unit, verified)


def test_the_standard_leaves_two_hours_to_inform_key_customers_and_closes_after_a_day() -> None:
    settings = load_policy(STANDARD).settings
    assert settings.informing_time == timedelta(hours=2)
    assert settings.close_after == settings.same_fault_within == timedelta(hours=24)
    assert settings.budget_year == "calendar"


def test_where_a_fault_lies_that_nobody_says_is_the_policys_to_say(load: Callable[[str], Any]) -> None:
    assert load_policy(STANDARD).settings.territory == "urban"
    assert load(SMALL).settings.territory == "urban"
    country = SMALL.replace("[settings.budget]", '[settings.crews]\nterritory = "rural"\n[settings.budget]')
    assert load(country).settings.territory == "rural"
    with pytest.raises(PolicyError, match="suburban"):
        load(country.replace('"rural"', '"suburban"'))


@pytest.mark.parametrize(
    ("obligation", "traits", "expected"),
    [
        ("public-notice", {"outage_class": "planned"}, {"cn.planned.public-notice", "cn.planned.customers-of-area"}),
        ("public-notice", {"outage_class": "fault"}, set()),
        ("public-notice", {}, set()),
        (
            "restore-supply",
            {"outage_class": "curtailment"},
            {"cn.restore.one-working-day", "cn.restore.24h-2024"},
        ),
        ("fault-done", {"outage_class": "fault", "territory": "rural", "ordinary": True}, {"cn.fault.done-24h"}),
        ("fault-done", {"outage_class": "fault", "territory": "rural", "ordinary": False}, set()),
        ("fault-done", {"outage_class": "fault", "territory": "urban", "ordinary": True}, set()),
        (
            "planned-outages-per-year",
            {"outage_class": "planned", "nominal_voltage": 10},
            {"cn.planned.yearly-limit-10kv"},
        ),
        (
            "planned-outages-per-year",
            {"outage_class": "planned", "nominal_voltage": 35.0},
            {"cn.planned.yearly-limit-35kv"},
        ),
        ("planned-outages-per-year", {"outage_class": "planned", "nominal_voltage": 0.4}, set()),
        ("planned-outages-per-year", {"outage_class": "planned", "nominal_voltage": None}, set()),
    ],
)
def test_rules_are_chosen_by_the_traits_of_the_case(
    obligation: str, traits: dict[str, object], expected: set[str]
) -> None:
    assert {rule.id for rule in load_policy(STANDARD).select(obligation, **traits)} == expected


def test_a_decision_cites_policy_file_rule_and_calendar() -> None:
    policy, calendar = load_policy(STANDARD), WorkingCalendar()
    ref = rule_ref(policy, policy.rule("cn.restore.24h-2024"), calendar)
    assert ref.policy_id == "cn-service-standard"
    assert ref.policy_version.startswith("2024-06-19.4+")
    assert (ref.calendar_version, ref.verified) == (calendar.version, False)


def test_an_edit_that_forgets_to_raise_the_version_still_gives_another_version(
    load: Callable[[str], object],
) -> None:
    assert load(SMALL).version != load(SMALL.replace("amount = 7", "amount = 6")).version  # type: ignore[attr-defined]


def test_line_ends_of_another_system_do_not_change_the_version(tmp_path: Path) -> None:
    unix, windows = tmp_path / "unix.toml", tmp_path / "windows.toml"
    unix.write_bytes(SMALL.encode())
    windows.write_bytes(SMALL.replace("\n", "\r\n").encode())
    assert load_policy(unix).version == load_policy(windows).version


def test_a_former_file_that_no_longer_loads_still_says_which_version_it_is(tmp_path: Path) -> None:
    path = tmp_path / "toy.toml"
    path.write_text(SMALL, encoding="utf-8")
    loaded = load_policy(path)
    assert policy_identity(path) == (loaded.id, loaded.version)
    path.write_text(SMALL.replace('wording = "seven days before"', ""), encoding="utf-8")
    with pytest.raises(PolicyError, match="wording: is missing"):
        load_policy(path)
    assert policy_identity(path)[1].startswith("1+")


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ('unit = "calendar-days"', 'unit = "fortnights"', r"rule toy\.notice: unit: 'fortnights'.*calendar-days"),
        ("amount = 7", "amount = -1", r"rule toy\.notice: amount: -1 is not a number from 0 up"),
        ("amount = 7", "amount = true", r"rule toy\.notice: amount: True"),
        ("amount = 7", "amount = nan", r"rule toy\.notice: amount: nan"),
        ("amount = 7", "amount = 1.5", r"amount: 1\.5 days cannot be counted: write a whole number"),
        ("amount = 7", "", r"rule toy\.notice: amount: is missing: add it"),
        ("verified = true", "", r"rule toy\.notice: verified: is missing"),
        ("verified = true", 'verified = "yes"', r"verified: 'yes' is neither true nor false: write verified = true"),
        ('day_count = "start of day"', "", r"rule toy\.notice: day_count: is missing"),
        ('day_count = "start of day"', 'day_count = "noon"', r"day_count: 'noon' is not known: write one of publica"),
        ('source = "art. 1"', 'source = " "', r"source: ' ' is not a text"),
        ('wording = "seven days before"', "", r"toy\.toml, line 29: rule toy\.notice: wording: is missing: add it"),
        (
            'wording = "seven',
            'wording = "(unread) seven',
            r"line 41: .*wording: .* has no mark: begin with one of \(not q",
        ),
        ('"seven days before"', '"(not read)"', r"wording: '\(not read\)' is no quotation and has no mark"),
        ('source = "art. 1"', 'source = "art. 1"\namuont = 3', r"rule toy\.notice: amuont: is not known here"),
        ("safety_cut = false", "safety_cut = 3", r"applies_when: safety_cut: 3 is not a condition"),
        ("below = 35", "under = 35", r"applies_when: nominal_voltage: .* is not a condition"),
        ('informing_time = "2 hours"', "informing_time = 2", r"key_customers: informing_time: 2 is not a time with"),
        ('informing_time = "2 hours"', 'informing_time = "two hours"', r"informing_time: 'two hours'"),
        ('near = "2 hours"', 'near = "99999999999 days"', r"near: '99999999999 days' is not a time with its unit"),
        ("amount = 7", "amount = inf", r"rule toy\.notice: amount: inf is not a number from 0 up: write amount = 7"),
        ('unit = "calendar-days"', 'unit = "hours"', r"toy\.notice: day_count: is not known here: remove it or write"),
        ("below = 35", 'below = "high"', r"applies_when: nominal_voltage: .* is not a condition: write a word"),
        ('["planned"]', '["planned", "planed"]', r"outage_class: 'planed' is not known: write one of planned, temp"),
        ('"calendar-days"', '"calendar-days"\nexceptions = "x"', r"exceptions: 'x' is not a list: write exceptions = "),
        (
            '"calendar-days"',
            '"calendar-days"\nexceptions = ["x"]',
            r"exceptions: 'x' is not known: write some of named",
        ),
        ("[settings.budget]", "[settings.bugdet]", r"settings: budget: is missing"),
        ('year = "rolling"', 'year = "lunar"', r"budget: year: 'lunar' is not known: write one of calendar, rolling"),
        ("[[rules]]", "[[rule]]", r"rules: is missing"),
        ('id = "toy.notice"', "", r"rule number 1: id: is missing"),
        ('version = "1"', "version = 1", r"version: 1 is not a text"),
        (
            'unit = "calendar-days"\nday_count = "start of day"',
            'unit = "working-days"\ncalendar = "utility"\nday_count = "same clock time"',
            r"toy\.notice: day_count: over a weekend a notice given later would allow an earlier start: write",
        ),
        ("[[rules]]", "[[rules", r"is not TOML in UTF-8: .*line 29.*correct that place"),
    ],
)
def test_a_wrong_file_is_refused_with_rule_key_and_remedy(
    load: Callable[[str], object], right: str, wrong: str, complaint: str
) -> None:
    assert right in SMALL
    with pytest.raises(PolicyError, match=complaint) as refusal:
        load(SMALL.replace(right, wrong, 1))
    assert "toy.toml" in str(refusal.value)


def test_two_rules_of_one_name_are_refused(load: Callable[[str], object]) -> None:
    with pytest.raises(PolicyError, match=r"rule toy\.notice: id: toy\.notice is used twice"):
        load(SMALL + SMALL[SMALL.index("[[rules]]") :])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"absent\.toml: cannot be read"):
        load_policy(tmp_path / "absent.toml")


def test_a_rule_that_does_not_exist_is_answered_with_those_that_do() -> None:
    with pytest.raises(PolicyError, match=r"no rule 'cn\.x': use one of cn\.planned\.public-notice"):
        load_policy(STANDARD).rule("cn.x")


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ('day_count = "start of day"', 'day_count = "noon"', 40),
        ("verified = true", "", 29),
        ('year = "rolling"', 'year = "lunar"', 14),
        ('near = "2 hours"', "near = 2", 16),
        ("safety_cut = false", "safety_cut = 3", 34),
        ('title = "Toy"', "", 1),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(
    load: Callable[[str], object], right: str, wrong: str, line: int
) -> None:
    with pytest.raises(PolicyError, match=rf"toy\.toml, line {line}: "):
        load(SMALL.replace(right, wrong))


def test_a_file_of_a_former_release_believes_facts_as_the_product_does(load: Callable[[str], object]) -> None:
    policy = load(SMALL)
    assert policy.settings.facts == FIGURES  # type: ignore[attr-defined]


def test_a_figure_for_facts_that_is_left_out_keeps_its_default(load: Callable[[str], object]) -> None:
    policy = load(SMALL.replace("[inside]", '[settings.facts]\nstart_back = "3 days"\n[inside]'))
    assert policy.settings.facts == Figures(start_back=timedelta(days=3))  # type: ignore[attr-defined]


def test_a_fast_clock_cannot_be_taken_at_its_word_for_longer_than_it_is_taken_at_all(
    load: Callable[[str], object],
) -> None:
    with pytest.raises(PolicyError, match="ahead_most: it is less than ahead"):
        load(SMALL.replace("[inside]", '[settings.facts]\nahead = "20 minutes"\n[inside]'))


def test_how_patient_texts_are_is_the_products_where_a_file_does_not_say(load: Callable[[str], object]) -> None:
    assert load(SMALL).settings.telling == Telling()  # type: ignore[attr-defined]
    policy = load(SMALL.replace("[inside]", '[settings.telling]\nsettling = "45 seconds"\n[inside]'))
    assert policy.settings.telling == Telling(settling=timedelta(seconds=45))  # type: ignore[attr-defined]
    with pytest.raises(PolicyError, match="settled: is not known here"):
        load(SMALL.replace("[inside]", '[settings.telling]\nsettled = "45 seconds"\n[inside]'))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("talk_most = 40", "talk_most: 40 is not from 14 to 20"),
        ('talk_turns = "4"', "talk_turns: '4' is not a whole number"),
        ('steady = "90 seconds"', "steady: it is not whole minutes"),
        ('steady = "3 hours"', "steady: it is not whole minutes up to talk_within"),
    ],
)
def test_a_limit_of_words_that_cannot_be_kept_is_refused_with_its_remedy(
    load: Callable[[str], object], line: str, complaint: str
) -> None:
    with pytest.raises(PolicyError, match=complaint):
        load(SMALL.replace("[inside]", f"[settings.telling]\n{line}\n[inside]"))


def test_limits_of_words_can_be_set(load: Callable[[str], object]) -> None:
    policy = load(SMALL.replace("[inside]", "[settings.telling]\ntalk_turns = 6\n[inside]"))
    assert policy.settings.telling == Telling(talk_turns=6)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("form", "model"), [(Facts, Figures), (Patience, Telling), (Quiet, QuietHours)])
def test_every_figure_that_the_product_goes_by_can_be_set_in_a_file(form: type[Written], model: type) -> None:
    assert {*form.__struct_fields__} == {field.name for field in fields(model)}
    assert {field.name for field in fields(Rule)} == {*RuleTable.__struct_fields__}


def test_a_rule_lists_its_conditions_in_the_order_of_the_file(load: Callable[[str], object]) -> None:
    conditions = "applies_when = { safety_cut = false, outage_class = 'planned' }"
    policy = load(re.sub("applies_when = .*", conditions, SMALL))
    assert [*policy.rules["toy.notice"].applies_when] == ["safety_cut", "outage_class"]  # type: ignore[attr-defined]


def test_the_hours_of_a_night_are_times_of_day_and_the_products_where_a_file_does_not_say(
    load: Callable[[str], object],
) -> None:
    assert load(SMALL).settings.quiet == QUIET  # type: ignore[attr-defined]
    written = '[settings.quiet]\nbegins = "22:30"\nends = "06:00"\nprepare = "90 minutes"\n[inside]'
    policy = load(SMALL.replace("[inside]", written))
    assert policy.settings.quiet == QuietHours(time(22, 30), time(6), timedelta(minutes=90))  # type: ignore[attr-defined]


@pytest.mark.parametrize("written", ["24:00", "7", "7:00", "21.00", "9 pm"])
def test_a_time_of_day_that_is_none_is_refused_with_its_remedy(load: Callable[[str], object], written: str) -> None:
    with pytest.raises(PolicyError, match=r'is not a time of day.*write begins = "21:00"'):
        load(SMALL.replace("[inside]", f'[settings.quiet]\nbegins = "{written}"\n[inside]'))


def test_how_many_are_told_unasked_is_the_files_and_nobody_is_asked_where_it_does_not_say(
    load: Callable[[str], object],
) -> None:
    assert load(SMALL).settings.approve_above == 0  # type: ignore[attr-defined]
    policy = load(SMALL.replace("[inside]", "[settings.approval]\nabove = 300\n[inside]"))
    assert policy.settings.approve_above == 300  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("written", "what"), [('"many"', "not a whole number"), ("-1", "not from 0 to"), ("1.5", "whole")]
)
def test_a_number_of_people_that_is_none_is_refused_with_its_remedy(
    load: Callable[[str], object], written: str, what: str
) -> None:
    with pytest.raises(PolicyError, match=rf"{what}.*write above = 5000"):
        load(SMALL.replace("[inside]", f"[settings.approval]\nabove = {written}\n[inside]"))


def test_no_text_goes_on_without_its_providers_word_but_by_a_rule_of_two_minutes_or_more(
    load: Callable[[str], Any],
) -> None:
    assert load(SMALL).settings.sending == SendingPolicy()
    assert SendingPolicy().critical_goes_on_after is None
    rule = '[settings.sending]\ncritical_goes_on_after = "{}"\n[inside]'
    policy = load(SMALL.replace("[inside]", rule.format("10 minutes")))
    assert policy.settings.sending.critical_goes_on_after == timedelta(minutes=10)
    off = load(SMALL.replace("[inside]", rule.format("0 minutes")))
    assert off.settings.sending.critical_goes_on_after is None
    with pytest.raises(PolicyError, match="a look-up takes longer"):
        load(SMALL.replace("[inside]", rule.format("90 seconds")))
