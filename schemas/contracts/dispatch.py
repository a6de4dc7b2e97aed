"""outage.dispatch: facts that dispatch systems and call centres state. Key: outage mRID.

Of complaints and enquiries that are matters of their own the key is their id, of calls the hotline.

Of a fault report the second version is written only where it says what the first cannot, that its territory is not known
(`type_of`): a reader of the first goes on reading all others.
"""

from typing import Final

from schemas.contracts.base import Wire
from schemas.contracts.facts.callers import (
    ComplaintAnsweredV1,
    ComplaintReceivedV1,
    EnquiryAnswered,
    EnquiryReceived,
    FollowupDone,
    FollowupUnreached,
    GuidanceGiven,
)
from schemas.contracts.facts.complaints import (
    ComplaintAnswered,
    ComplaintFact,
    ComplaintReceived,
    ComplaintWithdrawn,
)
from schemas.contracts.facts.corrections import OutageCorrected, OutageMerged, OutageReclassified, OutageWithdrawn
from schemas.contracts.facts.enquiries import EnquiryAsked, EnquiryExplained, EnquiryFact
from schemas.contracts.facts.fact import Fact, FieldFact
from schemas.contracts.facts.hotline import AnsweredWithin, CallsAnswered
from schemas.contracts.facts.meters import MeterFault, MeterMended
from schemas.contracts.facts.plans import (
    PlanBody,
    PlannedAmended,
    PlannedCancelled,
    PlannedRequested,
    PolicyException,
    Revision,
)
from schemas.contracts.facts.reports import FaultReported, FaultReportedV1
from schemas.contracts.facts.shown import NoticeShown, NoticeUnreadable
from schemas.contracts.facts.supply import (
    CauseCleared,
    CrewStatus,
    CurtailmentOrdered,
    ErtChanged,
    ExtentChanged,
    OutageListedAgain,
    OutageReopened,
    OutageStarted,
    SupplyPerhapsRestored,
    SupplyRestored,
)

__all__ = [
    "FIRST_REPORT",
    "REPORT",
    "TOPIC",
    "TYPES",
    "AnsweredWithin",
    "CallsAnswered",
    "CauseCleared",
    "ComplaintAnswered",
    "ComplaintAnsweredV1",
    "ComplaintFact",
    "ComplaintReceived",
    "ComplaintReceivedV1",
    "ComplaintWithdrawn",
    "CrewStatus",
    "CurtailmentOrdered",
    "EnquiryAnswered",
    "EnquiryAsked",
    "EnquiryExplained",
    "EnquiryFact",
    "EnquiryReceived",
    "ErtChanged",
    "ExtentChanged",
    "Fact",
    "FaultReported",
    "FaultReportedV1",
    "FieldFact",
    "FollowupDone",
    "FollowupUnreached",
    "GuidanceGiven",
    "MeterFault",
    "MeterMended",
    "NoticeShown",
    "NoticeUnreadable",
    "OutageCorrected",
    "OutageListedAgain",
    "OutageMerged",
    "OutageReclassified",
    "OutageReopened",
    "OutageStarted",
    "OutageWithdrawn",
    "PlanBody",
    "PlannedAmended",
    "PlannedCancelled",
    "PlannedRequested",
    "PolicyException",
    "Revision",
    "SupplyPerhapsRestored",
    "SupplyRestored",
    "type_of",
]

TOPIC = "outage.dispatch"

FIRST_REPORT: Final = "fault.reported.v1"
REPORT: Final = "fault.reported.v2"
TYPES: dict[str, type[Wire]] = {
    "planned.requested.v1": PlannedRequested,
    "planned.amended.v1": PlannedAmended,
    "planned.cancelled.v1": PlannedCancelled,
    "outage.started.v1": OutageStarted,
    FIRST_REPORT: FaultReportedV1,
    REPORT: FaultReported,
    "curtailment.ordered.v1": CurtailmentOrdered,
    "extent.changed.v1": ExtentChanged,
    "crew.status.v1": CrewStatus,
    "ert.changed.v1": ErtChanged,
    "cause.cleared.v1": CauseCleared,
    "supply.restored.v1": SupplyRestored,
    "supply.perhaps-restored.v1": SupplyPerhapsRestored,
    "outage.listed-again.v1": OutageListedAgain,
    "outage.reopened.v1": OutageReopened,
    "outage.withdrawn.v1": OutageWithdrawn,
    "outage.merged.v1": OutageMerged,
    "outage.corrected.v1": OutageCorrected,
    "outage.reclassified.v1": OutageReclassified,
    "meter.fault.v1": MeterFault,
    "meter.mended.v1": MeterMended,
    "enquiry.received.v1": EnquiryReceived,
    "enquiry.answered.v1": EnquiryAnswered,
    "enquiry.received.v2": EnquiryAsked,
    "enquiry.answered.v2": EnquiryExplained,
    "guidance.given.v1": GuidanceGiven,
    "complaint.received.v1": ComplaintReceivedV1,
    "complaint.answered.v1": ComplaintAnsweredV1,
    "complaint.received.v2": ComplaintReceived,
    "complaint.answered.v2": ComplaintAnswered,
    "complaint.withdrawn.v1": ComplaintWithdrawn,
    "followup.done.v1": FollowupDone,
    "followup.unreached.v1": FollowupUnreached,
    "call.answered.v1": CallsAnswered,
    "notice.shown.v1": NoticeShown,
    "notice.unreadable.v1": NoticeUnreadable,
}


def type_of(report: FaultReported) -> str:
    """The oldest type that says all of it."""
    return REPORT if report.territory is None else FIRST_REPORT
