"""The promise that the public is told in time: made with a notice, kept by what the policy counts. Pure.

Where it rests on publication it is judged in the breath in which it is made. Where it rests on channels it stays open until one of
them has shown that very notice; its deadline breaks it, and a proof of before that comes late corrects the verdict. A promise
stays on what it was made on (`counted_by`), whatever the policy says later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from schemas.contracts.notices import Notice
from schemas.contracts.promises import PromiseMade, Verdict
from services.planner.domain.shown.showing import Showing
from services.planner.domain.traits import STARTED
from services.policy import Policy, Rule, earliest_start, notice_by, rule_ref
from services.policy.calendar import WorkingCalendar
from services.promises import PromiseEvent, PromiseRecord, name_of, record_of, settle

TOLD_IN_TIME: Final = "public-told-in-time"
SAFETY_CUT, PUBLISHED_LATE, PUBLISHED_IN_TIME = "safety-cut", "published-late", "published-in-time"
SHOWN_IN_TIME, SHOWN_AFTER_ALL = "shown-in-time", "shown-in-time-after-all"
NOT_SHOWN, OTHER_WORDS = "not-shown-in-time", "shown-other-words"
NOT_SHOWN_YET: Final = "not-shown-yet"
AT_PUBLICATION: Final = frozenset({SAFETY_CUT, PUBLISHED_LATE})
"""Broken for this, it is broken whatever was shown afterwards."""
DUE: Final = "told/"
"""Before the promise's id: the timer of its deadline."""


def is_told(record: PromiseRecord) -> bool:
    """Whether it is a promise to tell the public that rests on channels."""
    return record.obligation == TOLD_IN_TIME and bool(record.counted_by)


def made(
    mrid: str,
    notice_id: str,
    published_at: datetime,
    start: datetime,
    since: datetime,
    rule: Rule,
    policy: Policy,
    calendar: WorkingCalendar,
    count: int = 1,
) -> PromiseMade | None:
    """The promise to tell of work that begins at `start`; None where the rule gives no time. `since`: when it was asked for.

    `count`: which promise under this rule and notice this is. On channels it is at risk once they had their time to show it.
    """
    if not rule.amount or rule.measure_to != STARTED:
        return None
    due_at = notice_by(rule, start, calendar)  # The tolerance is in it already.
    figures = policy.settings.public_notice
    warnings: tuple[datetime, ...] = (max(since, due_at - rule.at_risk_before),)
    if figures.channels:
        warnings = policy.warnings(rule, min(due_at, published_at + figures.shown_within), due_at)
    return PromiseMade(
        promise_id=name_of(notice_id, rule.id, count=count),
        mrid=mrid,
        rule=rule_ref(policy, rule, calendar),
        due_at=due_at,
        measured_from=since,
        at_risk_at=warnings[0],
        warn_again_at=warnings[1:],
        obligation=TOLD_IN_TIME,
        provisional=earliest_start(rule, due_at, calendar)[1],
        counted_by=figures.counted_by if figures.channels else (),
    )


def on_notice(
    notice: Notice, since: datetime, rule: Rule, policy: Policy, calendar: WorkingCalendar, excuse: str | None
) -> Iterator[PromiseEvent]:
    """What a notice promises under `rule`, and the verdict where publishing it is one. `excuse`: why the rule does not bind it."""
    start = notice.planned_period.start
    promise = made(notice.mrid, notice.notice_id, notice.published_at, start, since, rule, policy, calendar)
    if promise is None:
        return
    yield promise
    in_time = notice.published_at <= promise.due_at
    if in_time and promise.counted_by:
        return
    verdict: Verdict = "broken"
    reason = SAFETY_CUT if notice.safety_cut else PUBLISHED_LATE
    if in_time:
        verdict, reason = "kept", PUBLISHED_IN_TIME
    elif excuse is not None:
        verdict, reason = "voided", excuse
    at, evidence = notice.published_at, (notice.notice_id,)
    yield from settle(record_of(promise), verdict, at=at, reason=reason, evidence=evidence)


def judged_anew(
    promise: PromiseMade, published_at: datetime, showing: Showing, now: datetime
) -> Iterator[PromiseEvent]:
    """The verdict on a promise that is made anew of a notice published before, where there is one already."""
    record = record_of(promise)
    if promise.counted_by:
        yield from on_shown([record], showing, frozenset(), now)
    elif published_at <= promise.due_at:
        yield from settle(record, "kept", at=published_at, reason=PUBLISHED_IN_TIME)
    else:
        yield from settle(record, "broken", at=published_at, reason=PUBLISHED_LATE)


def was_told(record: PromiseRecord, published_at: datetime, showing: Showing) -> bool:
    """Whether the public had been told by the deadline, on what the promise rests."""
    if not record.counted_by:
        return published_at <= record.due_at
    proof = showing.proof(record.counted_by)
    return proof is not None and proof.at <= record.due_at


def on_shown(
    records: Iterable[PromiseRecord], showing: Showing, breaches: frozenset[str], now: datetime
) -> Iterator[PromiseEvent]:
    """What of a notice's promises the proofs keep: each judged on the earliest. `breaches`: what stands against them besides."""
    for record in filter(is_told, records):
        proof = showing.proof(record.counted_by)
        if proof is None or proof.at > record.due_at:
            continue
        if record.standing == "open":
            yield from settle(record, "kept", at=proof.at, reason=SHOWN_IN_TIME, evidence=(proof.cause,))
        elif record.standing == "broken" and record.reason not in AT_PUBLICATION | breaches:
            yield from settle(record, "kept", at=now, reason=SHOWN_AFTER_ALL, evidence=(proof.cause,))


def fell_due(record: PromiseRecord, showing: Showing, *, unproven: bool = False) -> Iterator[PromiseEvent]:
    """Its deadline has come, and no channel that counts has shown the notice: broken then, whenever that is seen."""
    if record.standing != "open":
        return
    other = showing.otherwise(frozenset(record.counted_by))
    reason, evidence = (NOT_SHOWN, ()) if other is None else (OTHER_WORDS, (other.cause,))
    yield from settle(record, "broken", at=record.due_at, reason=reason, evidence=evidence, unproven=unproven)


def at_risk_for(record: PromiseRecord, showing: Showing | None) -> str:
    """The reason of a warning: nobody has shown it yet, or other words than the notice has."""
    other = showing.otherwise(frozenset(record.counted_by)) if showing is not None else None
    return NOT_SHOWN_YET if other is None else OTHER_WORDS


def overdue(records: Iterable[PromiseRecord], at: datetime) -> list[PromiseRecord]:
    """Those that were due before `at` and wait for their deadline to be seen: what comes later does not end them unjudged."""
    return [record for record in records if is_told(record) and record.standing == "open" and record.due_at < at]
