"""One event as a line of a log book: when, who, what in plain words, and below it why and by which rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from demo.logbook.times import BookTimes, Line, Tone, during, name_of
from demo.logbook.why import notes
from operations.history.history import HistoryEntry
from outagectl.words.dispatch_and_notices import CREW, DISPATCH
from outagectl.words.gaps import breach, flagged, leaves
from outagectl.words.others import WORDS, in_words

# Whose word an event is. Others may note it down; it is told once, as its owner's.
OWNERS: Mapping[str, str] = {
    "plan": "planner",
    "notice": "planner",
    "restoration": "restorer",
    "followup": "restorer",
    "outage": "restorer",
}
# What the notifier tells that the lines about texts do not say. All else it records is another's word, or its own sums.
NOTIFIER_TELLS = frozenset(
    {
        "message.suppressed.v1",
        "message.undelivered.v1",
        "message.expired.v1",
        "contact.unreached.v1",
        "customer.erased.v1",
        "text.doubled.v1",
        "inbound.received.v1",
    }
)


def _asked(d: Mapping[str, Any], t: BookTimes) -> str:
    kind = "a safety cut" if d.get("safetyCut") else f"{d.get('outageClass')} work"
    what = f"asks for {kind}, {during(d.get('plannedPeriod'), t)}, on {places(d.get('extent'))}"
    reason = f": {d['reason']}" if d.get("reason") else ""
    return "; ".join((what + reason, *leaves(d.get("exceptions", ()))))


def _ordered(d: Mapping[str, Any], t: BookTimes) -> str:
    step = f", step {d['schemeStep']} of the scheme {d.get('schemeId')}" if d.get("schemeStep") else ""
    return f"orders load to be shed, {during(d.get('plannedPeriod'), t)}, on {places(d.get('extent'))}{step}"


def _accepted(d: Mapping[str, Any], _: BookTimes) -> str:
    """Why it may go ahead: by the rules, by somebody's leave, or because it cannot be refused."""
    warned = [str(one) for one in d.get("warnings", ())]
    gaps = f"; {said}" if (said := flagged(warned)) else ""
    if "safety-cut" in warned:
        return f"lets the cut go ahead: a safety cut is never refused{gaps}"
    if gaps:
        return f"takes the order, which is never refused, and flags what does not fit the published scheme{gaps}"
    if any(str(one.get("given", "")).startswith("step ") for one in d.get("findings", ())):
        return "finds the order to follow the published scheme"
    if any(one.startswith("exception-used:") for one in warned):
        return "lets the plan go ahead by that leave, which stays on record with the name"
    return "finds the plan lawful: it may go ahead"


def _breached(d: Mapping[str, Any], t: BookTimes) -> str:
    of = f" ({d['noticeId']})" if d.get("noticeId") else ""
    noticed = f"; noticed was {during(d['noticedPeriod'], t)}" if d.get("noticedPeriod") else ""
    return f"a breach of the notice{of}: {breach(d.get('kind'))}, since {t.text(d.get('at'))}{noticed}"


def _amended(d: Mapping[str, Any], t: BookTimes) -> str:
    return f"wants the work at another time: {during(d.get('plannedPeriod'), t)} (revision {d.get('revisionNumber')})"


def _cancelled(d: Mapping[str, Any], _: BookTimes) -> str:
    return "takes the plan back" + (f": {d['reason']}" if d.get("reason") else "")


def _rejected(d: Mapping[str, Any], t: BookTimes) -> str:
    lawful = (
        f"; the earliest lawful start is {t.text(d['earliestLawfulStart'])}" if d.get("earliestLawfulStart") else ""
    )
    return f"refuses the plan: {', '.join(d.get('reasons', ()))}{lawful}"


def _published(d: Mapping[str, Any], t: BookTimes) -> str:
    return f"publishes the notice {d.get('noticeId')}{_inform(d, t)}"


def _notice_amended(d: Mapping[str, Any], t: BookTimes) -> str:
    return (
        f"publishes the notice {d.get('noticeId')} in place of {d.get('supersedes')} ({d.get('change')} to "
        f"{during(d.get('plannedPeriod'), t)}){_inform(d, t)}"
    )


def _inform(d: Mapping[str, Any], t: BookTimes) -> str:
    return f"; key customers must know by {t.text(d['informBy'])}" if d.get("informBy") else ""


def _withdrawn(d: Mapping[str, Any], t: BookTimes) -> str:
    return f"withdraws the notice {d.get('noticeId')} ({during(d.get('plannedPeriod'), t)}) at once"


def _started(d: Mapping[str, Any], t: BookTimes) -> str:
    sure = "power is off" if d.get("confirmed", True) else "power is probably off"
    number = (d.get("extent") or {}).get("customersAffected")
    whom = f", {number} customers" if number else ""
    expected = f"; expected back {t.text(d['ert'])}" if d.get("ert") else "; no expected time yet"
    return f"says {sure} since {t.text(d.get('startedAt'))}: {places(d.get('extent'))}{whom} ({d.get('outageClass')}{expected})"


def _reported(d: Mapping[str, Any], _: BookTimes) -> str:
    return f"passes on a fault report ({d.get('reportingKind', 'call')}, {d.get('territory', 'urban')} territory)"


def _crew(d: Mapping[str, Any], _: BookTimes) -> str:
    crew = f": {d['crewId']}" if d.get("crewId") else ""
    return f"{CREW.get(str(d.get('crewStatus')), 'crew status').lower()}{crew}"


def _expected(d: Mapping[str, Any], t: BookTimes) -> str:
    if d.get("ert"):
        return f"now expects the power back at {t.text(d['ert'])}"
    return "does not know any more when the power comes back"


def _cleared(d: Mapping[str, Any], t: BookTimes) -> str:
    return f"says the cause is cleared since {t.text(d.get('clearedAt'))}" + (
        f": {d['cause']}" if d.get("cause") else ""
    )


def _restored(d: Mapping[str, Any], t: BookTimes) -> str:
    scope = f"on {places(d.get('extent'))}" if d.get("scope") == "part" else "everywhere"
    return f"says the power is back {scope} since {t.text(d.get('restoredAt'))}"


def _part(d: Mapping[str, Any], t: BookTimes) -> str:
    back, off = places(d.get("restored")), places(d.get("remaining"))
    return (
        f"step {d.get('step')}: power is back in part since {t.text(d.get('restoredAt'))}, on {back}; still off: {off}"
    )


# Where a log book says it otherwise than a history does, or shorter.
OWN: Mapping[str, Callable[[Mapping[str, Any], BookTimes], str]] = {
    "planned.requested.v1": _asked,
    "planned.amended.v1": _amended,
    "planned.cancelled.v1": _cancelled,
    "curtailment.ordered.v1": _ordered,
    "plan.accepted.v1": _accepted,
    "plan.rejected.v1": _rejected,
    "notice.published.v1": _published,
    "notice.amended.v1": _notice_amended,
    "notice.withdrawn.v1": _withdrawn,
    "notice.breached.v1": _breached,
    "outage.started.v1": _started,
    "fault.reported.v1": _reported,
    "crew.status.v1": _crew,
    "ert.changed.v1": _expected,
    "cause.cleared.v1": _cleared,
    "supply.restored.v1": _restored,
    "restoration.part.v1": _part,
    "restoration.confirmed.v1": lambda d, t: f"confirms: power is back since {t.text(d.get('restoredAt'))}",
    "followup.due.v1": lambda d, _: f"asks a person to call back whoever reported it ({d.get('reportId')})",
    "followup.done.v1": lambda d, _: (
        f"{d.get('by')} called the reporter {d.get('reportId', '')} back: {d.get('outcome')}"
    ),
    "outage.closed.v1": lambda _, __: "closes the outage: the power has stayed on",
}
TONES: Mapping[str, Tone] = {
    "plan.accepted.v1": "good",
    "plan.rejected.v1": "bad",
    "notice.withdrawn.v1": "bad",
    "restoration.confirmed.v1": "good",
    "notice.breached.v1": "bad",
    "message.undelivered.v1": "bad",
    "message.expired.v1": "bad",
    "contact.unreached.v1": "bad",
}


def places(extent: Mapping[str, Any] | None) -> str:
    """The lines and areas of an extent, by name."""
    found = extent or {}
    names = [*found.get("lines", ()), *found.get("areas", ()), *found.get("transformers", ())]
    return ", ".join(str(name) for name in names) or "places not said"


def line(entry: HistoryEntry, t: BookTimes) -> Line:
    """Any other event."""
    wording = OWN.get(entry.type)
    said = wording(entry.data, t) if wording else in_words(entry.type, entry.data, t)
    who = "dispatch" if entry.type in DISPATCH else entry.service
    what = said.removeprefix("Dispatch ") if who == "dispatch" else said
    what = what[:1].lower() + what[1:]
    tone = TONES.get(entry.type, "plain")
    # A notice goes to the public: what the paper prints is part of the story.
    body = entry.data.get("text", {}).get("zh-CN") if entry.type.startswith("notice.") else None
    return Line(entry.at, who, what, notes(entry, t), body, tone=tone, about=name_of(entry))


def speaks(entry: HistoryEntry) -> bool:
    """Whether an event has a line of its own; texts asked for, taken and delivered are told together."""
    if entry.type in DISPATCH:
        return True
    if entry.service == "notifier":
        return entry.type in NOTIFIER_TELLS
    owner = OWNERS.get(entry.type.partition(".")[0], entry.service)
    return owner == entry.service and (entry.type in OWN or entry.type in WORDS)
