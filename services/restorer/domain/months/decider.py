"""Decide what becomes of a month: opened by its first case, judged once it is over, corrected by late facts, published by a person.

Streams month/<YYYY-MM>. Its cases are rows (services/restorer/tables), so what they come to is given to each decision; what is
said of them stands here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from schemas.contracts import restorations
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.promises import Promise, PromiseMade
from schemas.contracts.restorations import FulfilmentRow
from services.kernel.model import Decision, Event, Message, NewEvent, TimerFired
from services.policy import Policy, deadline, rule_ref
from services.policy.calendar import WorkingCalendar
from services.promises import PromiseRecord, is_published, name_of, settle, timers_of, warn
from services.promises.explaining import WhyGiven, why_given
from services.restorer.domain.months.bounds import bounds
from services.restorer.domain.months.events import (
    AGGREGATE_JUDGED,
    MONTH_JUDGED,
    MONTH_OPENED,
    AggregateJudged,
    MonthJudged,
    MonthLooked,
    MonthOpened,
    StatementAsked,
)
from services.restorer.domain.months.figures import NO_FIGURES, MonthFigures
from services.restorer.domain.months.judging import judged
from services.restorer.domain.months.state import MonthState, evolve, view_of
from services.restorer.domain.months.statement import is_same, rows_of, statement

CATEGORY: Final = "month"
JUDGE: Final = "judge"
PUBLISH: Final = "publish-fulfilment"
OPENED, JUDGED, CORRECTED, NOTHING_NEW = "month-opened", "month-judged", "month-corrected", "nothing-new"
NOT_FOR_MONTHS: Final = "not-for-months"
NOT_OVER, STILL_WAITS = "month-not-over", "month-still-waits"
PUBLISHED, PUBLISHED_ANEW, PUBLISHED_BEFORE = "published", "published-as-correction", "published-before"
MOMENT: Final = timedelta(microseconds=1)


class RestorerMonth:
    """Decider of streams month/<YYYY-MM>."""

    category = CATEGORY

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        self._policy, self._calendar = policy, calendar
        self.rules = f"{policy.id} {policy.version}, {calendar.version}"

    def initial(self, stream_id: str) -> MonthState:
        """A month of which no case is known."""
        return MonthState(stream_id.partition("/")[2])

    def evolve(self, state: MonthState, event: Event) -> MonthState:
        """The month after one more event."""
        return evolve(state, event.data)

    def decide(self, state: MonthState, facts: MonthFigures | None, message: Message, now: datetime) -> Decision:
        """What follows from a look, a deadline, or what an operator asks; `facts`: what its cases come to, where that is asked.

        Named no-ops: `nothing-new`, `published-before`; refusals: `month-not-over`, `month-still-waits` (detail: until when).
        """
        match message.data:
            case MonthLooked(figures=figures):
                return self._looked(state, figures, now)
            case TimerFired(name=name) if name == JUDGE:
                return self._looked(state, facts or NO_FIGURES, now)
            case TimerFired() as fired:
                return _deadline(state, fired, now)
            case WhyGiven() as said:
                reason, words, detail = why_given(state.promises.get(said.promise_id), said, now)
                return Decision(reason, [_public(word, state.month) for word in words], detail)
            case StatementAsked() as asked:
                return self._publish(state, facts or NO_FIGURES, asked, now)
            case _:
                return Decision(NOT_FOR_MONTHS)

    def timers(self, state: MonthState) -> Mapping[str, datetime]:
        """`judge` until it was; deadline and warning of the promise to publish."""
        armed: dict[str, datetime] = {}
        if state.opened is not None and state.counted is None:
            armed[JUDGE] = state.opened.judged_from
        return {**armed, **timers_of(state.promises.values())}

    def view(self, state: MonthState) -> dict[str, Any]:
        """The month as people see it."""
        return view_of(state)

    def promises_of(self, state: MonthState) -> Sequence[PromiseRecord]:
        """That it is published in time."""
        return [*state.promises.values()]

    def rows(self, figures: MonthFigures, said: Mapping[str, AggregateJudged]) -> tuple[FulfilmentRow, ...]:
        """How each rule fares: by its cases, and by what was said of rules over all of them."""
        return rows_of(self._policy, self._calendar, figures, said)

    def rows_now(
        self, month: str, figures: MonthFigures, said: Mapping[str, AggregateJudged], now: datetime
    ) -> tuple[FulfilmentRow, ...]:
        """The same as if the month were judged now."""
        words = {word.rule.rule_id: word for word in judged(month, figures, said, self._policy, self._calendar, now)}
        return self.rows(figures, {**said, **words})

    def _looked(self, state: MonthState, figures: MonthFigures, now: datetime) -> Decision:
        opened, events = self._opened(state, now)
        state = state if state.opened is not None else evolve(state, opened)
        if not state.is_due(now):
            return Decision(OPENED if events else NOTHING_NEW, events)
        first = state.counted is None
        said = [*self._judged(state, figures, now)]
        if first and now < self._publish_by(opened):
            said += [_public(made, state.month) for made in self._promised(opened)]
        reason = JUDGED if first else CORRECTED if said else NOTHING_NEW
        return Decision(reason, [*events, *said])

    def _opened(self, state: MonthState, now: datetime) -> tuple[MonthOpened, list[NewEvent]]:
        """Its times, with the word that says them first."""
        if state.opened is not None:
            return state.opened, []
        begins, ends = bounds(state.month, self._calendar.zone)
        judged_from = ends + self._policy.settings.month_waits
        opened = MonthOpened(month=state.month, begins_at=begins, ends_at=ends, judged_from=judged_from, opened_at=now)
        return opened, [NewEvent(MONTH_OPENED, opened)]

    def _judged(self, state: MonthState, figures: MonthFigures, now: datetime) -> list[NewEvent]:
        """What is newly said of its rules, and that all cases were counted."""
        words = [*judged(state.month, figures, state.judged, self._policy, self._calendar, now)]
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

    def _promised(self, opened: MonthOpened) -> list[PromiseMade]:
        """That its statement is published in time, under each rule that says by when."""
        return [
            PromiseMade(
                promise_id=name_of(opened.month, rule.id),
                rule=rule_ref(self._policy, rule, self._calendar),
                measured_from=opened.ends_at,
                # From the month's last day on: the instant of its end is the next month's first.
                due_at=(limit := deadline(rule, opened.ends_at - MOMENT, self._calendar)).due_at,
                at_risk_at=(warnings := self._policy.warnings(rule, opened.ends_at, limit.due_at))[0],
                warn_again_at=warnings[1:],
                obligation=rule.obligation,
                provisional=limit.provisional,
            )
            for rule in self._policy.select(PUBLISH)
            if rule.amount is not None
        ]

    def _publish_by(self, opened: MonthOpened) -> datetime:
        """Of a month that was over for longer when its first case came, nobody promised a statement."""
        return max((one.due_at for one in self._promised(opened)), default=opened.ends_at)

    def _publish(self, state: MonthState, figures: MonthFigures, asked: StatementAsked, now: datetime) -> Decision:
        opened, events = self._opened(state, now)
        if now < opened.judged_from:
            return Decision(NOT_OVER if now < opened.ends_at else STILL_WAITS, detail=opened.judged_from.isoformat())
        state = state if state.opened is not None else evolve(state, opened)
        for event in self._judged(state, figures, now):
            events.append(event)
            state = evolve(state, event.data)
        rows = self.rows(figures, state.judged)
        last = state.published
        if last is not None and is_same(last, figures, rows):
            return Decision(PUBLISHED_BEFORE, detail=last.statement_id)
        published = statement(state.month, opened, figures, rows, last, self._calendar.zone, asked.by, now)
        events.append(_public(published, state.month))
        for record in state.promises.values():
            if record.standing == "open":
                in_time, evidence = now <= record.due_at, (published.statement_id,)
                settled = (
                    settle(record, "kept", at=now, reason="published", evidence=evidence)
                    if in_time
                    else settle(record, "broken", at=now, reason="published-late", evidence=evidence)
                )
                events += [_public(word, state.month) for word in settled]
        return Decision(PUBLISHED if last is None else PUBLISHED_ANEW, events, published.statement_id)


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
