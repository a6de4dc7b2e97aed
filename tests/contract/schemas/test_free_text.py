"""What people write into events is known as such, however deep it stands, and can be cleaned without touching the rest."""

from datetime import UTC, datetime

import pytest

from schemas.contracts import dispatch
from schemas.contracts.all_types import STRUCTS
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import (
    CauseCleared,
    ComplaintReceivedV1,
    EnquiryReceived,
    FollowupDone,
    OutageStarted,
    PlannedRequested,
    PolicyException,
)
from schemas.contracts.receipts import InboundReceived
from schemas.free_text import cleaned, free_texts
from services.kernel.observing.masking import MASK, mask, mask_all

AT = datetime(2026, 11, 28, tzinfo=UTC)


def test_a_number_in_a_complaint_is_left_out_and_its_id_is_not() -> None:
    complaint = ComplaintReceivedV1(
        mrid="F-1", complaint_id="C-13800138000", received_at=AT, subject="请回电13800138000"
    )
    clean = cleaned(complaint, mask)
    assert clean == ComplaintReceivedV1(
        mrid="F-1", complaint_id="C-13800138000", received_at=AT, subject="请回电[phone]"
    )


def test_names_of_places_are_not_free_text() -> None:
    named = Extent(lines=("13800138000",), areas=("电话13800138000一带",))
    started = OutageStarted(mrid="F-1", outage_class="fault", started_at=AT, extent=named)
    assert cleaned(started, mask) is started


def test_what_holds_no_number_is_the_same_object() -> None:
    cleared = CauseCleared(mrid="F-1", cleared_at=AT, cause="树枝压断导线")
    assert cleaned(cleared, mask) is cleared


@pytest.mark.parametrize("name", sorted(STRUCTS))
def test_every_contract_can_be_looked_through(name: str) -> None:
    assert {field for field, _ in free_texts(STRUCTS[name])} <= set(STRUCTS[name].__struct_fields__)


def test_every_field_called_a_cause_a_reason_a_subject_or_an_opinion_of_dispatch_is_looked_at() -> None:
    written = {
        (name, field)
        for name, struct in dispatch.TYPES.items()
        for field in struct.__struct_fields__
        if field in {"cause", "reason", "subject", "opinion", "extraordinary_reason"}
    }
    known = {(name, field) for name, struct in dispatch.TYPES.items() for field, _ in free_texts(struct)}
    assert written <= known


def test_a_number_beside_the_name_of_somebody_who_acts_is_left_out() -> None:
    done = FollowupDone(mrid="F-1", report_id="R-1", done_at=AT, by="张三 13800138000", outcome="satisfied")
    assert cleaned(done, mask) == FollowupDone(
        mrid="F-1", report_id="R-1", done_at=AT, by="张三 [phone]", outcome="satisfied"
    )
    granted = PolicyException(rule_id="r", reason="抢修", approver="李四(138-0013-8000)")
    assert cleaned(granted, mask) == PolicyException(rule_id="r", reason="抢修", approver="李四([phone])")


def test_what_a_customer_said_keeps_no_long_number_and_what_the_utility_wrote_keeps_its_dates() -> None:
    asked = EnquiryReceived(mrid="F-1", enquiry_id="E-62345678", received_at=AT, subject="尽快打62345678给我")
    said = cleaned(asked, mask, mask_all)
    assert (said.subject, said.enquiry_id) == (f"尽快打{MASK}给我", "E-62345678")  # type: ignore[attr-defined]
    cleared = CauseCleared(mrid="F-1", cleared_at=AT, cause="工单20261128007，2026-11-28 08:00 树木触线")
    assert cleaned(cleared, mask, mask_all) is cleared


def test_each_field_of_a_customers_own_words_is_known_as_such() -> None:
    theirs = {
        (name, field) for name, struct in STRUCTS.items() for field, who in free_texts(struct) if who == "customers"
    }
    assert theirs == {
        ("enquiry.received.v1", "subject"),
        ("enquiry.received.v2", "subject"),
        ("complaint.received.v1", "subject"),
        ("complaint.received.v2", "subject"),
        ("followup.done.v1", "opinion"),
        ("inbound.received.v1", "body"),
        ("callback.answered.v1", "opinion"),
    }
    assert ("exceptions", None) in free_texts(PlannedRequested)
    assert ("body", "customers") in free_texts(InboundReceived)
