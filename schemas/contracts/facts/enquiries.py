"""Enquiries why power is off as matters of their own. Key: the enquiry's id; the outage may be named.

The first version (callers.py) is of one outage and keyed by that; both are read.
"""

from typing import Annotated, Final

from msgspec import Meta, field

from schemas.contracts.base import MRID, CustomersWords, Instant, Person, Wire

ID_LENGTH: Final = 100
EnquiryId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=ID_LENGTH,
        pattern=r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$",
        description="Names the enquiry in the call centre's system; the Kafka key",
    ),
]


class EnquiryFact(Wire, frozen=True, kw_only=True):
    """One fact about one enquiry."""

    enquiry_id: EnquiryId
    outage: (
        Annotated[
            MRID,
            Meta(description="CIM mRID of the outage asked about, known yet or not; absent: nobody could say which"),
        ]
        | None
    ) = field(name="mRID", default=None)


class EnquiryAsked(EnquiryFact, frozen=True, kw_only=True):
    """A customer asked why power is off (第2篇 第十条(二)10, 第5篇 第五条6).

    Of an enquiry told several times the earliest instant counts.
    """

    received_at: Instant
    subject: CustomersWords | None = None


class EnquiryExplained(EnquiryFact, frozen=True, kw_only=True):
    """The customer had the explanation. Of several answers the first one counts."""

    answered_at: Instant
    answered_by: Person | None = None
