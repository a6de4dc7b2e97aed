"""What may be said over HTTP, and on which topic it travels."""

import json

import pytest
from starlette.datastructures import Headers

from services.gateway.dispatch import wire
from services.gateway.dispatch.admission import judged
from services.gateway.dispatch.answers import Result
from services.gateway.dispatch.taken import OfferedEvent
from services.gateway.dispatch.tokens import Token

ANYBODY = Token("metering", "0" * 64, ("*",), frozenset({"*"}), None)
READING = {"usagePoint": "UP-1", "readAt": "2026-11-23T09:12:00+08:00", "energised": False}


def offered(type_name: str, data: object, token: Token = ANYBODY) -> OfferedEvent | Result:
    event = {"specversion": "1.0", "id": "1", "source": "/metering/east", "type": type_name, "data": data}
    body = json.dumps({**event, "time": "2026-11-23T09:12:01+08:00"}).encode()
    (read,) = wire.open_parcel(wire.STRUCTURED, Headers({}), body).readers
    return judged(token, read)


def test_a_reading_travels_on_the_topic_of_meters_under_its_usage_point() -> None:
    found = offered("meter.reading.v1", READING)
    assert isinstance(found, OfferedEvent)
    assert (found.message.topic, found.message.key) == ("outage.meters", b"UP-1")


def test_a_meter_fault_is_a_matter_of_dispatch() -> None:
    found = offered("meter.fault.v1", {"mRID": "M-1", "usagePoint": "UP-1", "foundAt": "2026-11-23T09:12:00+08:00"})
    assert isinstance(found, OfferedEvent)
    assert (found.message.topic, found.message.key) == ("outage.dispatch", b"M-1")


def test_a_token_may_be_for_readings_alone() -> None:
    token = Token("metering", "0" * 64, ("*",), frozenset({"meter.reading.v1"}), None)
    assert isinstance(offered("meter.reading.v1", READING, token), OfferedEvent)
    refused = offered("supply.restored.v1", {"mRID": "F-1", "restoredAt": "2026-11-23T09:12:00+08:00"}, token)
    assert isinstance(refused, Result)
    assert refused.reason == "type-not-allowed"


@pytest.mark.parametrize("type_name", ["supply.denied.v1", "restoration.checked.v1"])
def test_what_services_say_is_not_said_by_others(type_name: str) -> None:
    refused = offered(type_name, {})
    assert isinstance(refused, Result)
    assert refused.outcome == "refused"
