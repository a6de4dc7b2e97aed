"""What each telephone got: in order of time, whose it is, and one merged text with all whom it serves."""

from datetime import UTC, datetime, timedelta
from typing import Any

from devstack.twilio.kept.phones import Received
from operations.texts.phones import RecordedText, telephones, texts_known
from schemas.contracts.customers import Contact, CustomerUpserted, Importance

START = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
PHONE, OTHER = "+447700900150", "+12025550150"


def customer(name: str, importance: Importance = "second", *, life_support: bool = False) -> CustomerUpserted:
    return CustomerUpserted(
        customer_id=name,
        name=f"{name} house",
        importance=importance,
        life_support=life_support,
        contacts=(Contact(contact_id=f"{name}-1", role="duty"),),
        updated_at=START,
    )


def row(message: str, whose: str, carried_by: str | None = None, state: str = "delivered") -> dict[str, Any]:
    return {
        "message_id": message,
        "carried_by": carried_by,
        "customer_id": whose,
        "contact_id": f"{whose}-1",
        "trigger": "fault",
        "template": "fault",
        "meant": None,
        "ref": "K7M2X",
        "mrids": ["F-1"],
        "state": state,
        "unwanted": None,
        "taken_at": None,
    }


def text(message: str | None, minute: int, to: str = PHONE, sid: str = "SM1") -> Received:
    at = START + timedelta(minutes=minute)
    return Received(to=to, sender="x", body="off", sid=sid, at=at, wall=at, message_id=message)


def known(*rows: dict[str, Any], **profiles: CustomerUpserted) -> dict[str, RecordedText]:
    return dict(texts_known(rows, profiles))


def test_a_merged_text_is_one_and_names_all_whom_it_serves_the_most_urgent_first() -> None:
    found = known(
        row("m1", "A"), row("m2", "B", "m1"), row("m3", "C", "m1"), A=customer("A"), B=customer("B", "special")
    )
    assert set(found) == {"m1"}
    assert [one.customer_id for one in found["m1"].serves] == ["B", "A", "C"]
    assert [one.role for one in found["m1"].serves] == ["duty", "duty", None]


def test_texts_of_both_providers_stand_in_order_of_time() -> None:
    (phone,) = telephones([text("m2", 5, sid="gw:7"), text("m1", 1)], {})
    assert [(one.received.message_id, one.provider) for one in phone.texts] == [("m1", "twilio"), ("m2", "sms-gateway")]


def test_telephones_of_life_support_come_first_and_those_of_nobody_last() -> None:
    texts = [text("m1", 1), text("m2", 2, OTHER), text(None, 3, "+447700900199")]
    found = known(row("m1", "A"), row("m2", "B"), A=customer("A", "special"), B=customer("B", life_support=True))
    phones = telephones(texts, found)
    assert [one.number for one in phones] == [OTHER, PHONE, "+447700900199"]
    assert phones[2].owners == []


def test_the_same_text_once_more_is_marked_and_two_texts_of_other_systems_are_not() -> None:
    (phone,) = telephones([text("m1", 1), text("m1", 2, sid="SM2"), text(None, 3), text(None, 4)], {})
    assert [one.again for one in phone.texts] == [False, True, False, False]
