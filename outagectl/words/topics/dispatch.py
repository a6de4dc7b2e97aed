"""Describe in words what dispatch said: as a sentence of a history, and as a line of a log book after `dispatch`."""

from __future__ import annotations

from collections.abc import Mapping

from operations.times import Times, count
from outagectl.words.catalogue import catalogue, words
from outagectl.words.gaps import leaves
from outagectl.words.parts import because, expected, extent, places
from outagectl.words.vocabulary import crew_news, where_read
from schemas.contracts.dispatch import (
    CallsAnswered,
    CauseCleared,
    ComplaintAnswered,
    ComplaintAnsweredV1,
    ComplaintReceived,
    ComplaintReceivedV1,
    ComplaintWithdrawn,
    CrewStatus,
    CurtailmentOrdered,
    EnquiryAnswered,
    EnquiryAsked,
    EnquiryExplained,
    EnquiryReceived,
    ErtChanged,
    ExtentChanged,
    FaultReported,
    FollowupDone,
    FollowupUnreached,
    GuidanceGiven,
    MeterFault,
    MeterMended,
    NoticeShown,
    NoticeUnreadable,
    OutageCorrected,
    OutageListedAgain,
    OutageMerged,
    OutageReclassified,
    OutageReopened,
    OutageStarted,
    OutageWithdrawn,
    PlannedAmended,
    PlannedCancelled,
    PlannedRequested,
    SupplyPerhapsRestored,
    SupplyRestored,
)


def _kind(e: PlannedRequested) -> str:
    return "a safety cut" if e.safety_cut else f"{e.outage_class} work"


def _requested(e: PlannedRequested, t: Times) -> str:
    what = f"{_kind(e)} {t.period(e.planned_period)}, {extent(e.extent)}"
    return "; ".join((f"Dispatch asks for {what} (revision {e.revision_number})", *leaves(e.exceptions)))


def _asks(e: PlannedRequested, t: Times) -> str:
    what = f"asks for {_kind(e)}, {t.period(e.planned_period)}, on {places(e.extent)}"
    reason = f": {e.reason}" if e.reason else ""
    return "; ".join((what + reason, *leaves(e.exceptions)))


def _changes(e: PlannedAmended, t: Times) -> str:
    return f"wants the work at another time: {t.period(e.planned_period)} (revision {e.revision_number})"


def _started(e: OutageStarted, t: Times) -> str:
    sure = "Power is off" if e.confirmed else "Power is probably off"
    told = expected(e.ert, e.next_update_at, t, otherwise="no expected time").lower()
    return f"{sure} since {t.text(e.started_at)}: {extent(e.extent)} ({e.outage_class}; {told})"


def _says_off(e: OutageStarted, t: Times) -> str:
    sure = "power is off" if e.confirmed else "power is probably off"
    number = e.extent.customers_affected if e.extent else None
    whom = f", {number} customer{'' if number == 1 else 's'}" if number else ""
    back = f"; expected back {t.text(e.ert)}" if e.ert else "; no expected time yet"
    return f"says {sure} since {t.text(e.started_at)}: {places(e.extent)}{whom} ({e.outage_class}{back})"


def _fault(e: FaultReported, t: Times) -> str:
    by = f"A fault was reported by {e.reporting_kind} at {t.text(e.reported_at)}"
    where = f"{e.territory}; " if e.territory else ""
    return f"{by} ({where}{extent(e.extent)})"


def _step(e: CurtailmentOrdered) -> str:
    return f", step {e.scheme_step} of the scheme {e.scheme_id}" if e.scheme_step else ""


def _crew(e: CrewStatus, _: Times) -> str:
    return f"{crew_news(e.crew_status).lower()}{f': {e.crew_id}' if e.crew_id else ''}"


def _expects(e: ErtChanged, t: Times) -> str:
    if e.ert:
        return f"now expects the power back at {t.text(e.ert)}"
    return "does not know any more when the power comes back"


def _cleared(e: CauseCleared, t: Times) -> str:
    return f"says the cause is cleared since {t.text(e.cleared_at)}" + (f": {e.cause}" if e.cause else "")


def _restored(e: SupplyRestored, t: Times) -> str:
    how = "is tested" if e.test_energisation else "is back"
    scope = "everywhere" if e.scope == "all" else "in part"
    return f"Dispatch says power {how} {scope} since {t.text(e.restored_at)}"


def _says_back(e: SupplyRestored, t: Times) -> str:
    scope = f"on {places(e.extent)}" if e.scope == "part" else "everywhere"
    return f"says the power is back {scope} since {t.text(e.restored_at)}"


_LIES: Mapping[str, str] = {
    "customer": "the fault lies behind the connection, in an installation that is not ours",
    "utility": "the fault lies in our own network",
}


def _corrects(e: OutageCorrected, t: Times) -> str:
    parts = (
        f"power is off since {t.text(e.started_at)}" if e.started_at else "",
        f"the cause is {e.cause}" if e.cause else "",
        _LIES.get(e.fault_side or "", ""),
    )
    return ", ".join(filter(None, parts)) or "nothing is said to be otherwise"


def _is_really(e: OutageReclassified) -> str:
    what = "a fault" if e.outage_class == "fault" else f"{e.outage_class} work"
    return what + (f", that of plan {e.plan_mrid}" if e.plan_mrid else "")


_HELPED: Mapping[str, str] = {"solved": ", and power is back with it", "not-solved": ", and power is not back with it"}


def _helped(e: GuidanceGiven) -> str:
    """Whether it helped; nothing where nobody said."""
    return _HELPED.get(e.outcome, "")


def _complains(kind: str | None) -> str:
    return "reports misconduct" if kind == "report" else "complains"


def _of_outage(e: ComplaintReceived | EnquiryAsked) -> str:
    return f", of outage {e.outage}" if e.outage else ""


def _by(name: str | None) -> str:
    return f" by {name}" if name else ""


def _calls(e: CallsAnswered) -> str:
    """Of how many calls how many were answered, and how soon."""
    soon = "".join(f", {one.calls:,} within {one.limit} {one.unit}" for one in e.within or ())
    again = f" (revision {e.revision})" if (e.revision or 1) > 1 else ""
    return f"{e.answered or 0:,} of {count(e.calls or 0, 'call')} answered{soon}{again}"


def _unread(e: NoticeUnreadable, t: Times) -> str:
    return f"{where_read(e.channel)} from {t.text(e.since)} to {t.text(e.until)} ({e.reason})"


DISPATCH = catalogue(
    words(PlannedRequested, _requested, book=_asks),
    words(
        PlannedAmended,
        lambda e, t: f"Dispatch changes the plan to {t.period(e.planned_period)}, {extent(e.extent)}",
        book=_changes,
    ),
    words(
        PlannedCancelled,
        lambda e, _: f"Dispatch cancels the work{because(e.reason)}",
        book=lambda e, _: "takes the plan back" + (f": {e.reason}" if e.reason else ""),
    ),
    words(OutageStarted, _started, book=_says_off),
    words(
        FaultReported,
        _fault,
        book=lambda e, _: (
            f"passes on a fault report ({e.reporting_kind}" + (f", {e.territory} territory)" if e.territory else ")")
        ),
    ),
    words(
        CurtailmentOrdered,
        lambda e, t: f"Load is shed by order, {t.period(e.planned_period)}: {extent(e.extent)}{_step(e)}",
        book=lambda e, t: f"orders load to be shed, {t.period(e.planned_period)}, on {places(e.extent)}{_step(e)}",
    ),
    words(ExtentChanged, lambda e, _: f"The extent is now {extent(e.extent)}"),
    words(CrewStatus, lambda e, t: f"{crew_news(e.crew_status)}, {t.text(e.at)}", book=_crew),
    words(
        ErtChanged,
        lambda e, t: expected(e.ert, e.next_update_at, t, otherwise="The expected time is not known any more"),
        book=_expects,
    ),
    words(
        CauseCleared,
        lambda e, t: f"The cause is cleared, {t.text(e.cleared_at)}{because(e.cause)}",
        book=_cleared,
    ),
    words(SupplyRestored, _restored, book=_says_back),
    words(
        SupplyPerhapsRestored,
        lambda e, t: f"Perhaps power is back: the list lacks the outage since {t.text(e.missing_at)}",
        book=lambda e, t: f"perhaps power is back: its list lacks the outage since {t.text(e.missing_at)}",
    ),
    words(
        OutageListedAgain,
        lambda e, t: f"Power is off still: the list names the outage again, {t.text(e.listed_at)}",
        book=lambda e, t: f"power is off still: its list names the outage again, {t.text(e.listed_at)}",
    ),
    words(OutageReopened, lambda e, t: f"Power is off again since {t.text(e.reopened_at)}"),
    words(
        OutageWithdrawn,
        lambda e, t: f"Dispatch says there was no outage, {t.text(e.withdrawn_at)}{because(e.reason)}",
        book=lambda e, t: f"says there was no outage, {t.text(e.withdrawn_at)}" + (f": {e.reason}" if e.reason else ""),
    ),
    words(
        OutageMerged,
        lambda e, t: f"Dispatch says it is one outage with {e.into}, {t.text(e.merged_at)}{because(e.reason)}",
        book=lambda e, t: (
            f"says it is one outage with {e.into}, {t.text(e.merged_at)}" + (f": {e.reason}" if e.reason else "")
        ),
    ),
    words(
        OutageCorrected,
        lambda e, t: f"Dispatch corrects it: {_corrects(e, t)}{because(e.reason)}",
        book=lambda e, t: f"corrects what it said: {_corrects(e, t)}" + (f" ({e.reason})" if e.reason else ""),
    ),
    words(
        OutageReclassified,
        lambda e, _: f"Dispatch says it was {_is_really(e)} from its start{because(e.reason)}",
        book=lambda e, _: f"says it was {_is_really(e)} from its start" + (f": {e.reason}" if e.reason else ""),
    ),
    words(
        MeterFault,
        lambda e, t: (
            f"The meter of {e.usage_point} is at fault since {t.text(e.found_at)}{because(e.reason)}; no outage"
        ),
        book=lambda e, t: f"says that the meter of {e.usage_point} is at fault, {t.text(e.found_at)}",
    ),
    words(MeterMended, lambda e, t: f"The meter is mended, {t.text(e.mended_at)}"),
    words(EnquiryReceived, lambda e, t: f"Somebody asks about it, {t.text(e.received_at)}"),
    words(EnquiryAnswered, lambda e, t: f"The enquiry {e.enquiry_id} is answered, {t.text(e.answered_at)}"),
    words(
        EnquiryAsked,
        lambda e, t: f"Somebody asks why power is off, {t.text(e.received_at)}{_of_outage(e)}",
        book=lambda e, _: f"passes on that somebody asks why power is off{_of_outage(e)}",
    ),
    words(
        EnquiryExplained,
        lambda e, t: f"Why is explained{_by(e.answered_by)}, {t.text(e.answered_at)}",
        book=lambda e, _: f"says that it is explained{_by(e.answered_by)}",
    ),
    words(
        GuidanceGiven,
        lambda e, t: f"The customer was helped by telephone by {e.given_by}, {t.text(e.given_at)}{_helped(e)}",
        book=lambda e, _: f"says that {e.given_by} helped the customer by telephone{_helped(e)}",
    ),
    words(ComplaintReceivedV1, lambda e, t: f"Somebody complains, {t.text(e.received_at)}"),
    words(ComplaintAnsweredV1, lambda e, _: f"The complaint {e.complaint_id} is answered"),
    words(
        ComplaintReceived,
        lambda e, t: f"Somebody {_complains(e.kind)}, {t.text(e.received_at)}{_of_outage(e)}",
        book=lambda e, _: f"passes on that somebody {_complains(e.kind)}{_of_outage(e)}",
    ),
    words(
        ComplaintAnswered,
        lambda e, t: f"The complaint {e.complaint_id} is answered{_by(e.answered_by)}, {t.text(e.answered_at)}",
        book=lambda e, _: f"says that it is answered{_by(e.answered_by)}",
    ),
    words(
        ComplaintWithdrawn,
        lambda e, t: f"The complaint {e.complaint_id} is withdrawn, {t.text(e.withdrawn_at)}{because(e.reason)}",
        book=lambda e, _: "says that it is withdrawn" + (f": {e.reason}" if e.reason else ""),
    ),
    words(
        CallsAnswered,
        lambda e, t: f"Hotline {e.hotline}, the hour from {t.text(e.hour)}: {_calls(e)}",
        book=lambda e, t: f"counts the calls to {e.hotline} in the hour from {t.text(e.hour)}: {_calls(e)}",
    ),
    words(
        FollowupDone,
        lambda e, _: f"The reporter {e.report_id or ''} was called back: {e.outcome}",
        book=lambda e, _: f"{e.by} called the reporter {e.report_id or ''} back: {e.outcome}",
    ),
    words(FollowupUnreached, lambda e, _: f"The reporter {e.report_id or ''} could not be reached"),
    words(
        NoticeShown,
        lambda e, t: f"The public can read notice {e.notice_id} {where_read(e.channel)}, {t.text(e.shown_at)}",
        book=lambda e, t: f"the public can read notice {e.notice_id} {where_read(e.channel)}, {t.text(e.shown_at)}",
    ),
    words(
        NoticeUnreadable,
        lambda e, t: f"Nobody could read notice {e.notice_id} {_unread(e, t)}",
        book=lambda e, t: f"nobody could read notice {e.notice_id} {_unread(e, t)}",
    ),
)
