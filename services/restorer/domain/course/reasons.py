"""Name what a fact does to the course of its outage: one reason per fact, from the course before and after it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.contracts import dispatch
from services.restorer.domain.events import SUPPLY_JOINS
from services.restorer.domain.lifecycle import Course

PLANNED = "plan-noted"
WITHDRAWN = "outage-withdrawn"


@dataclass(frozen=True, slots=True)
class FactInContext:
    """A fact with the course of the outage before and after it."""

    fact: Any
    before: Course
    after: Course


def _opened(case: FactInContext) -> str:
    if not case.before.known:
        return "outage-known"
    return "reopened" if len(case.after.episodes) > len(case.before.episodes) else "opening-noted"


def on_started(case: FactInContext) -> str:
    """Power is off: makes the outage known, confirms a predicted one, or reopens one already restored."""
    confirmed = case.before.status == "predicted" and case.after.status != "predicted"
    return "outage-confirmed" if confirmed else _opened(case)


def on_reported(case: FactInContext) -> str:
    """A fault report: makes the outage known, or joins those before it."""
    return _opened(case) if not case.before.known else "report-joined"


def on_curtailment(case: FactInContext) -> str:
    """A curtailment order makes the outage known."""
    return _opened(case)


def on_plan(_: FactInContext) -> str:
    """Work is planned: says where the outage will be, until a fact names places."""
    return PLANNED


def on_extent(case: FactInContext) -> str:
    """The whole new extent; one that is older than the latest known moves nothing."""
    return "older-extent" if case.after.extent == case.before.extent else "extent-changed"


def on_crew(case: FactInContext) -> str:
    """Where the crew is: evidence and a warning, never a condition for power being back."""
    arrived = case.before.now.arrived is None and case.after.now.arrived is not None
    return "crew-arrived" if arrived else "crew-noted"


def on_ert(_: FactInContext) -> str:
    """What was said about the expected time, kept as it was said."""
    return "ert-noted"


def on_cleared(case: FactInContext) -> str:
    """The cause is gone: the clock of restoring supply starts, or starts earlier than was known."""
    return "cause-cleared" if case.after.now.cleared != case.before.now.cleared else "clearing-known"


def on_restored(case: FactInContext) -> str:
    """Power is said to be back, for all or a part."""
    fresh = [refusal.reason for refusal in case.after.refusals if refusal not in case.before.refusals]
    if fresh:
        return fresh[0]
    ended, was = case.after.now.ended, case.before.now.ended
    if ended is not None and was is not None:
        return "restored-earlier" if ended.at < was.at else "already-restored"
    if ended is not None:
        return case.after.now.how or "all-restored"
    steps = len(case.after.now.steps) - len(case.before.now.steps)
    return "part-restored" if steps > 0 else "points-already-restored"


def on_perhaps(case: FactInContext) -> str:
    """A list lacks the outage, which proves nothing: dispatch is asked once that has lasted too long."""
    return "perhaps-restored" if case.after.now.over is None else "is-over-already"


def on_listed(case: FactInContext) -> str:
    """A list names the outage again."""
    return "listed-again" if case.after.now.over is None else "listed-though-over"


def on_reopened(case: FactInContext) -> str:
    """Power went off again; while it is off anyway, this waits for the restoration that it speaks of."""
    more = len(case.after.episodes) > len(case.before.episodes)
    return "reopened" if more else "reopening-noted"


def on_withdrawn(case: FactInContext) -> str:
    """There was no outage: it ends without a restoration, unless power went off since."""
    if case.after.status != "withdrawn":
        return "off-again-since"
    return "withdrawal-known" if case.before.status == "withdrawn" else WITHDRAWN


def on_corrected(case: FactInContext) -> str:
    """What was said first was wrong: deadlines and doubts follow what is so."""
    word: dispatch.OutageCorrected = case.fact
    if word.started_at is None and word.cause is None and word.fault_side is None:
        return "nothing-corrected"
    moved = case.before.started != case.after.started
    return "start-corrected" if moved else "correction-noted"


def on_reclassified(case: FactInContext) -> str:
    """It is a fault, or work, from its start: deadlines and verdicts follow what it is."""
    return "reclassified" if case.before.outage_class != case.after.outage_class else "class-known"


def on_joined(_: FactInContext) -> str:
    """Another outage turns out to be this one: it lies where both lay, and its clocks run from the earlier beginning."""
    return "merged-outage-joins"


def on_denied(_: FactInContext) -> str:
    """A customer says that power is not back; said before it is known to be, it waits for that."""
    return "denial-noted"


def on_meter(case: FactInContext) -> str:
    """A meter is at fault, or mended: no outage, and what it reads says nothing until then."""
    return "meter-fault-noted" if isinstance(case.fact, dispatch.MeterFault) else "meter-mended"


def on_enquiry(_: FactInContext) -> str:
    """A customer asked, or was answered."""
    return "enquiry-noted"


def on_complaint(_: FactInContext) -> str:
    """A complaint came, or was answered; also after the outage is closed."""
    return "complaint-noted"


def on_guidance(_: FactInContext) -> str:
    """Somebody helped a customer by telephone to look after a fault of their own installation; also after the outage is closed."""
    return "guidance-noted"


def on_followup(case: FactInContext) -> str:
    """A person called back, or tried to; also after the outage is closed."""
    return "followup-done" if isinstance(case.fact, dispatch.FollowupDone) else "followup-unreached"


REASONS: Mapping[str, Callable[[FactInContext], str]] = {
    "planned.requested.v1": on_plan,
    "planned.amended.v1": on_plan,
    "outage.started.v1": on_started,
    "fault.reported.v1": on_reported,
    "fault.reported.v2": on_reported,
    "curtailment.ordered.v1": on_curtailment,
    "extent.changed.v1": on_extent,
    "crew.status.v1": on_crew,
    "ert.changed.v1": on_ert,
    "cause.cleared.v1": on_cleared,
    "supply.restored.v1": on_restored,
    "supply.perhaps-restored.v1": on_perhaps,
    "outage.listed-again.v1": on_listed,
    "outage.reopened.v1": on_reopened,
    "outage.withdrawn.v1": on_withdrawn,
    "outage.corrected.v1": on_corrected,
    "outage.reclassified.v1": on_reclassified,
    SUPPLY_JOINS: on_joined,
    "meter.fault.v1": on_meter,
    "meter.mended.v1": on_meter,
    "supply.denied.v1": on_denied,
    "enquiry.received.v1": on_enquiry,
    "enquiry.answered.v1": on_enquiry,
    "complaint.received.v1": on_complaint,
    "complaint.answered.v1": on_complaint,
    "guidance.given.v1": on_guidance,
    "followup.done.v1": on_followup,
    "followup.unreached.v1": on_followup,
}
