"""What the reports say of the fault, and what excuses a promise, or shows that it never bound. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.policy import Rule
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.state import SupplyState


@dataclass(frozen=True, slots=True)
class ReportedFault:
    """What all reports together say about the fault; the order in which they came does not show."""

    traits: Mapping[str, object]
    customer_side: Moment | None = None
    extraordinary: Moment | None = None
    unexplained: bool = False
    """Somebody called the damage extraordinary and gave no reason: that voids nothing."""


def reported(state: SupplyState) -> ReportedFault:
    """Where the fault lies and what kind it is.

    The earliest report says whether it is the meter; one word that the fault is the
    utility's outweighs any that it is the customer's; extraordinary damage counts only with its reason
    (第5篇 第五条2: voided only with a recorded reason).
    """
    reports = state.reports
    customer_side = reports.customer_side if "utility" not in reports.sides else None
    if (said := state.corrected("fault_side")) is not None:
        # Whoever looked again knows better than all who called.
        word, cause = said
        customer_side = Moment(word.corrected_at, cause) if word.fault_side == "customer" else None
    if reports.first is None:
        # A fault that was taken for the utility's own work need not be reported.
        return ReportedFault({"meter_fault": False} if state.reclassified() else {}, customer_side=customer_side)
    return ReportedFault(
        {"meter_fault": reports.first.meter_fault},
        customer_side=customer_side,
        extraordinary=reports.explained,
        unexplained=reports.beyond and reports.explained is None,
    )


def excuse(rule: Rule, said: ReportedFault) -> tuple[str, Moment] | None:
    """What voids a promise of `rule`, as far as the rule itself lets it."""
    if said.customer_side is not None and "fault-side-customer" in rule.exceptions:
        return "customer-side-fault", said.customer_side
    if said.extraordinary is not None and "extraordinary-fault" in rule.exceptions:
        return "extraordinary-fault", said.extraordinary
    return None


def withdrawn(course: Course) -> Mapping[int, Moment]:
    """The episodes that were none, each with the word that said so."""
    return {each.number: each.withdrawn for each in course.episodes if each.withdrawn is not None}
