"""What customers ask and complain of about one outage, and calls back to them."""

from typing import Literal

from schemas.contracts.base import CustomersWords, Instant, Name, Person
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
