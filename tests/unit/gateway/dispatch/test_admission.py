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


SHOWN = {
    "mRID": "P-1",
    "noticeId": "P-1/1",
    "version": 1,
    "channel": "board",
    "digest": "a" * 64,
    "shownAt": "2026-11-23T09:12:00+08:00",
}


def test_that_a_notice_was_shown_is_said_by_whose_token_names_it_and_by_nobody_else() -> None:
    board = Token("board", "0" * 64, ("/metering/*",), frozenset({"notice.shown.v1"}), None)
    found = offered("notice.shown.v1", SHOWN, board)
    assert isinstance(found, OfferedEvent)
    assert (found.message.topic, found.message.key) == ("outage.dispatch", b"P-1")
    refused = offered("notice.shown.v1", SHOWN)
    assert isinstance(refused, Result)
    assert (refused.reason, "does not cover it" in (refused.remedy or "")) == ("type-not-allowed", True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"digest": "A" * 64}, "digest"),
        ({"digest": "abc"}, "digest"),
        ({"channel": "The Board"}, "channel"),
        ({"version": 0}, "version"),
        ({"shownAt": "2026-11-23T09:12:00"}, "shownAt"),
    ],
)
def test_what_is_no_proof_is_refused_with_the_field(change: dict[str, object], field: str) -> None:
    board = Token("board", "0" * 64, ("*",), frozenset({"notice.shown.v1"}), None)
    refused = offered("notice.shown.v1", SHOWN | change, board)
    assert isinstance(refused, Result)
    assert field in (refused.field or refused.problem or "")


def test_hours_that_end_before_they_begin_are_refused() -> None:
    board = Token("board", "0" * 64, ("*",), frozenset({"notice.unreadable.v1"}), None)
    hours = {"since": "2026-11-23T09:12:00+08:00", "until": "2026-11-23T09:11:00+08:00", "reason": "no-answer"}
    refused = offered("notice.unreadable.v1", {"mRID": "P-1", "noticeId": "P-1/1", "channel": "board"} | hours, board)
    assert isinstance(refused, Result)
    assert "before since" in (refused.problem or "")


@pytest.mark.parametrize("type_name", ["supply.denied.v1", "restoration.checked.v1"])
def test_what_services_say_is_not_said_by_others(type_name: str) -> None:
    refused = offered(type_name, {})
    assert isinstance(refused, Result)
    assert refused.outcome == "refused"
