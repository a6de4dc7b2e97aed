"""The planner's promises: the public told in time, and power back by the noticed end. Pure.

Each notice has promises of its own (promiseId = notice id and rule); when another notice takes its place, those still
open are voided and new ones made. A verdict rests on instants in facts and on dueAt, never on when a timer ran.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from schemas.contracts.base import Period
from schemas.contracts.dispatch import PlanBody
from schemas.contracts.notices import Notice
from schemas.contracts.promises import Promise, PromiseMade, Verdict
from services.planner.domain.notice_content import told_by
from services.planner.domain.shown import told
from services.planner.domain.shown.showing import NOTHING as NEVER_SHOWN
from services.planner.domain.shown.showing import Showing
from services.planner.domain.shown.told import TOLD_IN_TIME
from services.policy import Policy, Rule, deadline, rule_ref
from services.policy.calendar import WorkingCalendar
from services.promises import (
    PromiseEvent,
    PromiseRecord,
    name_of,
    remember,
    settle,
    subject_of,
    void_open,
    warn,
)

PUBLIC, DONE = "public-notice", "done-by-noticed-end"
UNBEGUN, WITHDRAWN, SUPERSEDED = "work-not-begun", "notice-withdrawn", "notice-superseded"
NO_OUTAGE = "withdrawn"
"""Dispatch took the outage itself back: no verdict on it counts."""
NOT_TO_BE = frozenset({UNBEGUN, WITHDRAWN, SUPERSEDED, NO_OUTAGE})
"""Voided because work was not to be as noticed; where it had begun all the same, the promise is judged after all."""
BEGUN_AFTER_ALL, OFF_AGAIN = "work-had-begun", "power-went-off-again"


@dataclass(frozen=True, slots=True)
class Promised:
    """The promises of one outage's notices as published so far."""

    records: Mapping[str, PromiseRecord] = field(default_factory=dict)
    revived: frozenset[str] = frozenset()
    """Ids of those voided because work was not to be, though it had begun: their verdict is still to come."""

    def hear(self, said: Promise) -> Promised:
        """These after one more event about them."""
        return replace(self, records=remember(self.records, said))

    def by_id(self) -> list[PromiseRecord]:
        """All, by id."""
        return [record for _, record in sorted(self.records.items())]

    def ends(self, notice_id: str) -> list[PromiseRecord]:
        """Those of one notice's end, by id."""
        return [one for one in self.by_id() if one.obligation == DONE and notice_of(one) == notice_id]

    def told(self, notice_id: str) -> list[PromiseRecord]:
        """Those that the public is told of one notice, by id."""
        return [one for one in self.by_id() if one.obligation == TOLD_IN_TIME and notice_of(one) == notice_id]

    def revive(self, notice_id: str) -> Promised:
        """These once it is known that the work of a notice had begun after all."""
        void = (one for one in self.ends(notice_id) if one.standing == "voided" and one.reason in NOT_TO_BE)
        return replace(self, revived=self.revived | {one.promise_id for one in void})

    def is_void(self, record: PromiseRecord) -> bool:
        """Whether nothing is left to judge of it."""
        return record.standing == "voided" and record.promise_id not in self.revived


NOTHING = Promised()


def notice_of(record: PromiseRecord) -> str:
    """The id of the notice that made a promise."""
    return subject_of(record.promise_id, record.rule.rule_id)


def on_notice(
    promised: Promised,
    notice: Notice,
    plan: PlanBody | None,
    policy: Policy,
    calendar: WorkingCalendar,
    excused: Mapping[str, str],
    *,
    showings: Mapping[str, Showing],
) -> Iterator[PromiseEvent]:
    """What a notice promises. `excused`: rules that do not bind it, by id, each with the named reason; `showings`: by notice."""
    yield from end_open(promised, showings, notice.published_at, SUPERSEDED)
    traits = told_by(notice).traits
    if plan is not None:
        since = min(plan.requested_at, notice.published_at)
        for rule in policy.select(PUBLIC, **traits):
            yield from told.on_notice(notice, since, rule, policy, calendar, excused.get(rule.id))
    for rule in policy.select(DONE, **traits):
        yield done_by_noticed_end(
            notice.mrid, notice.notice_id, notice.planned_period, notice.published_at, rule, policy, calendar
        )


def end_open(promised: Promised, showings: Mapping[str, Showing], at: datetime, reason: str) -> Iterator[PromiseEvent]:
    """End what still waits for its verdict: what the public was to be told by an earlier deadline is broken, the rest is void."""
    records = promised.by_id()
    late = told.overdue(records, at)
    for record in late:
        yield from told.fell_due(record, showings.get(notice_of(record), NEVER_SHOWN))
    ended = {record.promise_id for record in late}
    yield from void_open([one for one in records if one.promise_id not in ended], at=at, reason=reason)


def done_by_noticed_end(
    mrid: str,
    notice_id: str,
    period: Period,
    since: datetime,
    rule: Rule,
    policy: Policy,
    calendar: WorkingCalendar,
    count: int = 1,
) -> PromiseMade:
    """Power back by the noticed end. `count`: which promise under this rule and notice this is."""
    until = deadline(rule, period.end, calendar)
    due_at, length = until.due_at + rule.tolerance, period.end - period.start
    # Counted from the beginning of the work; and not before half of it: short work is not called at risk as soon as it begins.
    warnings = policy.warnings(rule, max(since, due_at - length), due_at, min(rule.at_risk_before, length / 2))
    return PromiseMade(
        promise_id=name_of(notice_id, rule.id, count=count),
        mrid=mrid,
        rule=rule_ref(policy, rule, calendar),
        due_at=due_at,
        measured_from=since,
        at_risk_at=warnings[0],
        warn_again_at=warnings[1:],
        obligation=DONE,
        provisional=until.provisional,
    )


def at_risk(
    promised: Promised, name: str, now: datetime, *, begun: bool, showings: Mapping[str, Showing]
) -> Iterator[PromiseEvent]:
    """The noticed end is near and power is not back; or nobody has shown the notice yet. `showings`: by notice."""
    record = promised.records.get(name)
    if record is None:
        return
    reason = "deadline-near" if begun else "not-begun-yet"
    if told.is_told(record):
        reason = told.at_risk_for(record, showings.get(notice_of(record)))
    yield from warn(record, reason, now)


def on_restored(
    promised: Promised, notice_id: str, restored_at: datetime, cause: str, now: datetime
) -> Iterator[PromiseEvent]:
    """Power is back: judged on when it came back, whenever that was heard of; an earlier verdict may be overturned."""
    for record in promised.ends(notice_id):
        if promised.is_void(record):
            continue
        in_time = restored_at <= record.due_at
        verdict: Verdict = "kept" if in_time else "broken"
        if record.standing == "open":
            at, reason = restored_at, "done-in-time" if in_time else "done-late"
        elif record.standing == "voided":
            at, reason = now, BEGUN_AFTER_ALL
        else:
            at, reason = now, "restored-in-time-after-all" if in_time else OFF_AGAIN
        yield from settle(record, verdict, at=at, reason=reason, evidence=(cause,))


def unbegun(promised: Promised, notice_id: str, now: datetime) -> Iterator[PromiseEvent]:
    """Nobody was at work when the noticed end came: nothing is left to judge of it, whatever was said before that was known."""
    for record in promised.ends(notice_id):
        at = record.due_at if record.standing == "open" else now
        yield from settle(record, "voided", at=at, reason=UNBEGUN)


def lapsed(
    promised: Promised, notice_id: str, due: datetime, now: datetime, *, unproven: bool
) -> Iterator[PromiseEvent]:
    """What was due by `due` is broken: work had begun, and power is off."""
    for record in promised.ends(notice_id):
        if record.due_at > due or promised.is_void(record):
            continue
        if record.standing == "open":
            reason = "noticed-end-passed"
            yield from settle(record, "broken", at=record.due_at, reason=reason, unproven=unproven)
        else:
            reason = BEGUN_AFTER_ALL if record.standing == "voided" else OFF_AGAIN
            yield from settle(record, "broken", at=now, reason=reason)


def judged_at(promised: Promised, notice_id: str, end: datetime, *, breached: bool) -> datetime | None:
    """When a notice that ends at `end` is next judged while power is off; None where nothing is left to judge.

    Each rule for the noticed end has its own due (amount and tolerance); the strictest makes the breach.
    """
    mine = promised.ends(notice_id)
    left = [one.due_at for one in mine if one.standing != "broken" and not promised.is_void(one)]
    return min([*left, *([] if breached else [first_due(promised, notice_id, end)])], default=None)


def first_due(promised: Promised, notice_id: str, end: datetime) -> datetime:
    """When work that was noticed to end at `end` has run over, or was not to be: by the strictest rule, else at that end."""
    mine = promised.ends(notice_id)
    return min((one.due_at for one in mine if not promised.is_void(one) or one.reason == UNBEGUN), default=end)


def timers(promised: Promised) -> dict[str, datetime]:
    """Warnings that were not given yet, of promises still open; and by when a channel must have told the public."""
    warnings = {
        f"at-risk/{name}": at
        for name, record in promised.records.items()
        if (at := record.warned_next_at) is not None and at < record.due_at
    }
    open_ = (record for record in promised.records.values() if told.is_told(record) and record.standing == "open")
    return warnings | {f"{told.DUE}{record.promise_id}": record.due_at for record in open_}
