"""Reports of faults."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.contracts.base import Extent, Instant, Name, Territory, Text
from schemas.contracts.facts.fact import FieldFact


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
