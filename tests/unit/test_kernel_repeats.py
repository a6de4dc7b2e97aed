"""What a client library says fifty times a second is written once, and then how often."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from services.kernel.clock import SystemClock
from services.kernel.logging import configure
from services.kernel.repeats import REPEAT_SECONDS


@pytest.fixture(autouse=True)
def leave_logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


class Watch(SystemClock):
    """A clock whose monotonic time is moved by hand."""

    seconds = 1_000.0

    def monotonic(self) -> float:
        return self.seconds


def said(stream: io.StringIO) -> list[str]:
    return [json.loads(line)["event"] for line in stream.getvalue().splitlines()]


def test_a_broker_that_is_away_is_said_once_with_the_count_of_what_was_left_out() -> None:
    watch, stream = Watch(), io.StringIO()
    configure("toy", "1", watch, form="json", stream=stream)
    kafka, ours = logging.getLogger("aiokafka.client"), logging.getLogger("services.toy")
    for number in range(500):
        kafka.error("Unable connect to node with id %s: %s", 1, f"try {number}")
    kafka.error("Unable to update metadata from %s", [1])
    for _ in range(3):
        ours.warning("a deadline waits")
    assert said(stream) == [
        "Unable connect to node with id 1: try 0",
        "Unable to update metadata from [1]",
        *["a deadline waits"] * 3,
    ]
    watch.seconds += REPEAT_SECONDS
    kafka.error("Unable connect to node with id %s: %s", 1, "still")
    assert said(stream)[-1] == "Unable connect to node with id 1: still (and 499 times more before)"
    watch.seconds += REPEAT_SECONDS
    kafka.error("Unable connect to node with id %s: %s", 1, "still")
    assert said(stream)[-1] == "Unable connect to node with id 1: still"
