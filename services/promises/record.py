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
    PromiseKept,
    PromiseMade,
    PromiseVoided,
)

Standing = Literal["open", "kept", "broken", "voided"]
OPEN_STATES: Final = frozenset({"open", "atRisk", "made"})
"""What views and read models call a promise that waits for its verdict (`made` is the read model's word for open)."""

S_contra = TypeVar("S_contra", contravariant=True)


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
    at_risk: bool = False
    """Whether it was called at risk."""
    standing: Standing = "open"
    """Open, or the verdict that stands."""
    reason: str | None = None
    """Why that verdict stands: the reason of the last verdict or correction."""
    corrections: int = 0
    unproven: bool = False
    """Broken past the grace period while facts were still waiting."""

    @property
    def state(self) -> str:
        """As people see it: open, atRisk, or the verdict that stands."""
        return "atRisk" if self.standing == "open" and self.at_risk else self.standing

    @property
    def unwarned(self) -> bool:
        """Whether it is still to be called at risk."""
        return self.standing == "open" and not self.at_risk


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
        mrid=made.mrid,
        customer_id=made.customer_id,
        complaint_id=made.complaint_id,
    )


def after(record: PromiseRecord | None, event: Promise) -> PromiseRecord | None:
    """The record after one more event; the same one if the event is about another promise."""
    if isinstance(event, PromiseMade):
        return record_of(event)
    if record is None or record.promise_id != event.promise_id:
        return record
    match event:
        case PromiseAtRisk():
            return replace(record, at_risk=True)
        case PromiseKept():
            return replace(record, standing="kept", reason=event.reason)
        case PromiseBroken():
            return replace(record, standing="broken", reason=event.reason, unproven=event.unproven)
        case PromiseVoided():
            return replace(record, standing="voided", reason=event.reason)
        case PromiseCorrected():
            return replace(record, standing=event.now, reason=event.reason, corrections=record.corrections + 1)
        case _:
            return record


def remember(records: Mapping[str, PromiseRecord], event: Promise) -> Mapping[str, PromiseRecord]:
    """The records by id, in the order in which the promises were made, after one more event about any of them."""
    record = after(records.get(event.promise_id), event)
    return records if record is None else {**records, event.promise_id: record}


def shown(record: PromiseRecord) -> dict[str, Any]:
    """A promise as every service's view shows it (JSON names; instants still instants)."""
    return {
        "promiseId": record.promise_id,
        "ruleId": record.rule.rule_id,
        "dueAt": record.due_at,
        "atRiskAt": record.at_risk_at,
        "state": record.state,
    }
