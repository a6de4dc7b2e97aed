"""A month from its first case to its statement: what is said when, what is refused, what is a promise."""

from dataclasses import replace
from datetime import datetime, timedelta

from schemas.contracts.base import RuleRef
from schemas.contracts.promises import Promise, PromiseAtRisk, PromiseBroken, PromiseCorrected, PromiseKept, PromiseMade
from schemas.contracts.restorations import FulfilmentPublished
from services.kernel.clock import utc
from services.kernel.model import TIMER_FIRED, Decision, Event, Message, TimerFired
from services.policy import Policy, load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.months.decider import RestorerMonth
from services.restorer.domain.months.events import MONTH_LOOKED, STATEMENT_ASKED, MonthLooked, StatementAsked
from services.restorer.domain.months.figures import NO_FIGURES, MonthFacts, MonthFigures, RuleFigures
from services.restorer.domain.months.state import MonthState

MARCH = "2026-03"
STANDARD = load_policy(policy_path("cn-service-standard"))
RULE = RuleRef(policy_id="cn", policy_version="1", rule_id="cn.fault.crew-45min")


def on(day: int, month: int = 4, hour: int = 12) -> datetime:
    return utc(datetime.fromisoformat(f"2026-{month:02}-{day:02}T{hour:02}:00:00+08:00"))


def figures(kept: int = 1, broken: int = 0) -> MonthFigures:
    crew = RuleFigures(rule=RULE, made=kept + broken, kept=kept, broken=broken, digest=f"{kept}/{broken}")
    return MonthFigures({RULE.rule_id: crew}, kept + broken, f"{kept}/{broken}")


class Month:
    """One month's stream on paper."""

    def __init__(self, policy: str = "cn-service-standard") -> None:
        self.decider = RestorerMonth(load_policy(policy_path(policy)), WorkingCalendar("CN", "Asia/Shanghai"))
        self.state: MonthState = self.decider.initial(f"month/{MARCH}")
        self.kept: list[Policy] = [self.decider.policy]

    def under(self, policy: Policy) -> None:
        """From now on a newer policy is in force."""
        self.decider = RestorerMonth(policy, self.decider.calendar)
        self.kept.append(policy)

    def says(self, data: object, at: datetime, figures: MonthFigures | None) -> Decision:
        given = MonthFacts({one.version: one for one in self.kept}, figures)
        kinds: dict[type, str] = {MonthLooked: MONTH_LOOKED, StatementAsked: STATEMENT_ASKED}
        kind = kinds.get(type(data), TIMER_FIRED)
        decision = self.decider.decide(self.state, given, Message("/t", "1", kind, at, data, MARCH, 0), at)
        for event in decision.events:
            logged = Event(f"month/{MARCH}", 1, None, event.type, event.data, at, "t/1", decision.reason)  # type: ignore[arg-type]
            self.state = self.decider.evolve(self.state, logged)
        return decision

    def looks(self, at: datetime, given: MonthFigures | None = None) -> Decision:
        return self.says(MonthLooked(month=MARCH, figures=given or figures()), at, NO_FIGURES)

    def is_judged(self, given: MonthFigures | None = None) -> Decision:
        """As soon as it can be."""
        return self.looks(on(4, hour=0), given)

    def fires(self, name: str) -> Decision:
        due = self.decider.timers(self.state)[name]
        return self.says(TimerFired(name=name, due_at=due), due, NO_FIGURES)

    def publishes(
        self, at: datetime, given: MonthFigures | None = None, lost: tuple[FulfilmentPublished, ...] = ()
    ) -> Decision:
        return self.says(StatementAsked(month=MARCH, by="chen", lost=lost), at, given or figures())


def test_a_month_is_judged_after_its_end_and_what_late_facts_have() -> None:
    month = Month()
    assert month.looks(on(5, month=3)).reason == "month-opened"
    assert month.looks(on(6, month=3)).reason == "nothing-new"
    assert month.looks(on(3, hour=23)).reason == "nothing-new"
    decision = month.is_judged()
    assert decision.reason == "month-judged"
    (made,) = [event.data for event in decision.events if isinstance(event.data, PromiseMade)]
    assert (made.measured_from, made.obligation) == (on(1, hour=0), "publish-fulfilment")
    assert made.due_at == on(16, hour=0), "ten working days, and the sixth of April is none"
    assert month.looks(on(5), figures(kept=2)).reason == "month-corrected"


def test_a_month_without_rules_over_all_cases_is_counted_all_the_same() -> None:
    month = Month("gb")
    month.looks(on(5, month=3))
    assert month.is_judged().reason == "month-judged"
    assert month.decider.timers(month.state) == {}


def test_of_a_month_long_over_when_its_first_case_came_nobody_promised_a_statement() -> None:
    month = Month()
    decision = month.looks(on(20))
    assert decision.reason == "month-judged"
    assert month.decider.promises_of(month.state) == []
    assert month.decider.timers(month.state) == {}


def test_a_statement_in_time_keeps_the_promise_and_a_late_one_does_not_mend_it() -> None:
    month = Month()
    month.looks(on(5, month=3))
    month.is_judged()
    (kept,) = [one.data for one in month.publishes(on(14)).events if isinstance(one.data, PromiseKept)]
    assert kept.evidence == ("2026-03/1",)
    late = Month()
    late.looks(on(5, month=3))
    late.is_judged()
    name = f"promise/{MARCH}/cn.fulfilment.published"
    assert [type(one.data) for one in late.fires(f"{name}/at-risk").events] == [PromiseAtRisk]
    assert [type(one.data) for one in late.fires(f"{name}/due").events] == [PromiseBroken]
    decision = late.publishes(on(20))
    assert decision.reason == "published"
    assert [type(one.data) for one in decision.events] == [FulfilmentPublished]


def test_a_month_that_is_published_before_the_watch_has_judged_it_was_promised_and_kept_all_the_same() -> None:
    month = Month()
    month.looks(on(5, month=3))
    words = [one.data for one in month.publishes(on(7)).events]
    assert [type(one) for one in words if isinstance(one, Promise)] == [PromiseMade, PromiseKept]
    assert month.decider.timers(month.state) == {}


def test_a_newer_policy_that_says_the_same_of_a_month_corrects_nothing_of_it() -> None:
    month = Month()
    month.looks(on(5, month=3))
    month.is_judged()
    assert month.publishes(on(14)).reason == "published"
    month.under(replace(STANDARD, version="2026-10-01"))
    assert (decision := month.publishes(on(20, month=10))).reason == "published-before"
    assert (decision.detail, list(decision.events)) == ("2026-03/1", [])
    assert month.publishes(on(21, month=10), figures(broken=1)).reason == "published-as-correction"


def test_a_month_that_is_not_over_or_still_waits_is_refused_with_the_time_from_which_it_can_be() -> None:
    month = Month()
    assert (month.publishes(on(20, month=3)).reason, month.publishes(on(2)).reason) == (
        "month-not-over",
        "month-still-waits",
    )
    refused = month.publishes(on(2))
    assert (refused.detail, list(refused.events)) == (on(4, hour=0).isoformat(), [])


def test_the_same_statement_twice_is_one_and_other_figures_correct_it() -> None:
    month = Month()
    assert month.publishes(on(6), figures(1, 1)).reason == "published"
    again = month.publishes(on(6) + timedelta(hours=1), figures(1, 1))
    assert (again.reason, again.detail, list(again.events)) == ("published-before", "2026-03/1", [])
    decision = month.publishes(on(7), figures(2, 0))
    assert (decision.reason, decision.detail) == ("published-as-correction", "2026-03/2")
    (said,) = [one.data for one in decision.events if isinstance(one.data, FulfilmentPublished)]
    assert said.corrects == "2026-03/1"
    changed = [(one.rule_id, one.figure, one.was, one.now) for one in said.changes]
    assert (RULE.rule_id, "kept", 1.0, 2.0) in changed
    assert (RULE.rule_id, "broken", 1.0, 0.0) in changed
    assert ("cn.fulfilment.rate", "figure", 50.0, 100.0) in changed


def test_what_nobody_measures_is_shown_as_not_measured_and_never_as_kept() -> None:
    month = Month()
    month.publishes(on(6))
    assert month.state.published is not None
    rows = {row.rule.rule_id: row for row in month.state.published.rows}
    assert {name for name, row in rows.items() if not row.measured} >= {"cn.hotline.3-rings", "cn.followup.rate"}
    assert rows["cn.restore.one-working-day"].measured
    assert (rows["cn.hotline.3-rings"].figure, rows["cn.hotline.3-rings"].kept) == (None, 0)


def published(decision: Decision) -> FulfilmentPublished:
    (said,) = [one.data for one in decision.events if isinstance(one.data, FulfilmentPublished)]
    return said


def a_lost_statement(given: MonthFigures, number: int = 1) -> FulfilmentPublished:
    """As a process said it whose database is lost."""
    other = Month()
    for count in range(number):
        said = published(
            other.publishes(on(6) + timedelta(hours=count), figures(9, count) if count + 1 < number else given)
        )
    return said


def test_a_statement_that_is_on_the_topic_and_not_in_the_log_is_taken_up_and_not_published_twice() -> None:
    month = Month()
    month.is_judged()
    lost = a_lost_statement(figures(1, 1))
    decision = month.publishes(on(7), figures(1, 1), (lost,))
    assert (decision.reason, decision.detail) == ("published-in-a-lost-time", "2026-03/1")
    assert not [one for one in decision.events if isinstance(one.data, FulfilmentPublished)]
    assert month.state.published == lost
    assert month.publishes(on(8), figures(1, 1), (lost,)).reason == "published-before"


def test_what_differs_from_a_lost_statement_corrects_it_under_the_next_number() -> None:
    month = Month()
    month.is_judged()
    first, second = a_lost_statement(figures(9, 0)), a_lost_statement(figures(1, 1), number=2)
    said = published(month.publishes(on(7), figures(2, 0), (first, second)))
    assert (said.statement_id, said.corrects) == ("2026-03/3", "2026-03/2")
    assert ("broken", 1.0, 0.0) in {(one.figure, one.was, one.now) for one in said.changes}


def test_a_lost_statement_of_before_the_one_that_stands_changes_nothing() -> None:
    month = Month()
    lost = a_lost_statement(figures(1, 1))
    month.publishes(on(7), figures(1, 0))
    assert published(month.publishes(on(8), figures(2, 0), (lost,))).statement_id == "2026-03/2"


def test_a_month_that_was_published_in_a_lost_time_was_published_in_time() -> None:
    lost = a_lost_statement(figures())
    month = Month()
    month.looks(on(5, month=3))
    month.is_judged()
    month.fires(f"promise/{MARCH}/cn.fulfilment.published/due")
    (corrected,) = [
        one.data for one in month.publishes(on(20), figures(), (lost,)).events if isinstance(one.data, Promise)
    ]
    assert (type(corrected), corrected.was, corrected.now) == (PromiseCorrected, "broken", "kept")  # type: ignore[attr-defined]
    other = Month()
    other.is_judged()
    (kept,) = [
        one.data for one in other.publishes(on(14), figures(2), (lost,)).events if isinstance(one.data, PromiseKept)
    ]
    assert (kept.at, kept.evidence) == (lost.published_at, (lost.statement_id,))
