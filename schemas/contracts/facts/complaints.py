"""Complaints and reports of misconduct as matters of their own. Key: the complaint's id; an outage may be named.

The first version (callers.py) is of one outage and keyed by that; both are read.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, field

from schemas.contracts.base import MRID, CustomersWords, Instant, Person, Text, Wire

ID_LENGTH: Final = 100
ComplaintId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=ID_LENGTH,
        pattern=r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$",
        description="Names the complaint in the complaint system; the Kafka key",
    ),
]
ComplaintKind = Literal["complaint", "report"]


class ComplaintFact(Wire, frozen=True, kw_only=True):
    """One fact about one complaint."""

    complaint_id: ComplaintId
    outage: (
        Annotated[
            MRID, Meta(description="CIM mRID of the outage that it is about; absent: it is about none, or several")
        ]
        | None
    ) = field(name="mRID", default=None)


class ComplaintReceived(ComplaintFact, frozen=True, kw_only=True):
    """Somebody complained (answer due in 5 days), or reported misconduct (10 days: 第2篇 第十三条).

    Of one complaint told several times the earliest instant counts; and the shorter time, where it is told as both kinds.
    """

    received_at: Instant
    kind: Annotated[ComplaintKind, Meta(description="complaint (投诉), or a report of misconduct (举报)")] = "complaint"
    subject: CustomersWords | None = None


class ComplaintAnswered(ComplaintFact, frozen=True, kw_only=True):
    """The complainant was answered. Of several answers the first one counts."""

    answered_at: Instant
    answered_by: Person | None = None


class ComplaintWithdrawn(ComplaintFact, frozen=True, kw_only=True):
    """The complaint is none: taken back by who made it, registered by mistake, or twice. No answer is owed any more.

    What was registered wrongly is withdrawn and told again under another id.
    """

    withdrawn_at: Instant
    reason: Text | None = None
