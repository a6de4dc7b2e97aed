"""Recount open deadlines of a notice after the calendar or the policy changed: what moves, and why. Pure.

What is closed stays as it was judged, and no verdict on a plan is taken back. The promise to tell key customers is the
notifier's: the planner says where its deadline lies now, and the notifier moves it if it is still open.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from schemas.contracts.base import Wire
from schemas.contracts.notices import NoticeDeadlineMoved
from services.planner.domain.notice_content import plan_of
from services.planner.domain.promises import DONE, PUBLIC, done_by_noticed_end
from services.planner.domain.shown import told
from services.planner.domain.state import InForce, PlanState
from services.planner.domain.verdict.key_customer_deadline import inform_by
from services.policy import Policy, moved_by
from services.policy.calendar import WorkingCalendar
from services.promises import PromiseEvent, void_open


def reviewed(
    state: PlanState, notice: InForce, policy: Policy, calendar: WorkingCalendar, now: datetime
) -> Iterator[Wire]:
    """What of `notice`, which is in force, falls due at another time today."""
    yield from _telling(state, notice, policy, calendar, now)
    yield from _ends(state, notice, policy, calendar, now)
    yield from _informing(state, notice, policy, calendar, now)


def _telling(
    state: PlanState, notice: InForce, policy: Policy, calendar: WorkingCalendar, now: datetime
) -> Iterator[PromiseEvent]:
    """The public told, where that still waits for a channel: its deadline, and the channels that count today."""
    mine = state.promises.told(notice.notice_id)
    rules = {rule.id: rule for rule in policy.select(PUBLIC, **notice.told.traits)}
    for record in mine:
        if not told.is_told(record) or record.standing != "open":
            continue
        rule = rules.get(record.rule.rule_id)
        start, published = notice.told.period.start, notice.published_at
        made = None
        if rule is not None:
            count = 1 + sum(other.rule.rule_id == rule.id for other in mine)
            since = record.measured_from
            made = told.made(state.mrid, notice.notice_id, published, start, since, rule, policy, calendar, count)
        if made is None:
            yield from void_open([record], at=now, reason="rule-withdrawn")
        elif (made.due_at, made.counted_by) != (record.due_at, record.counted_by):
            yield from void_open([record], at=now, reason=moved_by(record.rule, made.rule))
            yield made
            yield from told.judged_anew(made, published, state.showing(notice.notice_id), now)


def _ends(
    state: PlanState, notice: InForce, policy: Policy, calendar: WorkingCalendar, now: datetime
) -> Iterator[PromiseEvent]:
    """Power back by the noticed end, as each rule counts it."""
    mine = state.promises.ends(notice.notice_id)
    rules = {rule.id: rule for rule in policy.select(DONE, **notice.told.traits)}
    for record in mine:
        if record.standing != "open":
            continue
        rule = rules.get(record.rule.rule_id)
        if rule is None:
            yield from void_open([record], at=now, reason="rule-withdrawn")
            continue
        count = 1 + sum(other.rule.rule_id == rule.id for other in mine)
        made = done_by_noticed_end(
            state.mrid, notice.notice_id, notice.told.period, record.measured_from, rule, policy, calendar, count
        )
        if made.due_at != record.due_at:
            yield from void_open([record], at=now, reason=moved_by(record.rule, made.rule))
            yield made
    promised = {record.rule.rule_id for record in mine}
    for rule in rules.values():
        # A notice that promised nothing, as those of older releases did, is not made to promise now.
        if promised and rule.id not in promised:
            yield done_by_noticed_end(state.mrid, notice.notice_id, notice.told.period, now, rule, policy, calendar)


def _informing(
    state: PlanState, notice: InForce, policy: Policy, calendar: WorkingCalendar, now: datetime
) -> Iterator[NoticeDeadlineMoved]:
    """By when key customers must know, counted from the day the notice was published."""
    was = notice.inform_by
    if was is None or state.started_at is not None:
        return
    plan = plan_of(state.mrid, notice.told, max(1, state.latest[0]), notice.published_at)
    today = inform_by(plan, policy, calendar, notice.published_at)
    if today.at != was and max(today.at, was) > now:
        yield NoticeDeadlineMoved(
            mrid=state.mrid,
            notice_id=notice.notice_id,
            version=notice.version,
            at=now,
            was=was,
            inform_by=today.at,
            inform_rule=today.rule,
            inform_warn_at=today.warn_at,
            inform_warn_again_at=today.warn_again_at,
            inform_provisional=today.provisional,
            reason=moved_by(notice.inform_rule, today.rule),
        )
