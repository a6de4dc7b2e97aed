"""Decide what becomes of a month: opened by its first case, judged once it is over, corrected by late facts, published by a person.

Streams month/<YYYY-MM>. Its cases are rows (services/restorer/tables), so what they come to is given to each decision; what is
said of them stands here. It goes by the rules that were in force while it lasted (in_force.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from schemas.contracts import restorations
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.promises import Promise, PromiseMade
from schemas.contracts.restorations import FulfilmentPublished, FulfilmentRow
from services.kernel.model import Decision, Event, Message, NewEvent, TimerFired
from services.policy import Policy, deadline
from services.policy.calendar import WorkingCalendar
from services.promises import PromiseRecord, is_published, name_of, settle, timers_of, warn
from services.promises.explaining import WhyGiven, why_given
from services.restorer.domain.months.bounds import bounds
from services.restorer.domain.months.events import (
    AGGREGATE_JUDGED,
    MONTH_JUDGED,
    MONTH_OPENED,
    STATEMENT_TAKEN_UP,
    MonthJudged,
    MonthLooked,
    MonthOpened,
    PolicyInForce,
    StatementAsked,
    StatementTakenUp,
)
from services.restorer.domain.months.figures import NO_FIGURES, MonthFacts, MonthFigures
from services.restorer.domain.months.in_force import RuleInForce, rules_of
from services.restorer.domain.months.judging import judged
from services.restorer.domain.months.state import MonthState, evolve, view_of
from services.restorer.domain.months.statement import is_same, rows_of, statement

CATEGORY: Final = "month"
JUDGE: Final = "judge"
PUBLISH: Final = "publish-fulfilment"
OPENED, JUDGED, CORRECTED, NOTHING_NEW = "month-opened", "month-judged", "month-corrected", "nothing-new"
UNDER_ANOTHER: Final = "month-under-another-policy"
WATCHED: Final = "months-are-watched"
"""A version that counted a month when a deadline came had armed one."""
IN_PLACE: Final = timedelta(days=1)
"""A policy that comes back within so long after another is of a version that is being replaced."""
POLICIES_KEPT: Final = 50
"""So many of a month's policies are named, the last ones: a file that is edited every few minutes is tried out."""
NOT_FOR_MONTHS: Final = "not-for-months"
NOT_OVER, STILL_WAITS, CASES_MOVED = "month-not-over", "month-still-waits", "cases-moved"
PUBLISHED, PUBLISHED_ANEW, PUBLISHED_BEFORE = "published", "published-as-correction", "published-before"
TAKEN_UP: Final = "published-in-a-lost-time"
MOMENT: Final = timedelta(microseconds=1)


class RestorerMonth:
    """Decider of streams month/<YYYY-MM>."""

    category = CATEGORY

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        self.policy, self.calendar = policy, calendar
        self.rules = f"{policy.id} {policy.version}, {calendar.version}"

    def initial(self, stream_id: str) -> MonthState:
        """A month of which no case is known."""
        return MonthState(stream_id.partition("/")[2])

    def evolve(self, state: MonthState, event: Event) -> MonthState:
        """The month after one more event."""
        return evolve(state, event.data)

    def decide(self, state: MonthState, facts: MonthFacts | None, message: Message, now: datetime) -> Decision:
        """What follows from a look, a deadline, or what an operator asks; `facts`: its rules, and what its cases come to.

        Named no-ops: `nothing-new`, `published-before`, `cases-moved` (ask again); refusals: `month-not-over`, `month-still-waits`
        (detail: until when).
        """
        given = facts or MonthFacts()
        match message.data:
            case MonthLooked(figures=figures):
                return self._looked(state, given._replace(figures=figures), now)
            case TimerFired(name=name) if name == JUDGE:
                return Decision(WATCHED)
            case TimerFired() as fired:
                return _deadline(state, fired, now)
            case WhyGiven() as said:
                reason, words, detail = why_given(state.promises.get(said.promise_id), said, now)
                return Decision(reason, [_public(word, state.month) for word in words], detail)
            case StatementAsked() as asked:
                return self._publish(state, given, asked, now)
            case _:
                return Decision(NOT_FOR_MONTHS)

    def timers(self, state: MonthState) -> Mapping[str, datetime]:
        """Deadline and warning of the promise to publish. That it is to be judged the watch sees: to count a month takes long."""
        return timers_of(state.promises.values())

    def view(self, state: MonthState) -> dict[str, Any]:
        """The month as people see it."""
        return view_of(state)

    def promises_of(self, state: MonthState) -> Sequence[PromiseRecord]:
        """That it is published in time."""
        return [*state.promises.values()]

    def rows_now(self, state: MonthState, facts: MonthFacts, now: datetime) -> tuple[FulfilmentRow, ...]:
        """How each rule fares, by its cases and by what is said of all of them, as if the month were judged now."""
        rules, figures = self._rules(state, facts), facts.figures or NO_FIGURES
        words = {word.rule.rule_id: word for word in judged(state.month, figures, state.judged, rules, now)}
        return rows_of(rules, figures, {**state.judged, **words})

    def _rules(self, state: MonthState, facts: MonthFacts) -> tuple[RuleInForce, ...]:
        terms = {**facts.terms, self.policy.version: self.policy}
        return rules_of(state, terms, self.policy, self.calendar)

    def _looked(self, state: MonthState, facts: MonthFacts, now: datetime) -> Decision:
        opened, events = self._opened(state, now)
        was_open, state = state.opened is not None, evolve(state, opened)
        if not state.is_due(now):
            return Decision((UNDER_ANOTHER if was_open else OPENED) if events else NOTHING_NEW, events)
        first, rules = state.counted is None, self._rules(state, facts)
        said = _judged(state, facts.figures or NO_FIGURES, rules, now)
        if first:
            said += [_public(made, state.month) for made in self._promised_at_first(opened, rules, now)]
        reason = JUDGED if first else CORRECTED if said else NOTHING_NEW
        return Decision(reason, [*events, *said])

    def _opened(self, state: MonthState, now: datetime) -> tuple[MonthOpened, list[NewEvent]]:
        """Its times and its policies, with the word that says them first, or anew where today's came into force meanwhile."""
        policy, known = self.policy, state.opened
        mine = PolicyInForce(
            policy_id=policy.id, policy_version=policy.version, calendar_version=self.calendar.version, since=now
        )
        if known is not None:
            is_in_force = now < known.ends_at or (not known.policies and state.counted is None)
            if not is_in_force or not is_news(known.policies, mine):
                return known, []
            opened = msgspec.structs.replace(known, policies=(*known.policies, mine)[-POLICIES_KEPT:])
        else:
            begins, ends = bounds(state.month, self.calendar.zone)
            opened = MonthOpened(
                month=state.month,
                begins_at=begins,
                ends_at=ends,
                judged_from=ends + policy.settings.month_waits,
                opened_at=now,
                policies=(mine,),
            )
        return opened, [NewEvent(MONTH_OPENED, opened)]

    def _promised_at_first(self, opened: MonthOpened, rules: Iterable[RuleInForce], now: datetime) -> list[PromiseMade]:
        """What whoever judges a month first promises; of one that was over for longer when its first case came, nothing."""
        promised = self._promised(opened, rules)
        return promised if now < max((one.due_at for one in promised), default=opened.ends_at) else []

    def _promised(self, opened: MonthOpened, rules: Iterable[RuleInForce]) -> list[PromiseMade]:
        """That its statement is published in time, under each rule that says by when."""
        return [
            PromiseMade(
                promise_id=name_of(opened.month, rule.id),
                rule=ref,
                measured_from=opened.ends_at,
                # From the month's last day on: the instant of its end is the next month's first.
                due_at=(limit := deadline(rule, opened.ends_at - MOMENT, self.calendar)).due_at,
                at_risk_at=(warnings := self.policy.warnings(rule, opened.ends_at, limit.due_at))[0],
                warn_again_at=warnings[1:],
                obligation=rule.obligation,
                provisional=limit.provisional,
            )
            for rule, ref in rules
            if rule.obligation == PUBLISH and rule.applies({}) and rule.amount is not None
        ]

    def _publish(self, state: MonthState, facts: MonthFacts, asked: StatementAsked, now: datetime) -> Decision:
        opened, events = self._opened(state, now)
        if now < opened.judged_from:
            return Decision(NOT_OVER if now < opened.ends_at else STILL_WAITS, detail=opened.judged_from.isoformat())
        figures = facts.figures
        if figures is None:
            return Decision(CASES_MOVED)
        state = evolve(state, opened)
        rules = self._rules(state, facts)
        if state.counted is None:
            promised = self._promised_at_first(opened, rules, now)
            events += [_public(made, state.month) for made in promised]
            for made in promised:
                state = evolve(state, made)
        for event in _judged(state, figures, rules, now):
            events.append(event)
            state = evolve(state, event.data)
        rows = rows_of(rules, figures, state.judged)
        # Published in a time that the database has lost: it stands where everybody reads, and what follows is numbered after it.
        lost = [one for one in asked.lost if state.published is None or one.number > state.published.number]
        if lost:
            taken_up = StatementTakenUp(month=state.month, statement=lost[-1], taken_up_at=now)
            events += [NewEvent(STATEMENT_TAKEN_UP, taken_up), *_kept_by(state, lost[0], now)]
            state = evolve(state, taken_up)
        last = state.published
        if last is not None and is_same(last, figures, rows):
            return (
                Decision(TAKEN_UP, events, last.statement_id)
                if lost
                else Decision(PUBLISHED_BEFORE, detail=last.statement_id)
            )
        public, zone = self.policy.settings.public_notice, self.calendar.zone
        published = statement(state.month, opened, figures, rows, last, zone, asked.by, now, public)
        events.append(_public(published, state.month))
        if not lost:
            events += _kept_by(state, published, now)
        return Decision(PUBLISHED if last is None else PUBLISHED_ANEW, events, published.statement_id)


def is_news(known: Sequence[PolicyInForce], mine: PolicyInForce) -> bool:
    """Whether a policy came into force: it was none of these, or another had taken its place, and not just now.

    While one version takes the place of another both are at work, and each would say so of itself.
    """
    there = [one.policy_version for one in known]
    if mine.policy_version not in there:
        return True
    return there[-1] != mine.policy_version and mine.since - known[-1].since >= IN_PLACE


def _judged(state: MonthState, figures: MonthFigures, rules: Iterable[RuleInForce], now: datetime) -> list[NewEvent]:
    """What is newly said of its rules, and that all cases were counted."""
    words = [*judged(state.month, figures, state.judged, rules, now)]
    last = state.counted
    if last is not None and last.digest == figures.digest and not words:
        return []
    counted = MonthJudged(
        month=state.month,
        number=1 if last is None else last.number + 1,
        cases=figures.cases,
        digest=figures.digest,
        judged_at=now,
    )
    return [*(NewEvent(AGGREGATE_JUDGED, word) for word in words), NewEvent(MONTH_JUDGED, counted)]


def _kept_by(state: MonthState, said: FulfilmentPublished, now: datetime) -> list[NewEvent]:
    """What a statement makes of the promise to publish the month. One that was lost kept it when it was published."""
    found: list[NewEvent] = []
    for record in state.promises.values():
        in_time, evidence = said.published_at <= record.due_at, (said.statement_id,)
        if record.standing == "open":
            settled = (
                settle(record, "kept", at=said.published_at, reason="published", evidence=evidence)
                if in_time
                else settle(record, "broken", at=said.published_at, reason="published-late", evidence=evidence)
            )
        elif record.standing == "broken" and in_time:
            settled = settle(record, "kept", at=now, reason="published", evidence=evidence)
        else:
            continue
        found += [_public(word, state.month) for word in settled]
    return found


def _deadline(state: MonthState, fired: TimerFired, now: datetime) -> Decision:
    promise_id, _, what = fired.name.removeprefix("promise/").rpartition("/")
    record = state.promises.get(promise_id)
    if record is None or record.standing != "open":
        return Decision("promise-settled")
    if what == "at-risk":
        warned = warn(record, "deadline-near", now)
        return Decision("promise-at-risk", [_public(word, state.month) for word in warned])
    said = settle(record, "broken", at=record.due_at, reason="deadline-passed", unproven=fired.unproven)
    return Decision("promise-broken", [_public(word, state.month) for word in said])


def _public(word: Promise | restorations.FulfilmentPublished | msgspec.Struct, month: str) -> NewEvent:
    topic = restorations.TOPIC if is_published(word) else None
    return NewEvent(TYPE_OF[type(word)], word, topic, month)  # type: ignore[index]
