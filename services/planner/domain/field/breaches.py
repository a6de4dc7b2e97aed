"""Find work outside the published notice: begun without notice, too early, wider, or still going at the noticed end. Pure.

Each kind is said once per outage, with its evidence, and breaks a promise; the notifier tells the customers, with an
apology.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from schemas.contracts.base import Extent, RuleRef
from schemas.contracts.notices import Finding, NoticeBreached
from schemas.contracts.promises import PromiseMade
from services.planner.domain.notice_content import wider
from services.planner.domain.promises import BEGUN_AFTER_ALL, PUBLIC, first_due, notice_of
from services.planner.domain.shown.told import TOLD_IN_TIME
from services.planner.domain.state import InForce, PlanState
from services.planner.domain.traits import STARTED
from services.planner.domain.verdict.findings import shown
from services.policy import Policy, notice_by, rule_ref
from services.policy.calendar import WorkingCalendar
from services.policy.vocabulary import Inside
from services.promises import PromiseEvent, PromiseRecord, name_of, record_of, settle

Kind = Literal["started-without-notice", "started-early", "wider-than-noticed", "overran"]
WITHOUT: Final = "started-without-notice"
EARLY: Final = "started-early"
WIDER: Final = "wider-than-noticed"
OVERRAN: Final = "overran"
SECOND = timedelta(seconds=1)
SHOWN_PLACES, WORDS = 20, 1900


def on_start(
    state: PlanState,
    started_at: datetime,
    extent: Extent,
    table: Mapping[str, Inside],
    rule: RuleRef | None,
    zone: ZoneInfo,
) -> Iterator[NoticeBreached]:
    """What is wrong with a start, by the notice in force. `rule`: the one that a finding cites."""
    notice = state.in_force(started_at)
    if notice is None:
        if WITHOUT not in state.breaches:
            given, after = f"start at {shown(started_at, zone)}", state.notice
            if after is not None:
                given += f", notice at {shown(after.published_at, zone)}"
            finding = _finding(rule, WITHOUT, "a notice before the start", given, None)
            yield _breach(state, after, WITHOUT, started_at, finding)
        return
    period = notice.told.period
    if started_at < period.start and EARLY not in state.breaches:
        margin = (started_at - period.start) // SECOND
        required, given = f"start at {shown(period.start, zone)}", f"start at {shown(started_at, zone)}"
        yield _breach(state, notice, EARLY, started_at, _finding(rule, EARLY, required, given, margin))
    if started_at >= period.end and OVERRAN not in state.breaches:
        margin = (period.end - started_at) // SECOND
        required, given = f"done by {shown(period.end, zone)}", f"start at {shown(started_at, zone)}"
        yield _breach(state, notice, OVERRAN, started_at, _finding(rule, OVERRAN, required, given, margin))
    yield from on_extent(state, started_at, extent, table, rule)


def on_extent(
    state: PlanState, at: datetime, extent: Extent, table: Mapping[str, Inside], rule: RuleRef | None
) -> Iterator[NoticeBreached]:
    """Wider than noticed at that time: places nobody was told of."""
    notice = state.in_force(at)
    kinds = wider(extent, notice.told.extent, table) if notice is not None else {}
    if kinds and WIDER not in state.breaches:
        places = "; ".join(f"{kind} {', '.join(names[:SHOWN_PLACES])}" for kind, names in kinds.items())
        given = f"also {places}"[:WORDS]
        yield _breach(state, notice, WIDER, at, _finding(rule, WIDER, "only the places of the notice", given, None))


def on_end(state: PlanState, rule: RuleRef | None, zone: ZoneInfo) -> Iterator[NoticeBreached]:
    """The noticed end has come and power is not back."""
    notice = state.ends_by
    if notice is not None and OVERRAN not in state.breaches:
        end, again = notice.told.period.end, state.reopened_at
        at = max(end, again) if again is not None else end
        given = "power is not back" if at == end else f"power off again at {shown(at, zone)}"
        finding = _finding(rule, OVERRAN, f"power back by {shown(end, zone)}", given, None)
        yield _breach(state, notice, OVERRAN, at, finding)


def on_late(
    state: PlanState, notice: InForce, restored_at: datetime, rule: RuleRef | None, zone: ZoneInfo
) -> Iterator[NoticeBreached]:
    """Power came back after the strictest rule for the noticed end, and nobody had said that it was late."""
    end = notice.told.period.end
    due = first_due(state.promises, notice.notice_id, end)
    if restored_at > due:
        margin = (due - restored_at) // SECOND
        required, given = f"power back by {shown(due, zone)}", f"power back {shown(restored_at, zone)}"
        yield _breach(state, notice, OVERRAN, end, _finding(rule, OVERRAN, required, given, margin))


def broken(
    state: PlanState,
    breaches: Sequence[NoticeBreached],
    traits: Mapping[str, object],
    policy: Policy,
    calendar: WorkingCalendar,
    cause: str,
    now: datetime,
) -> Iterator[PromiseEvent]:
    """Work outside what the public was told breaks the promise to tell it: that of the notice in force, or one made so.

    An overrun breaks the promise of the noticed end instead (promises.lapsed). `cause`: the fact it rests on, as evidence
    is cited. Source: 第2篇 第十条(二)10 「公告停电线路、区域、停电起止时间」.
    """
    outside = {breach.notice_id: breach.kind for breach in reversed(breaches) if breach.kind in (EARLY, WIDER)}
    for record in state.promises.by_id():
        reason = outside.get(notice_of(record)) if record.obligation == TOLD_IN_TIME else None
        if reason is not None and record.standing != "broken":
            yield from settle(record, "broken", at=now, reason=reason, evidence=(cause,))
    other = state.referred.notice.notice_id if state.referred is not None else None
    for breach in breaches:
        # A notice of another plan has its promises there: that the public was told of this is promised, and broken, here.
        if breach.kind == WITHOUT or (breach.kind in (EARLY, WIDER) and breach.notice_id == other):
            yield from _untold(state, breach.at, breach.kind, traits, policy, calendar, cause)


def told_after_all(state: PlanState, noticed: InForce | None, cause: str, now: datetime) -> Iterator[PromiseEvent]:
    """Work that seemed to have begun without notice had begun before, while it was noticed: nobody was left untold."""
    for record in state.promises.by_id() if noticed is not None else ():
        if notice_of(record) == _unnoticed(state.mrid) and record.standing == "broken":
            yield from settle(record, "voided", at=now, reason=BEGUN_AFTER_ALL, evidence=(cause,))


def is_of_no_notice(state: PlanState, record: PromiseRecord) -> bool:
    """Whether a promise was made only to be broken: nobody had been told."""
    return notice_of(record) == _unnoticed(state.mrid)


def _unnoticed(mrid: str) -> str:
    """What stands in a promise's name where there was no notice."""
    return f"{mrid}/unnoticed"


def _untold(
    state: PlanState,
    started_at: datetime,
    reason: str,
    traits: Mapping[str, object],
    policy: Policy,
    calendar: WorkingCalendar,
    cause: str,
) -> Iterator[PromiseEvent]:
    """Nobody was told: the promise is made and broken in one breath, so that the rate of kept ones counts it."""
    for rule in policy.select(PUBLIC, **traits):
        if rule.amount and rule.measure_to == STARTED:
            due_at = notice_by(rule, started_at, calendar)
            # Of an outage that was withdrawn, and began after all, the one before is voided.
            subject = _unnoticed(state.mrid)
            before = [
                one for one in state.promises.by_id() if notice_of(one) == subject and one.rule.rule_id == rule.id
            ]
            made = PromiseMade(
                promise_id=name_of(subject, rule.id, count=len(before) + 1),
                mrid=state.mrid,
                rule=rule_ref(policy, rule, calendar),
                due_at=due_at,
                measured_from=due_at,
                at_risk_at=due_at,
                obligation=TOLD_IN_TIME,
            )
            yield made
            yield from settle(record_of(made), "broken", at=started_at, reason=reason, evidence=(cause,))


def _finding(rule: RuleRef | None, reason: str, required: str, given: str, margin: int | None) -> tuple[Finding, ...]:
    if rule is None:
        return ()
    return (Finding(rule=rule, reason=reason, holds=False, required=required, given=given, margin_seconds=margin),)


def _breach(
    state: PlanState, notice: InForce | None, kind: Kind, at: datetime, findings: tuple[Finding, ...]
) -> NoticeBreached:
    return NoticeBreached(
        mrid=state.mrid,
        kind=kind,
        at=at,
        notice_id=notice.notice_id if notice is not None else None,
        noticed_period=notice.told.period if notice is not None else None,
        findings=findings,
    )
