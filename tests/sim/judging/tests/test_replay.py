"""A read model has a row for each thing that its whole log tells of, no other, and has read to the end of it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from services.kernel.reading.projections import Recorded
from tests.sim.judging.replay import differing

ZERO = datetime(2026, 3, 5, tzinfo=UTC)


class Row(msgspec.Struct):
    kettle: str


class Kettles:
    """A row for each kettle, until it is sold."""

    columns = ("kettle",)

    def fold(self, events: Iterable[Recorded]) -> Sequence[Row]:
        there: dict[str, Row] = {}
        for event in events:
            if event.type == "bought":
                there[event.stream_id] = Row(event.stream_id)
            else:
                del there[event.stream_id]
        return [*there.values()]


def event(position: int, kettle: str, type_: str = "bought") -> Recorded:
    return Recorded(position, kettle, type_, None, ZERO)


def wrong(*live: str, cursor: int = 9) -> list[str]:
    log = [event(1, "red"), event(4, "blue"), event(7, "red", "sold"), event(9, "white")]
    model: Any = Kettles()
    return [*differing(model, log, live, cursor)]


def test_the_rows_are_those_that_the_whole_log_gives() -> None:
    assert wrong("blue", "white") == []


def test_a_row_too_many_and_one_too_few_are_named() -> None:
    assert wrong("blue", "red", "white") == ["has a row of red that its log does not give"]
    assert wrong("white") == ["lacks the row of blue"]


def test_a_model_that_was_left_behind_is_named_and_its_rows_held_to_what_it_has_read() -> None:
    assert wrong("blue", "red", cursor=4) == ["stands at 4, and its log ends at 9"]
    assert wrong("blue", "white", cursor=7) == [
        "has a row of white that its log does not give",
        "stands at 7, and its log ends at 9",
    ]
