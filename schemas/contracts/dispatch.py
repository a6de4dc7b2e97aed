"""outage.dispatch: facts that dispatch systems state. Key: outage mRID.

Of a fault report the second version is written only where it says what the first cannot, that its territory is not known
(`type_of`): a reader of the first goes on reading all others.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, field

from schemas.contracts.base import (
    MRID,
    CrewStatusKind,
    CustomersWords,
    Extent,
    Instant,
    Name,
    OutageClass,
    Period,
    Person,
    Territory,
    Text,
    Wire,
)

TOPIC = "outage.dispatch"

Revision = Annotated[int, Meta(ge=1, description="Rises with each change of the plan; an older one changes nothing")]


class Fact(Wire, frozen=True, kw_only=True):
    """One fact about one outage."""

    mrid: MRID = field(name="mRID")


class FieldFact(Fact, frozen=True, kw_only=True):
    """One fact about what happened. What cannot be so is held and asked about (fact.questioned.v1)."""

    confirms: (
        Annotated[Name, Meta(description="The question about this very fact that it answers: it is so, take it")] | None
    ) = None


class PolicyException(Wire, frozen=True, kw_only=True):
    """A rule set aside on purpose, by a person with a name."""

    rule_id: Name
    reason: Text
    approver: Person


class PlanBody(Fact, frozen=True, kw_only=True):
    """The whole plan; an amendment repeats all of it."""

    revision_number: Revision
    outage_class: Annotated[Literal["planned", "temporary"], Meta(description="计划检修 or 临时检修")]
    planned_period: Period
    extent: Extent
    requested_at: Annotated[Instant, Meta(description="When dispatch asked")]
    requested_by: Person | None = None
    reason: Annotated[Text, Meta(description="Why, in words fit for the public")] | None = None
    safety_cut: Annotated[bool, Meta(description="People or plant are in danger: never refused, gaps are flagged")] = (
        False
    )
    alternate_period: Period | None = None
    exceptions: tuple[PolicyException, ...] = ()


class PlannedRequested(PlanBody, frozen=True, kw_only=True):
    """Dispatch asks for planned or temporary work."""


class PlannedAmended(PlanBody, frozen=True, kw_only=True):
    """Dispatch changes a plan; the whole new plan is given."""


class PlannedCancelled(Fact, frozen=True, kw_only=True):
    """The work will not happen."""

    revision_number: Revision
    cancelled_at: Instant
    reason: Text | None = None


class OutageStarted(FieldFact, frozen=True, kw_only=True):
    """Power is off (or predicted off, before anyone confirmed it)."""

    outage_class: OutageClass
    started_at: Instant
    extent: Extent
    confirmed: Annotated[bool, Meta(description="False: predicted from calls or meters, not yet confirmed")] = True
    ert: Annotated[Instant, Meta(description="Expected restoration time, if one is known")] | None = None
    next_update_at: Annotated[Instant, Meta(description="With no ert: when the next word is promised")] | None = None
    cause: (
        Annotated[Text, Meta(description="Confirmed cause in public words; leave out while it is a guess")] | None
    ) = None


class FaultReportedV1(FieldFact, frozen=True, kw_only=True):
    """Somebody reported a fault; the clock for crew and repair starts at reportedAt. Of no territory it says urban."""

    reported_at: Instant
    reporting_kind: Annotated[
        Literal["call", "email", "letter", "ivr", "other"], Meta(description="CIM TroubleReportingKind")
    ] = "call"
    territory: Annotated[Territory, Meta(description="Decides which crew promise holds")] = "urban"
    fault_side: Annotated[
        Literal["unknown", "utility", "customer"], Meta(description="customer: inside the customer's own installation")
    ] = "unknown"
    meter_fault: bool = False
    ordinary: Annotated[bool, Meta(description="False: damage beyond an ordinary fault, said with a reason")] = True
    extraordinary_reason: Text | None = None
    report_id: Name | None = None
    extent: Extent = Extent()
    ert: Instant | None = None


class FaultReported(FieldFact, frozen=True, kw_only=True):
    """Somebody reported a fault; the clock for crew and repair starts at reportedAt."""

    reported_at: Instant
    reporting_kind: Annotated[
        Literal["call", "email", "letter", "ivr", "other"], Meta(description="CIM TroubleReportingKind")
    ] = "call"
    territory: (
        Annotated[
            Territory,
            Meta(
                description="Decides which crew promise holds; left out it is that of the places in the network model, "
                "else the policy's"
            ),
        ]
        | None
    ) = None
    fault_side: Annotated[
        Literal["unknown", "utility", "customer"], Meta(description="customer: inside the customer's own installation")
    ] = "unknown"
    meter_fault: bool = False
    ordinary: Annotated[bool, Meta(description="False: damage beyond an ordinary fault, said with a reason")] = True
    extraordinary_reason: Text | None = None
    report_id: Name | None = None
    extent: Extent = Extent()
    ert: Instant | None = None


class CurtailmentOrdered(FieldFact, frozen=True, kw_only=True):
    """Load is shed by order."""

    ordered_at: Instant
    planned_period: Period
    extent: Extent
    scheme_id: Annotated[Name, Meta(description="The published curtailment scheme")] | None = None
    scheme_step: Annotated[int, Meta(ge=1, description="Step of the scheme's sequence")] | None = None


class ExtentChanged(FieldFact, frozen=True, kw_only=True):
    """The outage grew or shrank; the whole new extent is given."""

    changed_at: Instant
    extent: Extent


class CrewStatus(FieldFact, frozen=True, kw_only=True):
    """Where the crew is."""

    crew_status: CrewStatusKind
    at: Instant
    crew_id: Name | None = None


class ErtChanged(FieldFact, frozen=True, kw_only=True):
    """The expected restoration time changed, or is no longer known."""

    changed_at: Instant
    ert: Annotated[Instant, Meta(description="Absent: not known any more")] | None = None
    ert_source: Name | None = None
    ert_confidence: Annotated[Literal["high", "low"], Meta(description="CIM ERTConfidenceKind")] | None = None
    next_update_at: Instant | None = None


class CauseCleared(FieldFact, frozen=True, kw_only=True):
    """What caused the cut is gone; supply must return within one working day (第2篇 第十条(二)9)."""

    cleared_at: Instant
    cause: Text | None = None


class SupplyRestored(FieldFact, frozen=True, kw_only=True):
    """Power is back, for all or for a part."""

    restored_at: Instant
    scope: Literal["all", "part"] = "all"
    extent: Annotated[Extent, Meta(description="With scope part: what got power back")] = Extent()
    evidence: Annotated[Literal["dispatch", "meter", "crew", "customer"], Meta(description="Who or what saw it")] = (
        "dispatch"
    )
    test_energisation: Annotated[bool, Meta(description="Power on for a test only; it will go off again")] = False


class SupplyPerhapsRestored(FieldFact, frozen=True, kw_only=True):
    """A polled list lacks the outage: perhaps power is back.

    It proves nothing: no promise and no restoration follows. Texts that a clock calls for while power is off are held, for a time.
    """

    missing_at: Annotated[Instant, Meta(description="When the first list was polled that lacks it")]


class OutageListedAgain(FieldFact, frozen=True, kw_only=True):
    """The list names the outage again: power is off still, and what was held is told, where it is so still."""

    listed_at: Annotated[Instant, Meta(description="When the list was polled that names it")]


class OutageReopened(FieldFact, frozen=True, kw_only=True):
    """Power went off again, or never was back."""

    reopened_at: Instant
    reason: Text | None = None
    ert: Instant | None = None


class OutageWithdrawn(FieldFact, frozen=True, kw_only=True):
    """There was no outage of this mRID, nor will be: a mistake, a test, or a duplicate with nothing behind it.

    It takes back all that was said up to `withdrawnAt`, the plan too. Power that is off after all is `outage.reopened`.
    """

    withdrawn_at: Instant
    reason: Text | None = None


class OutageMerged(FieldFact, frozen=True, kw_only=True):
    """This outage and `into` are one fault. From `mergedAt` on whatever is said of this mRID is said of `into`.

    What was planned, noticed or ordered is not merged, nor is what is off into what is over (fact.questioned says so).
    """

    into: Annotated[MRID, Meta(description="The outage that goes on; its start is the earlier of the two")]
    merged_at: Instant
    reason: Text | None = None


class OutageCorrected(FieldFact, frozen=True, kw_only=True):
    """What was said of an outage's first start, its cause or whose fault it is was wrong; what is left out stands."""

    corrected_at: Instant
    started_at: Annotated[Instant, Meta(description="When power went off first")] | None = None
    cause: Annotated[Text, Meta(description="Confirmed cause in public words")] | None = None
    fault_side: (
        Annotated[Literal["utility", "customer"], Meta(description="customer: inside the customer's own installation")]
        | None
    ) = None
    reason: Text | None = None


class OutageReclassified(FieldFact, frozen=True, kw_only=True):
    """What was said to be a fault is planned or temporary work, or the other way round: so it was from its start.

    Of several the one with the latest `reclassifiedAt` counts, for every cut of the mRID.
    """

    reclassified_at: Instant
    outage_class: Annotated[Literal["planned", "temporary", "fault"], Meta(description="What it is")]
    plan_mrid: (
        Annotated[
            MRID,
            Meta(
                description="With planned or temporary: the mRID of the plan whose notice announced it, where that is not this one"
            ),
        ]
        | None
    ) = field(name="planMRID", default=None)
    territory: (
        Annotated[
            Territory,
            Meta(description="With fault: which crew promise holds; absent: as reports, else the network, say"),
        ]
        | None
    ) = None
    reason: Text | None = None


class MeterFault(FieldFact, frozen=True, kw_only=True):
    """A meter is at fault: a matter of its own, of one usage point, and no outage. Until it is mended its readings say nothing."""

    usage_point: Annotated[Name, Meta(description="Usage point mRID, as registry and network model have it")]
    found_at: Instant
    reason: Text | None = None


class MeterMended(FieldFact, frozen=True, kw_only=True):
    """The meter of a meter fault is mended, or another is in its place."""

    mended_at: Instant


class EnquiryReceived(FieldFact, frozen=True, kw_only=True):
    """A customer asked."""

    enquiry_id: Name
    received_at: Instant
    subject: CustomersWords | None = None


class EnquiryAnswered(FieldFact, frozen=True, kw_only=True):
    """The enquiry was answered."""

    enquiry_id: Name
    answered_at: Instant
    answered_by: Person | None = None


class ComplaintReceived(FieldFact, frozen=True, kw_only=True):
    """A complaint (answer due in 5 days) or a report of misconduct (10 days)."""

    complaint_id: Name
    received_at: Instant
    kind: Literal["complaint", "report"] = "complaint"
    subject: CustomersWords | None = None


class ComplaintAnswered(FieldFact, frozen=True, kw_only=True):
    """The complaint was answered."""

    complaint_id: Name
    answered_at: Instant
    answered_by: Person | None = None


class FollowupDone(FieldFact, frozen=True, kw_only=True):
    """A person called back after repair and heard an opinion."""

    done_at: Instant
    by: Person
    outcome: Literal["satisfied", "neutral", "dissatisfied"]
    opinion: CustomersWords | None = None
    report_id: Name | None = None


class FollowupUnreached(FieldFact, frozen=True, kw_only=True):
    """The call-back reached nobody."""

    tried_at: Instant
    by: Person
    report_id: Name | None = None


FIRST_REPORT: Final = "fault.reported.v1"
REPORT: Final = "fault.reported.v2"
TYPES: dict[str, type[Fact]] = {
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
    "complaint.received.v1": ComplaintReceived,
    "complaint.answered.v1": ComplaintAnswered,
    "followup.done.v1": FollowupDone,
    "followup.unreached.v1": FollowupUnreached,
}


def type_of(report: FaultReported) -> str:
    """The oldest type that says all of it."""
    return REPORT if report.territory is None else FIRST_REPORT
