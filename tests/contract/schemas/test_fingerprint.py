"""One event through both doors is one event: what it says decides, and not how it was written down."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.canonical import fingerprint
from schemas.cloudevent import from_kafka, parse_structured, to_kafka
from schemas.contracts import dispatch
from schemas.contracts.base import Extent, encode
from schemas.contracts.dispatch import SupplyRestored
from schemas.golden import events

GOLDEN = events()

ENVELOPE = {
    "specversion": "1.0",
    "id": "1",
    "source": "/d",
    "type": "supply.restored.v1",
    "time": "2026-03-05T01:00:00Z",
}
PLAIN: dict[str, Any] = {"mRID": "F-1", "restoredAt": "2026-03-05T01:00:00.500Z"}


def said(data: dict[str, Any] | bytes) -> bytes:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    event = parse_structured(json.dumps(ENVELOPE)[:-1].encode() + b',"data":' + raw + b"}")
    return fingerprint(event.type, event.data)


@pytest.mark.parametrize(
    "other",
    [
        PLAIN | {"restoredAt": "2026-03-05T01:00:00.500+00:00"},
        PLAIN | {"restoredAt": "2026-03-05T01:00:00.500000Z"},
        PLAIN | {"restoredAt": "2026-03-05T09:00:00.5+08:00"},
        PLAIN | {"scope": "all", "evidence": "dispatch", "testEnergisation": False},
        PLAIN | {"extent": {}},
        PLAIN | {"extent": {"lines": [], "nominalVoltage": None}},
        PLAIN | {"nobodyKnows": {"this": ["field", 1e300]}},
        b'{"restoredAt":"2026-03-05T01:00:00.50Z",  "mRID":"\\u0046-1"}',
    ],
    ids=str,
)
def test_the_same_fact_written_otherwise_is_the_same(other: dict[str, Any] | bytes) -> None:
    assert said(other) == said(PLAIN)


@pytest.mark.parametrize(
    "other",
    [
        PLAIN | {"restoredAt": "2026-03-05T01:00:00.501Z"},
        PLAIN | {"scope": "part"},
        PLAIN | {"mRID": "F-2"},
        PLAIN | {"extent": {"lines": ["a"]}},
        PLAIN | {"extent": {"areas": ["a"]}},
        PLAIN | {"extent": {"customersAffected": 0}},
    ],
    ids=str,
)
def test_another_fact_is_another(other: dict[str, Any]) -> None:
    assert said(other) != said(PLAIN)


def test_a_type_is_part_of_what_is_said() -> None:
    data = SupplyRestored(mrid="F-1", restored_at=datetime(2026, 3, 5, tzinfo=UTC))
    assert fingerprint("supply.restored.v1", data) != fingerprint("supply.restored.v2", data)


@pytest.mark.parametrize("name", sorted(dispatch.TYPES))
def test_what_the_gateway_puts_on_kafka_says_what_it_was_sent(name: str) -> None:
    event = parse_structured(GOLDEN[name])
    again = from_kafka(*to_kafka(event))
    assert fingerprint(again.type, again.data) == fingerprint(event.type, event.data)


@given(
    st.integers(10**9, 7 * 10**9),
    st.integers(-840, 840),
    st.lists(st.text(min_size=1, max_size=5), max_size=3),
    st.floats(0.01, 2000),
)
def test_neither_zone_nor_another_writing_changes_what_is_said(
    second: int, minutes: int, lines: list[str], volts: float
) -> None:
    instant = datetime.fromtimestamp(second, UTC)
    data = SupplyRestored(mrid="F-1", restored_at=instant, extent=Extent(lines=tuple(lines), nominal_voltage=volts))
    moved = msgspec.structs.replace(data, restored_at=instant.astimezone(timezone(timedelta(minutes=minutes))))
    read = msgspec.json.decode(encode(moved), type=SupplyRestored)
    assert fingerprint("x", read) == fingerprint("x", moved) == fingerprint("x", data)
