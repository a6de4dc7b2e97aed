"""Compare the promises published about an outage with what the facts now say.

A verdict rests on the instants in the facts and on `due_at`, never on when a fact or a timer came. A promise once
published is never edited: a later fact that overturns it is followed by promise.corrected, and where a deadline moves,
the old promise is retired (deadline-recomputed) and a new one made, its id counted up: …/1, …/1.2, …/1.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from schemas.contracts.promises import PromiseMade, Verdict
from schemas.contracts.restorations import MergeConfirmed
from services.policy import moved_by
from services.promises import (
    PromiseEvent,
    PromiseRecord,
    Standing,
    episode_of,
    name_of,
    record_of,
    settle,
    void_open,
)
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.owed.due import DuePromise
from services.restorer.domain.owed.said_times import is_time
from services.restorer.domain.state import SupplyState

WITHDRAWN, RECLASSIFIED = "withdrawn", "reclassified"
MERGED, BROKEN_BEFORE = "merged", "broken-before-merging"


def reconcile(
    state: SupplyState,
    wanted: Sequence[DuePromise],
    withdrawn: Mapping[int, Moment],
    recast: tuple[frozenset[str], str] | None,
    policy_version: str,
    now: datetime,
    *,
    review: bool = False,
) -> Iterator[PromiseEvent]:
    """The events that bring the published promises in line with the facts; none when they already are.

    `withdrawn`: episodes that were none: whatever was promised of them, and whatever verdict was given, is voided. `recast`:
    rules that bound the outage as what it was taken for, and who says what it is: voided likewise. So what was broken never
    becomes kept, and a verdict on what did not bind does not stand uncorrected.

    `now` is stamped on voidings and corrections only; no verdict depends on it. With `review`, open deadlines that the
    calendar or the policy of today puts elsewhere are moved: the old one is voided with the reason, a new one made.
    """
    if state.merged is not None:
        yield from _handed_over(state, state.merged, now)
        return
    slots: dict[tuple[str, int], list[PromiseRecord]] = {}
    for record in state.promises.values():
        slots.setdefault((record.rule.rule_id, episode_of(record.promise_id)), []).append(record)
    for due in wanted:
        records = slots.pop((due.rule.rule_id, due.episode), [])
        yield from _settle(state.mrid, due, records, now, review=review)
    asked = {due.rule.rule_id for due in wanted}
    for (rule_id, episode), records in slots.items():
        if is_time(episode) and rule_id in asked:
            continue  # a time that was said long ago: what was said of it stands
        if (gone := withdrawn.get(episode)) is not None:
            yield from settle(records[-1], "voided", at=now, reason=WITHDRAWN, evidence=(gone.cause,))
        elif recast is not None and rule_id in recast[0]:
            yield from settle(records[-1], "voided", at=now, reason=RECLASSIFIED, evidence=(recast[1],))
        else:
            yield from _drop(records[-1], policy_version, now)


def _handed_over(state: SupplyState, merged: MergeConfirmed, now: datetime) -> Iterator[PromiseEvent]:
    """Whatever was promised of an outage goes on under the one that it is: verdicts, too, for one outage is judged once."""
    for record in state.promises.values():
        yield from settle(record, "voided", at=now, reason=MERGED, evidence=merged.evidence)


def _settle(
    mrid: str, due: DuePromise, records: Sequence[PromiseRecord], now: datetime, *, review: bool
) -> Iterator[PromiseEvent]:
    last = records[-1] if records else None
    standing = due.standing(last.due_at if last is not None and last.measured_from == due.since.at else due.due_at)
    if standing == "voided" and (due.is_silent if last is None else last.standing == "voided"):
        return
    retired_for = _retired_for(last, due, standing, review=review) if last is not None else None
    if last is not None and retired_for is not None:
        yield from settle(last, "voided", at=now, reason=retired_for, evidence=_evidence(due))
    if last is None or retired_for is not None or last.standing == "voided":
        # Voided before, it applies after all: the old one stays voided, a new one is made.
        made = _make(mrid, due, len(records) + 1)
        yield made
        last, standing = record_of(made), due.standing(made.due_at)
    if standing != "open":
        # What is broken stays so while nothing says that it was done.
        yield from _verdict(last, standing, due, now)


def _retired_for(last: PromiseRecord, due: DuePromise, standing: Standing, *, review: bool) -> str | None:
    """Why the promise published last is no longer the one that the facts ask for; None where it still is."""
    if last.measured_from != due.since.at:
        return "deadline-recomputed"
    if review and last.standing == "open" and last.due_at != due.due_at:
        return moved_by(last.rule, due.rule)
    return "proof-overturned" if last.standing == "kept" and standing == "open" else None


def _make(mrid: str, due: DuePromise, count: int) -> PromiseMade:
    return PromiseMade(
        promise_id=name_of(mrid, due.rule.rule_id, episode=due.episode, count=count),
        mrid=mrid,
        rule=due.rule,
        due_at=due.due_at,
        measured_from=due.since.at,
        at_risk_at=due.at_risk_at,
        warn_again_at=due.warn_again_at,
        obligation=due.obligation,
        provisional=due.provisional,
        territories=due.where.names if due.where is not None else (),
        territory_from=due.where.source if due.where is not None else None,
        network_models=due.where.models if due.where is not None else (),
    )


def _verdict(last: PromiseRecord, verdict: Verdict, due: DuePromise, now: datetime) -> Iterator[PromiseEvent]:
    """The first verdict, dated by what was done; or the correction of the one before, dated `now`."""
    at, reason = now, due.void_reason
    if verdict != "voided":
        reason = "done-in-time" if verdict == "kept" else "done-late" if due.broken is None else BROKEN_BEFORE
        if last.standing == "open":
            at = due.done.at if due.done is not None and due.broken is None else last.due_at
    yield from settle(last, verdict, at=at, reason=reason, evidence=_evidence(due))


def _drop(last: PromiseRecord, policy_version: str, now: datetime) -> Iterator[PromiseEvent]:
    """No rule asks for this promise any more. Verdicts given under an older policy stand."""
    if last.rule.policy_version == policy_version:
        yield from settle(last, "voided", at=now, reason="no-longer-applies")
    else:
        yield from void_open([last], at=now, reason="rule-withdrawn")


def _evidence(due: DuePromise) -> tuple[str, ...]:
    """The facts that the judgement rests on, the newest kind last."""
    moments = (due.since, due.done, due.moot, due.void[1] if due.void is not None else None)
    before = (due.broken.promise_id,) if due.broken is not None else ()
    return (*before, *(m.cause for m in moments if m is not None and m.cause))
