"""Logs: one shape for all libraries, and no phone number in any of them."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

from services.kernel.clock import Clock, SystemClock
from services.kernel.manual_clock import ManualClock
from services.kernel.observing.logging import configure
from services.kernel.observing.masking import mask
from services.kernel.observing.repeats import REPEAT_SECONDS

START = datetime(2026, 5, 1, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def leave_logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, configured = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def to_json(level: str = "debug", clock: Clock | None = None) -> io.StringIO:
    stream = io.StringIO()
    configure("notifier", "1.2.3", clock or ManualClock(START), form="json", level=level, stream=stream)
    return stream


@pytest.mark.parametrize(
    "text",
    [
        "+447700900123",
        "+44 7700 900123",
        "+1 (202) 555-0123",
        "+12025550123",
        "whatsapp:+12025550123",
        "tel:+12025550123;ext=1",
        "To=%2B12025550123&Body=",
        "13800138000",
        "call 138 0013 8000 now",
        "138-0013-8000",
        "8613800138000",
        "+8613800138000",
        "0086 13800138000",
        "电话13800138000，请",
        "to=13800138000",
        "'13800138000'",
        "13800138000.",
    ],
)
def test_a_phone_number_is_masked_however_it_is_written(text: str) -> None:
    masked = mask(text)
    assert "[phone]" in masked
    assert not any(part in masked for part in ("0123", "8000", "9001"))


@pytest.mark.parametrize(
    "text",
    [
        "offset 13800138000",
        "offset=13800138000 position: 13912345678",
        "outage/13800138000",
        "f47ac10b-58cc-4372-a567-13800138000f",
        "6f1e1d3a-0000-4000-8000-013800138000",
        "1380013800012",
        "1764000000000",
        "1764000000",
        "2026-11-23T19:49:21.123456+08:00",
        "2026-11-23T19:49:21+0800",
        "version 1.13800138000",
        "sha256:13800138000ab",
        "12345678901",
        "SM0123456789abcdef0123456789abcdef",
        "95598",
        "0.13800138000",
    ],
)
def test_offsets_versions_mrids_and_instants_are_left_alone(text: str) -> None:
    assert mask(text) == text


def test_a_line_names_service_version_level_logger_and_time() -> None:
    stream = to_json()
    structlog.get_logger("kernel").info("started", partitions=3)
    (line,) = lines(stream)
    assert line == {
        "event": "started",
        "partitions": 3,
        "level": "info",
        "logger": "kernel",
        "service": "notifier",
        "service_version": "1.2.3",
        "timestamp": "2026-05-01T06:00:00.000+00:00",
    }


def test_warped_time_is_shown_beside_the_real_one() -> None:
    class Warped(SystemClock):
        def now(self) -> datetime:
            return START

    stream = to_json(clock=Warped())
    structlog.get_logger().info("tick")
    assert lines(stream)[0]["domain_time"] == "2026-05-01T06:00:00+00:00"
    assert lines(stream)[0]["timestamp"] != lines(stream)[0]["domain_time"]


def test_fields_that_hold_personal_data_are_dropped_at_any_depth() -> None:
    stream = to_json()
    structlog.get_logger().info(
        "sent", to="Ada", From_Number="x", body="hello Ada", request={"To": "Ada", "Body": "hi", "sid": "SM1"}
    )
    (line,) = lines(stream)
    assert line["request"] == {"sid": "SM1"}
    assert "Ada" not in stream.getvalue()
    assert not {"to", "From_Number", "body"} & set(line)


def test_numbers_of_ours_stay_numbers_and_names_of_ours_stay_whole() -> None:
    stream = to_json()
    structlog.get_logger().info("batch", offset=13800138000, mrid="13800138000", stream_id="outage/13800138000")
    (line,) = lines(stream)
    assert (line["offset"], line["mrid"], line["stream_id"]) == (13800138000, "13800138000", "outage/13800138000")


def test_a_phone_hidden_in_a_list_an_object_or_a_message_is_masked() -> None:
    stream = to_json()

    class Contact:
        def __str__(self) -> str:
            return "Contact(+447700900123)"

    structlog.get_logger().warning("to %s", "+447700900123", seen=["13800138000", Contact()], at=START)
    assert lines(stream)[0]["seen"] == ["[phone]", "Contact([phone])"]
    assert "900123" not in stream.getvalue()
    assert "13800138000" not in stream.getvalue()


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_is_masked_and_shows_no_local_variables(form: str) -> None:
    stream = io.StringIO()
    configure("notifier", "1", ManualClock(START), form=form, stream=stream)
    local_of_a_customer = "Ada Lovelace"
    try:
        raise ValueError("21211: +447700900123 is invalid")  # noqa: TRY301 - a traceback is what is tested
    except ValueError:
        structlog.get_logger().exception("refused", reason=len(local_of_a_customer))
    text = stream.getvalue()
    assert "ValueError: 21211: [phone] is invalid" in text
    assert "900123" not in text
    assert "Lovelace" not in text.replace('local_of_a_customer = "Ada Lovelace"', "")


def test_libraries_that_log_in_the_standard_way_come_out_in_the_same_shape() -> None:
    logging.getLogger("faust").addHandler(logging.StreamHandler(io.StringIO()))
    stream = to_json()
    logging.getLogger("faust").warning("assigned %s", "+447700900123")
    (line,) = lines(stream)
    assert (line["event"], line["logger"], line["service"]) == ("assigned [phone]", "faust", "notifier")


def test_http_clients_speak_only_of_trouble() -> None:
    stream = to_json()
    for name in ("twilio.http_client", "aiohttp.client", "aiohttp.access"):
        logging.getLogger(name).info("POST /Messages.json To=%2B447700900123")
        logging.getLogger(name).warning("slow")
    assert [line["event"] for line in lines(stream)] == ["slow"] * 3


def test_lines_below_the_level_are_not_written() -> None:
    stream = to_json(level="warning")
    structlog.get_logger().info("chatter")
    structlog.get_logger().warning("trouble")
    assert [line["event"] for line in lines(stream)] == ["trouble"]


def test_on_a_terminal_a_line_is_readable() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    configure("planner", "1", ManualClock(START), form="auto", stream=stream)
    structlog.get_logger().info("plan accepted", mrid="4b1c")
    assert "plan accepted" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_in_a_container_auto_means_json() -> None:
    stream = io.StringIO()
    configure("planner", "1", ManualClock(START), form="auto", stream=stream)
    structlog.get_logger().info("plan accepted")
    assert lines(stream)[0]["event"] == "plan accepted"


def test_a_broker_that_is_away_is_said_once_with_the_count_of_what_was_left_out() -> None:
    clock = ManualClock(START)
    stream = to_json(clock=clock)
    kafka, ours = logging.getLogger("aiokafka.client"), logging.getLogger("services.toy")
    for number in range(500):
        kafka.error("Unable connect to node with id %s: %s", 1, f"try {number}")
    kafka.error("Unable to update metadata from %s", [1])
    for _ in range(3):
        ours.warning("a deadline waits")
    assert [line["event"] for line in lines(stream)] == [
        "Unable connect to node with id 1: try 0",
        "Unable to update metadata from [1]",
        *["a deadline waits"] * 3,
    ]
    clock.advance(timedelta(seconds=REPEAT_SECONDS))
    kafka.error("Unable connect to node with id %s: %s", 1, "still")
    assert [line["event"] for line in lines(stream)][
        -1
    ] == "Unable connect to node with id 1: still (and 499 times more before)"
    clock.advance(timedelta(seconds=REPEAT_SECONDS))
    kafka.error("Unable connect to node with id %s: %s", 1, "still")
    assert [line["event"] for line in lines(stream)][-1] == "Unable connect to node with id 1: still"
