"""The planner's promises: the public told in time, and power back by the noticed end. Pure.

Each notice has promises of its own (promiseId = notice id and rule); when another notice takes its place, those still
open are voided and new ones made. A verdict rests on instants in facts and on dueAt, never on when a timer ran.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from schemas.contracts.base import Period, RuleRef
from schemas.contracts.dispatch import PlanBody
from schemas.contracts.notices import Notice
from schemas.contracts.promises import (
    Promise,
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseKept,
    PromiseMade,
    PromiseVoided,
)
from services.planner.domain.notice_content import told_by
from services.planner.domain.traits import STARTED
from services.policy import Policy, Rule, deadline, earliest_start, notice_by, rule_ref
from services.policy.calendar import WorkingCalendar

PUBLIC, DONE = "public-notice", "done-by-noticed-end"
TOLD_IN_TIME = "public-told-in-time"
EVIDENCE_LENGTH = 200
UNBEGUN, WITHDRAWN, SUPERSEDED = "work-not-begun", "notice-withdrawn", "notice-superseded"
NOT_TO_BE = frozenset({UNBEGUN, WITHDRAWN, SUPERSEDED})
"""Voided because work was not to be as noticed; where it had begun all the same, the promise is judged after all."""
Standing = Literal["open", "kept", "broken", "voided", "overturned"]
"""overturned: voided because work was not to be as noticed, and then it had begun; the verdict is still to come."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One promise as published so far."""

    rule: RuleRef
    obligation: str
    notice_id: str
    due_at: datetime
    at_risk_at: datetime
    measured_from: datetime
    at_risk: bool = False
    standing: Standing = "open"
    voided_for: str | None = None


def keep(promises: Mapping[str, Kept], event: Promise) -> Mapping[str, Kept]:
    """The promises after one more event about them."""
    if isinstance(event, PromiseMade):
        notice_id = event.promise_id.rpartition(f"/{event.rule.rule_id}")[0]
        made = Kept(event.rule, event.obligation, notice_id, event.due_at, event.at_risk_at, event.measured_from)
        return {**promises, event.promise_id: made}
    kept = promises.get(event.promise_id)
    if kept is None:
        return promises
    match event:
        case PromiseAtRisk():
            after = replace(kept, at_risk=True)
        case PromiseKept():
            after = replace(kept, standing="kept")
        case PromiseBroken():
            after = replace(kept, standing="broken")
        case PromiseVoided(reason=reason):
            after = replace(kept, standing="voided", voided_for=reason)
        case PromiseCorrected(now=now):
            after = replace(kept, standing=now)
        case _:
            return promises
    return {**promises, event.promise_id: after}


def ends_of(promises: Mapping[str, Kept], notice_id: str) -> dict[str, Kept]:
    """The promises of one notice's end, by id."""
    return {n: kept for n, kept in promises.items() if (kept.obligation, kept.notice_id) == (DONE, notice_id)}


def overturned(promises: Mapping[str, Kept], notice_id: str) -> Mapping[str, Kept]:
    """The promises once it is known that the work of a notice had begun after all."""
    voided = {n: kept for n, kept in ends_of(promises, notice_id).items() if kept.voided_for in NOT_TO_BE}
    return {**promises, **{name: replace(kept, standing="overturned") for name, kept in voided.items()}}


def on_notice(
    promises: Mapping[str, Kept],
    notice: Notice,
    plan: PlanBody | None,
    policy: Policy,
    calendar: WorkingCalendar,
    excused: Mapping[str, str],
) -> Iterator[Promise]:
    """What a notice promises. `excused`: rules that do not bind it, by id, each with the named reason."""
    yield from void(notice.mrid, promises, SUPERSEDED, notice.published_at)
    traits = told_by(notice).traits
    if plan is not None:
        for rule in policy.select(PUBLIC, **traits):
            yield from _told(notice, plan, rule, rule_ref(policy, rule, calendar), calendar, excused.get(rule.id))
    for rule in policy.select(DONE, **traits):
        yield done_by_noticed_end(
            notice.mrid, notice.notice_id, notice.planned_period, notice.published_at, rule, policy, calendar
        )


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
    due_at = until.due_at + rule.tolerance
    return PromiseMade(
        promise_id=named(notice_id, rule) + (f".{count}" if count > 1 else ""),
        mrid=mrid,
        rule=rule_ref(policy, rule, calendar),
        due_at=due_at,
        measured_from=since,
        # Not before half the noticed time: short work is not called at risk as soon as it begins.
        at_risk_at=max(since, due_at - min(rule.at_risk_before, (period.end - period.start) / 2)),
        obligation=DONE,
        provisional=until.provisional,
    )


def _told(
    notice: Notice, plan: PlanBody, rule: Rule, ref: RuleRef, calendar: WorkingCalendar, excuse: str | None
) -> Iterator[Promise]:
    """The public was told with this notice: made and judged in one breath."""
    if not rule.amount or rule.measure_to != STARTED:
        return
    due_at = notice_by(rule, notice.planned_period.start, calendar)
    # The tolerance is in it already (notice_by).
    since = min(plan.requested_at, notice.published_at)
    said: dict[str, Any] = {
        "promise_id": named(notice.notice_id, rule),
        "mrid": notice.mrid,
        "rule": ref,
        "due_at": due_at,
    }
    at_risk_at = max(since, due_at - rule.at_risk_before)
    provisional = earliest_start(rule, due_at, calendar)[1]
    yield PromiseMade(
        **said, measured_from=since, at_risk_at=at_risk_at, obligation=TOLD_IN_TIME, provisional=provisional
    )
    evidence = (notice.notice_id,)
    if notice.published_at <= due_at:
        yield PromiseKept(**said, at=notice.published_at, reason="published-in-time", evidence=evidence)
    elif excuse is not None:
        yield PromiseVoided(**said, at=notice.published_at, reason=excuse, evidence=evidence)
    else:
        reason = "safety-cut" if notice.safety_cut else "published-late"
        yield PromiseBroken(**said, at=notice.published_at, reason=reason, evidence=evidence)


def void(mrid: str, promises: Mapping[str, Kept], reason: str, at: datetime) -> Iterator[PromiseVoided]:
    """End every promise that is still open."""
    for name, kept in sorted(promises.items()):
        if kept.standing == "open":
            yield PromiseVoided(**common(mrid, name, kept), at=at, reason=reason)


def at_risk(mrid: str, promises: Mapping[str, Kept], name: str, *, begun: bool) -> Iterator[PromiseAtRisk]:
    """The noticed end is near and power is not back."""
    kept = promises.get(name)
    if kept is not None and kept.standing == "open" and not kept.at_risk:
        reason = "deadline-near" if begun else "not-begun-yet"
        yield PromiseAtRisk(**common(mrid, name, kept), at=kept.at_risk_at, reason=reason)


def on_restored(
    mrid: str, promises: Mapping[str, Kept], notice_id: str, restored_at: datetime, evidence: str, now: datetime
) -> Iterator[Promise]:
    """Power is back: judged on when it came back, whenever that was heard of; an earlier verdict may be overturned."""
    for name, kept in sorted(ends_of(promises, notice_id).items()):
        in_time = restored_at <= kept.due_at
        said = common(mrid, name, kept) | {"evidence": (evidence[:EVIDENCE_LENGTH],)}
        if kept.standing == "open":
            reason = "done-in-time" if in_time else "done-late"
            yield (PromiseKept if in_time else PromiseBroken)(**said, at=restored_at, reason=reason)
        elif kept.standing == "broken" and in_time:
            yield PromiseCorrected(**said, at=now, was="broken", now="kept", reason="restored-in-time-after-all")
        elif kept.standing == "kept" and not in_time:
            yield PromiseCorrected(**said, at=now, was="kept", now="broken", reason="power-went-off-again")
        elif kept.standing == "overturned":
            verdict: Literal["kept", "broken"] = "kept" if in_time else "broken"
            yield PromiseCorrected(**said, at=now, was="voided", now=verdict, reason="work-had-begun")


def lapsed(
    mrid: str,
    promises: Mapping[str, Kept],
    notice_id: str,
    due: datetime,
    now: datetime,
    *,
    begun: bool,
    unproven: bool,
) -> Iterator[Promise]:
    """What was due by `due` and power is off: broken if the work had begun, all of it void if it never did."""
    for name, kept in sorted(ends_of(promises, notice_id).items()):
        said = common(mrid, name, kept)
        if kept.standing == "open" and not begun:
            yield PromiseVoided(**said, at=kept.due_at, reason=UNBEGUN)
        elif kept.due_at > due:
            continue
        elif kept.standing == "open":
            yield PromiseBroken(**said, at=kept.due_at, reason="noticed-end-passed", unproven=unproven)
        elif kept.standing == "overturned":
            yield PromiseCorrected(**said, at=now, was="voided", now="broken", reason="work-had-begun")
        elif kept.standing == "kept":
            yield PromiseCorrected(**said, at=now, was="kept", now="broken", reason="power-went-off-again")


def judged_at(promises: Mapping[str, Kept], notice_id: str, end: datetime, *, breached: bool) -> datetime | None:
    """When a notice that ends at `end` is next judged while power is off; None where nothing is left to judge.

    Each rule for the noticed end has its own due (amount and tolerance); the strictest makes the breach.
    """
    mine = ends_of(promises, notice_id).values()
    left = [kept.due_at for kept in mine if kept.standing not in ("broken", "voided")]
    return min([*left, *([] if breached else [first_due(promises, notice_id, end)])], default=None)


def first_due(promises: Mapping[str, Kept], notice_id: str, end: datetime) -> datetime:
    """When work that was noticed to end at `end` has run over: by the strictest rule, else at that end."""
    return min(
        (kept.due_at for kept in ends_of(promises, notice_id).values() if kept.standing != "voided"), default=end
    )


def timers(promises: Mapping[str, Kept]) -> dict[str, datetime]:
    """Warnings that were not given yet, of promises still open."""
    return {
        f"at-risk/{name}": kept.at_risk_at
        for name, kept in promises.items()
        if kept.standing == "open" and not kept.at_risk and kept.at_risk_at < kept.due_at
    }


def named(notice_id: str, rule: Rule) -> str:
    """The id of the first promise under `rule` of one notice."""
    return f"{notice_id}/{rule.id}"


def common(mrid: str, name: str, kept: Kept) -> dict[str, Any]:
    """What every later word about a promise repeats."""
    return {"promise_id": name, "mrid": mrid, "rule": kept.rule, "due_at": kept.due_at}
