"""What customers ask and complain of about one outage, and calls back to them."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.contracts.base import CustomersWords, Instant, Name, Person, Text
from schemas.contracts.facts.fact import FieldFact


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


class ComplaintReceivedV1(FieldFact, frozen=True, kw_only=True):
    """A complaint about one outage (answer due in 5 days) or a report of misconduct (10 days)."""

    complaint_id: Name
    received_at: Instant
    kind: Literal["complaint", "report"] = "complaint"
    subject: CustomersWords | None = None


class ComplaintAnsweredV1(FieldFact, frozen=True, kw_only=True):
    """The complaint about one outage was answered."""

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


class GuidanceGiven(FieldFact, frozen=True, kw_only=True):
    """Somebody helped a customer by telephone to set right a fault in the customer's own installation (第1篇 4.2.3)."""

    given_at: Instant
    given_by: Annotated[Person, Meta(description="Who helped, by name or staff id")]
    report_id: Name | None = None
    guidance: Annotated[Text, Meta(description="What the customer was told to do")] | None = None
    outcome: Annotated[
        Literal["solved", "not-solved", "unknown"],
        Meta(description="Whether power was back with it, as the customer said"),
    ] = "unknown"
