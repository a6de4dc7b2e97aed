"""How promises stand: what was published about them against what the facts now say.

A verdict rests on the instants in the facts and on `due_at`, never on when a fact or a timer came. A promise once
published is never edited: a later fact that overturns it is followed by promise.corrected, and where a deadline moves,
the old promise is retired (deadline-recomputed) and a new one made, its id counted up: …/1, …/1.2, …/1.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from schemas.contracts.promises import (
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseKept,
    PromiseMade,
    PromiseVoided,
    Verdict,
)
from services.policy import moved_by
from services.restorer.domain.obligations import DuePromise
from services.restorer.domain.state import PromiseRecord, State

PromiseEvent = PromiseMade | PromiseKept | PromiseBroken | PromiseVoided | PromiseCorrected
EVIDENCE_LENGTH = 200  # schemas.contracts.base.Name


def reconcile(
    state: State, wanted: Sequence[DuePromise], policy_version: str, now: datetime, *, review: bool = False
) -> Iterator[PromiseEvent]:
    """The events that bring the published promises in line with the facts; none when they already are.

    `now` is stamped on voidings and corrections only; no verdict depends on it. With `review`, open deadlines that the
    calendar or the policy of today puts elsewhere are moved: the old one is voided with the reason, a new one made.
    """
    slots: dict[tuple[str, int], list[PromiseRecord]] = {}
    for record in state.promises.values():
        slots.setdefault(record.slot, []).append(record)
    for due in wanted:
        records = slots.pop((due.rule.rule_id, due.episode), [])
        yield from _settle(state.mrid, due, records, now, review=review)
    for records in slots.values():
        yield from _drop(state.mrid, records[-1], policy_version, now)


def _settle(
    mrid: str, due: DuePromise, records: Sequence[PromiseRecord], now: datetime, *, review: bool
) -> Iterator[PromiseEvent]:
    last = records[-1] if records else None
    standing = due.standing(last.due_at if last is not None and last.measured_from == due.since.at else due.due_at)
    if last is not None and last.standing == "voided" == standing:
        return
    if last is not None and last.measured_from != due.since.at:
        yield from _retire(mrid, last, "deadline-recomputed", due, now)
        last = None
    elif last is not None and review and last.standing == "open" and last.due_at != due.due_at:
        yield from _retire(mrid, last, moved_by(last.rule, due.rule), due, now)
        last = None
    elif last is not None and last.standing == "voided":
        last = None  # it applies after all: the old one stays voided, a new one is made
    elif last is not None and last.standing == "kept" and standing == "open":
        yield from _retire(mrid, last, "proof-overturned", due, now)
        last = None
    if last is None:
        made = _make(mrid, due, len(records) + 1)
        yield made
        last = PromiseRecord(made.promise_id, made.rule, made.measured_from, made.due_at, made.at_risk_at)
    if standing != "open" and standing != last.standing:  # noqa: PLR1714 - told apart for the type checker
        # What is broken stays so while nothing says that it was done.
        yield _verdict(mrid, last, standing, due, now)


def _make(mrid: str, due: DuePromise, count: int) -> PromiseMade:
    suffix = f"{due.episode}" if count == 1 else f"{due.episode}.{count}"
    return PromiseMade(
        promise_id=f"{mrid}/{due.rule.rule_id}/{suffix}",
        mrid=mrid,
        rule=due.rule,
        due_at=due.due_at,
        measured_from=due.since.at,
        at_risk_at=due.at_risk_at,
        obligation=due.obligation,
        provisional=due.provisional,
    )


def _verdict(mrid: str, last: PromiseRecord, standing: Verdict, due: DuePromise, now: datetime) -> PromiseEvent:
    """The first verdict, or the correction of the one before."""
    common = _common(mrid, last) | {"evidence": _evidence(due)}
    if standing == "voided":
        reason = due.void_reason
        if last.standing == "open":
            return PromiseVoided(**common, at=now, reason=reason)
    else:
        reason = "done-in-time" if standing == "kept" else "done-late"
        done = due.done.at if due.done is not None else last.due_at
        if last.standing == "open":
            return (PromiseKept if standing == "kept" else PromiseBroken)(**common, at=done, reason=reason)
    return PromiseCorrected(**common, at=now, was=last.standing, now=standing, reason=reason)


def _retire(
    mrid: str, last: PromiseRecord, reason: str, due: DuePromise | None, now: datetime
) -> Iterator[PromiseEvent]:
    """End a promise that no longer applies: voided if open, corrected to voided if a verdict stands."""
    common = _common(mrid, last) | {"evidence": _evidence(due)}
    if last.standing == "open":
        yield PromiseVoided(**common, at=now, reason=reason)
    elif last.standing != "voided":
        yield PromiseCorrected(**common, at=now, was=last.standing, now="voided", reason=reason)


def _drop(mrid: str, last: PromiseRecord, policy_version: str, now: datetime) -> Iterator[PromiseEvent]:
    """No rule asks for this promise any more. Verdicts given under an older policy stand."""
    if last.rule.policy_version == policy_version:
        yield from _retire(mrid, last, "no-longer-applies", None, now)
    elif last.standing == "open":
        yield from _retire(mrid, last, "rule-withdrawn", None, now)


def at_risk(state: State, record: PromiseRecord) -> PromiseAtRisk:
    """The word that a deadline is near. Where parallel rules run, the strictest one speaks for all of them."""
    stricter = any(
        other.due_at < record.due_at
        and (other.measured_from, other.at_risk_at) == (record.measured_from, record.at_risk_at)
        and other.standing == "open"
        for other in state.promises.values()
    )
    reason = "stricter-rule-near" if stricter else "deadline-near"
    return PromiseAtRisk(**_common(state.mrid, record), at=record.at_risk_at, reason=reason)


def lapsed(state: State, record: PromiseRecord, *, unproven: bool) -> PromiseBroken:
    """The deadline passed and no fact says the thing was done."""
    return PromiseBroken(**_common(state.mrid, record), at=record.due_at, reason="deadline-passed", unproven=unproven)


def timers(state: State) -> dict[str, datetime]:
    """Every open promise has its deadline, and its warning until that was given; closed ones have none."""
    armed: dict[str, datetime] = {}
    for record in state.promises.values():
        if record.standing == "open":
            armed[f"promise/{record.promise_id}/due"] = record.due_at
            if not record.at_risk:
                armed[f"promise/{record.promise_id}/at-risk"] = record.at_risk_at
    return armed


def timer_of(state: State, name: str) -> tuple[PromiseRecord, str] | None:
    """The open promise that a timer is about, with `due` or `at-risk`; None when it is settled already."""
    promise_id, _, what = name.removeprefix("promise/").rpartition("/")
    record = state.promises.get(promise_id)
    return (record, what) if record is not None and record.standing == "open" else None


def _evidence(due: DuePromise | None) -> tuple[str, ...]:
    """The facts that the judgement rests on, the newest kind last, each named once."""
    if due is None:
        return ()
    moments = (due.since, due.done, due.moot, due.void[1] if due.void is not None else None)
    return tuple(dict.fromkeys(m.cause[:EVIDENCE_LENGTH] for m in moments if m is not None))


def _common(mrid: str, record: PromiseRecord) -> dict[str, Any]:
    return {"promise_id": record.promise_id, "mrid": mrid, "rule": record.rule, "due_at": record.due_at}
