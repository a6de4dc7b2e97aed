"""What is promised of a meter at fault, from when that was found until it is mended: no outage, power may be on. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from schemas.contracts.dispatch import MeterFault, MeterMended, OutageWithdrawn
from services.policy import Policy, deadline, rule_ref
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.owed.due import DuePromise
from services.restorer.domain.owed.moments import METER, METER_FAULT_DONE
from services.restorer.domain.state import SupplyState


class MeterTrouble(NamedTuple):
    """One fault of the meter: found, and mended or not yet."""

    found: Moment
    mended: Moment | None


def troubles(state: SupplyState) -> Iterator[MeterTrouble]:
    """The faults of the meter, one after the other: found once more before it is mended, it is the same fault."""
    words = sorted(
        [(fault.found_at, 0, cause) for fault, cause in state.of(MeterFault)]
        + [(mended.mended_at, 1, cause) for mended, cause in state.of(MeterMended)]
    )
    found: Moment | None = None
    for at, is_end, cause in words:
        if not is_end:
            found = found or Moment(at, cause)
        elif found is not None:
            yield MeterTrouble(found, Moment(at, cause))
            found = None
    if found is not None:
        yield MeterTrouble(found, None)


def asked_by_meters(state: SupplyState, policy: Policy, calendar: WorkingCalendar) -> Iterator[DuePromise]:
    """The promises that a meter at fault makes; withdrawn while it waits, it was none."""
    rules = [rule for rule in policy.select(METER_FAULT_DONE, meter_fault=True) if rule.measure_from == METER[0]]
    if not rules:
        return
    gone = [Moment(word.withdrawn_at, cause) for word, cause in state.of(OutageWithdrawn)]
    for number, trouble in enumerate(troubles(state), start=1):
        none = min((word for word in gone if word.at >= trouble.found.at), default=None)
        void = none is not None and (trouble.mended is None or none.at < trouble.mended.at)
        for rule in rules:
            limit = deadline(rule, trouble.found.at, calendar)
            warnings = policy.warnings(rule, trouble.found.at, limit.due_at)
            yield DuePromise(
                rule=rule_ref(policy, rule, calendar),
                episode=number,
                obligation=rule.obligation,
                since=trouble.found,
                due_at=limit.due_at + rule.tolerance,
                at_risk_at=warnings[0],
                warn_again_at=warnings[1:],
                done=trouble.mended,
                provisional=limit.provisional,
                void=("withdrawn", none) if void and none is not None else None,
            )
