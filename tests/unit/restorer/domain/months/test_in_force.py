"""A month goes by the rules of its time: what a newer policy asks changes nothing of a month that is over."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as replaced

from schemas.contracts.base import RuleRef
from schemas.contracts.restorations import FulfilmentPublished
from services.kernel.clock import utc
from services.kernel.model import Decision, Event, Message
from services.policy import Policy, load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.months.decider import RestorerMonth
from services.restorer.domain.months.events import MONTH_LOOKED, STATEMENT_ASKED, MonthLooked, StatementAsked
from services.restorer.domain.months.figures import MonthFacts, MonthFigures, RuleFigures
from services.restorer.domain.months.state import MonthState

MARCH = "2026-03"
STANDARD = load_policy(policy_path("cn-service-standard"))
CALENDAR = WorkingCalendar("CN", "Asia/Shanghai")
AVERAGE, RATE = "cn.fault.crew-average-urban", "cn.fulfilment.rate"


def on(day: int, month: int = 4) -> datetime:
    return utc(datetime.fromisoformat(f"2026-{month:02}-{day:02}T12:00:00+08:00"))


def asking(minutes: int) -> Policy:
    """The average crew is asked to be there in so many minutes."""
    rule = replace(STANDARD.rules[AVERAGE], amount=Decimal(minutes))
    return replace(STANDARD, version=f"{minutes} minutes", rules={**STANDARD.rules, AVERAGE: rule})


def lacking(name: str) -> Policy:
    """The standard without one of its rules."""
    return replace(STANDARD, version=f"without {name}", rules={n: r for n, r in STANDARD.rules.items() if n != name})


def figures(minutes: int = 40, digest: str = "d") -> MonthFigures:
    ref = RuleRef(policy_id="cn", policy_version="1", rule_id=AVERAGE)
    found = RuleFigures(rule=ref, measured=1, total_us=minutes * 60_000_000, digest=digest)
    return MonthFigures({AVERAGE: found}, 1, digest)


class MonthOfPolicies:
    """One month's stream on paper, under one policy after the other."""

    def __init__(self, *policies: Policy, kept: bool = True) -> None:
        self.state = MonthState(MARCH)
        self.terms: Mapping[str, Policy] = {one.version: one for one in policies} if kept else {}

    def says(self, policy: Policy, data: object, kind: str, at: datetime, found: MonthFigures) -> Decision:
        decider = RestorerMonth(policy, CALENDAR)
        message = Message("/t", "1", kind, at, data, MARCH, 0)
        decision = decider.decide(self.state, MonthFacts(self.terms, found), message, at)
        for event in decision.events:
            logged = Event(f"month/{MARCH}", 1, None, event.type, event.data, at, "t/1", decision.reason)  # type: ignore[arg-type]
            self.state = decider.evolve(self.state, logged)
        return decision

    def looks(self, policy: Policy, at: datetime, found: MonthFigures | None = None) -> Decision:
        found = found or figures()
        return self.says(policy, MonthLooked(month=MARCH, figures=found), MONTH_LOOKED, at, found)

    def publishes(self, policy: Policy, at: datetime, found: MonthFigures | None = None) -> Decision:
        return self.says(policy, StatementAsked(month=MARCH, by="chen"), STATEMENT_ASKED, at, found or figures())

    @property
    def versions(self) -> list[str]:
        """By whose rules it is judged."""
        assert self.state.opened is not None
        return [one.policy_version for one in self.state.opened.policies]


def statement(decision: Decision) -> FulfilmentPublished:
    (found,) = [one.data for one in decision.events if isinstance(one.data, FulfilmentPublished)]
    return found


def test_a_policy_that_comes_while_a_month_lasts_is_in_force_in_it_and_one_that_comes_later_is_not() -> None:
    first, second, third = asking(45), asking(50), asking(30)
    month = MonthOfPolicies(first, second, third)
    assert month.looks(first, on(5, 3)).reason == "month-opened"
    assert month.looks(second, on(20, 3)).reason == "month-under-another-policy"
    assert month.looks(second, on(21, 3)).reason == "nothing-new"
    assert month.looks(third, on(2)).reason == "nothing-new"
    assert month.versions == ["45 minutes", "50 minutes"]
    month.looks(third, on(5))
    word = month.state.judged[AVERAGE]
    assert (word.verdict, word.limit, word.rule.policy_version) == ("kept", 50.0, "50 minutes")


def test_while_one_version_replaces_another_each_is_named_once_and_one_that_is_put_back_is_in_force_again() -> None:
    first, second = asking(45), asking(50)
    month = MonthOfPolicies(first, second)
    for policy in (first, second, first, second, first):
        month.looks(policy, on(5, 3))
    assert month.versions == ["45 minutes", "50 minutes"]
    month.looks(first, on(8, 3))
    assert month.versions == ["45 minutes", "50 minutes", "45 minutes"]


def test_a_statement_published_again_under_newer_rules_is_the_same_and_a_late_fact_is_judged_by_the_old_ones() -> None:
    first, later = asking(45), asking(30)
    month = MonthOfPolicies(first, later)
    month.looks(first, on(5, 3))
    said = statement(month.publishes(first, on(5)))
    assert month.publishes(later, on(5, 10)).reason == "published-before"
    corrected = statement(month.publishes(later, on(6, 10), figures(44, "late")))
    assert {one.rule_id for one in corrected.changes} == {AVERAGE}
    (was,), (now,) = ([row for row in one.rows if row.rule.rule_id == AVERAGE] for one in (said, corrected))
    assert (was.verdict, now.verdict, now.limit, now.rule) == ("kept", "kept", 45.0, was.rule)


def test_a_rule_that_came_later_has_no_row_in_a_month_before_it_and_one_that_is_gone_keeps_its_own() -> None:
    without = lacking(RATE)
    month = MonthOfPolicies(without, STANDARD)
    month.looks(without, on(5, 3))
    said = statement(month.publishes(STANDARD, on(5)))
    assert RATE not in {row.rule.rule_id for row in said.rows}
    assert RATE not in month.state.judged
    other = MonthOfPolicies(STANDARD, without)
    other.looks(STANDARD, on(5, 3))
    kept = statement(other.publishes(without, on(5)))
    assert RATE in {row.rule.rule_id for row in kept.rows}


def judged_before(policy: Policy, *, published: bool) -> MonthOfPolicies:
    """A month that a version without these words has judged."""
    month = MonthOfPolicies(policy, kept=False)
    month.looks(policy, on(5, 3))
    month.looks(policy, on(5))
    if published:
        month.publishes(policy, on(6))
    assert month.state.opened is not None
    month.state = replace(month.state, opened=replaced(month.state.opened, policies=()))
    return month


def test_a_month_that_an_older_version_judged_goes_by_the_limits_that_it_named() -> None:
    month = judged_before(asking(45), published=True)
    assert month.publishes(asking(30), on(7)).reason == "published-before"
    word = statement(month.publishes(asking(30), on(8), figures(44, "late")))
    (row,) = [row for row in word.rows if row.rule.rule_id == AVERAGE]
    assert (row.verdict, row.limit, row.rule.policy_version) == ("kept", 45.0, "45 minutes")
    assert month.publishes(lacking(AVERAGE), on(9), figures(44, "late")).reason == "published-before"


@given(st.lists(st.sampled_from([20, 30, 45, 60]), min_size=1, max_size=4), st.booleans())
def test_whatever_policies_come_after_a_month_nothing_of_it_changes(later: list[int], published: bool) -> None:
    first, policies = asking(45), [asking(minutes) for minutes in later]
    month = MonthOfPolicies(first, *policies)
    month.looks(first, on(5, 3))
    month.looks(first, on(5))
    if published:
        month.publishes(first, on(6))
    before = month.state
    for policy in policies:
        assert month.looks(policy, on(5, 8)).reason == "nothing-new"
        if published:
            assert month.publishes(policy, on(5, 8)).reason == "published-before"
    assert month.state == before
