"""Every event in words: what dispatch said, what the planner decided. The other half is in others.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from operations.times import Times
from outagectl.words.gaps import breach, flagged, leaves

Data = Mapping[str, Any]
Wording = Callable[[Data, Times], str]
CREW = {
    "awaitingCrewAssignment": "No crew yet",
    "assigned": "Crew assigned",
    "enroute": "Crew on its way",
    "arrived": "Crew arrived",
    "fieldComplete": "Crew has finished",
}


def period(value: Data | None, t: Times) -> str:
    """`2026-03-12 08:00 to 2026-03-12 17:00`."""
    return f"{t.text(value.get('start'))} to {t.text(value.get('end'))}" if value else "at no time given"


def extent(value: Data | None) -> str:
    """Lines, areas, transformers and points in a few words."""
    if not value:
        return "extent not said"
    named = [*value.get("lines", ()), *value.get("areas", ()), *value.get("transformers", ())]
    points = value.get("usagePoints", ())
    if points:
        named.append(f"{len(points)} usage point{'s' if len(points) > 1 else ''}")
    count = value.get("customersAffected")
    if count is not None:
        named.append(f"{count} customers")
    return ", ".join(str(name) for name in named) or "extent not said"


def because(value: object) -> str:
    """` (why)`, or nothing."""
    return f" ({value})" if value else ""


def _ert(d: Data, t: Times, *, otherwise: str) -> str:
    if d.get("ert"):
        return f"Expected back {t.text(d['ert'])}"
    if d.get("nextUpdateAt"):
        return f"Expected time not known, next word by {t.text(d['nextUpdateAt'])}"
    return otherwise


def _requested(d: Data, t: Times) -> str:
    kind = "a safety cut" if d.get("safetyCut") else f"{d.get('outageClass')} work"
    what = f"{kind} {period(d.get('plannedPeriod'), t)}, {extent(d.get('extent'))}"
    asked = f"Dispatch asks for {what} (revision {d.get('revisionNumber')})"
    return "; ".join((asked, *leaves(d.get("exceptions", ()))))


def _amended(d: Data, t: Times) -> str:
    return f"Dispatch changes the plan to {period(d.get('plannedPeriod'), t)}, {extent(d.get('extent'))}"


def _started(d: Data, t: Times) -> str:
    sure = "Power is off" if d.get("confirmed", True) else "Power is probably off"
    told = _ert(d, t, otherwise="no expected time").lower()
    return f"{sure} since {t.text(d.get('startedAt'))}: {extent(d.get('extent'))} ({d.get('outageClass')}; {told})"


def _fault(d: Data, t: Times) -> str:
    where = f"{d.get('territory', 'urban')}; {extent(d.get('extent'))}"
    return f"A fault was reported by {d.get('reportingKind', 'call')} at {t.text(d.get('reportedAt'))} ({where})"


def _curtailed(d: Data, t: Times) -> str:
    step = f", step {d['schemeStep']} of the scheme {d.get('schemeId')}" if d.get("schemeStep") else ""
    return f"Load is shed by order, {period(d.get('plannedPeriod'), t)}: {extent(d.get('extent'))}{step}"


def _restored(d: Data, t: Times) -> str:
    how = "is tested" if d.get("testEnergisation") else "is back"
    scope = "everywhere" if d.get("scope", "all") == "all" else "in part"  # a default does not travel
    return f"Dispatch says power {how} {scope} since {t.text(d.get('restoredAt'))}"


DISPATCH: Mapping[str, Wording] = {
    "planned.requested.v1": _requested,
    "planned.amended.v1": _amended,
    "planned.cancelled.v1": lambda d, _: f"Dispatch cancels the work{because(d.get('reason'))}",
    "outage.started.v1": _started,
    "fault.reported.v1": _fault,
    "curtailment.ordered.v1": _curtailed,
    "extent.changed.v1": lambda d, _: f"The extent is now {extent(d.get('extent'))}",
    "crew.status.v1": lambda d, t: f"{CREW.get(str(d.get('crewStatus')), 'Crew status')}, {t.text(d.get('at'))}",
    "ert.changed.v1": lambda d, t: _ert(d, t, otherwise="The expected time is not known any more"),
    "cause.cleared.v1": lambda d, t: f"The cause is cleared, {t.text(d.get('clearedAt'))}{because(d.get('cause'))}",
    "supply.restored.v1": _restored,
    "outage.reopened.v1": lambda d, t: f"Power is off again since {t.text(d.get('reopenedAt'))}",
    "enquiry.received.v1": lambda d, t: f"Somebody asks about it, {t.text(d.get('receivedAt'))}",
    "enquiry.answered.v1": lambda d, t: f"The enquiry {d.get('enquiryId')} is answered, {t.text(d.get('answeredAt'))}",
    "complaint.received.v1": lambda d, t: f"Somebody complains, {t.text(d.get('receivedAt'))}",
    "complaint.answered.v1": lambda d, _: f"The complaint {d.get('complaintId')} is answered",
    "followup.done.v1": lambda d, _: f"The reporter {d.get('reportId', '')} was called back: {d.get('outcome')}",
    "followup.unreached.v1": lambda d, _: f"The reporter {d.get('reportId', '')} could not be reached",
}


def _rejected(d: Data, t: Times) -> str:
    lawful = f"; lawful from {t.text(d['earliestLawfulStart'])}" if d.get("earliestLawfulStart") else ""
    return f"The plan for {period(d.get('plannedPeriod'), t)} is refused: {', '.join(d.get('reasons', ()))}{lawful}"


def _published(d: Data, t: Times) -> str:
    inform = f"; key customers are to know by {t.text(d['informBy'])}" if d.get("informBy") else ""
    notice = f"Notice {d.get('noticeId')} is published"
    return f"{notice}: {period(d.get('plannedPeriod'), t)}, {extent(d.get('extent'))}{inform}"


def _notice_amended(d: Data, t: Times) -> str:
    same = d.get("previousPeriod") == d.get("plannedPeriod")
    change = (
        f"{d.get('change')}, its time stays" if same else f"{d.get('change')} from {period(d.get('previousPeriod'), t)}"
    )
    return f"Notice {d.get('noticeId')} takes its place: {period(d.get('plannedPeriod'), t)} ({change})"


def _withdrawn(d: Data, t: Times) -> str:
    return f"Notice {d.get('noticeId')} for {period(d.get('plannedPeriod'), t)} is withdrawn{because(d.get('reason'))}"


def _accepted(d: Data, t: Times) -> str:
    may = f"The plan for {period(d.get('plannedPeriod'), t)} may go ahead"
    return "; ".join(filter(None, (may, flagged(d.get("warnings", ())))))


def _breached(d: Data, t: Times) -> str:
    noticed = f"; noticed was {period(d['noticedPeriod'], t)}" if d.get("noticedPeriod") else ""
    return f"The notice is breached: {breach(d.get('kind'))} ({d.get('kind')}), {t.text(d.get('at'))}{noticed}"


def notice_closed(d: Data, t: Times, *, what: str = "the work") -> str:
    """What became of a notice. `what` was noticed: the event does not say, and an order to shed load is no work."""
    how = {
        "carried-out": "was carried out",
        "carried-out-late": "was carried out, longer than noticed",
        "not-carried-out": "was not carried out",
    }
    outcome = how.get(str(d.get("outcome")), str(d.get("outcome")))
    back = f"; power back {t.text(d['restoredAt'])}" if d.get("restoredAt") else ""
    return f"Notice {d.get('noticeId')} is done with: {what} {outcome}{back}"


NOTICES: Mapping[str, Wording] = {
    "plan.accepted.v1": _accepted,
    "plan.rejected.v1": _rejected,
    "notice.published.v1": _published,
    "notice.amended.v1": _notice_amended,
    "notice.withdrawn.v1": _withdrawn,
    "notice.deadline-moved.v1": lambda d, t: (
        f"Key customers are to know by {t.text(d.get('informBy'))}, not by {t.text(d.get('was'))}{because(d.get('reason'))}"
    ),
    "notice.closed.v1": notice_closed,
    "notice.breached.v1": _breached,
}
