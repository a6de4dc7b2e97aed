"""Take back an outage that dispatch says there was none of: its notice, its promises, its place in the year. Pure.

A withdrawal speaks of all that was said up to its own instant, whatever came first: a plan asked for since, power off since,
or an order given since is not of what was withdrawn. Said before work began it counts for nothing until somebody stands by it
(the restorer asks); then it counts as of that beginning.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from schemas.contracts.dispatch import CurtailmentOrdered, ExtentChanged, OutageReopened, OutageStarted, OutageWithdrawn
from schemas.contracts.restorations import OutageClassified, RestorationConfirmed
from services.planner.domain.state import PlanState

WITHDRAWN: Final = "outage-withdrawn"
BEGUN_SINCE, OFF_SINCE, ALREADY = "begun-since", "off-again-since", "already-withdrawn"


def begun(state: PlanState) -> datetime | None:
    """Since when there is a cut to withdraw: its start, or of load shed by order, when that was given."""
    return state.order.ordered_at if state.order is not None else state.started_at


def holds_at(state: PlanState, fact: OutageWithdrawn) -> datetime:
    """Up to when it takes back what was said."""
    first = begun(state)
    return fact.withdrawn_at if fact.confirms is None or first is None else max(fact.withdrawn_at, first)


def refusal(state: PlanState, fact: OutageWithdrawn) -> str | None:
    """Why a withdrawal takes nothing back; None where it does."""
    known, at, first = state.withdrawal, holds_at(state, fact), begun(state)
    if known is not None and (known.withdrawn_at, known.confirms or "") >= (fact.withdrawn_at, fact.confirms or ""):
        return ALREADY
    if state.reopened_at is not None and state.reopened_at >= at:
        return OFF_SINCE
    return BEGUN_SINCE if first is not None and first > at else None


def is_taken_back(state: PlanState, said: Any) -> bool:
    """Whether a word of plan or field speaks of what was withdrawn."""
    if state.withdrawal is None:
        return False
    at = holds_at(state, state.withdrawal)
    match said:
        case OutageStarted(started_at=of) | ExtentChanged(changed_at=of) | CurtailmentOrdered(ordered_at=of):
            return of <= at
        case RestorationConfirmed(restored_at=of) | OutageClassified(started_at=of):
            return of <= at
        case OutageReopened(reopened_at=of):
            return of < at
        case _:
            return False


def without_cut(state: PlanState, fact: OutageWithdrawn) -> PlanState:
    """The state once an outage was withdrawn: nothing began, nothing is asked for; its notice comes down by an event of its own."""
    if refusal(state, fact) is not None:
        return replace(state, withdrawal=fact)
    return replace(
        state,
        withdrawal=fact,
        standing="cancelled",
        started_at=None,
        first_said=None,
        restored_at=None,
        restored_by="",
        confirmed_at=None,
        reopened_at=None,
        grown=None,
        order=None,
        classified=None,
        referred=None,
        breaches=frozenset(),
        outcome=None,
        closed_for=None,
        instant=None,
        base=None,
        floor=(0, 0),
        words=(),
    )
