"""Fold the events of one promise into its record: what was published about it so far, and which verdict stands.

What is in a log happened, so a fold refuses nothing; what may be said next is verdicts.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, Protocol, TypeVar, runtime_checkable

from schemas.contracts.base import RuleRef
from schemas.contracts.promises import (
    Promise,
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseExplained,
    PromiseKept,
    PromiseMade,
    PromiseVoided,
)

Standing = Literal["open", "kept", "broken", "voided"]
OPEN_STATES: Final = frozenset({"open", "atRisk", "made"})
"""What views and read models call a promise that waits for its verdict (`made` is the read model's word for open)."""

S_contra = TypeVar("S_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Why:
    """Why a promise was broken, in the words of a person who knows."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PromiseRecord:
    """One promise as published so far. Instants are aware UTC."""

    promise_id: str
    rule: RuleRef
    obligation: str
    measured_from: datetime
    due_at: datetime
    at_risk_at: datetime
    mrid: str | None = None
    customer_id: str | None = None
    complaint_id: str | None = None
    enquiry_id: str | None = None
    warn_again_at: tuple[datetime, ...] = ()
    """When it is called at risk again, the earliest first. None in promises of older versions: once is all."""
    warned: int = 0
    """Which of its warnings was the last that was given, or is of no use any more; from 1."""
    standing: Standing = "open"
    """Open, or the verdict that stands."""
    reason: str | None = None
    """Why that verdict stands: the reason of the last verdict or correction."""
    corrections: int = 0
    unproven: bool = False
    """Broken past the grace period while facts were still waiting."""
    why: Why | None = None
    """Why it was broken, as a person said it last."""
    counted_by: tuple[str, ...] = ()
    """Of the promise to tell the public: the channels on which it rests; none: on publication."""

    @property
    def at_risk(self) -> bool:
        """Whether it was called at risk."""
        return self.warned > 0

    @property
    def warnings(self) -> tuple[datetime, ...]:
        """When it is called at risk, unless it has its verdict by then."""
        return (self.at_risk_at, *self.warn_again_at)

    @property
    def warned_next_at(self) -> datetime | None:
        """When it is next called at risk; None where nothing is left to warn of."""
        if self.standing != "open" or self.warned >= len(self.warnings):
            return None
        return self.warnings[self.warned]

    @property
    def state(self) -> str:
        """As people see it: open, atRisk, or the verdict that stands."""
        return "atRisk" if self.standing == "open" and self.at_risk else self.standing


@runtime_checkable
class MakesPromises(Protocol[S_contra]):
    """A decider whose streams make promises."""

    def promises_of(self, state: S_contra) -> Sequence[PromiseRecord]:
        """All that a stream has made so far, those with a verdict too."""
        ...


def record_of(made: PromiseMade) -> PromiseRecord:
    """A promise just made."""
    return PromiseRecord(
        promise_id=made.promise_id,
        rule=made.rule,
        obligation=made.obligation,
        measured_from=made.measured_from,
        due_at=made.due_at,
        at_risk_at=made.at_risk_at,
        warn_again_at=made.warn_again_at,
        mrid=made.mrid,
        customer_id=made.customer_id,
        complaint_id=made.complaint_id,
        enquiry_id=made.enquiry_id,
        counted_by=made.counted_by,
    )


def after(record: PromiseRecord | None, event: Promise) -> PromiseRecord | None:
    """The record after one more event; the same one if the event is about another promise."""
    if isinstance(event, PromiseMade):
        return record_of(event)
    if record is None or record.promise_id != event.promise_id:
        return record
    match event:
        case PromiseAtRisk():
            # A version that knows of one warning only gives it without its number.
            return replace(record, warned=max(record.warned, event.number or 1))
        case PromiseKept():
            return replace(record, standing="kept", reason=event.reason)
        case PromiseBroken():
            return replace(record, standing="broken", reason=event.reason, unproven=event.unproven)
        case PromiseVoided():
            return replace(record, standing="voided", reason=event.reason)
        case PromiseCorrected():
            return replace(record, standing=event.now, reason=event.reason, corrections=record.corrections + 1)
        case PromiseExplained():
            return replace(record, why=Why(event.reason, event.by, event.at))
        case _:
            return record


def remember(records: Mapping[str, PromiseRecord], event: Promise) -> Mapping[str, PromiseRecord]:
    """The records by id, in the order in which the promises were made, after one more event about any of them."""
    record = after(records.get(event.promise_id), event)
    return records if record is None else {**records, event.promise_id: record}


def shown(record: PromiseRecord) -> dict[str, Any]:
    """A promise as every service's view shows it (JSON names; instants still instants)."""
    told: dict[str, Any] = {
        "promiseId": record.promise_id,
        "ruleId": record.rule.rule_id,
        "dueAt": record.due_at,
        "atRiskAt": record.at_risk_at,
        "state": record.state,
    }
    if record.warn_again_at:
        told |= {"warnAgainAt": record.warn_again_at, "warned": record.warned}
    if record.why is not None:
        told["why"] = {"reason": record.why.reason, "by": record.why.by, "at": record.why.at}
    return told


def shown_in_full(record: PromiseRecord) -> dict[str, Any]:
    """The same with where it is measured from, and on what its verdict rests."""
    return {
        **shown(record),
        "measuredFrom": record.measured_from,
        "reason": record.reason,
        "corrections": record.corrections,
        "unproven": record.unproven,
        "verified": record.rule.verified,
    }
