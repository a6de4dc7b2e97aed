"""Of a customer the second version travels only where it says what the first cannot; the first is read for ever."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from schemas.canonical import content_hash, fingerprint
from schemas.cloudevent import from_kafka
from schemas.contracts.base import Position
from schemas.contracts.customers import (
    FIRST,
    SECOND,
    TOPIC,
    CustomerUpserted,
    CustomerUpsertedV1,
    Device,
    Supply,
    type_of,
)
from services.notifier.registry.topic import event_of, message_of

WHEN = datetime(2026, 3, 1, tzinfo=UTC)
MAIN = Supply(id="1", role="main", line="10千伏城东线")
STANDBY = Supply(id="2", role="standby", line="10千伏江滨线")


def customer(**changes: Any) -> CustomerUpserted:
    given: dict[str, Any] = {"customer_id": "H1", "name": "医院", "importance": "special", "updated_at": WHEN}
    return CustomerUpserted(**{**given, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"supplies": (MAIN, STANDBY)},
        {"names": {"en": "Hospital"}},
        {"device": Device(what="呼吸机")},
        {"on_duty": "always"},
        {"premises": "home"},
        {"position": Position(latitude=23.1, longitude=114.4)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_the_first_version_cannot_say_goes_as_the_second(changes: dict[str, Any]) -> None:
    one = customer(**changes)
    assert type_of(one) == SECOND
    assert set(CustomerUpserted.__struct_fields__) - set(CustomerUpsertedV1.__struct_fields__) >= changes.keys()
    told = event_of(one)
    assert from_kafka(told.topic, told.key, told.headers, told.value).data == one


def test_every_field_that_the_first_version_lacks_makes_a_second() -> None:
    new = set(CustomerUpserted.__struct_fields__) - set(CustomerUpsertedV1.__struct_fields__)
    assert new == {"supplies", "names", "device", "on_duty", "premises", "position"}


def test_a_customer_of_whom_nothing_new_is_said_makes_the_same_event_as_ever() -> None:
    before = CustomerUpsertedV1(customer_id="H1", name="医院", importance="special", lines=("城东线",), updated_at=WHEN)
    now = event_of(customer(lines=("城东线",)))
    assert now.value == msgspec.json.encode(before)
    assert dict(now.headers)["ce_type"] == FIRST.encode()
    assert dict(now.headers)["ce_id"] == f"H1/{content_hash(msgspec.json.encode(before)).hex()[:32]}".encode()


def test_a_row_of_the_registry_with_supplies_makes_the_word_that_it_was_made_of() -> None:
    one = customer(supplies=(MAIN, STANDBY))
    profile = msgspec.to_builtins(one)
    row = {
        "customer_id": "H1",
        "profile": msgspec.json.encode(
            {k: v for k, v in profile.items() if k not in ("updatedAt", "contacts")}
        ).decode(),
        "contacts": "[]",
        "updated_at": WHEN,
        "reason": None,
    }
    assert message_of(row) == event_of(one)


def test_a_record_of_the_first_version_is_read_as_the_newest_and_hashes_as_before() -> None:
    body = msgspec.json.encode(CustomerUpsertedV1(customer_id="H1", name="医院", importance="special", updated_at=WHEN))
    extra = body[:-1] + b',"supplies":"said by somebody who knows no version"}'
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_source", b"/registry"),
        ("ce_id", b"1"),
        ("ce_type", FIRST.encode()),
        ("ce_time", b"2026-03-01T00:00:00Z"),
    ]
    for sent in (body, extra):
        event = from_kafka(TOPIC, b"H1", headers, sent)
        assert (event.type, event.data) == (FIRST, customer())
        assert fingerprint(event.type, event.data) == fingerprint(
            FIRST, msgspec.json.decode(body, type=CustomerUpsertedV1)
        )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"supplies": (STANDBY,)}, "none of the supplies is main"),
        ({"supplies": (MAIN, MAIN)}, "two supplies have one id"),
        ({"supplies": (MAIN,), "lines": ("10千伏城东线",)}, "belong to the supplies"),
    ],
)
def test_supplies_of_which_nobody_could_say_what_is_off_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        customer(**changes)
