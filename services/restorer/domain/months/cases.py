"""One promise of any service as a case to be counted: what was heard of it, in whatever order, and how it stands by that. Pure.

A promise has one making, one first verdict, and corrections, each from the verdict before it to another. How it stands follows
from the set of these words: heard late, twice or backwards they leave the same case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from schemas.contracts.base import RuleRef, Territory
from schemas.contracts.promises import (
    Promise,
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseExplained,
    PromiseKept,
    PromiseMade,
    PromiseVoided,
    Verdict,
)
from services.promises import is_published

FIRST_VERDICTS: Final[dict[type[Promise], Verdict]] = {
    PromiseKept: "kept",
    PromiseBroken: "broken",
    PromiseVoided: "voided",
}


class CaseVerdict(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The first verdict of a promise (`was` is None), or a correction of the one before it."""

    event_id: str
    """Of the event that says so: heard twice, it is one."""
    at: datetime
    now: Verdict
    reason: str
    was: Verdict | None = None
    unproven: bool = False


class CaseExplained(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Why a promise was broken, as a person said it. Of several the last one counts, whenever it is heard."""

    at: datetime
    event_id: str
    by: str
    reason: str


class PromiseCase(msgspec.Struct, frozen=True, kw_only=True):
    """One promise, as far as it was heard of. What only its making says is None until that is heard."""

    service: str
    """Who made it: planner, notifier, restorer."""
    promise_id: str
    rule: RuleRef
    due_at: datetime
    mrid: str | None = None
    customer_id: str | None = None
    obligation: str | None = None
    measured_from: datetime | None = None
    territories: tuple[Territory, ...] = ()
    warned_at: datetime | None = None
    """When it was first called at risk."""
    explained: CaseExplained | None = None
    verdicts: tuple[CaseVerdict, ...] = ()
    """By instant, then by name; the order says nothing of the order in which they were heard."""


class CaseStanding(NamedTuple):
    """How a promise stands, since when, and why."""

    standing: str
    """open, kept, broken, voided."""
    at: datetime | None = None
    reason: str | None = None
    unproven: bool = False
    corrected_from: str | None = None
    """The first verdict, where a later fact overturned it."""


def heard(case: PromiseCase | None, service: str, said: Promise, event_id: str) -> PromiseCase:
    """The case once more was heard of it."""
    known = case or PromiseCase(
        service=service,
        promise_id=said.promise_id,
        rule=said.rule,
        due_at=said.due_at,
        mrid=said.mrid,
        customer_id=said.customer_id,
    )
    match said:
        case PromiseMade():
            return replace(
                known,
                obligation=said.obligation,
                measured_from=said.measured_from,
                territories=tuple(sorted(said.territories)),
            )
        case PromiseExplained():
            word = CaseExplained(at=said.at, event_id=event_id, by=said.by, reason=said.reason)
            older = known.explained
            is_last = older is None or (word.at, word.event_id) > (older.at, older.event_id)
            return replace(known, explained=word) if is_last else known
        case PromiseAtRisk() if not is_published(said):
            return known  # nobody was warned
        case PromiseAtRisk():
            return replace(known, warned_at=min(known.warned_at or said.at, said.at))
        case _:
            verdict = _verdict(said, event_id)
    if verdict is None or any(one.event_id == event_id for one in known.verdicts):
        return known
    return replace(known, verdicts=tuple(sorted((*known.verdicts, verdict), key=lambda one: (one.at, one.event_id))))


def _verdict(said: Promise, event_id: str) -> CaseVerdict | None:
    if isinstance(said, PromiseCorrected):
        return CaseVerdict(event_id=event_id, at=said.at, now=said.now, was=said.was, reason=said.reason)
    if isinstance(said, PromiseKept | PromiseBroken | PromiseVoided):
        unproven = isinstance(said, PromiseBroken) and said.unproven
        return CaseVerdict(
            event_id=event_id, at=said.at, now=FIRST_VERDICTS[type(said)], reason=said.reason, unproven=unproven
        )
    return None


def standing_of(verdicts: Iterable[CaseVerdict]) -> CaseStanding:
    """How it stands by these words.

    Each correction leads from one verdict to the next, so what stands is where more words lead to than away from, whatever the
    clocks of those who said them. While some are missing, the latest one is believed.
    """
    words = tuple(verdicts)
    if not words:
        return CaseStanding("open")
    ends: Counter[str] = Counter()
    for word in words:
        ends[word.now] += 1
        if word.was is not None:
            ends[word.was] -= 1
    open_ends = [verdict for verdict, surplus in ends.items() if surplus > 0]
    stands = open_ends[0] if len(open_ends) == 1 else words[-1].now
    last = max((word for word in words if word.now == stands), key=lambda word: (word.at, word.event_id))
    first = next((word.now for word in words if word.was is None), None)
    corrected = [word for word in words if word.was is not None]
    was = (first or corrected[0].was) if corrected else None
    return CaseStanding(stands, last.at, last.reason, any(word.unproven for word in words), was)
